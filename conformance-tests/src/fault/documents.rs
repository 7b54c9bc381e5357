//! The operations on documents that meet faults.

use std::time::Duration;

use futures_util::TryStreamExt as _;
use isobar::document::{
    BatchWrite, Condition, Idempotency, PutOptions, Query, Update, UpdateOptions, Value, Version,
    WriteSet,
};
use isobar::{Capabilities, Capability, Collection, Error};
use isobar_fault_proxy::Proxy;

use super::operation::{Nature, Operation};
use super::verdict::{Stored, Told};
use crate::document::sample::{NOTES, field, note};
use crate::{Context, Failure, expect};

/// One operation on documents of a partition of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnDocuments {
    Create,
    Upsert,
    Replace,
    Increment,
    ExactIncrement,
    Delete,
    Set,
    Batch,
    Transaction,
    Get,
    Query,
    Count,
}

/// What each document counts before the operation, and after it.
const BEFORE: i64 = 10;
const AFTER: i64 = 11;

type Notes = Collection<Value>;

impl Operation for OnDocuments {
    type Prepared = Version;
    type Store = Notes;

    fn all(capabilities: Capabilities) -> Vec<Self> {
        let mut all = vec![
            Self::Create,
            Self::Upsert,
            Self::Replace,
            Self::Increment,
            Self::Delete,
            Self::Set,
            Self::Batch,
            Self::Transaction,
            Self::Get,
            Self::Query,
            Self::Count,
        ];
        if capabilities.has(Capability::ExactWrites) {
            all.push(Self::ExactIncrement);
        }
        all
    }

    async fn store(ctx: &Context) -> Result<(Notes, Capabilities), Failure> {
        let notes = ctx.collection(&NOTES).await?;
        let capabilities = notes.capabilities();
        Ok((notes, capabilities))
    }

    async fn behind_a_proxy(
        ctx: &Context,
        _: &Notes,
        budget: Duration,
    ) -> Result<(Notes, Proxy), Failure> {
        ctx.behind_a_proxy(&NOTES, budget).await
    }

    fn nature(self) -> Nature {
        Nature {
            recovers: !matches!(
                self,
                Self::Upsert | Self::Increment | Self::Delete | Self::Batch
            ),
            is_divided: self == Self::Batch,
            is_checked: true,
        }
    }

    async fn prepare(self, notes: &Notes, owner: &str) -> Result<Version, Failure> {
        let mut version = Version::absent();
        for id in self.documents() {
            version = notes.create(&counting(owner, id, BEFORE)).await?;
        }
        Ok(version)
    }

    async fn run(
        self,
        notes: &Notes,
        owner: &str,
        version: &Version,
    ) -> Result<Vec<Result<(), Told>>, Failure> {
        let key = (owner, "1");
        let after = counting(owner, "1", AFTER);
        let increment = || Update::new().increment("n", 1_i64).append("log", "x");
        let ended = match self {
            Self::Create => notes.create(&after).await.map(drop),
            Self::Upsert => notes.upsert(&after).await.map(drop),
            Self::Replace => {
                let options = PutOptions::default().with_condition(Condition::version(version));
                notes.replace_with(&after, options).await.map(drop)
            }
            Self::Increment => notes.update(key, increment()).await.map(drop),
            Self::ExactIncrement => {
                let exact = UpdateOptions::default().with_idempotency(Idempotency::Exact);
                notes.update_with(key, increment(), exact).await.map(drop)
            }
            Self::Delete => notes.delete(key).await.map(drop),
            Self::Set => {
                let created = counting(owner, "2", AFTER);
                let set = WriteSet::new().update(key, increment()).create(&created);
                notes.commit(owner, set).await
            }
            Self::Batch => return Ok(batch(notes, owner).await),
            Self::Transaction => transaction(notes, owner).await,
            Self::Get | Self::Query | Self::Count => return self.read(notes, owner).await,
        };
        Ok(vec![ended.map_err(|error| Told::from(&error))])
    }

    async fn look(self, notes: &Notes, owner: &str) -> Result<Vec<Stored>, Failure> {
        let one = count_of(notes, owner, "1").await?;
        let stored = match self {
            Self::Get | Self::Query | Self::Count => Stored::Nothing,
            Self::Create => of_count(one, None, Some((AFTER, 0))),
            Self::Delete => of_count(one, Some((BEFORE, 0)), None),
            Self::Upsert | Self::Replace => of_count(one, Some((BEFORE, 0)), Some((AFTER, 0))),
            Self::Increment | Self::ExactIncrement | Self::Transaction => {
                of_count(one, Some((BEFORE, 0)), Some((AFTER, 1)))
            }
            Self::Set => {
                let two = count_of(notes, owner, "2").await?;
                let first = of_count(one, Some((BEFORE, 0)), Some((AFTER, 1)));
                let second = of_count(two, None, Some((AFTER, 0)));
                if first == second {
                    first
                } else {
                    Stored::Other(format!("{first:?} and {second:?} of one set"))
                }
            }
            Self::Batch => {
                let mut each = Vec::new();
                for id in ["1", "2", "3"] {
                    let count = count_of(notes, owner, id).await?;
                    each.push(of_count(count, Some((BEFORE, 0)), Some((AFTER, 0))));
                }
                return Ok(each);
            }
        };
        Ok(vec![stored])
    }
}

impl OnDocuments {
    /// The documents that are there before.
    fn documents(self) -> &'static [&'static str] {
        match self {
            Self::Create => &[],
            Self::Batch | Self::Query | Self::Count => &["1", "2", "3"],
            _ => &["1"],
        }
    }

    async fn read(self, notes: &Notes, owner: &str) -> Result<Vec<Result<(), Told>>, Failure> {
        let query = Query::partition(owner);
        let found = match self {
            Self::Get => notes
                .get((owner, "1"))
                .await
                .map(|item| item.into_iter().len()),
            Self::Count => notes
                .count(&query)
                .await
                .map(|count| usize::try_from(count).unwrap_or(0)),
            _ => match notes.stream(&query) {
                Ok(found) => found.try_collect::<Vec<_>>().await.map(|found| found.len()),
                Err(error) => Err(error),
            },
        };
        let found = match found {
            Ok(found) => found,
            Err(error) => return Ok(vec![Err(Told::from(&error))]),
        };
        let there = self.documents().len();
        expect::equal("the number of documents found", &found, &there)?;
        Ok(vec![Ok(())])
    }
}

fn counting(owner: &str, id: &str, n: i64) -> Value {
    note(
        owner,
        id,
        [("n", n.into()), ("log", Value::List(Vec::new()))],
    )
}

async fn batch(notes: &Notes, owner: &str) -> Vec<Result<(), Told>> {
    let ids = ["1", "2", "3"];
    let batch = ids.iter().fold(BatchWrite::new(), |batch, id| {
        batch.upsert(&counting(owner, id, AFTER))
    });
    let told = |error: &Error| Told::from(error);
    match notes.write_batch(batch).await {
        Ok(each) => each
            .into_iter()
            .map(|ended| ended.map_err(|error| told(&error)))
            .collect(),
        Err(error) => vec![Err(told(&error)); ids.len()],
    }
}

async fn transaction(notes: &Notes, owner: &str) -> isobar::Result<()> {
    let key = (owner, "1");
    let step = async |tx: isobar::document::Transaction<Value>| {
        let Some(found) = tx.get(key).await? else {
            return Err(Error::invalid("the document is gone"));
        };
        let mut document = found.value;
        if let Value::Map(fields) = &mut document {
            let n = fields.get("n").cloned();
            let next = if let Some(Value::Int(n)) = n {
                n + 1
            } else {
                0
            };
            fields.insert("n".to_owned(), next.into());
            if let Some(Value::List(log)) = fields.get_mut("log") {
                log.push("x".into());
            }
        }
        tx.put(&document)
    };
    notes.transact(owner, step).await
}

/// What a document counts, and how long its log is.
async fn count_of(notes: &Notes, owner: &str, id: &str) -> Result<Option<(i64, usize)>, Failure> {
    let Some(item) = notes.get((owner, id)).await? else {
        return Ok(None);
    };
    match (field(&item.value, "n")?, field(&item.value, "log")?) {
        (Value::Int(n), Value::List(log)) => Ok(Some((*n, log.len()))),
        other => Err(Failure::new(format!("a document has become {other:?}"))),
    }
}

type Count = Option<(i64, usize)>;

fn of_count(found: Count, before: Count, after: Count) -> Stored {
    if found == before {
        Stored::Before
    } else if found == after {
        Stored::Once
    } else {
        Stored::Other(format!("{found:?} after {before:?}"))
    }
}
