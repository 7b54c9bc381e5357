//! State that routes share, in the process and outside it.

use serde::{Deserialize, Serialize};

use crate::Place;

/// What a piece of process state is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum StateKind {
    /// Values that answers are made of: lists, maps, counters.
    Data,
    /// A client, a pool or a handle.
    Connection,
    /// Values that can be made again.
    Cache,
    /// A value that is set once while starting.
    Configuration,
}

/// One variable or object that outlives a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SharedState {
    /// Name of the variable, or of the property that holds the object.
    pub name: String,
    /// Where it is declared.
    pub place: Place,
    /// What it is for.
    pub kind: StateKind,
    /// Routes that read it, by [`crate::Route::key`].
    pub readers: Vec<String>,
    /// Routes that write it, by [`crate::Route::key`].
    pub writers: Vec<String>,
}

/// Routes that must change sides together, because they share state with at least one writer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StateGroup {
    /// Name of the group: its states joined by `+`.
    pub name: String,
    /// Members, by [`crate::Route::key`], in route order.
    pub routes: Vec<String>,
    /// The members that write.
    pub writers: Vec<String>,
    /// What they share.
    pub states: Vec<SharedState>,
}

/// Calls into a store outside the process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataAccess {
    /// The package that makes the calls.
    pub library: String,
    /// Operations called, sorted.
    pub operations: Vec<String>,
    /// Routes that reach them, by [`crate::Route::key`].
    pub routes: Vec<String>,
    /// The first call.
    pub place: Place,
}
