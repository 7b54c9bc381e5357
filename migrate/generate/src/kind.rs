//! What is known of a value before the program runs.

/// The kind of a value, as far as all that can reach a place agree on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) enum Kind {
    /// Nothing has been seen yet.
    #[default]
    Unseen,
    /// `undefined`.
    Undefined,
    Bool,
    Number,
    Text,
    Array,
    /// Anything.
    Value,
}

impl Kind {
    /// What holds for a value that comes from either side.
    #[must_use]
    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unseen, kind) | (kind, Self::Unseen) => kind,
            (left, right) if left == right => left,
            _ => Self::Value,
        }
    }

    /// The kind for which code is written: a place that nothing reaches may hold anything.
    #[must_use]
    pub(crate) fn settled(self) -> Self {
        match self {
            Self::Unseen => Self::Value,
            kind => kind,
        }
    }

    /// The Rust type that owns such a value.
    pub(crate) fn owned(self) -> &'static str {
        match self {
            Self::Undefined => "()",
            Self::Bool => "bool",
            Self::Number => "f64",
            Self::Text => "JsString",
            Self::Array => "JsArray",
            Self::Unseen | Self::Value => "JsValue",
        }
    }

    /// The Rust type by which a function takes such a value.
    pub(crate) fn borrowed(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Number => "f64",
            Self::Text => "&JsString",
            Self::Array => "&JsArray",
            Self::Undefined | Self::Unseen | Self::Value => "&JsValue",
        }
    }

    /// Whether the value is copied where it is used.
    pub(crate) fn is_copied(self) -> bool {
        matches!(self, Self::Undefined | Self::Bool | Self::Number)
    }
}
