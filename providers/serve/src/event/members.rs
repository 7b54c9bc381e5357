//! The members of an object by which an event is told.

use serde::de::DeserializeOwned;

/// Whether content in JSON is an object: anything else would be read as members in their order.
pub fn is_object(content: &[u8]) -> bool {
    content.trim_ascii_start().starts_with(b"{")
}

/// What an object says, by the members that `T` asks for; nothing where the content is no object, or says something else.
pub fn members<T: DeserializeOwned>(content: &[u8]) -> Option<T> {
    is_object(content)
        .then(|| serde_json::from_slice(content).ok())
        .flatten()
}
