//! What items of Cosmos DB mean, whoever brings them: the store, or an event.

#[cfg(feature = "function")]
pub(crate) mod change;
pub(crate) mod name;
pub(crate) mod row;
pub(crate) mod value;
