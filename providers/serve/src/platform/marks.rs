//! The lines by which Function Compute finds what was logged during an invocation.
//!
//! "Write `FC Invoke Start RequestId:` and `FC Invoke End RequestId:` to stdout for every invocation":
//! <https://help.aliyun.com/en/functioncompute/fc-2-0/user-guide/custom-runtime-specification-details>

use std::io::{self, Write as _};

use isobar::function::RequestId;

/// An invocation whose first line is written; its last one is when this is dropped.
#[derive(Debug)]
pub(super) struct Marked(RequestId);

impl Marked {
    pub(super) fn begin(id: &RequestId) -> Self {
        write("Start", id);
        Self(id.clone())
    }
}

impl Drop for Marked {
    fn drop(&mut self) {
        write("End", &self.0);
    }
}

/// Nobody is left to tell where the stream is closed.
fn write(what: &str, id: &RequestId) {
    let mut output = io::stdout().lock();
    let written = writeln!(output, "FC Invoke {what} RequestId: {}", id.as_str());
    drop(written.and_then(|()| output.flush()));
}
