//! The end of an activation's logs.

use std::io;

/// What the last line of an activation is on both streams.
///
/// <https://github.com/apache/openwhisk/blob/master/docs/actions-new.md#logging>
const MARK: &[u8] = b"XXX_THE_END_OF_A_WHISK_ACTIVATION_XXX\n";

/// Writes what is left of the logs, and the mark.
pub(super) fn end() {
    let written = mark(io::stdout().lock()).and_then(|()| mark(io::stderr().lock()));
    if let Err(error) = written {
        tracing::warn!(target: "isobar", %error, "the end of the logs cannot be marked");
    }
}

fn mark(mut stream: impl io::Write) -> io::Result<()> {
    stream.write_all(MARK)?;
    stream.flush()
}
