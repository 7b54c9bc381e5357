//! What callers are told of their mistakes: kind, operation, collection, key, and what to do.

use isobar::document::{
    BatchWrite, Condition, Key, PutOptions, Query, Update, UpdateOptions, Value, Version, WriteSet,
};
use isobar::{Collection, Error, ErrorKind};

use super::sample::{NOTES, list, note};
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::document(
        "D-120",
        "what is refused is refused again: no error of a mistake says that asking once more may help",
        "R19 R21",
        |ctx| Box::pin(refused_for_good(ctx)),
    ),
    Case::document(
        "D-441",
        "a wrong key is InvalidArgument, and the error names operation, collection, key and field",
        "R4 R19",
        |ctx| Box::pin(wrong_keys(ctx)),
    ),
    Case::document(
        "D-442",
        "documents too deep or too large, and conditions that exclude each other, are refused by name",
        "R3 R19",
        |ctx| Box::pin(wrong_writes(ctx)),
    ),
    Case::document(
        "D-443",
        "wrong queries, cursors and sets are refused by name",
        "R9 R12 R19",
        |ctx| Box::pin(wrong_queries_and_sets(ctx)),
    ),
    Case::document(
        "D-444",
        "what the store refuses names the document, in batches and sets that of each write",
        "R16 R19",
        |ctx| Box::pin(refused_by_the_store(ctx)),
    ),
    Case::document(
        "D-445",
        "a collection that was never made ready holds documents, or is told to be a fault of the \
         deployment by reads and writes alike",
        "R19",
        |ctx| Box::pin(never_made_ready(ctx)),
    ),
];

/// What an error must say.
struct Told<'t> {
    kind: ErrorKind,
    operation: &'t str,
    /// The key as the text has it.
    at: &'t str,
    /// Part of the message.
    says: &'t str,
}

/// Checks an error, its text, and that what goes to logs has nothing of the key.
#[track_caller]
fn told<T>(result: Result<T, Error>, expected: &Told<'_>) -> Result<Error, Failure> {
    let Told {
        kind,
        operation,
        at,
        says,
    } = expected;
    let error = expect::kind(operation, result, *kind)?;
    expect::equal("the operation", &error.operation(), &Some(*operation))?;
    let text = error.to_string();
    let at = match *at {
        "" => String::new(),
        at => format!(" at {at}"),
    };
    let begin = format!("{operation} on \"notes\"{at}: ");
    let begins = text.starts_with(&begin);
    expect::that(begins, &format!("{text:?} does not begin with {begin:?}"))?;
    let message = error.message();
    let says_it = message.contains(says);
    expect::that(says_it, &format!("{message:?} does not say {says:?}"))?;
    let logged = format!("{error:?}");
    expect::that(!logged.contains("alice"), &format!("it logs {logged}"))?;
    Ok(error)
}

async fn refused_for_good(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let (here, gone) = (note("alice", "1", []), note("alice", "2", []));
    notes.create(&here).await?;
    let unmet = || PutOptions::default().with_condition(Condition::equals("n", 1));
    let change = || Update::new().set("n", 1);
    let set = WriteSet::new().create(&here);
    let errors = [
        (notes.create(&here).await.err(), ErrorKind::AlreadyExists),
        (notes.replace(&gone).await.err(), ErrorKind::NotFound),
        (notes.fetch(("alice", "2")).await.err(), ErrorKind::NotFound),
        (
            notes.update(("alice", "2"), change()).await.err(),
            ErrorKind::NotFound,
        ),
        (
            notes.replace_with(&here, unmet()).await.err(),
            ErrorKind::PreconditionFailed,
        ),
        (
            notes.commit("alice", set).await.err(),
            ErrorKind::AlreadyExists,
        ),
        (notes.get(("", "1")).await.err(), ErrorKind::InvalidArgument),
        (
            notes.query(&Query::partition("alice").limit(0)).await.err(),
            ErrorKind::InvalidArgument,
        ),
    ];
    for (error, kind) in errors {
        let error = expect::some("the error", error)?;
        expect::equal("the kind", &error.kind(), &kind)?;
        expect::that(!error.retryable(), &format!("{error} is retryable"))?;
        expect::that(!error.outcome_unknown(), &format!("{error} is in doubt"))?;
    }
    Ok(())
}

async fn wrong_keys(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let long = "x".repeat(513);
    let shown = format!("(\"alice\", \"{}\"… of 513 bytes)", "x".repeat(64));
    let empty = "is empty: give it 1 to 512 bytes";
    let typed = r#"the sort key "id" is Str, the value given is I64"#;
    let wrong: [(Key, &str, &str); 6] = [
        (("", "1").into(), r#"("", "1")"#, empty),
        (("alice", "").into(), r#"("alice", "")"#, empty),
        (
            ("alice", long.as_str()).into(),
            &shown,
            r#"the key field "id" is 513, the limit is 512"#,
        ),
        (
            ("alice\0", "1").into(),
            r#"("alice\0", "1")"#,
            "a key is text without NUL",
        ),
        ("alice".into(), r#""alice""#, "give (partition, sort)"),
        (("alice", 1).into(), r#"("alice", 1)"#, typed),
    ];
    for (key, at, says) in wrong {
        let expected = |operation| Told {
            kind: ErrorKind::InvalidArgument,
            operation,
            at,
            says,
        };
        let read = told(notes.get(key.clone()).await, &expected("document.get"))?;
        expect::equal("the key", &read.document_key(), &Some(&key))?;
        let update = notes.update(key.clone(), Update::new().set("n", 1)).await;
        told(update, &expected("document.update"))?;
        told(
            notes.delete(key.clone()).await,
            &expected("document.delete"),
        )?;
        let several = notes.get_batch([("alice", "1").into(), key]).await;
        told(several, &expected("document.get_batch"))?;
    }
    Ok(())
}

async fn wrong_writes(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let expected = |operation, kind, says| Told {
        kind,
        operation,
        at: r#"("alice", "1")"#,
        says,
    };
    let (create, update) = ("document.create", "document.update");
    let deep = (0..120).fold(Value::Null, |inner, _| list([inner]));
    let deep = notes.create(&note("alice", "1", [("deep", deep)])).await;
    let limit = expected(create, ErrorKind::LimitExceeded, "the limit is");
    let deep = told(deep, &limit)?;
    expect::equal("the depth", &deep.measured(), &Some(121))?;
    let large = note("alice", "1", [("text", "x".repeat(17_000_000).into())]);
    let limit = expected(
        create,
        ErrorKind::TooLarge,
        "the size in bytes of the document",
    );
    told(notes.create(&large).await, &limit)?;

    let contradictions = [
        Condition::exists("a").and_also(Condition::missing("a")),
        Condition::equals("a", 1).and_also(Condition::equals("a", 2)),
        Condition::missing("a").and_also(Condition::equals("a.b", 2)),
        Condition::is_null("a").and_also(Condition::begins_with("a", "x")),
        Condition::version(&Version::generate()).and_also(Condition::version(&Version::generate())),
    ];
    for condition in contradictions {
        let options = UpdateOptions::default().with_condition(condition);
        let set = Update::new().set("n", 1);
        let refused = notes.update_with(("alice", "1"), set, options).await;
        let invalid = expected(update, ErrorKind::InvalidArgument, "leave one out");
        told(refused, &invalid)?;
    }
    let options = PutOptions::default().with_condition(Condition::exists("a"));
    let asked = notes.create_with(&note("alice", "1", []), options).await;
    let error = expect::kind("a create", asked, ErrorKind::InvalidArgument)?;
    let says = error.message().contains("use a replace");
    expect::that(says, &format!("the error reads {error}"))
}

async fn wrong_queries_and_sets(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    for id in ["1", "2"] {
        notes.create(&note("alice", id, [])).await?;
    }
    let invalid = |operation, at, says| Told {
        kind: ErrorKind::InvalidArgument,
        operation,
        at,
        says,
    };
    let in_alice = || Query::partition("alice");
    let nothing = notes.query(&in_alice().limit(0)).await;
    let limit = invalid("document.query", r#""alice""#, "it must be 1 to 10000");
    told(nothing, &limit)?;
    let page = notes.query(&in_alice().limit(1)).await?;
    let cursor = expect::some("the cursor", page.cursor)?;
    let other = notes.query(&in_alice().descending().after(cursor)).await;
    let foreign = "use it with the one that gave it";
    let foreign = invalid("document.query", r#""alice""#, foreign);
    told(other, &foreign)?;

    let many = (0..1_001).fold(WriteSet::new(), |set, n| {
        set.upsert(&note("alice", &n.to_string(), []))
    });
    let expected = Told {
        kind: ErrorKind::LimitExceeded,
        operation: "document.commit",
        at: "",
        says: "the number of writes in the set is 1001",
    };
    told(notes.commit("alice", many).await, &expected)?;
    let twice = || note("alice", "1", []);
    let set = WriteSet::new().upsert(&twice()).upsert(&twice());
    let (at, says) = (r#"("alice", "1")"#, "make it one write");
    let refused = notes.commit("alice", set).await;
    let refused = told(refused, &invalid("document.commit", at, says))?;
    expect::equal("the index", &refused.index(), &Some(1))?;
    let batch = BatchWrite::new().upsert(&twice()).delete(("alice", "1"));
    let refused = notes.write_batch(batch).await;
    told(refused, &invalid("document.write_batch", at, says))?;
    let apart = WriteSet::new().upsert(&note("alice2", "1", []));
    let (at, says) = (r#"("alice2", "1")"#, "in another partition");
    let refused = notes.commit("alice", apart).await;
    told(refused, &invalid("document.commit", at, says))?;
    Ok(())
}

async fn refused_by_the_store(ctx: Context) -> Result<(), Failure> {
    let notes: Collection<Value> = ctx.collection(&NOTES).await?;
    let here = note("alice", "1", []);
    notes.create(&here).await?;
    let told_of = |operation, kind, at| Told {
        kind,
        operation,
        at,
        says: "",
    };
    let (first, second) = (r#"("alice", "1")"#, r#"("alice", "2")"#);
    let there = |operation| told_of(operation, ErrorKind::AlreadyExists, first);
    let missing = |operation| told_of(operation, ErrorKind::NotFound, second);
    told(notes.create(&here).await, &there("document.create"))?;
    let replaced = notes.replace(&note("alice", "2", [])).await;
    told(replaced, &missing("document.replace"))?;
    told(
        notes.fetch(("alice", "2")).await,
        &missing("document.fetch"),
    )?;
    let options = PutOptions::default().with_condition(Condition::equals("n", 1));
    let unmet = notes.replace_with(&here, options).await;
    let unmet_at = told_of("document.replace", ErrorKind::PreconditionFailed, first);
    told(unmet, &unmet_at)?;
    let batch = BatchWrite::new()
        .upsert(&note("alice", "3", []))
        .create(&here);
    let mut results = notes.write_batch(batch).await?;
    let refused = expect::some("the second result", results.pop())?;
    told(refused, &there("document.write_batch"))?;
    let set = WriteSet::new()
        .upsert(&note("alice", "3", []))
        .create(&here);
    told(notes.commit("alice", set).await, &there("document.commit"))?;
    Ok(())
}

async fn never_made_ready(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.declared(&NOTES)?;
    let document = note("alice", "1", []);
    let written = notes.upsert(&document).await;
    let read = notes.get(("alice", "1")).await;
    if written.is_ok() {
        let read = expect::some("what was written", read?)?;
        return expect::equal("what was written", &read.value, &document);
    }
    let told_of = |operation| Told {
        kind: ErrorKind::Internal,
        operation,
        at: r#"("alice", "1")"#,
        says: "create it",
    };
    for error in [
        told(written, &told_of("document.upsert"))?,
        told(read, &told_of("document.get"))?,
    ] {
        expect::that(!error.retryable(), "waiting does not help")?;
        expect::that(!error.outcome_unknown(), "nothing can have been written")?;
    }
    let query = notes.query(&Query::partition("alice")).await;
    let query = expect::kind("a query", query, ErrorKind::Internal)?;
    let says = query.message().contains("create it");
    expect::that(says, &format!("the error reads {query}"))
}
