//! What a condition that does not hold is to its caller, whatever a store calls it.

use crate::blob::BlobCondition;
use crate::document::Version;
use crate::error::{Error, ErrorKind, Result};

/// The error of a write whose condition the store has found not to hold.
pub fn unmet(condition: &BlobCondition) -> Error {
    if *condition == BlobCondition::IfAbsent {
        let message = "there is a blob at this key";
        return Error::new(ErrorKind::AlreadyExists, message);
    }
    let message = "there is no blob of this version at the key";
    Error::new(ErrorKind::PreconditionFailed, message)
}

/// The same of a put that was last sent on another condition than it asked for: that nothing is
/// stored yet, as it was not after a lost answer.
pub fn unmet_by_put(asked: &BlobCondition, sent: &BlobCondition) -> Error {
    if asked == sent {
        return unmet(asked);
    }
    let message = "another writer stored a blob at this key meanwhile";
    Error::new(ErrorKind::Contention, message)
}

/// Checks a condition where a blob of this version is at the key; the error is that of [`unmet`].
pub fn check_present(condition: &BlobCondition, present: &Version) -> Result<()> {
    let holds = match condition {
        BlobCondition::None => true,
        BlobCondition::IfAbsent => false,
        BlobCondition::IfVersion(version) => version == present,
    };
    if holds { Ok(()) } else { Err(unmet(condition)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_condition_has_its_kind() {
        let absent = unmet(&BlobCondition::IfAbsent);
        assert_eq!(absent.kind(), ErrorKind::AlreadyExists);
        let version = unmet(&BlobCondition::IfVersion(Version::absent()));
        assert_eq!(version.kind(), ErrorKind::PreconditionFailed);
    }

    #[test]
    fn a_blob_that_is_there_meets_no_condition_but_its_version() {
        let (here, other) = (Version::parse("a").unwrap(), Version::parse("b").unwrap());
        assert!(check_present(&BlobCondition::None, &here).is_ok());
        assert!(check_present(&BlobCondition::IfVersion(here.clone()), &here).is_ok());
        for unmet in [BlobCondition::IfAbsent, BlobCondition::IfVersion(other)] {
            assert!(check_present(&unmet, &here).is_err(), "{unmet:?}");
        }
    }
}
