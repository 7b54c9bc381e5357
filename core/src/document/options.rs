//! What a write may ask beyond its document.

use super::{Condition, Item, Timestamp};
use crate::driver::document::{Existence, ExpiryChange};

/// What a put may ask beyond storing the document.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct PutOptions {
    pub(crate) condition: Condition,
    pub(crate) expires_at: Option<Timestamp>,
}

impl PutOptions {
    /// The stored document must meet this condition.
    #[must_use]
    pub fn with_condition(mut self, condition: Condition) -> Self {
        self.condition = condition;
        self
    }

    /// The document ceases to exist at this instant, cut to the second.
    #[must_use]
    pub fn with_expires_at(mut self, at: impl Into<Timestamp>) -> Self {
        self.expires_at = Some(at.into());
        self
    }

    /// The document ceases to exist when `item` does, or never where that does not.
    #[must_use]
    pub fn with_expiry_of<T>(mut self, item: &Item<T>) -> Self {
        self.expires_at = item.expires_at;
        self
    }

    /// What is asked of the document in its place: a condition can only hold of one that is there.
    pub(super) fn upsert_existence(&self) -> Existence {
        if self.condition.is_empty() {
            Existence::Any
        } else {
            Existence::Required
        }
    }
}

/// What an update may ask beyond its changes.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct UpdateOptions {
    pub(crate) condition: Condition,
    pub(super) expiry: ExpiryChange,
    pub(super) create_missing: bool,
}

impl UpdateOptions {
    /// The stored document must meet this condition.
    #[must_use]
    pub fn with_condition(mut self, condition: Condition) -> Self {
        self.condition = condition;
        self
    }

    /// Sets the instant at which the document ceases to exist; `None` keeps it for good.
    #[must_use]
    pub fn with_expires_at(mut self, at: Option<Timestamp>) -> Self {
        self.expiry = ExpiryChange::To(at.map(Timestamp::to_second));
        self
    }

    /// Where there is no document, starts from one with only its key.
    #[must_use]
    pub fn with_create_missing(mut self) -> Self {
        self.create_missing = true;
        self
    }

    pub(super) fn existence(&self) -> Existence {
        if self.create_missing {
            Existence::Any
        } else {
            Existence::Required
        }
    }
}

/// What a delete may ask.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct DeleteOptions {
    pub(crate) condition: Condition,
}

impl DeleteOptions {
    /// The stored document must be there and meet this condition.
    #[must_use]
    pub fn with_condition(mut self, condition: Condition) -> Self {
        self.condition = condition;
        self
    }
}
