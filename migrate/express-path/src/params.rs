//! The parameters of a match, ordered as the properties of a JavaScript object.

/// What a parameter holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParamValue {
    /// An optional part that is absent (Express 4 keeps the key with the value `undefined`).
    Missing,
    /// The decoded text.
    Text(String),
    /// The decoded segments of an Express 5 wildcard.
    List(Vec<String>),
}

impl ParamValue {
    /// The text, when it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Missing | Self::List(_) => None,
        }
    }
}

/// Parameters by name: integer names first in ascending order, then the rest as they were captured,
/// which is the order in which JavaScript enumerates the properties of `req.params`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Params {
    entries: Vec<(String, ParamValue)>,
}

impl Params {
    /// The value of `name`.
    pub fn get(&self, name: &str) -> Option<&ParamValue> {
        self.entries
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }

    /// The text of `name`, when it holds one.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(ParamValue::as_text)
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &ParamValue)> {
        self.entries
            .iter()
            .map(|(name, value)| (name.as_str(), value))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn set(&mut self, name: &str, value: ParamValue) {
        if let Some(entry) = self.entries.iter_mut().find(|(key, _)| key == name) {
            entry.1 = value;
            return;
        }
        let place = match array_index(name) {
            Some(index) => self
                .entries
                .iter()
                .position(|(key, _)| array_index(key).is_none_or(|other| other > index)),
            None => None,
        };
        let place = place.unwrap_or(self.entries.len());
        self.entries.insert(place, (name.to_owned(), value));
    }
}

/// The number that `name` stands for, when JavaScript would order the property as an integer.
fn array_index(name: &str) -> Option<u32> {
    let index: u32 = name.parse().ok()?;
    (index != u32::MAX && index.to_string() == name).then_some(index)
}
