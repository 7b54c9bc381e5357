//! What documents in Firestore mean, whoever brings them: the store, or an event.

#[cfg(feature = "function")]
pub(crate) mod change;
pub(crate) mod row;
pub(crate) mod value;
