//! What goes wrong before a platform sends requests.

use std::io;
use std::path::Path;

use isobar::{Error, ErrorKind};

/// The lock file of the watchdog contract cannot be written.
pub(crate) fn lock_file(path: &Path, source: io::Error) -> Error {
    let message = format!(
        "cannot write {}, by which health checks see that this process is well; \
         set suppress_lock=true to do without",
        path.display()
    );
    Error::new(ErrorKind::Unavailable, message)
        .with_retryable(false)
        .with_source(source)
}
