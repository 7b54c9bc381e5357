//! What names an upload that others carry out, so that any process can finish it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Attributes, BlobCondition, BlobKey};
use crate::document::Version;
use crate::driver::blob::Upload;
use crate::driver::sortable;
use crate::error::{Error, Result};

/// What names a planned upload, with all that is needed to finish it; plain ASCII.
///
/// It is not secret, and not signed: keep it where its key was decided, or compare its
/// [`key`](Self::key) when a client hands it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UploadToken {
    pub(super) upload: Upload,
    text: String,
}

/// The form of the text; another one is refused.
const FORM: &str = "1";

impl UploadToken {
    pub(super) fn new(upload: Upload) -> Self {
        let text = sortable::bytes(&write(&upload));
        Self { upload, text }
    }

    /// Reads what [`as_str`](Self::as_str) gave out; `InvalidArgument` where it is not that.
    pub fn parse(text: impl Into<String>) -> Result<Self> {
        let text = text.into();
        let upload = sortable::read_bytes(&text).and_then(|bytes| read(&bytes));
        let message = "the text is not the token of an upload";
        let upload = upload.ok_or_else(|| Error::invalid(message))?;
        Ok(Self { upload, text })
    }

    /// The token as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Where the blob goes.
    pub fn key(&self) -> &BlobKey {
        &self.upload.key
    }

    /// How many bytes it has.
    pub fn size(&self) -> u64 {
        self.upload.size.unwrap_or(0)
    }
}

impl fmt::Display for UploadToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for UploadToken {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        Self::parse(text)
    }
}

impl From<UploadToken> for String {
    fn from(token: UploadToken) -> Self {
        token.text
    }
}

/// Texts, each with its length before it; what may be absent is nothing or one byte longer.
fn write(upload: &Upload) -> Vec<u8> {
    let Upload {
        key,
        attributes,
        condition,
        size,
        part_bytes,
        planned: _,
        token,
    } = upload;
    let (condition, version) = match condition {
        BlobCondition::None => ("", ""),
        BlobCondition::IfAbsent => ("absent", ""),
        BlobCondition::IfVersion(version) => ("version", version.as_str()),
    };
    let raw = if key.is_raw() { "raw" } else { "" };
    let mut texts = vec![FORM.to_owned(), key.as_str().to_owned(), raw.to_owned()];
    texts.extend([condition.to_owned(), version.to_owned()]);
    texts.extend([size.unwrap_or(0).to_string(), part_bytes.to_string()]);
    texts.push(token.clone().unwrap_or_default());
    for header in attributes.headers() {
        let header = header.as_ref().map(|value| format!("={value}"));
        texts.push(header.unwrap_or_default());
    }
    for (name, value) in &attributes.metadata {
        texts.extend([name.clone(), value.clone()]);
    }
    let framed = texts.iter().map(|text| format!("{}:{text}", text.len()));
    framed.collect::<String>().into_bytes()
}

fn read(bytes: &[u8]) -> Option<Upload> {
    let mut rest = std::str::from_utf8(bytes).ok()?;
    let mut texts = std::iter::from_fn(|| {
        let (length, after) = rest.split_once(':')?;
        let (text, after) = after.split_at_checked(length.parse().ok()?)?;
        rest = after;
        Some(text.to_owned())
    });
    if texts.next()? != FORM {
        return None;
    }
    let (key, raw) = (texts.next()?, texts.next()?);
    let key = match raw.as_str() {
        "raw" => BlobKey::raw(key),
        _ => BlobKey::new(key).ok()?,
    };
    let condition = match (texts.next()?.as_str(), texts.next()?) {
        ("", _) => BlobCondition::None,
        ("absent", _) => BlobCondition::IfAbsent,
        ("version", version) => BlobCondition::IfVersion(Version::parse(version).ok()?),
        _ => return None,
    };
    let (size, part_bytes) = (texts.next()?.parse().ok()?, texts.next()?.parse().ok()?);
    let token = texts.next()?;
    let mut attributes = Attributes::default();
    for header in attributes.headers_mut() {
        let text = texts.next()?;
        *header = text.strip_prefix('=').map(str::to_owned);
    }
    while let Some(name) = texts.next() {
        attributes.metadata.insert(name, texts.next()?);
    }
    attributes.check().ok()?;
    let whole = rest.is_empty() && part_bytes > 0;
    whole.then_some(Upload {
        key,
        attributes,
        condition,
        size: Some(size),
        part_bytes,
        planned: true,
        token: Some(token),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(upload: &Upload) {
        let token = UploadToken::new(upload.clone());
        assert!(
            token
                .as_str()
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric())
        );
        let read = UploadToken::parse(token.as_str()).unwrap();
        assert_eq!(read, token);
        assert_eq!(read.upload, *upload);
    }

    fn upload() -> Upload {
        Upload {
            key: BlobKey::new("a/ü:9").unwrap(),
            attributes: Attributes::default(),
            condition: BlobCondition::None,
            size: Some(20_000_000),
            part_bytes: 8 << 20,
            planned: true,
            token: Some("id-of-the-store==".to_owned()),
        }
    }

    #[test]
    fn a_token_holds_all_that_is_needed_to_finish() {
        check(&upload());
        check(&Upload {
            key: BlobKey::raw(""),
            condition: BlobCondition::IfAbsent,
            attributes: Attributes::default()
                .with_content_type("")
                .with_cache_control("no-cache")
                .with_metadata("name", "=x:1"),
            ..upload()
        });
        check(&Upload {
            condition: BlobCondition::IfVersion(Version::parse("\"e:tag\"").unwrap()),
            ..upload()
        });
    }

    #[test]
    fn other_text_is_no_token() {
        let token = UploadToken::new(upload());
        let cut = &token.as_str()[..token.as_str().len() - 3];
        for text in ["", "x!", "00", cut] {
            let error = UploadToken::parse(text).unwrap_err();
            assert_eq!(error.kind(), crate::ErrorKind::InvalidArgument, "{text:?}");
        }
    }
}
