//! What Cloud Storage knows of an object, in the portable form.

use google_cloud_storage::model::Object;
use isobar::blob::{Attributes, BlobCondition, BlobKey, ObjectMeta, VersionId};
use isobar::document::{Timestamp, Version};
use isobar::driver::blob::unmet;
use isobar::driver::metadata;
use isobar::{Error, ErrorKind, Result};

/// The user metadata that marks a write, so that it is recognised after a lost answer.
pub(super) const WRITE: &str = "isobarwrite";

/// An object without its mark. The generation is its version, and names it where the bucket keeps
/// versions.
pub(super) fn described(mut object: Object) -> Result<ObjectMeta> {
    let size = u64::try_from(object.size).map_err(|_| unexpected("has a negative size"))?;
    object.metadata.remove(WRITE);
    let mut attributes = Attributes::default();
    let some = |text: String| (!text.is_empty()).then_some(text);
    attributes.content_type = some(object.content_type);
    attributes.content_disposition = some(object.content_disposition);
    attributes.content_encoding = some(object.content_encoding);
    attributes.content_language = some(object.content_language);
    attributes.cache_control = some(object.cache_control);
    attributes.metadata = metadata::decode(object.metadata);
    let at = object.update_time.or(object.create_time);
    Ok(ObjectMeta {
        key: BlobKey::of_store(object.name),
        size,
        version: Version::parse(object.generation.to_string())?,
        version_id: Some(VersionId::new(object.generation.to_string())),
        modified: at.map_or(Timestamp::from_micros(0), instant),
        attributes,
        crc32c: object.checksums.and_then(|sums| sums.crc32c),
    })
}

fn instant(at: google_cloud_wkt::Timestamp) -> Timestamp {
    let micros = at.seconds() * 1_000_000 + i64::from(at.nanos() / 1_000);
    Timestamp::from_micros(micros)
}

/// The generation that a version is; `None` where it is none of this store's, and so holds of
/// nothing.
pub(super) fn generation(version: &str) -> Option<i64> {
    version.parse().ok().filter(|generation| *generation > 0)
}

/// The condition as Cloud Storage has it: the generation that must be there, 0 for none.
pub(super) fn condition(condition: &BlobCondition) -> Result<Option<i64>> {
    match condition {
        BlobCondition::IfAbsent => Ok(Some(0)),
        BlobCondition::IfVersion(version) => match generation(version.as_str()) {
            Some(generation) => Ok(Some(generation)),
            None => Err(unmet(condition)),
        },
        _ => Ok(None),
    }
}

pub(super) fn unexpected(what: &str) -> Error {
    let message = format!("what Cloud Storage told of the object {what}");
    Error::new(ErrorKind::Internal, message)
}
