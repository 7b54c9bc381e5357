//! Filters in the query language mean what core says they mean, whoever wrote the items.

use std::collections::BTreeSet;

use bytes::Bytes;
use isobar::document::{Comparison, Filter, Map, Query, SortType, Timestamp, Value};
use isobar::{Collection, CollectionSpec};
use serde_json::json;

use super::{DATABASE, fresh, map};

const ITEMS: CollectionSpec<Map> = CollectionSpec::new("items")
    .partition("shelf")
    .sort("n", SortType::I64);

fn at(micros: i64) -> Value {
    Value::Timestamp(Timestamp::from_micros(micros))
}

/// Values of every kind, on both sides of every border that the format has.
fn values() -> Vec<Value> {
    let border = 1_i64 << 53;
    let mut values: Vec<Value> = vec![Value::Null, true.into(), false.into()];
    let whole = [
        0,
        1,
        -1,
        border - 1,
        border,
        border + 1,
        -border,
        i64::MAX,
        i64::MIN,
    ];
    values.extend(whole.map(Value::from));
    values.extend([0.5, -0.5, 9.3e18, -9.3e18, 1e-130, 1e125].map(Value::from));
    let text = [
        "",
        "a",
        "B",
        "ab",
        "10",
        "\u{d7ff}",
        "\u{ffff}",
        "\u{10000}",
        "a\0b",
    ];
    values.extend(text.map(Value::from));
    values.extend([at(0), at(1), at(-5), Value::Bytes(Bytes::from_static(b"a"))]);
    let list = |items: &[Value]| Value::List(items.to_vec());
    values.extend([
        list(&[]),
        list(&[1.into(), "a".into()]),
        list(&[at(1), border.into()]),
    ]);
    let mark = map(&[("_t", 1.into())]);
    values.extend([Map::new(), map(&[("x", 1.into())]), mark].map(Value::Map));
    values
}

fn filters() -> Vec<Filter> {
    use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    let mut filters = vec![
        Filter::exists("v"),
        Filter::is_null("v"),
        Filter::eq("v.x", 1),
        Filter::exists("v._t"),
        Filter::gt("n", 5),
        Filter::eq("shelf", "a"),
        Filter::one_of("v", [Value::from(1), "a".into(), at(1)]),
        Filter::between("v", -1, 1.5),
        Filter::between("v", "B", "b"),
        Filter::exists("order").or(Filter::eq("it's", 1)),
    ];
    for value in values().into_iter().filter(|value| *value != Value::Null) {
        for comparison in [Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual] {
            filters.push(Filter::compare("v", comparison, value.clone()));
        }
        filters.push(Filter::contains("v", value.clone()));
        if let Value::String(_) | Value::Bytes(_) = value {
            filters.push(Filter::begins_with("v", value));
        }
    }
    let negated: Vec<Filter> = filters.iter().map(|filter| !filter.clone()).collect();
    filters.extend(negated);
    filters
}

/// A document for each value, one without any, and items of other code.
async fn filled() -> Collection<Map> {
    let (emulator, items) = fresh(&ITEMS).await;
    let all = values().into_iter().map(Some).chain([None]);
    for (n, value) in (0_i64..).zip(all) {
        let mut item = map(&[("shelf", "a".into()), ("n", n.into())]);
        if let Some(value) = value {
            item.insert("v".to_owned(), value);
        }
        items.create(&item).await.expect("it is answered");
    }
    let client = emulator.client().await.expect("it is answered");
    let database = client.database_client(DATABASE);
    let container = database
        .container_client("items", None)
        .await
        .expect("it is answered");
    let theirs = [
        json!({"_t": "8000000000000001"}),
        json!(1.0),
        json!(["a", {"_i": "x"}]),
    ];
    for (n, value) in (900..).zip(theirs) {
        let id = n.to_string();
        let item = json!({"shelf": "a", "id": &id, "n": n, "v": value});
        container
            .create_item("a", &id, item, None)
            .await
            .expect("it is answered");
    }
    items
}

fn numbers<'f>(fields: impl Iterator<Item = &'f Map>) -> BTreeSet<i64> {
    let number = |fields: &Map| match fields.get("n") {
        Some(Value::Int(number)) => Some(*number),
        _ => None,
    };
    fields.filter_map(number).collect()
}

#[tokio::test]
async fn every_filter_finds_what_core_would_find() {
    let items = filled().await;
    let all = items
        .query(&Query::partition("a").limit(1_000))
        .await
        .unwrap()
        .items;
    assert!(all.len() > 40);
    let mut native = 0;
    for filter in filters() {
        let expected = all.iter().map(|item| &item.value);
        let expected = numbers(expected.filter(|fields| filter.matches(fields)));
        let query = Query::partition("a").filter(filter.clone()).limit(1_000);
        let found = items.query(&query).await.unwrap().items;
        let found = numbers(found.iter().map(|item| &item.value));
        assert_eq!(found, expected, "{filter:?}");
        let counted = items.count(&query).await.unwrap();
        assert_eq!(counted, expected.len() as u64, "{filter:?}");
        native += usize::from(items.plan(&query).unwrap().post_filter.is_none());
    }
    assert!(native > 250, "only {native} were tested by the service");
}

#[tokio::test]
async fn what_is_usual_is_tested_by_the_service() {
    let (_, items) = fresh(&ITEMS).await;
    let native = |filter: Filter| {
        let query = Query::all().filter(filter).allow_scan();
        items.plan(&query).unwrap().post_filter.is_none()
    };
    assert!(native(
        Filter::ge("at", at(5)).and(Filter::contains("tags", "x"))
    ));
    assert!(native(
        !Filter::begins_with("name", "a").or(Filter::eq("n", 1))
    ));
    assert!(native(Filter::eq("v", Value::Bytes(Bytes::new()))));
    for left in [
        Filter::eq("v", 1_i64 << 53),
        Filter::lt("v", "\u{ffff}"),
        Filter::exists("ttl"),
        Filter::exists("it's"),
        Filter::exists("a._t"),
    ] {
        assert!(!native(left.clone()), "{left:?}");
    }
}
