//! What the code shows of a route's request and answers.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// The request parts that a route's code reads and the answers that it sends.
///
/// It is a lower bound: a body that the code hands on unread has no fields here.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Contract {
    /// Query parameters that the code reads by name.
    pub query: Vec<String>,
    /// Body fields that the code reads by name.
    pub body: Vec<String>,
    /// Request headers that the code reads by name, lower case.
    pub headers: Vec<String>,
    /// Answers by status.
    pub responses: Vec<ResponseShape>,
}

/// One answer: a status and what the body looks like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResponseShape {
    /// HTTP status.
    pub status: u16,
    /// What the body is.
    pub body: BodyShape,
}

/// What is known of a value that is sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "type")]
pub enum BodyShape {
    /// No body.
    Empty,
    /// Nothing is known.
    Unknown,
    /// `null`.
    Null,
    /// A boolean.
    Boolean,
    /// A number.
    Number,
    /// Text.
    Text,
    /// A page that a template engine makes.
    Html,
    /// A file from disk.
    File,
    /// An array, with the shape of its elements.
    Array {
        /// Shape of the elements.
        items: Box<BodyShape>,
    },
    /// An object, with the fields that the code writes.
    Object {
        /// Shapes by field name.
        fields: IndexMap<String, BodyShape>,
    },
}
