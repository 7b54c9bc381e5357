//! What cannot be served on SCF.

use isobar::{Error, ErrorKind};

use crate::config::{EVENT_RUNTIME, WEB_FUNCTION};

/// An event function, whose runtime this crate does not speak yet.
pub(crate) fn event_function() -> Error {
    let name = WEB_FUNCTION.name;
    let message = format!(
        "{EVENT_RUNTIME} says that this is an event function of SCF, which is not served; \
         if it is a web function, set ISOBAR_PLATFORM={name} in scf_bootstrap"
    );
    Error::new(ErrorKind::Unsupported, message)
}
