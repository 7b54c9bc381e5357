//! Queries, page by page: what the store leaves untested is tested here.

use serde::de::DeserializeOwned;

use super::binding::Binding;
use super::cursor::{Origin, Subject};
use super::plan::{self, Plan, Prepared};
use super::stream::Documents;
use super::{Collection, Cursor, Item, Page, Projection, Query};
use crate::capability::Capability;
use crate::driver::document::{
    CountRequest, FoundPage, FoundRecords, PageRequest, Position, Record, RecordPage, Segment,
    Source,
};
use crate::driver::{meter, pause};
use crate::error::{Error, Result};
use crate::operation::Effect;

/// How many documents a page of the store has when it is filtered afterwards.
const AHEAD: usize = 100;

impl<T> Collection<T> {
    /// How a query is carried out: what it reads, what the store tests, what is tested afterwards,
    /// and which index is missing. Nothing is sent.
    ///
    /// ```
    /// # use isobar::{Collection, Result};
    /// # use isobar::document::{Filter, Query};
    /// # fn example(notes: Collection<()>) -> Result<()> {
    /// let plan = notes.plan(&Query::all().filter(Filter::eq("author", "ann")))?;
    /// println!("{plan}");
    /// # Ok(()) }
    /// ```
    pub fn plan(&self, query: &Query) -> Result<Plan> {
        plan::plan(self.binding(), query)
    }

    /// How many documents the query finds; its limit and cursor do not count.
    ///
    /// Where the store counts itself, and tests the whole filter, no document is sent; see
    /// [`Capability::Count`] and [`Self::plan`].
    pub async fn count(&self, query: &Query) -> Result<u64> {
        let work = count(self.binding(), query);
        let counted = self.binding().run("document.count", Effect::Read, work);
        counted.await.map_err(|error| query.named(error))
    }

    /// Whether the query finds any document.
    pub async fn exists(&self, query: &Query) -> Result<bool> {
        let work = exists(self.binding(), query);
        let found = self.binding().run("document.exists", Effect::Read, work);
        found.await.map_err(|error| query.named(error))
    }
}

impl<T: DeserializeOwned + Send> Collection<T> {
    /// One page of what a query finds, in its order.
    ///
    /// A page holds as many documents as the limit allows and the query finds.
    pub async fn query(&self, query: &Query) -> Result<Page<Item<T>>> {
        let page = self.page(query);
        let page = self.binding().run("document.query", Effect::Read, page);
        page.await.map_err(|error| query.named(error))
    }

    /// All that a query finds, in its order, from the place of its cursor on.
    ///
    /// Each page is an operation with a time budget of its own; its size is the query's limit.
    pub fn stream(&self, query: &Query) -> Result<Documents<T>> {
        let (binding, told) = (self.binding(), self.told(query));
        let prepared = prepared(binding, query).map_err(&told)?;
        let after = position(binding, query, &prepared).map_err(told)?;
        Ok(Documents::new(
            self,
            query,
            (prepared, Segment::WHOLE, after),
        ))
    }

    /// All that a query finds, in `segments` streams to be read at the same time, each document in
    /// one of them and in no order; the query is of all documents.
    ///
    /// More than one segment needs [`Capability::ScanSegments`].
    pub fn scan(&self, query: &Query, segments: u32) -> Result<Vec<Documents<T>>> {
        self.divided(query, segments).map_err(self.told(query))
    }

    /// What adds to an error outside of an operation what it is about.
    fn told<'q>(&'q self, query: &'q Query) -> impl Fn(Error) -> Error + 'q {
        move |error| query.named(self.binding().named("document.scan", error))
    }

    fn divided(&self, query: &Query, segments: u32) -> Result<Vec<Documents<T>>> {
        let binding = self.binding();
        if segments == 0 || segments > Segment::MAX_TOTAL {
            let most = Segment::MAX_TOTAL;
            let message = format!("a scan has 1 to {most} segments, not {segments}");
            return Err(Error::invalid(message));
        }
        if segments > 1 {
            binding.require(Capability::ScanSegments)?;
        }
        if query.cursor().is_some() {
            return Err(Error::invalid("a scan by segments starts without a cursor"));
        }
        (0..segments)
            .map(|index| {
                let prepared = prepared(binding, query)?;
                if prepared.whole.source != Source::Everything {
                    let message = "a scan by segments is of all documents: use Query::all()";
                    return Err(Error::invalid(message));
                }
                let segment = Segment {
                    index,
                    total: segments,
                };
                Ok(Documents::new(self, query, (prepared, segment, None)))
            })
            .collect()
    }

    async fn page(&self, query: &Query) -> Result<Page<Item<T>>> {
        let binding = self.binding();
        let prepared = prepared(binding, query)?;
        let after = position(binding, query, &prepared)?;
        let limit = query.page_limit() as usize;
        let mut reading = Reading::new(&prepared, Segment::WHOLE, after);
        let mut items = Vec::new();
        loop {
            let records = reading.step(binding, limit - items.len()).await?;
            records.decode_into(&mut items)?;
            if reading.is_done || items.len() >= limit {
                let origin = origin(binding, query, &prepared);
                let cursor = reading.after.filter(|_| !reading.is_done);
                let cursor = cursor.map(|position| Cursor::new(&origin, &position));
                return Ok(Page { items, cursor });
            }
            pause().await;
        }
    }
}

/// A query that may be run.
fn prepared(binding: &Binding, query: &Query) -> Result<Prepared> {
    plan::check_allowed(binding, query)?;
    Prepared::of(binding, query)
}

fn origin<'q>(binding: &'q Binding, query: &'q Query, prepared: &'q Prepared) -> Origin<'q> {
    Origin {
        provider: binding.provider,
        schema: &binding.schema,
        subject: Subject::Query(query, &prepared.whole),
        key: binding.cursor_key.as_ref(),
    }
}

fn position(binding: &Binding, query: &Query, prepared: &Prepared) -> Result<Option<Position>> {
    let origin = origin(binding, query, prepared);
    let cursor = query.cursor();
    cursor
        .map(|cursor| cursor.position(&origin, &prepared.whole))
        .transpose()
}

/// How far a query has been read.
#[derive(Debug)]
pub(super) struct Reading<'p> {
    prepared: &'p Prepared,
    segment: Segment,
    /// The place of the last record that was taken.
    pub(super) after: Option<Position>,
    pub(super) is_done: bool,
}

impl<'p> Reading<'p> {
    pub(super) fn new(prepared: &'p Prepared, segment: Segment, after: Option<Position>) -> Self {
        Self {
            prepared,
            segment,
            after,
            is_done: false,
        }
    }

    /// At most `wanted` records of the next page of the store; perhaps none.
    pub(super) async fn step(&mut self, binding: &Binding, wanted: usize) -> Result<FoundRecords> {
        let by_token = matches!(self.after, Some(Position::Token(_)));
        let ahead = self.prepared.rest.is_some() && !by_token;
        let asked = if ahead { wanted.max(AHEAD) } else { wanted };
        let page = self.ask(binding, asked).await?;
        if let Some(records) = self.take(binding, page, wanted)? {
            return Ok(records);
        }
        // Only the vendor knows the places between: the page is read again, not longer than needed.
        let page = self.ask(binding, wanted).await?;
        self.take(binding, page, wanted)?.ok_or_else(|| {
            Error::new(
                crate::ErrorKind::Internal,
                "a page is longer than asked for",
            )
        })
    }

    async fn ask(&self, binding: &Binding, limit: usize) -> Result<FoundPage> {
        let request = PageRequest {
            selection: self.prepared.native.clone(),
            fetch: self.prepared.fetch.clone(),
            limit: u32::try_from(limit).unwrap_or(u32::MAX),
            after: self.after.clone(),
        };
        let (driver, call) = (&binding.driver, binding.call());
        match self.prepared.native.source {
            Source::Everything => driver.scan_page(&call, self.segment, &request).await,
            _ => driver.query_page(&call, &request).await,
        }
    }

    /// What the rest of the filter leaves; nothing where the page would have to be cut at a place
    /// that is not known.
    fn take(
        &mut self,
        binding: &Binding,
        page: FoundPage,
        wanted: usize,
    ) -> Result<Option<FoundRecords>> {
        let Prepared {
            rest,
            native,
            projection,
            ..
        } = self.prepared;
        if rest.is_none() && *projection == Projection::Whole && page.records.len() <= wanted {
            meter::items(page.records.len());
            self.is_done = page.next.is_none();
            self.after = page.next;
            return Ok(Some(page.records));
        }
        let RecordPage { mut records, next } = page.unpacked()?;
        if let Some(rest) = rest {
            records.retain(|record| rest.matches(&record.fields));
        }
        if records.len() > wanted {
            records.truncate(wanted);
            let last = records.last().map(|record| &record.fields);
            let place = last.and_then(|f| Position::of(f, &binding.schema, &native.source));
            if matches!(next, Some(Position::Token(_))) || place.is_none() {
                return Ok(None);
            }
            self.after = place;
        } else {
            self.is_done = next.is_none();
            self.after = next;
        }
        meter::items(records.len());
        let records = records.into_iter().map(|record| {
            let fields = projection.apply(&binding.schema, record.fields);
            Record { fields, ..record }.into()
        });
        Ok(Some(FoundRecords::Each(records.collect())))
    }
}

async fn exists(binding: &Binding, query: &Query) -> Result<bool> {
    let prepared = prepared(binding, query)?;
    let mut reading = Reading::new(&prepared, Segment::WHOLE, None);
    loop {
        if !reading.step(binding, 1).await?.is_empty() {
            return Ok(true);
        }
        if reading.is_done {
            return Ok(false);
        }
        pause().await;
    }
}

async fn count(binding: &Binding, query: &Query) -> Result<u64> {
    let prepared = prepared(binding, query)?;
    let counts = binding.capabilities.has(Capability::Count) && prepared.rest.is_none();
    if !counts {
        return count_by_reading(binding, &prepared).await;
    }
    let mut request = CountRequest {
        selection: prepared.native,
        consistency: prepared.fetch.consistency,
        after: None,
    };
    let mut count = 0;
    loop {
        let counted = binding.driver.count(&binding.call(), &request).await?;
        count += counted.count;
        if counted.next.is_none() {
            return Ok(count);
        }
        request.after = counted.next;
        pause().await;
    }
}

async fn count_by_reading(binding: &Binding, prepared: &Prepared) -> Result<u64> {
    let mut reading = Reading::new(prepared, Segment::WHOLE, None);
    let mut count = 0;
    loop {
        let found = reading.step(binding, Query::MAX_LIMIT as usize).await?;
        count += found.len() as u64;
        if reading.is_done {
            return Ok(count);
        }
        pause().await;
    }
}
