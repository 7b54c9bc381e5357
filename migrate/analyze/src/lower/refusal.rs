//! Why something is not ported.

use isobar_migrate_model::ReasonCode;
use oxc_span::GetSpan;

/// What stands in the way of a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Obstacle {
    pub(crate) code: ReasonCode,
    /// What would have to be supported.
    pub(crate) subject: String,
    /// What is there, in one lower-case phrase.
    pub(crate) message: String,
}

impl Obstacle {
    pub(crate) fn new(
        code: ReasonCode,
        subject: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code,
            subject: subject.into(),
            message: message.into(),
        }
    }
}

/// A construct that the translator does not have.
impl From<String> for Obstacle {
    fn from(message: String) -> Self {
        Self::new(
            ReasonCode::Unsupported,
            message.clone(),
            format!("uses {message}"),
        )
    }
}

impl From<&str> for Obstacle {
    fn from(message: &str) -> Self {
        message.to_owned().into()
    }
}

/// One construct that is not ported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) obstacle: Obstacle,
    /// Where it begins in its file.
    pub(crate) offset: u32,
}

impl Refusal {
    pub(crate) fn new(node: &impl GetSpan, obstacle: impl Into<Obstacle>) -> Self {
        Self {
            obstacle: obstacle.into(),
            offset: node.span().start,
        }
    }
}
