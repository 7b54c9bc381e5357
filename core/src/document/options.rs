//! What a write may ask beyond its document.

use super::{Condition, FieldPath, Item, Projection, Timestamp};
use crate::driver::document::{Existence, ExpiryChange, Fetch};
use crate::error::Result;

/// How fresh what is read must be (rule R13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Consistency {
    /// Keyed reads see every write that was acknowledged before.
    #[default]
    Strong,
    /// It may be a little old, where that is cheaper for the store.
    Eventual,
}

/// What happens when the answer to a write is lost (rule R21).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Idempotency {
    /// It is made again where it can be recognised, else the error has
    /// [`outcome_unknown`](crate::Error::outcome_unknown).
    #[default]
    Recognised,
    /// It is made exactly once although answers are lost and others write the same document, for
    /// as long as the store can be reached. It may cost more, and needs
    /// [`Capability::ExactWrites`](crate::Capability::ExactWrites).
    Exact,
}

/// What a get may ask beyond its key.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct GetOptions {
    pub(super) projection: Projection,
    pub(super) consistency: Consistency,
}

impl GetOptions {
    /// Only these fields, and those of the key.
    ///
    /// The type that is read must do without the others: see
    /// [`Collection::view`](crate::Collection::view).
    #[must_use]
    pub fn with_fields<P: Into<FieldPath>>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
        self.projection = Projection::fields(paths);
        self
    }

    /// How fresh the document must be.
    #[must_use]
    pub fn with_consistency(mut self, consistency: Consistency) -> Self {
        self.consistency = consistency;
        self
    }
}

impl GetOptions {
    pub(super) fn fetch(&self) -> Result<Fetch> {
        Ok(Fetch {
            projection: self.projection.checked()?,
            consistency: self.consistency,
        })
    }
}

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
    pub(super) idempotency: Idempotency,
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

    /// What happens when the answer is lost.
    #[must_use]
    pub fn with_idempotency(mut self, idempotency: Idempotency) -> Self {
        self.idempotency = idempotency;
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
