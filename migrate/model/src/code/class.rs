//! Classes whose instances requests make.

use serde::{Deserialize, Serialize};

use crate::Place;

/// Refers to one of [`Program::classes`](super::Program::classes).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClassId(pub usize);

/// A class of the source. Its constructor and methods are functions of the program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Class {
    /// Its name in the source.
    pub name: String,
    /// Where it begins.
    pub place: Place,
    /// Comments before it, one entry a line.
    pub comments: Vec<String>,
    /// The class of the source that it extends.
    pub parent: Option<ClassId>,
    /// The built-in class of errors that it extends itself.
    pub error: Option<String>,
    /// The names of its own methods.
    pub methods: Vec<String>,
}
