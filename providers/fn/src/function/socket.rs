//! The socket's file, which is there under its own name only when the agent may write to it.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use isobar::Result;
use tokio::net::UnixListener;

use crate::config::PHONY;
use crate::error;

/// The files of a socket; dropping it removes them, as the contract asks.
#[derive(Debug)]
pub(super) struct Socket {
    file: PathBuf,
    link: PathBuf,
}

impl Socket {
    /// Binds another name, lets everybody write to it, and links the name to it, for the agent goes on as soon as that
    /// is there.
    pub(super) fn bind(path: &Path) -> Result<(UnixListener, Self)> {
        let bound = || {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let file = path.with_file_name(format!("{PHONY}{name}"));
            for left_over in [path, &file] {
                remove(left_over)?;
            }
            let listener = UnixListener::bind(&file)?;
            let socket = Self {
                file,
                link: path.to_owned(),
            };
            fs::set_permissions(&socket.file, Permissions::from_mode(0o666))?;
            // The agent refuses a link to anything but a name in its own directory.
            symlink(socket.file.file_name().unwrap_or_default(), path)?;
            Ok((listener, socket))
        };
        bound().map_err(|source| error::socket(path, source))
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        for path in [&self.link, &self.file] {
            if let Err(error) = remove(path) {
                tracing::debug!(target: "isobar", %error, "the socket's file stays behind");
            }
        }
    }
}

/// Removes a file that may not be there.
fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
