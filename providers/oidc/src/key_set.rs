//! The keys of an issuer (RFC 7517, section 5).

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::key::Key;
use crate::key_cache::Wanted;

/// More keys than any issuer has; with as many a token without the id of its key costs a few milliseconds.
const MOST_KEYS: usize = 100;

/// The keys that can be used, which may be none.
#[derive(Debug)]
pub(crate) struct KeySet(Vec<Key>);

#[derive(Deserialize)]
struct Keys<'j> {
    #[serde(borrow)]
    keys: Vec<&'j RawValue>,
}

impl KeySet {
    /// A key that cannot be used is left out, as section 5 wants.
    pub(crate) fn parse(json: &[u8]) -> serde_json::Result<Self> {
        let Keys { keys } = serde_json::from_slice(json)?;
        let usable = keys.into_iter().filter_map(Key::parse);
        Ok(Self(usable.take(MOST_KEYS).collect()))
    }

    /// The keys with which a token may be signed: those with the id that it names, or any where it names none.
    pub(crate) fn fitting(&self, wanted: Wanted<'_>) -> impl Iterator<Item = &Key> {
        self.0.iter().filter(move |key| {
            let named = wanted.id.is_none_or(|id| key.id() == Some(id));
            named && key.fits(wanted.algorithm)
        })
    }
}
