//! The environment variables that the gateway reads.

/// Options that every Node process of this environment gets.
pub(crate) fn node_options() -> Option<String> {
    std::env::var_os("NODE_OPTIONS").map(|options| options.to_string_lossy().into_owned())
}

/// The name of the person who changes something, for the journal.
pub(crate) fn user() -> Option<String> {
    let name = std::env::var_os("USER").or_else(|| std::env::var_os("LOGNAME"))?;
    Some(name.to_string_lossy().into_owned())
}
