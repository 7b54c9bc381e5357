//! Listing the keys of a bucket.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use serde::{Deserialize, Serialize};

use super::binding::{Binding, Operation};
use super::{Bucket, ObjectMeta};
use crate::capability::Capability;
use crate::driver::blob::{Entry as Listed, EntryPage, ListRequest, ListScope, ListStart};
use crate::driver::pause;
use crate::error::{Error, ErrorKind, Result};
use crate::operation::Effect;

/// What to list: everything, until told otherwise.
///
/// ```
/// use isobar::blob::List;
///
/// let folder = List::new().prefix("photos/").delimiter("/");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct List {
    prefix: String,
    delimiter: Option<String>,
    start: Start,
    limit: Option<u32>,
    attributes: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
enum Start {
    #[default]
    First,
    After(String),
    Cursor(ListCursor),
}

impl List {
    /// The most entries of a page, and their number when no limit is given.
    pub const MAX_LIMIT: u32 = 1_000;

    /// All keys, in byte order.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only keys that start with `prefix`, byte by byte; it need not end at a delimiter.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Folds keys that contain `delimiter` after the prefix into one [`Entry::Prefix`] each.
    #[must_use]
    pub fn delimiter(mut self, delimiter: impl Into<String>) -> Self {
        self.delimiter = Some(delimiter.into());
        self
    }

    /// Only entries after this key or common prefix, in byte order; it need not exist.
    #[must_use]
    pub fn after(mut self, key: impl Into<String>) -> Self {
        self.start = Start::After(key.into());
        self
    }

    /// The page after the one whose [`next`](ListPage::next) this is, of the same listing.
    #[must_use]
    pub fn resume(mut self, cursor: ListCursor) -> Self {
        self.start = Start::Cursor(cursor);
        self
    }

    /// The attributes and checksums of blobs too, for stores with
    /// [`ListedAttributes`](crate::Capability::ListedAttributes).
    #[must_use]
    pub fn with_attributes(mut self) -> Self {
        self.attributes = true;
        self
    }

    /// At most this many entries in a page, from 1 to 1,000; a page may have fewer (rule K12).
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }

    fn check(&self, scope: ListScope) -> Result<u32> {
        let limit = self.limit.unwrap_or(Self::MAX_LIMIT);
        if limit == 0 || limit > Self::MAX_LIMIT {
            let max = Self::MAX_LIMIT;
            return Err(Error::invalid(format!(
                "the limit is {limit}, it must be 1 to {max}"
            )));
        }
        if self.delimiter.as_deref() == Some("") {
            return Err(Error::invalid("the delimiter is empty"));
        }
        if self.delimiter.is_some() && scope != ListScope::Blobs {
            return Err(Error::invalid(
                "only present blobs are listed by a delimiter",
            ));
        }
        Ok(limit)
    }
}

/// Where a listing goes on; valid for the same listing of the same bucket, whatever is written in
/// between.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ListCursor(String);

impl ListCursor {
    /// Reads what [`as_str`](Self::as_str) gave out.
    pub fn parse(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The cursor as text, to be handed to a client and parsed again later.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn of(provider: &str, token: &str) -> Self {
        Self(format!("{provider}/{token}"))
    }

    fn token(&self, provider: &str) -> Result<String> {
        let token = self.0.strip_prefix(provider);
        let token = token.and_then(|token| token.strip_prefix('/'));
        token.map(str::to_owned).ok_or_else(|| {
            let message = "the cursor is not of a listing of this store";
            Error::new(ErrorKind::InvalidArgument, message)
        })
    }
}

/// An entry of a listing.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "most entries are blobs, which a box would make dearer"
)]
pub enum Entry {
    /// A blob; its attributes may be left out unless they were asked for.
    Blob(ObjectMeta),
    /// All keys that start with this, which ends with the delimiter.
    Prefix(String),
}

/// Some entries of a listing, and where to go on.
#[derive(Debug, Clone, PartialEq)]
pub struct ListPage {
    /// Blobs and common prefixes, in byte order where the store has
    /// [`OrderedListing`](crate::Capability::OrderedListing).
    pub entries: Vec<Entry>,
    /// What to give to [`List::resume`] for the next page; `None` after the last one.
    pub next: Option<ListCursor>,
}

impl ListPage {
    /// The keys of the blobs on this page, without the common prefixes.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Blob(meta) => Some(meta.key.as_str()),
            Entry::Prefix(_) => None,
        })
    }
}

const LIST: Operation = Operation("blob.list", Effect::Read);

impl Bucket {
    /// One page of a listing; only the last page has no `next`, and no other page is empty.
    pub async fn list(&self, list: &List) -> Result<ListPage> {
        let scope = if list.attributes {
            ListScope::BlobsWithAttributes
        } else {
            ListScope::Blobs
        };
        let page = self.binding.page(LIST, list, scope).await?;
        let entries = page.entries.into_iter().filter_map(|entry| match entry {
            Listed::Blob(meta) => Some(Entry::Blob(meta)),
            Listed::Prefix(prefix) => Some(Entry::Prefix(prefix)),
            Listed::Version(_) | Listed::Upload(_) => None,
        });
        Ok(ListPage {
            entries: entries.collect(),
            next: self.binding.cursor(page.next),
        })
    }

    /// All entries of a listing, one after the other, read page by page.
    pub fn entries(&self, list: List) -> Entries {
        Entries {
            bucket: self.clone(),
            list,
            found: VecDeque::new(),
            state: State::Waiting,
        }
    }
}

impl Binding {
    /// One page of this scope, skipping empty ones (rule K12).
    pub(super) async fn page(
        &self,
        operation: Operation,
        list: &List,
        scope: ListScope,
    ) -> Result<EntryPage> {
        let work = async {
            let needed: &[Capability] = match scope {
                ListScope::Blobs => &[],
                ListScope::BlobsWithAttributes => &[Capability::ListedAttributes],
                ListScope::Versions => &[Capability::BlobVersions],
                ListScope::Uploads => &[Capability::AbandonedUploads],
            };
            self.capabilities().require(needed)?;
            let mut request = self.request(list, scope)?;
            let mut page = self.driver.list_page(&self.name, &request).await?;
            while let Some(next) = page.next.take_if(|_| page.entries.is_empty()) {
                request.start = ListStart::Cursor(next);
                pause().await;
                page = self.driver.list_page(&self.name, &request).await?;
            }
            Ok(page)
        };
        self.run(operation, work).await
    }

    fn request(&self, list: &List, scope: ListScope) -> Result<ListRequest> {
        // Attributes do not keep a listing from being folded.
        let folded = match scope {
            ListScope::BlobsWithAttributes => ListScope::Blobs,
            other => other,
        };
        Ok(ListRequest {
            limit: list.check(folded)?,
            scope,
            prefix: list.prefix.clone(),
            delimiter: list.delimiter.clone(),
            start: match &list.start {
                Start::First => ListStart::First,
                Start::After(key) => ListStart::After(key.clone()),
                Start::Cursor(cursor) => {
                    ListStart::Cursor(cursor.token(self.description.provider)?)
                }
            },
        })
    }

    pub(super) fn cursor(&self, next: Option<String>) -> Option<ListCursor> {
        next.map(|token| ListCursor::of(self.description.provider, &token))
    }
}

/// All entries of a listing, in the order of the listing; see [`Bucket::entries`].
///
/// It ends after the first error. Dropping it ends the request under way.
pub struct Entries {
    bucket: Bucket,
    list: List,
    found: VecDeque<Entry>,
    state: State,
}

enum State {
    /// More may follow.
    Waiting,
    Asking(Asking),
    Done,
}

type Asking = Pin<Box<dyn Future<Output = Result<ListPage>> + Send>>;

impl Entries {
    fn ask(&self) -> Asking {
        let (bucket, list) = (self.bucket.clone(), self.list.clone());
        Box::pin(async move { bucket.list(&list).await })
    }

    /// Keeps what a page had, and where the next one starts.
    fn hold(&mut self, page: Result<ListPage>) -> Result<()> {
        self.state = State::Done;
        let page = page?;
        self.found.extend(page.entries);
        if let Some(next) = page.next {
            self.list = std::mem::take(&mut self.list).resume(next);
            self.state = State::Waiting;
        }
        Ok(())
    }
}

impl fmt::Debug for Entries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entries")
            .field("bucket", &self.bucket)
            .field("list", &self.list)
            .finish_non_exhaustive()
    }
}

impl Stream for Entries {
    type Item = Result<Entry>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(entry) = self.found.pop_front() {
                return Poll::Ready(Some(Ok(entry)));
            }
            let page = match &mut self.state {
                State::Done => return Poll::Ready(None),
                State::Waiting => {
                    self.state = State::Asking(self.ask());
                    continue;
                }
                State::Asking(asking) => ready!(asking.as_mut().poll(context)),
            };
            if let Err(error) = self.hold(page) {
                return Poll::Ready(Some(Err(error)));
            }
        }
    }
}
