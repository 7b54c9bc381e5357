//! Filters and indexes in SQL mean what core says they mean, whoever wrote the rows.

use std::collections::BTreeSet;

use bytes::Bytes;
use isobar::document::{Comparison, Filter, IndexSpec, Map, Query, SortType, Timestamp, Value};
use isobar::{Collection, CollectionSpec, ErrorKind};

use super::{bind, client, fresh, map, store};
use crate::server;

const ITEMS: CollectionSpec<Map> = CollectionSpec::new("items").sort("n", SortType::I64);

fn at(micros: i64) -> Value {
    Value::Timestamp(Timestamp::from_micros(micros))
}

fn values() -> Vec<Value> {
    let exact = (1_i64 << 53) + 1;
    let mut values: Vec<Value> = vec![Value::Null, true.into(), false.into()];
    values.extend([0, 1, 2, 10, -1, exact, i64::MAX, i64::MIN].map(Value::from));
    values.extend(
        [
            0.5,
            -0.5,
            1.5,
            9.007_199_254_740_993e15,
            9.3e18,
            1e-130,
            1e125,
        ]
        .map(Value::from),
    );
    values.extend(
        [
            "",
            "a",
            "B",
            "ab",
            "ä",
            "10",
            "\u{ffff}",
            "\u{10000}",
            "a\0b",
            "a\\000",
        ]
        .map(Value::from),
    );
    values.extend([at(0), at(1), at(-5), Value::Bytes(Bytes::from_static(b"a"))]);
    let list = |items: &[Value]| Value::List(items.to_vec());
    values.extend([
        list(&[]),
        list(&[1.into(), "a".into()]),
        list(&[list(&[1.into()])]),
        list(&[at(1)]),
    ]);
    let mark = Value::Map(map(&[("$ts", 1.into())]));
    values.extend([
        Value::Map(Map::new()),
        Value::Map(map(&[("x", 1.into())])),
        mark,
    ]);
    values
}

fn filters() -> Vec<Filter> {
    use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    let mut filters = vec![
        Filter::exists("v"),
        Filter::missing("v"),
        Filter::is_null("v"),
    ];
    filters.extend([
        Filter::exists("v.x"),
        Filter::eq("v.x", 1),
        Filter::missing("v.$ts"),
    ]);
    filters.extend([
        Filter::exists("id.x"),
        Filter::eq("id", "a"),
        Filter::gt("n", 5),
        Filter::eq("n", "5"),
    ]);
    filters.push(Filter::one_of("v", [Value::from(1), "a".into(), at(1)]));
    filters.push(Filter::one_of(
        "v",
        [Value::from(1), "a".into(), 0.5.into()],
    ));
    filters.push(Filter::between("v", -1, 1.5));
    filters.push(Filter::between("v", "B", "a\u{10ffff}"));
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

async fn filled(rows_of_others: &str) -> Collection<Map> {
    let (items, table) = fresh(&ITEMS).await;
    let all = values().into_iter().map(Some).chain([None]);
    for (n, value) in (0_i64..).zip(all) {
        let mut item = map(&[("id", "a".into()), ("n", n.into())]);
        if let Some(value) = value {
            item.insert("v".to_owned(), value);
        }
        items.create(&item).await.expect("nothing is in its way");
    }
    let theirs = rows_of_others.replace("TABLE", &format!("\"{table}\""));
    client()
        .await
        .batch_execute(&theirs)
        .await
        .expect("they fit");
    items
}

async fn found(items: &Collection<Map>, query: Query) -> BTreeSet<i64> {
    let query = query.allow_scan().limit(10_000);
    let page = items.query(&query).await.expect("it is answered");
    let found = page.items.iter();
    found.filter_map(|item| number(&item.value)).collect()
}

fn number(fields: &Map) -> Option<i64> {
    match fields.get("n") {
        Some(Value::Int(number)) => Some(*number),
        _ => None,
    }
}

#[tokio::test]
async fn every_filter_finds_what_core_would_find() {
    let items = filled(
        r#"INSERT INTO TABLE (id, n, _doc) VALUES ('a', 900, '{"v": {"$ts": 1}}'),
           ('a', 901, '{"v": 1.0}'), ('a', 902, '{"v": [1.0, {"$ts": 1}]}'), ('a', 903, '{"v": "$t"}')"#,
    )
    .await;
    let all = items
        .query(&Query::partition("a").limit(10_000))
        .await
        .unwrap()
        .items;
    assert!(all.len() > 40);
    for filter in filters() {
        let expected = all.iter().filter(|item| filter.matches(&item.value));
        let expected: BTreeSet<i64> = expected.filter_map(|item| number(&item.value)).collect();
        let everything = Query::all().filter(filter.clone());
        assert_eq!(
            found(&items, everything.clone()).await,
            expected,
            "{filter:?}"
        );
        let counted = items.count(&everything.allow_scan()).await.unwrap();
        assert_eq!(counted, expected.len() as u64, "{filter:?}");
    }
}

#[tokio::test]
async fn what_is_usual_is_tested_by_the_database() {
    let (items, _) = fresh(&ITEMS).await;
    let native = |filter: Filter| {
        let plan = items
            .plan(&Query::all().filter(filter).allow_scan())
            .unwrap();
        plan.post_filter.is_none()
    };
    assert!(native(
        Filter::ge("at", at(5)).and(Filter::contains("tags", "x"))
    ));
    assert!(native(
        !Filter::begins_with("name", "a").or(Filter::eq("n", 1))
    ));
    assert!(!native(Filter::eq("v", Value::Bytes(Bytes::new()))));
    assert!(!native(Filter::exists("a.$ts")));
}

const INDEXED: CollectionSpec<Map> = CollectionSpec::new("indexed")
    .index(
        IndexSpec::new("by_owner")
            .partition("owner")
            .sort("rank", SortType::I64),
    )
    .index(IndexSpec::new("by_name").sort("name's \\", SortType::Str));

#[tokio::test]
async fn rows_of_others_that_are_not_of_the_declared_type_are_in_no_index_and_in_nobodys_way() {
    let (indexed, table) = fresh(&INDEXED).await;
    let ours = map(&[
        ("id", "1".into()),
        ("owner", "ann".into()),
        ("rank", 2.into()),
    ]);
    indexed.create(&ours).await.unwrap();
    let long = "x".repeat(5_000);
    let theirs = format!(
        r#"INSERT INTO "{table}" (id, _doc) VALUES ('2', '{{"owner": "ann", "rank": "2"}}'),
           ('3', '{{"owner": "ann", "rank": 2.5}}'), ('4', '{{"owner": "ann", "rank": 1e30}}'),
           ('5', '{{"owner": 7, "rank": 2}}'), ('6', '{{"owner": "{long}", "rank": 2}}'),
           ('7', '{{"owner": "ann", "rank": 1.0, "name''s \\": "z"}}')"#
    );
    client().await.batch_execute(&theirs).await.unwrap();
    let ids = |page: isobar::document::Page<isobar::document::Item<Map>>| {
        let ids = page.items.into_iter().map(|item| item.value["id"].clone());
        ids.collect::<Vec<_>>()
    };
    let query = Query::index("by_owner", "ann").limit(1);
    let first = indexed.query(&query).await.unwrap();
    let cursor = first.cursor.clone().expect("there is another");
    let second = indexed.query(&query.clone().after(cursor)).await.unwrap();
    assert_eq!(second.cursor, None);
    assert_eq!(
        [ids(first), ids(second)].concat(),
        ["7", "1"].map(Value::from)
    );
    let whole = indexed.query(&Query::whole_index("by_name")).await.unwrap();
    assert_eq!(ids(whole), ["7"].map(Value::from));
}

#[tokio::test]
async fn an_index_is_used_and_one_of_another_definition_is_refused() {
    let (indexed, table) = fresh(&INDEXED).await;
    let client = client().await;
    let fill = format!(
        r#"INSERT INTO "{table}" (id, _doc) SELECT n::text, jsonb_build_object('owner', 'o' || n % 1000,
           'rank', n) FROM generate_series(1, 20000) n"#
    );
    client.batch_execute(&fill).await.unwrap();
    client
        .batch_execute(&format!("ANALYZE \"{table}\""))
        .await
        .unwrap();
    indexed
        .query(&Query::index("by_owner", "o7").limit(5))
        .await
        .unwrap();
    let scans = "SELECT idx_scan > 0 FROM pg_stat_user_indexes WHERE indexrelname = $1";
    let name = format!("{table}_by_owner");
    let mut used = false;
    for _ in 0..200 {
        // The counters of a session are reported once it has been idle for a moment.
        used = client.query_one(scans, &[&name]).await.unwrap().get(0);
        if used {
            break;
        }
        tokio::task::yield_now().await;
        let _ = client
            .simple_query("SELECT pg_stat_clear_snapshot(), pg_sleep(0.05)")
            .await;
    }
    assert!(used, "the index is not used");

    let other: CollectionSpec<Map> = CollectionSpec::new("indexed")
        .index(IndexSpec::new("by_owner").sort("rank", SortType::Str));
    let prefix = table.strip_suffix("indexed").unwrap();
    let other = bind(&store(&server::shared().url("")), &other, prefix);
    let error = other.ensure().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(error.to_string().contains("another definition"), "{error}");
}
