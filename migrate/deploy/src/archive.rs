//! ZIP files that are the same for the same content.

use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::error::{Error, ErrorKind, Result};

/// A file of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedFile {
    /// Where it belongs, with `/` between its parts.
    pub path: String,
    /// What is in it.
    pub content: Vec<u8>,
    /// Whether it is a program: its mode is 755, that of others 644.
    pub executable: bool,
}

impl PackedFile {
    pub(crate) fn program(path: &str, content: impl Into<Vec<u8>>) -> Self {
        Self {
            path: path.to_owned(),
            content: content.into(),
            executable: true,
        }
    }

    pub(crate) fn text(path: &str, content: impl Into<Vec<u8>>) -> Self {
        Self {
            path: path.to_owned(),
            content: content.into(),
            executable: false,
        }
    }
}

/// An archive without times, its entries in the order of their paths.
pub(crate) fn archive(files: &[PackedFile]) -> Result<Vec<u8>> {
    let mut files: Vec<&PackedFile> = files.iter().collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let broken = |error: zip::result::ZipError| {
        Error::new(ErrorKind::Internal, "the archive cannot be made").with_source(error)
    };
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for file in files {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default())
            .unix_permissions(if file.executable { 0o755 } else { 0o644 });
        writer.start_file(&file.path, options).map_err(broken)?;
        writer
            .write_all(&file.content)
            .map_err(|error| broken(error.into()))?;
    }
    Ok(writer.finish().map_err(broken)?.into_inner())
}
