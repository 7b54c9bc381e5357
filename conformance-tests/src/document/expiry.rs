//! Documents that cease to exist at an instant, whatever the store still holds.

use std::time::Duration;

use isobar::document::{
    Condition, DeleteOptions, PutOptions, Query, Timestamp, Update, UpdateOptions, Value, WriteSet,
};
use isobar::{Capability, Collection, ErrorKind};

use super::sample::{NOTES, absent, note, stored, texts};
use crate::{Case, Context, Failure, expect};

const NEEDS: &[Capability] = &[Capability::DocumentExpiry];

pub(crate) const CASES: &[Case] = &[
    Case::document(
        "D-107",
        "a document without an expiry says so and stays",
        "R14",
        |ctx| Box::pin(without_expiry(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-108",
        "get, batch get, query and update tell the expiry, cut to the second",
        "R14",
        |ctx| Box::pin(reads_tell_the_expiry(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-109",
        "a put without an expiry removes it, an update keeps it unless told otherwise",
        "R14",
        |ctx| Box::pin(puts_reset_the_expiry(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-280",
        "an expired document is absent to get, batch get, query and limit, from its second on",
        "R14",
        |ctx| Box::pin(expired_is_invisible(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-281",
        "create over an expired document succeeds, alone and in a set",
        "R14",
        |ctx| Box::pin(create_over_expired(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-282",
        "replace, update, delete and conditions treat an expired document as missing",
        "R14",
        |ctx| Box::pin(writes_ignore_expired(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-283",
        "an update may move the expiry or take it away",
        "R14",
        |ctx| Box::pin(updates_move_the_expiry(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-284",
        "an expiry long past, even before 1970, hides the document at once",
        "R14",
        |ctx| Box::pin(long_expired(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-410",
        "writes of a set and of a transaction may set an expiry, move it and keep that of what was read",
        "R9 R14",
        |ctx| Box::pin(sets_and_transactions_expire(ctx)),
    )
    .needs(&[
        Capability::DocumentExpiry,
        Capability::DocumentVersions,
        Capability::AtomicPartition,
    ]),
];

const KEY: (&str, &str) = ("alice", "1");
const MINUTE: Duration = Duration::from_mins(1);

fn expiring(at: Timestamp) -> PutOptions {
    PutOptions::default().with_expires_at(at)
}

async fn without_expiry(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let document = note("alice", "1", []);
    notes.create(&document).await?;
    ctx.clock().advance(Duration::from_hours(20 * 365 * 24));
    let item = stored(&notes, KEY, &document).await?;
    expect::equal("the expiry", &item.expires_at, &None)
}

async fn reads_tell_the_expiry(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let second = ctx.now().plus(10 * MINUTE);
    let finer = second.plus(Duration::from_micros(999_999));
    notes
        .create_with(&note("alice", "1", []), expiring(finer))
        .await?;
    let expected = Some(second);
    let item = stored(&notes, KEY, &note("alice", "1", [])).await?;
    expect::equal("the expiry of get", &item.expires_at, &expected)?;
    let item = expect::some("the document", notes.get_batch([KEY]).await?.remove(0))?;
    expect::equal("the expiry of get_batch", &item.expires_at, &expected)?;
    let item = notes.query(&Query::partition("alice")).await?.items.pop();
    let item = expect::some("the document", item)?;
    expect::equal("the expiry of query", &item.expires_at, &expected)?;
    let item = notes.update(KEY, Update::new().set("x", 1)).await?;
    expect::equal("the expiry of update", &item.expires_at, &expected)
}

async fn sets_and_transactions_expire(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let (soon, late) = (ctx.now().plus(MINUTE), ctx.now().plus(10 * MINUTE));
    let set = WriteSet::new()
        .create_with(&note("p", "created", []), expiring(soon))
        .upsert_with(&note("p", "upserted", []), expiring(soon))
        .create(&note("p", "plain", []));
    notes.commit("p", set).await?;
    let moved = UpdateOptions::default().with_expires_at(Some(late));
    let set = WriteSet::new()
        .update_with(("p", "created"), Update::new().set("x", 1), moved)
        .update(("p", "upserted"), Update::new().set("x", 1))
        .replace_with(&note("p", "plain", []), expiring(soon));
    notes.commit("p", set).await?;
    for (id, expected) in [("created", late), ("upserted", soon), ("plain", soon)] {
        let found = notes.fetch(("p", id)).await?.expires_at;
        expect::equal(&format!("the expiry of {id}"), &found, &Some(expected))?;
    }
    notes
        .transact("p", |tx| async move {
            if let Some(read) = tx.get(("p", "created")).await? {
                let kept = PutOptions::default().with_expiry_of(&read);
                tx.put_with(&note("p", "created", []), kept)?;
            }
            tx.put(&note("p", "upserted", []))
        })
        .await?;
    for (id, expected) in [("created", Some(late)), ("upserted", None)] {
        let found = notes.fetch(("p", id)).await?.expires_at;
        expect::equal(&format!("the expiry of {id}"), &found, &expected)?;
    }
    Ok(())
}

async fn puts_reset_the_expiry(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let expiry = ctx.now().plus(MINUTE);
    for id in ["upserted", "replaced", "updated"] {
        let document = note("p", id, []);
        notes.create_with(&document, expiring(expiry)).await?;
    }
    notes.upsert(&note("p", "upserted", [])).await?;
    notes.replace(&note("p", "replaced", [])).await?;
    let updated = notes
        .update(("p", "updated"), Update::new().set("x", 1))
        .await?;
    expect::equal(
        "the expiry after update",
        &updated.expires_at,
        &Some(expiry),
    )?;
    for id in ["upserted", "replaced"] {
        let item = stored(&notes, ("p", id), &note("p", id, [])).await?;
        expect::equal("the expiry after a put", &item.expires_at, &None)?;
    }
    ctx.clock().advance(MINUTE);
    let left = notes.query(&Query::partition("p")).await?.items;
    let expected = vec!["replaced".to_owned(), "upserted".to_owned()];
    expect::equal("what is left", &texts(&left, "id"), &expected)
}

/// Ten documents, every other one of which expires in a minute.
async fn half_expiring(ctx: &Context) -> Result<Collection<Value>, Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let expiry = ctx.now().plus(MINUTE);
    for n in 0..10 {
        let document = note("p", &n.to_string(), []);
        if n % 2 == 0 {
            notes.create_with(&document, expiring(expiry)).await?;
        } else {
            notes.create(&document).await?;
        }
    }
    Ok(notes)
}

async fn expired_is_invisible(ctx: Context) -> Result<(), Failure> {
    let notes = half_expiring(&ctx).await?;
    let all = Query::partition("p");
    let last_microsecond = Duration::from_micros(1);
    ctx.clock().advance(MINUTE.saturating_sub(last_microsecond));
    let before = notes.query(&all).await?.items;
    expect::equal("the documents just before", &before.len(), &10)?;
    ctx.clock().advance(last_microsecond);
    let odd: Vec<String> = ["1", "3", "5", "7", "9"].map(str::to_owned).into();
    let after = notes.query(&all).await?;
    expect::equal(
        "the documents in that second",
        &texts(&after.items, "id"),
        &odd,
    )?;
    let limited = notes.query(&all.clone().limit(3)).await?;
    expect::equal(
        "a page of three",
        &texts(&limited.items, "id"),
        &odd[..3].to_vec(),
    )?;
    let cursor = expect::some("the cursor", limited.cursor)?;
    let rest = notes.query(&all.limit(3).after(cursor)).await?;
    expect::equal(
        "the next page",
        &texts(&rest.items, "id"),
        &odd[3..].to_vec(),
    )?;
    for n in (0..10).step_by(2) {
        absent(&notes, ("p", n.to_string())).await?;
    }
    let batch = notes
        .get_batch((0..10).map(|n| ("p", n.to_string())))
        .await?;
    let found: Vec<bool> = batch.iter().map(Option::is_some).collect();
    expect::equal("the batch", &found, &[false, true].repeat(5))
}

async fn create_over_expired(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let expiry = ctx.now().plus(MINUTE);
    let old = |id: &str| note("alice", id, [("old", true.into())]);
    for id in ["1", "2", "3"] {
        notes.create_with(&old(id), expiring(expiry)).await?;
    }
    let early = notes.create(&note("alice", "1", [])).await;
    expect::kind("a create before", early, ErrorKind::AlreadyExists)?;
    ctx.clock().advance(MINUTE);
    notes.create(&note("alice", "1", [])).await?;
    let item = stored(&notes, KEY, &note("alice", "1", [])).await?;
    expect::equal("the expiry", &item.expires_at, &None)?;
    let set = WriteSet::new()
        .create(&note("alice", "2", []))
        .check_missing(("alice", "3"));
    notes.commit("alice", set).await?;
    stored(&notes, ("alice", "2"), &note("alice", "2", [])).await?;
    let options = UpdateOptions::default().with_create_missing();
    let update = Update::new().increment("n", 1);
    let fresh = notes.update_with(("alice", "3"), update, options).await?;
    let expected = note("alice", "3", [("n", 1.into())]);
    expect::equal("the document started afresh", &fresh.value, &expected)?;
    expect::equal("its expiry", &fresh.expires_at, &None)?;
    stored(&notes, ("alice", "3"), &expected).await?;
    Ok(())
}

async fn writes_ignore_expired(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let expiry = ctx.now().plus(MINUTE);
    let document = note("alice", "1", [("n", 1.into())]);
    let version = notes.create_with(&document, expiring(expiry)).await?;
    ctx.clock().advance(MINUTE);
    let put = notes.replace(&document).await;
    expect::kind("replace", put, ErrorKind::NotFound)?;
    let seen = PutOptions::default().with_condition(Condition::version(&version));
    let put = notes.replace_with(&document, seen).await;
    expect::kind("replace with the version", put, ErrorKind::NotFound)?;
    let put = notes.update(KEY, Update::new().increment("n", 1)).await;
    expect::kind("update", put, ErrorKind::NotFound)?;
    let seen = DeleteOptions::default().with_condition(Condition::equals("n", 1));
    let put = notes.delete_with(KEY, seen).await;
    expect::kind("a conditional delete", put, ErrorKind::PreconditionFailed)?;
    let set = WriteSet::new().check(KEY, Condition::default());
    let put = notes
        .commit("alice", set.create(&note("alice", "2", [])))
        .await;
    expect::kind("a check", put, ErrorKind::NotFound)?;
    let existed = notes.delete(KEY).await?;
    expect::different("whether it was there", &existed, &Some(true))?;
    absent(&notes, KEY).await?;
    absent(&notes, ("alice", "2")).await
}

async fn updates_move_the_expiry(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let expiry = ctx.now().plus(MINUTE);
    for id in ["1", "2"] {
        let document = note("alice", id, [("x", 0.into())]);
        notes.create_with(&document, expiring(expiry)).await?;
    }
    let later = Some(expiry.plus(MINUTE));
    let options = UpdateOptions::default().with_expires_at(later);
    let updated = notes
        .update_with(KEY, Update::new().set("x", 1), options)
        .await?;
    expect::equal("the expiry returned", &updated.expires_at, &later)?;
    let options = UpdateOptions::default().with_expires_at(None);
    let updated = notes
        .update_with(("alice", "2"), Update::new().set("x", 1), options)
        .await?;
    expect::equal("the expiry taken away", &updated.expires_at, &None)?;
    ctx.clock().advance(MINUTE);
    let item = stored(&notes, KEY, &note("alice", "1", [("x", 1.into())])).await?;
    expect::equal("the expiry read", &item.expires_at, &later)?;
    ctx.clock().advance(MINUTE);
    absent(&notes, KEY).await?;
    stored(
        &notes,
        ("alice", "2"),
        &note("alice", "2", [("x", 1.into())]),
    )
    .await?;
    Ok(())
}

async fn long_expired(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let now = ctx.now().as_seconds();
    let past = [now, now - 1, now - 6 * 365 * 86_400, 1, 0, -1, -86_400];
    for (n, second) in past.into_iter().enumerate() {
        let id = n.to_string();
        let at = Timestamp::from_micros(second * 1_000_000);
        notes.upsert_with(&note("p", &id, []), expiring(at)).await?;
        absent(&notes, ("p", id)).await?;
    }
    let found = notes.query(&Query::partition("p")).await?.items;
    expect::equal("what query finds", &texts(&found, "id"), &Vec::new())
}
