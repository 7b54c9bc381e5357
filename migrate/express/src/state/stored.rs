//! The documents in which a variable is stored.
//!
//! A variable has one document of its own name. Small ones hold the value in it; an array or object of more than 512
//! bytes has one more document for each entry, so that a request writes what it changed and nothing else.

use isobar::document::{CollectionSpec, SortType};
use serde::{Deserialize, Serialize};

use super::codec::StoredValue;

/// The collection that holds the variables, all of an application in one partition.
pub const VARIABLES: CollectionSpec<StoredVariable> = CollectionSpec::new("variables")
    .partition("application")
    .sort("name", SortType::Str)
    .preserve_order();

/// A variable, or one entry of it, as it is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StoredVariable {
    /// The application's name: the partition.
    pub application: String,
    /// The variable's name, its file included; for an entry, `#`, the generation, `/` and the entry's number follow.
    pub name: String,
    /// Which commit wrote it last; entries have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Where the entries are, when they have documents of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entries: Option<StoredEntries>,
    /// The property that this is an entry of; elements of arrays have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The value; also missing for `null`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<StoredValue>,
}

/// Where the entries of a variable are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredEntries {
    /// What the entries make up.
    pub shape: Shape,
    /// A part of the names of the entries' documents, which changes when all of them are written anew.
    pub generation: String,
}

/// What entries make up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// An array; the entries are its elements.
    Array,
    /// An object; the entries are its properties.
    Object,
}

impl StoredVariable {
    /// A document without content.
    pub(super) fn named(application: &str, name: impl Into<String>) -> Self {
        Self {
            application: application.to_owned(),
            name: name.into(),
            commit: None,
            entries: None,
            key: None,
            value: None,
        }
    }
}

impl StoredEntries {
    /// The name of the document of one entry; names sort as the numbers do.
    pub(super) fn document(&self, variable: &str, number: u64) -> String {
        format!("{}{number:016x}", self.prefix(variable))
    }

    /// What the names of all entries start with.
    pub(super) fn prefix(&self, variable: &str) -> String {
        format!("{variable}#{}/", self.generation)
    }

    /// The number in the name of an entry's document.
    pub(super) fn number(document: &str) -> Option<u64> {
        let (_, number) = document.rsplit_once('/')?;
        u64::from_str_radix(number, 16).ok()
    }
}
