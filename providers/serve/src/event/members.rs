//! The members of an object by which an event is told.

use serde::de::DeserializeOwned;

/// What an object says, by the members that `T` asks for; nothing where the content is no object, or says something else.
pub fn members<T: DeserializeOwned>(content: &[u8]) -> Option<T> {
    // A list would be read as members in their order.
    let is_object = content.trim_ascii_start().starts_with(b"{");
    is_object
        .then(|| serde_json::from_slice(content).ok())
        .flatten()
}
