//! Updates: the same arithmetic and the same refusals as on every other store.

use aws_sdk_dynamodb::types::AttributeValue;
use isobar::document::{Condition, Map, Timestamp, Update, UpdateOptions, Value, WriteSet};
use isobar::{Collection, CollectionSpec, ErrorKind};

use super::{fresh, map, raw};

const NOTES: CollectionSpec<Map> = CollectionSpec::new("notes");
const ADOPTED: CollectionSpec<Map> = CollectionSpec::new("adopted").adopt();
const NATIVE: CollectionSpec<Map> = CollectionSpec::new("native").native_limits();

fn document() -> Map {
    map(&[
        ("id", "a".into()),
        ("at", Timestamp::from_micros(1).into()),
        ("author", map(&[("name", "Ada".into())]).into()),
        ("fraction", 0.7_f64.into()),
        ("list", vec![1_i64.into()].into()),
        ("most", i64::MAX.into()),
        ("text", "x".into()),
        ("whole", 3_i64.into()),
    ])
}

/// What the update leaves must be what the core's own arithmetic leaves, here and at rest.
async fn check_in(notes: &Collection<Map>, update: Update) -> Result<(), ErrorKind> {
    let document = document();
    notes
        .upsert(&document)
        .await
        .expect("the document is stored");
    let mut expected = document.clone();
    let local = update.apply(&mut expected).map_err(|error| error.kind());
    let stored = notes.update("a", update.clone()).await;
    let found = notes.fetch("a").await.expect("the document is there").value;
    let kind = stored.as_ref().map_err(isobar::Error::kind).map(drop);
    assert_eq!(kind, local, "{update:?}: {stored:?}");
    let Ok(item) = stored else {
        assert_eq!(found, document, "changed by the refused {update:?}");
        return local;
    };
    assert_eq!(item.value, expected, "returned by {update:?}");
    assert_eq!(found, expected, "stored by {update:?}");
    Ok(())
}

async fn check(update: Update, expected: Result<(), ErrorKind>) {
    for spec in [NOTES, ADOPTED, NATIVE] {
        let (notes, ..) = fresh(&spec).await;
        assert_eq!(check_in(&notes, update.clone()).await, expected);
    }
}

#[tokio::test]
async fn fields_are_set_removed_incremented_and_appended_to_at_once() {
    let update = Update::new()
        .set("author.name", "Grace")
        .set("new", Timestamp::from_micros(5))
        .remove("text")
        .increment("whole", -4_i64)
        .increment("missing", 2_i64)
        .append("list", 2_i64)
        .append("fresh", "x");
    check(update, Ok(())).await;
}

#[tokio::test]
async fn sums_with_fractions_are_those_of_binary_floating_point() {
    for (field, by) in [
        ("fraction", Value::Float(0.1)),
        ("fraction", Value::Int(1)),
        ("whole", Value::Float(0.5)),
        ("whole", Value::Float(1e20)),
        ("missing", Value::Float(0.1)),
    ] {
        check(Update::new().increment(field, by), Ok(())).await;
    }
    let (notes, ..) = fresh(&NOTES).await;
    // 4.35 + 100 is 104.35 in decimals and 104.35 in f64; 1.1 + 2 differs only in the last place.
    for fraction in [1.1, 4.35, 2.3, 1e-7, 123_456_789.123] {
        for by in [1_i64, 2, -3, 100, 1_000_000_007] {
            let document = map(&[("id", "b".into()), ("n", fraction.into())]);
            notes.upsert(&document).await.unwrap();
            let update = Update::new().increment("n", by);
            let mut expected = document;
            update.apply(&mut expected).unwrap();
            let item = notes.update("b", update).await.unwrap();
            assert_eq!(item.value, expected);
            assert_eq!(notes.fetch("b").await.unwrap().value, expected);
        }
    }
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_and_changes_nothing() {
    let invalid = Err(ErrorKind::InvalidArgument);
    check(Update::new().increment("text", 1_i64), invalid).await;
    check(Update::new().append("text", 1_i64), invalid).await;
    check(Update::new().set("missing.name", 1_i64), invalid).await;
    check(Update::new().set("text.name", 1_i64), invalid).await;
    check(Update::new().set("at.name", 1_i64), invalid).await;
    check(Update::new().increment("at.$ts", 1_i64), invalid).await;
    check(
        Update::new().increment("most", 1_i64),
        Err(ErrorKind::LimitExceeded),
    )
    .await;
    check(Update::new().remove("missing.name").set("x", 1_i64), Ok(())).await;
    check(Update::new().remove("missing.name"), Ok(())).await;
}

#[tokio::test]
async fn names_of_any_kind_are_names() {
    let update = Update::new()
        .set(isobar::document::FieldPath::of(["a.b", "size"]), 1_i64)
        .set("#0", 1_i64);
    let (notes, ..) = fresh(&NOTES).await;
    let document = map(&[
        ("id", "a".into()),
        ("a.b", map(&[("$ts", 1_i64.into())]).into()),
    ]);
    notes.create(&document).await.unwrap();
    let condition = Condition::equals(isobar::document::FieldPath::of(["a.b", "$ts"]), 1_i64);
    let options = UpdateOptions::default().with_condition(condition);
    let item = notes
        .update_with("a", update.clone(), options)
        .await
        .unwrap();
    let mut expected = document;
    update.apply(&mut expected).unwrap();
    assert_eq!(item.value, expected);
    assert_eq!(notes.fetch("a").await.unwrap().value, expected);
}

#[tokio::test]
async fn an_update_may_have_more_changes_than_one_expression_holds() {
    let mut update = Update::new();
    for field in 0..600 {
        update = update.set(format!("field-{field}"), i64::from(field));
    }
    let (notes, ..) = fresh(&NOTES).await;
    check_in(&notes, update).await.unwrap();
}

#[tokio::test]
async fn a_set_of_other_code_is_left_alone() {
    let (notes, client, table) = fresh(&ADOPTED).await;
    let tags = AttributeValue::Ss(vec!["x".to_owned()]);
    let put = client
        .put_item()
        .table_name(&table)
        .item("tags", tags.clone());
    let put = put.item("id", AttributeValue::S("a".to_owned()));
    put.send().await.unwrap();
    let error = notes
        .update("a", Update::new().append("tags", "y"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    notes
        .update("a", Update::new().increment("n", 0.5_f64))
        .await
        .unwrap();
    assert_eq!(raw(&client, &table, "a").await.unwrap()["tags"], tags);
}

async fn race(spec: CollectionSpec<Map>, by: Value, expected: i64) {
    let (notes, ..) = fresh(&spec).await;
    let document = map(&[("id", "a".into()), ("n", 0_i64.into())]);
    notes.create(&document).await.expect("it is stored");
    let increment = || {
        let (notes, update) = (notes.clone(), Update::new().increment("n", by.clone()));
        tokio::spawn(async move { notes.update("a", update).await })
    };
    let tasks: Vec<_> = (0..8).map(|_| increment()).collect();
    for task in tasks {
        task.await.expect("no panic").expect("it is counted");
    }
    let found = notes.fetch("a").await.expect("it is there").value;
    assert_eq!(found["n"], Value::Int(expected));
}

#[tokio::test]
async fn racing_increments_all_count() {
    race(NOTES, Value::Int(1), 8).await;
    race(NOTES, Value::Float(0.5), 4).await;
    race(NATIVE, Value::Int(1), 8).await;
    race(ADOPTED, Value::Int(1), 8).await;
    race(ADOPTED, Value::Float(0.5), 4).await;
}

/// Adds a write that fails to a set.
type Fail = fn(WriteSet) -> WriteSet;

const PARTS: CollectionSpec<Map> =
    CollectionSpec::new("parts").sort("part", isobar::document::SortType::Str);

fn part(part: &str, n: Value) -> Map {
    map(&[("id", "a".into()), ("part", part.into()), ("n", n)])
}

/// A collection that has the parts 1 (a whole number), 2 (a fraction, a text) and 3 (null).
async fn parts() -> Collection<Map> {
    let (parts, ..) = fresh(&PARTS).await;
    let mut second = part("2", 0.7_f64.into());
    second.insert("x".to_owned(), "y".into());
    let set = WriteSet::new()
        .create(&part("1", 1_i64.into()))
        .create(&second)
        .create(&part("3", Value::Null));
    parts.commit("a", set).await.expect("nothing is in its way");
    parts
}

#[tokio::test]
async fn a_set_of_updates_adds_as_single_ones_do() {
    let parts = parts().await;
    let whole = Update::new().increment("n", 1_i64).remove("no.where");
    let fraction = Update::new().increment("n", 0.1_f64).set("x", "z");
    let set = WriteSet::new().update(("a", "1"), whole);
    let set = set.update(("a", "2"), fraction);
    parts.commit("a", set).await.unwrap();
    let found = parts.get_batch([("a", "1"), ("a", "2")]).await.unwrap();
    let numbers: Vec<_> = found
        .iter()
        .map(|item| item.as_ref().unwrap().value["n"].clone())
        .collect();
    assert_eq!(numbers, [Value::Int(2), Value::Float(0.7 + 0.1)]);
}

#[tokio::test]
async fn a_set_of_writes_is_all_or_nothing_and_names_the_write_that_failed() {
    let parts = parts().await;
    let failing: [(Fail, ErrorKind); 5] = [
        (
            |set| set.create(&map(&[("id", "a".into()), ("part", "1".into())])),
            ErrorKind::AlreadyExists,
        ),
        (
            |set| set.update(("a", "9"), Update::new().set("n", 1_i64)),
            ErrorKind::NotFound,
        ),
        (
            |set| set.check(("a", "2"), Condition::equals("x", "z")),
            ErrorKind::PreconditionFailed,
        ),
        (
            |set| set.update(("a", "3"), Update::new().increment("n", 1_i64)),
            ErrorKind::InvalidArgument,
        ),
        (
            |set| set.update(("a", "2"), Update::new().append("x", 1_i64)),
            ErrorKind::InvalidArgument,
        ),
    ];
    for (fail, kind) in failing {
        let set = WriteSet::new().delete(("a", "4"));
        let set = fail(set.upsert(&part("5", Value::Null)));
        let error = parts.commit("a", set).await.unwrap_err();
        assert_eq!((error.kind(), error.index()), (kind, Some(2)), "{error}");
        assert!(parts.get(("a", "5")).await.unwrap().is_none());
    }
}
