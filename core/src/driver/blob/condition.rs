//! What a condition that does not hold is to its caller, whatever a store calls it.

use crate::blob::BlobCondition;
use crate::error::{Error, ErrorKind};

/// The error of a write whose condition the store has found not to hold.
pub fn unmet(condition: &BlobCondition) -> Error {
    if *condition == BlobCondition::IfAbsent {
        let message = "there is a blob at this key";
        return Error::new(ErrorKind::AlreadyExists, message);
    }
    let message = "there is no blob of this version at the key";
    Error::new(ErrorKind::PreconditionFailed, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Version;

    #[test]
    fn each_condition_has_its_kind() {
        let absent = unmet(&BlobCondition::IfAbsent);
        assert_eq!(absent.kind(), ErrorKind::AlreadyExists);
        let version = unmet(&BlobCondition::IfVersion(Version::absent()));
        assert_eq!(version.kind(), ErrorKind::PreconditionFailed);
    }
}
