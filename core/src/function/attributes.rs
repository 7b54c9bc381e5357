//! What an event says of itself beside its id, source, type and time.

use std::collections::BTreeMap;

use crate::error::{Error, Result};

/// The attributes of CloudEvents 1.0 that an event may have, and its extensions.
///
/// Values are text in the canonical form of the specification, so that an event says the same in each mode in which it may
/// come: `true`, `42`, an instant as RFC 3339 has it.
///
/// <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#context-attributes>
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventAttributes {
    subject: Option<String>,
    data_content_type: Option<String>,
    data_schema: Option<String>,
    extensions: BTreeMap<String, String>,
}

/// The names that the specification has given away.
const RESERVED: [&str; 9] = [
    "id",
    "source",
    "specversion",
    "type",
    "subject",
    "time",
    "datacontenttype",
    "dataschema",
    "data",
];

impl EventAttributes {
    /// Whether an extension may have this name: of lower-case letters and digits, and not one of the specification's own.
    pub fn is_extension(name: &str) -> bool {
        let is_kept = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        !name.is_empty() && name.bytes().all(is_kept) && !RESERVED.contains(&name)
    }

    /// About this; an empty text is no subject.
    #[must_use]
    pub fn with_subject(mut self, subject: Option<String>) -> Self {
        self.subject = subject.filter(|subject| !subject.is_empty());
        self
    }

    /// With data of this media type.
    #[must_use]
    pub fn with_data_content_type(mut self, media: Option<String>) -> Self {
        self.data_content_type = media;
        self
    }

    /// With data that follow this schema, a URI.
    #[must_use]
    pub fn with_data_schema(mut self, schema: Option<String>) -> Self {
        self.data_schema = schema;
        self
    }

    /// With one more extension; `InvalidArgument` where none [may have](Self::is_extension) its name.
    pub fn with_extension(
        mut self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Result<Self> {
        let name = name.into();
        if !Self::is_extension(&name) {
            return Err(Error::invalid(format!(
                "{name:?} is not the name of an extension: one of lower-case letters and digits that CloudEvents itself has \
                 not given away"
            )));
        }
        self.extensions.insert(name, value.into());
        Ok(self)
    }

    /// With those of these that [may be](Self::is_extension) extensions; for platforms.
    #[must_use]
    pub fn with_extensions(mut self, told: impl IntoIterator<Item = (String, String)>) -> Self {
        let told = told.into_iter();
        self.extensions
            .extend(told.filter(|(name, _)| Self::is_extension(name)));
        self
    }

    /// What the event is about, in the source's own words.
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// The media type of the data that came.
    pub fn data_content_type(&self) -> Option<&str> {
        self.data_content_type.as_deref()
    }

    /// The schema of the data that came, a URI.
    pub fn data_schema(&self) -> Option<&str> {
        self.data_schema.as_deref()
    }

    /// The value of an extension.
    pub fn extension(&self, name: &str) -> Option<&str> {
        self.extensions.get(name).map(String::as_str)
    }

    /// All extensions, by their names.
    pub fn extensions(&self) -> impl Iterator<Item = (&str, &str)> {
        let extensions = self.extensions.iter();
        extensions.map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn extensions_have_names_of_lower_case_letters_and_digits() {
        let told = EventAttributes::default().with_extension("shade2", "a  b");
        let told = told.unwrap();
        assert_eq!(told.extension("shade2"), Some("a  b"));
        assert_eq!(told.extensions().collect::<Vec<_>>(), [("shade2", "a  b")]);
        for name in [
            "",
            "Shade",
            "sha-de",
            "sha_de",
            "sch\u{e4}de",
            "subject",
            "data",
        ] {
            let error = EventAttributes::default()
                .with_extension(name, "x")
                .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{name}");
        }
    }

    #[test]
    fn an_empty_subject_is_none() {
        let empty = EventAttributes::default().with_subject(Some(String::new()));
        assert_eq!(empty.subject(), None);
    }
}
