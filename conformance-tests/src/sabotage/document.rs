//! A document driver that does what another does, but for one fault.

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use isobar::document::{CollectionSchema, Key, Timestamp};
use isobar::driver::document::{
    Action, Call, ChangesRequest, CountRequest, Counted, DocumentDescription, DocumentDriver,
    Existence, Fetch, FoundPage, FoundRecord, PageRequest, Record, RecordChanges, RecordPage,
    Segment, Write, Written,
};
use isobar::{Error, ErrorKind, Result};

use super::Sabotage;

/// What is wrong; [`DocumentFault::NONE`] is nothing.
#[derive(Debug, Clone, Copy)]
pub(super) struct DocumentFault {
    /// Changes the instant by which reads judge expiry.
    pub(super) read_at: fn(Timestamp) -> Timestamp,
    /// Changes the instant by which writes judge expiry.
    pub(super) write_at: fn(Timestamp) -> Timestamp,
    /// Changes a write before it happens.
    pub(super) write: fn(&CollectionSchema, &mut Write),
    /// Changes a document as it is read.
    pub(super) record: fn(&CollectionSchema, &mut Record),
    /// Changes the request for a page.
    pub(super) request: fn(&mut PageRequest),
    /// Changes a page, given the request as it was.
    pub(super) page: fn(&PageRequest, &mut RecordPage),
    /// Changes the part of a scan that is read.
    pub(super) segment: fn(Segment) -> Segment,
    /// Changes a count.
    pub(super) counted: fn(&mut Counted),
    /// Changes what is told of changes, given the request.
    pub(super) changes: fn(&ChangesRequest, &mut RecordChanges),
    /// Changes what the driver says of itself.
    pub(super) describe: fn(&mut DocumentDescription),
    /// Changes what a write tells.
    pub(super) written: fn(&Write, &mut Written),
    /// Changes an error.
    pub(super) error: fn(Error) -> Error,
    /// How writes and batches are carried out.
    pub(super) conduct: Conduct,
}

/// How writes and batches are carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Conduct {
    /// As they should be.
    Faithful,
    /// An update reads, waits, and puts.
    UpdateInTwoSteps,
    /// A create looks, waits, and puts.
    CreateInTwoSteps,
    /// A condition is looked at, and the write follows later.
    ConditionInTwoSteps,
    /// An update knows no limits but the store's own.
    UpdateIgnoresLimits,
    /// An update is sent again although it went through.
    UpdateTwice,
    /// A put over a document keeps its version.
    PutKeepsVersion,
    /// A put over a document keeps its expiry.
    PutKeepsExpiry,
    /// A put over a document keeps the fields that it does not name.
    PutMerges,
    /// An update tells the document as it was.
    UpdateTellsTheOld,
    /// The writes of a set happen one after the other, up to the first that fails.
    SetInSteps,
    /// The writes of a set are checked together and happen one after the other.
    SetIsTorn,
    /// The last write of a batch does not happen.
    BatchLosesItsLast,
    /// The answers to a batch of keys come in the order of the keys' bytes.
    BatchInOtherOrder,
    /// The first read after a write shows the document from before.
    ReadsAreOld,
    /// A write takes three seconds of its thread.
    Blocks,
    /// A put happens without its last field first, and then as a whole.
    PutIsTorn,
    /// What a batch does not find, it leaves out at the place and adds at the end.
    BatchWithoutGaps,
}

impl DocumentFault {
    /// Nothing is wrong.
    pub(super) const NONE: Self = Self {
        read_at: |now| now,
        write_at: |now| now,
        write: |_, _| {},
        record: |_, _| {},
        request: |_| {},
        page: |_, _| {},
        segment: |segment| segment,
        counted: |_| {},
        changes: |_, _| {},
        describe: |_| {},
        written: |_, _| {},
        error: |error| error,
        conduct: Conduct::Faithful,
    };
}

/// A store that changes the requests for pages before it reads them.
pub(super) const fn request(
    name: &'static str,
    case: &'static str,
    request: fn(&mut PageRequest),
) -> Sabotage {
    Sabotage::document(
        name,
        case,
        DocumentFault {
            request,
            ..DocumentFault::NONE
        },
    )
}

/// A store that changes its pages before it gives them.
pub(super) const fn page(
    name: &'static str,
    case: &'static str,
    page: fn(&PageRequest, &mut RecordPage),
) -> Sabotage {
    Sabotage::document(
        name,
        case,
        DocumentFault {
            page,
            ..DocumentFault::NONE
        },
    )
}

/// A driver with one fault.
#[derive(Debug)]
pub(super) struct SabotagedDocuments {
    inner: Arc<dyn DocumentDriver>,
    fault: DocumentFault,
    /// Documents as they were before the last write.
    before: Mutex<HashMap<Key, Option<Record>>>,
}

impl SabotagedDocuments {
    pub(super) fn over(
        inner: Arc<dyn DocumentDriver>,
        fault: DocumentFault,
    ) -> Arc<dyn DocumentDriver> {
        Arc::new(Self {
            inner,
            fault,
            before: Mutex::default(),
        })
    }

    fn before(&self) -> MutexGuard<'_, HashMap<Key, Option<Record>>> {
        self.before.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reading<'c>(&self, call: &Call<'c>) -> Call<'c> {
        Call {
            now: (self.fault.read_at)(call.now),
            ..*call
        }
    }

    fn writing<'c>(&self, call: &Call<'c>) -> Call<'c> {
        Call {
            now: (self.fault.write_at)(call.now),
            ..*call
        }
    }

    fn sabotaged(&self, call: &Call<'_>, write: &Write) -> Write {
        let mut write = write.clone();
        (self.fault.write)(call.schema, &mut write);
        write
    }

    fn seen(&self, call: &Call<'_>, record: Option<Record>) -> Option<Record> {
        record.map(|mut record| {
            (self.fault.record)(call.schema, &mut record);
            record
        })
    }

    fn read(&self, call: &Call<'_>, found: Option<FoundRecord>) -> Result<Option<FoundRecord>> {
        let record = found.map(FoundRecord::unpacked).transpose()?;
        Ok(self.seen(call, record).map(Into::into))
    }

    /// The document as it is.
    async fn stored(&self, call: &Call<'_>, key: &Key) -> Result<Option<Record>> {
        let found = self.inner.get(call, key, &Fetch::default()).await?;
        found.map(FoundRecord::unpacked).transpose()
    }

    fn page_seen(
        &self,
        call: &Call<'_>,
        page: &PageRequest,
        found: Result<FoundPage>,
    ) -> Result<FoundPage> {
        let mut found = found.map_err(self.fault.error)?.unpacked()?;
        for record in &mut found.records {
            (self.fault.record)(call.schema, record);
        }
        (self.fault.page)(page, &mut found);
        Ok(found.into())
    }

    /// One write, with the fault's conduct.
    async fn conduct(&self, call: &Call<'_>, write: &Write) -> Result<Written> {
        let inner = &self.inner;
        let mut write = write.clone();
        let is_put = matches!(write.action, Action::Put { .. });
        let is_update = matches!(write.action, Action::Update { .. });
        match self.fault.conduct {
            Conduct::UpdateTwice if is_update => {
                inner.write(call, &write).await?;
            }
            Conduct::UpdateInTwoSteps if is_update => return self.update(call, &write).await,
            Conduct::UpdateIgnoresLimits if is_update => {
                let mut schema = call.schema.clone();
                schema.native_limits = true;
                let schema = &schema;
                return inner.write(&Call { schema, ..*call }, &write).await;
            }
            Conduct::UpdateTellsTheOld if is_update => {
                let old = self.stored(call, &write.key).await?;
                let written = inner.write(call, &write).await?;
                let record = old.or(written.record);
                return Ok(Written { record, ..written });
            }
            Conduct::ReadsAreOld => {
                let old = self.stored(call, &write.key).await?;
                self.before().insert(write.key.clone(), old);
            }
            Conduct::Blocks => std::thread::sleep(Duration::from_secs(3)),
            Conduct::CreateInTwoSteps if write.existence == Existence::Forbidden => {
                if inner
                    .get(call, &write.key, &Fetch::default())
                    .await?
                    .is_some()
                {
                    return inner.write(call, &write).await;
                }
                pause().await;
                write.existence = Existence::Any;
            }
            Conduct::ConditionInTwoSteps if !write.condition.is_empty() => {
                let check = Action::Check;
                let look = Write {
                    action: check,
                    ..write.clone()
                };
                inner.atomic(call, &[look]).await?;
                pause().await;
                write.condition = isobar::document::Condition::default();
            }
            Conduct::PutIsTorn if is_put && write.existence == Existence::Any => {
                self.write_without_its_last(call, &write).await?;
            }
            Conduct::PutKeepsVersion | Conduct::PutKeepsExpiry | Conduct::PutMerges if is_put => {
                self.keep(call, &mut write).await?;
            }
            _ => {}
        }
        inner.write(call, &write).await
    }

    /// A put of all but the last field, which others may see.
    async fn write_without_its_last(&self, call: &Call<'_>, write: &Write) -> Result<()> {
        let mut first = write.clone();
        if let Action::Put { fields, .. } = &mut first.action {
            fields.pop();
        }
        self.inner.write(call, &first).await?;
        pause().await;
        Ok(())
    }

    /// An update as a read and a put, between which others may write.
    async fn update(&self, call: &Call<'_>, write: &Write) -> Result<Written> {
        let Some(record) = self.inner.get(call, &write.key, &Fetch::default()).await? else {
            return self.inner.write(call, write).await;
        };
        let Action::Update { update, .. } = &write.action else {
            return self.inner.write(call, write).await;
        };
        let mut fields = record.fields.into_map()?;
        update.apply(&mut fields)?;
        pause().await;
        let expires_at = record.expires_at;
        let put = Action::Put {
            fields: fields.clone(),
            expires_at,
        };
        let put = Write {
            action: put,
            existence: Existence::Any,
            ..write.clone()
        };
        let written = self.inner.write(call, &put).await?;
        let version = write.version.clone();
        let record = Some(Record {
            fields,
            version,
            expires_at,
        });
        Ok(Written { record, ..written })
    }

    /// Carries over what a put should replace.
    async fn keep(&self, call: &Call<'_>, write: &mut Write) -> Result<()> {
        let Some(old) = self.inner.get(call, &write.key, &Fetch::default()).await? else {
            return Ok(());
        };
        let Action::Put { fields, expires_at } = &mut write.action else {
            return Ok(());
        };
        match self.fault.conduct {
            Conduct::PutKeepsVersion => write.version = old.version,
            Conduct::PutKeepsExpiry => *expires_at = expires_at.or(old.expires_at),
            Conduct::PutMerges => {
                for (name, value) in old.fields.into_map()? {
                    fields.entry(name).or_insert(value);
                }
            }
            _ => {}
        }
        Ok(())
    }

    async fn set(&self, call: &Call<'_>, writes: &[Write]) -> Result<()> {
        let each = |write: &Write| match write.action {
            Action::Check => Write {
                action: Action::Check,
                ..write.clone()
            },
            _ => write.clone(),
        };
        match self.fault.conduct {
            Conduct::SetIsTorn => {
                let checks: Vec<Write> = writes
                    .iter()
                    .map(|write| Write {
                        action: Action::Check,
                        ..write.clone()
                    })
                    .collect();
                self.inner.atomic(call, &checks).await?;
            }
            Conduct::SetInSteps => {}
            _ => return self.inner.atomic(call, writes).await,
        }
        for (index, write) in writes.iter().map(each).enumerate() {
            let one = self.inner.atomic(call, &[write]).await;
            one.map_err(|error| error.with_index(index))?;
            pause().await;
        }
        Ok(())
    }
}

/// Long enough for other writers to come between, however the runtime schedules them.
async fn pause() {
    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl DocumentDriver for SabotagedDocuments {
    fn describe(&self) -> DocumentDescription {
        let mut description = self.inner.describe();
        (self.fault.describe)(&mut description);
        description
    }

    async fn get(&self, call: &Call<'_>, key: &Key, fetch: &Fetch) -> Result<Option<FoundRecord>> {
        let call = self.reading(call);
        if let Some(old) = self.before().remove(key) {
            return Ok(old.map(Into::into));
        }
        let record = self.inner.get(&call, key, fetch).await;
        self.read(&call, record.map_err(self.fault.error)?)
    }

    async fn batch_get(
        &self,
        call: &Call<'_>,
        keys: &[Key],
        fetch: &Fetch,
    ) -> Result<Vec<Option<FoundRecord>>> {
        let call = self.reading(call);
        let mut keys = keys.to_vec();
        if self.fault.conduct == Conduct::BatchInOtherOrder {
            keys.reverse();
        }
        let records = self
            .inner
            .batch_get(&call, &keys, fetch)
            .await
            .map_err(self.fault.error)?;
        let mut records: Vec<_> = records
            .into_iter()
            .map(|record| self.read(&call, record))
            .collect::<Result<_>>()?;
        if self.fault.conduct == Conduct::BatchWithoutGaps {
            records.sort_by_key(Option::is_none);
        }
        Ok(records)
    }

    async fn write(&self, call: &Call<'_>, write: &Write) -> Result<Written> {
        let call = self.writing(call);
        let sabotaged = self.sabotaged(&call, write);
        let mut written = self
            .conduct(&call, &sabotaged)
            .await
            .map_err(self.fault.error)?;
        written.record = self.seen(&call, written.record);
        (self.fault.written)(write, &mut written);
        Ok(written)
    }

    async fn batch_write(&self, call: &Call<'_>, writes: &[Write]) -> Vec<Result<Written>> {
        let call = self.writing(call);
        let mut writes: Vec<Write> = writes
            .iter()
            .map(|write| self.sabotaged(&call, write))
            .collect();
        let lost = match self.fault.conduct {
            Conduct::BatchLosesItsLast => writes.pop(),
            _ => None,
        };
        let mut results = self.inner.batch_write(&call, &writes).await;
        results.extend(lost.map(|_| Ok(Written::default())));
        results
    }

    async fn atomic(&self, call: &Call<'_>, writes: &[Write]) -> Result<()> {
        let call = self.writing(call);
        let writes: Vec<Write> = writes
            .iter()
            .map(|write| self.sabotaged(&call, write))
            .collect();
        self.set(&call, &writes).await.map_err(self.fault.error)
    }

    async fn query_page(&self, call: &Call<'_>, page: &PageRequest) -> Result<FoundPage> {
        let call = self.reading(call);
        let mut request = page.clone();
        (self.fault.request)(&mut request);
        let found = self.inner.query_page(&call, &request).await;
        self.page_seen(&call, page, found)
    }

    async fn scan_page(
        &self,
        call: &Call<'_>,
        segment: Segment,
        page: &PageRequest,
    ) -> Result<FoundPage> {
        let call = self.reading(call);
        let mut request = page.clone();
        (self.fault.request)(&mut request);
        let segment = (self.fault.segment)(segment);
        let found = self.inner.scan_page(&call, segment, &request).await;
        self.page_seen(&call, page, found)
    }

    async fn count(&self, call: &Call<'_>, request: &CountRequest) -> Result<Counted> {
        let call = self.reading(call);
        let counted = self.inner.count(&call, request).await;
        let mut counted = counted.map_err(self.fault.error)?;
        (self.fault.counted)(&mut counted);
        Ok(counted)
    }

    async fn changes_page(
        &self,
        call: &Call<'_>,
        request: &ChangesRequest,
    ) -> Result<RecordChanges> {
        let call = self.reading(call);
        let changes = self.inner.changes_page(&call, request).await;
        let mut changes = changes.map_err(self.fault.error)?;
        (self.fault.changes)(request, &mut changes);
        Ok(changes)
    }

    async fn ensure(&self, schema: &CollectionSchema) -> Result<()> {
        self.inner.ensure(schema).await
    }

    fn native(&self) -> &(dyn Any + Send + Sync) {
        self.inner.native()
    }
}

/// The same failure under another kind.
pub(super) fn renamed(error: Error, from: ErrorKind, to: ErrorKind) -> Error {
    if error.kind() != from {
        return error;
    }
    let index = error.index();
    let renamed = Error::new(to, error.to_string());
    match index {
        Some(index) => renamed.with_index(index),
        None => renamed,
    }
}
