//! What is not declared is refused, never half done.

use isobar::document::{
    CollectionSpec, Condition, DeleteOptions, Item, PutOptions, Query, SortType, Timestamp, Update,
    UpdateOptions, Value, Version,
};
use isobar::{Capability, Collection, Error, ErrorKind};

use super::sample::{absent, note, stored};
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::document(
        "D-062",
        "an adopted table takes every plain operation and shows no version",
        "R8",
        |ctx| Box::pin(adopted_tables_work(ctx)),
    ),
    Case::document(
        "D-112",
        "an adopted table declares neither versions nor expiry and refuses both as Unsupported",
        "R8",
        |ctx| Box::pin(adopted_tables_refuse(ctx)),
    ),
];

const ADOPTED: CollectionSpec<Value> = CollectionSpec::new("adopted")
    .partition("owner")
    .sort("id", SortType::Str)
    .adopt();

const KEY: (&str, &str) = ("alice", "1");

async fn adopted_tables_work(ctx: Context) -> Result<(), Failure> {
    let adopted = ctx.collection(&ADOPTED).await?;
    // Names that are reserved elsewhere are the other code's own here.
    let first = note("alice", "1", [("_rev", "theirs".into()), ("n", 1.into())]);
    adopted.create(&first).await?;
    let again = adopted.create(&first).await;
    expect::kind("a second create", again, ErrorKind::AlreadyExists)?;
    let item = stored(&adopted, KEY, &first).await?;
    expect_plain(&item)?;
    let after = adopted.update(KEY, Update::new().increment("n", 1)).await?;
    expect_plain(&after)?;
    let second = note("alice", "1", [("_rev", "theirs".into()), ("n", 2.into())]);
    stored(&adopted, KEY, &second).await?;
    adopted.replace(&note("alice", "1", [])).await?;
    adopted.upsert(&note("alice", "2", [])).await?;
    let page = adopted.query(&Query::partition("alice")).await?;
    expect::equal("the documents", &page.items.len(), &2)?;
    page.items.iter().try_for_each(expect_plain)?;
    adopted.delete(KEY).await?;
    absent(&adopted, KEY).await
}

fn expect_plain(item: &Item<Value>) -> Result<(), Failure> {
    expect::equal("the version", &item.version, &Version::absent())?;
    expect::equal("the expiry", &item.expires_at, &None)
}

async fn adopted_tables_refuse(ctx: Context) -> Result<(), Failure> {
    use Capability::{DocumentExpiry, DocumentVersions};
    let adopted = ctx.collection(&ADOPTED).await?;
    for capability in [DocumentVersions, DocumentExpiry] {
        let declared = adopted.capabilities().has(capability);
        expect::that(!declared, &format!("{capability} is declared"))?;
    }
    let document = note("alice", "1", []);
    adopted.create(&document).await?;
    refuse_versions(&adopted, &document).await?;
    let expiring = || PutOptions::default().with_expires_at(Timestamp::from_micros(0));
    unsupported(
        adopted.upsert_with(&document, expiring()).await,
        DocumentExpiry,
    )?;
    let options = UpdateOptions::default().with_expires_at(None);
    let update = Update::new().set("x", 1);
    let updated = adopted.update_with(KEY, update, options).await;
    unsupported(updated, DocumentExpiry)?;
    stored(&adopted, KEY, &document).await?;
    Ok(())
}

async fn refuse_versions(adopted: &Collection<Value>, document: &Value) -> Result<(), Failure> {
    let condition = || Condition::version(&Version::absent());
    let options = PutOptions::default().with_condition(condition());
    let replaced = adopted.replace_with(document, options).await;
    unsupported(replaced, Capability::DocumentVersions)?;
    let options = DeleteOptions::default().with_condition(condition());
    let deleted = adopted.delete_with(KEY, options).await;
    unsupported(deleted, Capability::DocumentVersions)?;
    let transacted = adopted.transact("alice", |_| async { Ok(()) }).await;
    unsupported(transacted, Capability::DocumentVersions)
}

fn unsupported<T>(result: Result<T, Error>, capability: Capability) -> Result<(), Failure> {
    let error = expect::kind("the call", result, ErrorKind::Unsupported)?;
    expect::equal("what is missing", &error.capability(), &Some(capability))
}
