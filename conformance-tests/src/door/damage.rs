//! What is wrong with what a door brings, by the form in which its platform brings it.

use isobar::Capability;

use crate::Failure;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// Content of a client that the platform says is Base64, and that is none.
    Content,
    /// Bytes within an event that must be Base64, and are none.
    Event,
    /// An event that is declared to be of a media type that it is not, or that nobody here reads.
    MediaType,
}

/// What stands where Base64 should: its last characters are of another alphabet.
pub(super) const NO_BASE64: &str = "AP8N!!!!";

impl Damage {
    /// Why nothing of the kind is brought through a door.
    pub(super) fn not_brought(self) -> Failure {
        match self {
            Self::Content => Failure::unverified(
                "what stands before the application packs no content, or is not the suite's to damage",
            ),
            Self::Event => isobar::Error::unsupported(Capability::Messages).into(),
            Self::MediaType => isobar::Error::unsupported(Capability::CloudEvents).into(),
        }
    }

    /// The failure of a case in which it was not refused.
    pub(super) fn was_taken(self, answer: &str) -> Failure {
        Failure::new(format!(
            "what is damaged in its {self:?} was taken: {answer}"
        ))
    }
}
