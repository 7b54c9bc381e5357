//! Listings of stores that cannot fold keys at a delimiter, or not at any, or not start anywhere.

use super::{Entry, EntryPage, ListRequest, ListStart};
use crate::error::{Error, Result};

/// Folds what a store lists flat, in its own order, page by page.
///
/// A page is made of one page of the store's: [`Folding::begin`] tells where that starts,
/// [`Folding::take`] is given each of its entries, and [`Folding::page`] ends it.
#[derive(Debug)]
pub struct Folding<'r> {
    request: &'r ListRequest,
    /// The common prefix that was folded last, which may go on in the next page.
    last: Option<String>,
    entries: Vec<Entry>,
}

impl<'r> Folding<'r> {
    /// A page, and the store's own note of where its page starts.
    pub fn begin(request: &'r ListRequest) -> Result<(Self, Option<String>)> {
        let (last, native) = match &request.start {
            ListStart::First | ListStart::After(_) => (None, None),
            ListStart::Cursor(cursor) => {
                let (last, native) = unpack(cursor)?;
                (last, Some(native))
            }
        };
        let folding = Self {
            request,
            last,
            entries: Vec::new(),
        };
        Ok((folding, native))
    }

    /// Takes the next entry, which counts only where the request asks for it.
    pub fn take(&mut self, entry: Entry) {
        if !entry.name().starts_with(&self.request.prefix) {
            return;
        }
        let entry = match folded(entry.name(), self.request) {
            Some(prefix) if self.last.as_deref() == Some(prefix) => return,
            Some(prefix) => {
                let prefix = prefix.to_owned();
                self.last = Some(prefix.clone());
                Entry::Prefix(prefix)
            }
            None => entry,
        };
        match &self.request.start {
            ListStart::After(after) if entry.name() <= after.as_str() => {}
            _ => self.entries.push(entry),
        }
    }

    /// The page; `native` is the store's own note of where its next one starts.
    pub fn page(self, native: Option<String>) -> EntryPage {
        let last = self.last.as_deref();
        EntryPage {
            next: native.map(|native| pack(last, &native)),
            entries: self.entries,
        }
    }
}

/// The start of a listing of a store that cannot start after a key, or not in the order of the keys:
/// what comes before is read and left out, on all pages.
///
/// [`Skipping::begin`] tells where the store's page starts, and [`Skipping::page`] makes of it the
/// page that was asked for.
#[derive(Debug)]
pub struct Skipping {
    after: Option<String>,
}

impl Skipping {
    /// What is left out, and where the store's page starts.
    pub fn begin(start: &ListStart) -> Result<(Self, ListStart)> {
        let cursor = match start {
            ListStart::First => return Ok((Self { after: None }, ListStart::First)),
            ListStart::After(after) => {
                let after = Some(after.clone());
                return Ok((Self { after }, ListStart::First));
            }
            ListStart::Cursor(cursor) => cursor,
        };
        let read = || {
            let (length, rest) = cursor.split_once('.')?;
            if length.is_empty() {
                return Some((None, rest));
            }
            let (after, rest) = rest.split_at_checked(length.parse().ok()?)?;
            Some((Some(after.to_owned()), rest))
        };
        let (after, rest) = read().ok_or_else(malformed)?;
        Ok((Self { after }, ListStart::Cursor(rest.to_owned())))
    }

    /// The page without what is left out.
    pub fn page(&self, mut page: EntryPage) -> EntryPage {
        if let Some(after) = &self.after {
            page.entries.retain(|entry| entry.name() > after.as_str());
        }
        page.next = page.next.map(|next| match &self.after {
            Some(after) => format!("{}.{after}{next}", after.len()),
            None => format!(".{next}"),
        });
        page
    }
}

fn malformed() -> Error {
    Error::invalid("the cursor of the listing is not one of this store")
}

/// The common prefix that a key is listed under.
pub fn folded<'k>(key: &'k str, request: &ListRequest) -> Option<&'k str> {
    let delimiter = request.delimiter.as_deref()?;
    let rest = key.strip_prefix(&*request.prefix)?;
    let at = rest.find(delimiter)?;
    key.get(..request.prefix.len() + at + delimiter.len())
}

fn pack(last: Option<&str>, native: &str) -> String {
    match last {
        Some(last) => format!("{}:{last}{native}", last.len()),
        None => format!(":{native}"),
    }
}

fn unpack(cursor: &str) -> Result<(Option<String>, String)> {
    let (length, rest) = cursor.split_once(':').ok_or_else(malformed)?;
    if length.is_empty() {
        return Ok((None, rest.to_owned()));
    }
    let length: usize = length.parse().map_err(|_| malformed())?;
    let (last, native) = rest.split_at_checked(length).ok_or_else(malformed)?;
    Ok((Some(last.to_owned()), native.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::{Attributes, BlobKey, ObjectMeta};
    use crate::document::{Timestamp, Version};

    fn entry(key: &str) -> Entry {
        Entry::Blob(ObjectMeta {
            key: BlobKey::of_store(key),
            size: 0,
            version: Version::absent(),
            version_id: None,
            modified: Timestamp::from_micros(0),
            attributes: Attributes::default(),
            crc32c: None,
        })
    }

    /// Pages of two of a store that lists flat.
    fn check(keys: &[&str], prefix: &str, start: ListStart, expected: &[&str]) {
        let mut request = ListRequest {
            scope: super::super::ListScope::Blobs,
            prefix: prefix.to_owned(),
            delimiter: Some("/".to_owned()),
            start,
            limit: 2,
        };
        let mut found = Vec::new();
        loop {
            let (mut folding, native) = Folding::begin(&request).unwrap();
            let from = native.map_or(0, |native| native.parse().unwrap());
            for key in keys.iter().skip(from).take(2) {
                folding.take(entry(key));
            }
            let more = (from + 2 < keys.len()).then(|| (from + 2).to_string());
            let page = folding.page(more);
            found.extend(page.entries.iter().map(|entry| entry.name().to_owned()));
            match page.next {
                Some(next) => request.start = ListStart::Cursor(next),
                None => break,
            }
        }
        assert_eq!(found, expected);
    }

    #[test]
    fn a_prefix_is_listed_once_however_many_pages_its_keys_take() {
        let keys = ["a", "b/1", "b/2", "b/3", "b/4", "c", "d/1"];
        check(&keys, "", ListStart::First, &["a", "b/", "c", "d/"]);
        check(&keys, "b/", ListStart::First, &["b/1", "b/2", "b/3", "b/4"]);
    }

    #[test]
    fn what_comes_before_the_start_is_left_out_with_the_prefix_it_lies_in() {
        let keys = ["a", "b/1", "b/2", "b/3", "b/4", "c", "d/1"];
        check(&keys, "", ListStart::After("b/2".into()), &["c", "d/"]);
        check(&keys, "", ListStart::After("a".into()), &["b/", "c", "d/"]);
    }

    #[test]
    fn every_page_leaves_out_what_the_listing_starts_after() {
        for after in [None, Some(""), Some("ü.9")] {
            let start = after.map_or(ListStart::First, |after| ListStart::After(after.to_owned()));
            let (skipping, first) = Skipping::begin(&start).unwrap();
            assert_eq!(first, ListStart::First);
            let page = skipping.page(EntryPage {
                entries: ["~", "ü", "ü.90"].map(entry).to_vec(),
                next: Some("2!note".to_owned()),
            });
            let left = page.entries.len();
            assert_eq!(left, if after == Some("ü.9") { 1 } else { 3 });
            let next = ListStart::Cursor(page.next.unwrap());
            let (again, native) = Skipping::begin(&next).unwrap();
            assert_eq!(again.after.as_deref(), after);
            assert_eq!(native, ListStart::Cursor("2!note".to_owned()));
        }
        for other in ["", "x", "9.short", "x.y", "1.ü"] {
            let cursor = ListStart::Cursor(other.to_owned());
            assert!(Skipping::begin(&cursor).is_err(), "{other:?}");
        }
    }

    #[test]
    fn a_cursor_of_another_store_is_refused() {
        for cursor in ["", "x", "9:short", "x:y"] {
            assert!(unpack(cursor).is_err(), "{cursor:?}");
        }
    }
}
