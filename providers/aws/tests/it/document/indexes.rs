//! Indexes and filters as DynamoDB has them, and tables that other code made.

use std::sync::Arc;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement,
    KeyType, Projection, ProjectionType, ScalarAttributeType,
};
use isobar::document::{Filter, IndexSpec, Map, Query, SortType, Value};
use isobar::{Capability, Collection, CollectionSpec, ErrorKind};
use isobar_aws::DynamoStore;
use isobar_aws::document::cloud_formation;

use super::{client, fresh, map};
use crate::{clock, emulator};

const BOOKS: CollectionSpec<Map> = CollectionSpec::new("books")
    .partition("shelf")
    .sort("id", SortType::Str)
    .index(
        IndexSpec::new("by_author")
            .partition("author")
            .sort("year", SortType::I64),
    )
    .index(IndexSpec::new("by_isbn").partition("isbn"));

#[tokio::test]
async fn an_index_is_a_global_secondary_index_of_the_fields_themselves() {
    let (_, direct, table) = fresh(&BOOKS).await;
    let described = direct
        .describe_table()
        .table_name(&table)
        .send()
        .await
        .unwrap();
    let described = described.table.unwrap();
    let mut indexes: Vec<String> = described
        .global_secondary_indexes()
        .iter()
        .map(|index| {
            let keys = index.key_schema().iter();
            let keys: Vec<&str> = keys.map(KeySchemaElement::attribute_name).collect();
            format!("{} {}", index.index_name().unwrap(), keys.join(" "))
        })
        .collect();
    indexes.sort_unstable();
    assert_eq!(indexes, ["by_author author year", "by_isbn isbn"]);
}

#[tokio::test]
async fn the_plan_says_what_dynamodb_tests() {
    let (books, _, table) = fresh(&BOOKS).await;
    let native = Filter::gt("pages", 100).and(!Filter::contains("tags", "old"));
    let not_in_filters = Filter::eq("id", "x");
    let not_like_ours = Filter::contains("cover", Value::Bytes("x".into()));
    let filter = native
        .clone()
        .and(not_in_filters.clone())
        .and(not_like_ours.clone());
    let plan = books
        .plan(&Query::index("by_author", "ann").filter(filter.clone()))
        .unwrap();
    assert_eq!(
        plan.operations,
        [format!("Query on the index by_author of {table}")]
    );
    assert_eq!(plan.native_filter, Some(native.and(not_in_filters.clone())));
    assert_eq!(plan.post_filter, Some(not_like_ours.clone()));
    let plan = books.plan(&Query::partition("s").filter(filter)).unwrap();
    assert_eq!(plan.post_filter, Some(not_in_filters.and(not_like_ours)));
    let long = (0..60).map(|n| Filter::one_of(format!("field{n}"), 0..100_i64));
    let long = long.reduce(Filter::and).unwrap();
    let plan = books
        .plan(&Query::partition("s").filter(long.clone()))
        .unwrap();
    assert_eq!((plan.native_filter, plan.post_filter), (None, Some(long)));
}

/// The table of somebody else: names of its own, an index, rows without our fields.
async fn foreign_table(table: &str) {
    let direct = client(emulator::endpoint());
    let attribute = |name: &str, kind| {
        let definition = AttributeDefinition::builder().attribute_name(name);
        definition.attribute_type(kind).build().expect("whole")
    };
    let key = |name: &str, kind| {
        let element = KeySchemaElement::builder().attribute_name(name);
        element.key_type(kind).build().expect("whole")
    };
    let projection = Projection::builder().projection_type(ProjectionType::All);
    let index = GlobalSecondaryIndex::builder()
        .index_name("EmailIndex")
        .key_schema(key("Email", KeyType::Hash))
        .projection(projection.build())
        .build();
    let created = direct
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("UserId", ScalarAttributeType::S))
        .attribute_definitions(attribute("Seq", ScalarAttributeType::N))
        .attribute_definitions(attribute("Email", ScalarAttributeType::S))
        .key_schema(key("UserId", KeyType::Hash))
        .key_schema(key("Seq", KeyType::Range))
        .global_secondary_indexes(index.expect("whole"))
        .send();
    created.await.expect("a table");
}

#[tokio::test]
async fn a_table_of_other_code_is_adopted_with_its_keys_its_types_and_its_index() {
    const TABLE: &str = "Users-of-others";
    const USERS: CollectionSpec<Map> = CollectionSpec::new("users")
        .table(TABLE)
        .partition("UserId")
        .sort("Seq", SortType::I64)
        .index(IndexSpec::new("EmailIndex").partition("Email"))
        .adopt();
    foreign_table(TABLE).await;
    let direct = client(emulator::endpoint());
    let theirs = direct
        .put_item()
        .table_name(TABLE)
        .item("UserId", AttributeValue::S("u1".to_owned()))
        .item("Seq", AttributeValue::N("7".to_owned()))
        .item("Email", AttributeValue::S("a@example.org".to_owned()))
        .item(
            "Roles",
            AttributeValue::Ss(vec!["admin".to_owned(), "dev".to_owned()]),
        )
        .item("_rev", AttributeValue::N("12".to_owned()));
    theirs.send().await.unwrap();
    let store = Arc::new(DynamoStore::new(direct.clone()));
    let users = Collection::new(store, clock(), &USERS, "ignored-");
    users.ensure().await.unwrap();
    let by_email = Query::index("EmailIndex", "a@example.org");
    let by_role = by_email.clone().filter(Filter::contains("Roles", "dev"));
    for query in [Query::partition("u1"), by_email, by_role] {
        let found = users.query(&query).await.unwrap().items;
        assert_eq!(found.len(), 1, "{query:?}");
        assert_eq!(found[0].value["_rev"], 12_i64.into());
        assert!(found[0].version.is_absent());
    }
    let ours = map(&[
        ("UserId", "u1".into()),
        ("Seq", 8_i64.into()),
        ("Email", "b@example.org".into()),
        ("Score", 1.5.into()),
    ]);
    users.create(&ours).await.unwrap();
    let read = direct
        .get_item()
        .table_name(TABLE)
        .key("UserId", AttributeValue::S("u1".to_owned()))
        .key("Seq", AttributeValue::N("8".to_owned()));
    let item = read.send().await.unwrap().item.unwrap();
    assert_eq!(item.len(), 4, "{item:?}");
    assert_eq!(item["Score"], AttributeValue::N("1.5".to_owned()));
    for withdrawn in [Capability::DocumentVersions, Capability::DocumentExpiry] {
        let refused = users.require(&[withdrawn]).unwrap_err();
        assert_eq!(refused.capability(), Some(withdrawn));
    }
}

#[tokio::test]
async fn an_index_with_another_key_than_declared_is_refused() {
    const OTHER: CollectionSpec<Map> = CollectionSpec::new("books")
        .partition("shelf")
        .sort("id", SortType::Str)
        .index(
            IndexSpec::new("by_author")
                .partition("author")
                .sort("title", SortType::Str),
        );
    let (_, direct, table) = fresh(&BOOKS).await;
    let prefix = table.strip_suffix("books").unwrap();
    let store = Arc::new(DynamoStore::new(direct));
    let refused = Collection::new(store, clock(), &OTHER, prefix)
        .ensure()
        .await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidArgument);
    assert!(refused.to_string().contains("another name"), "{refused}");
}

#[test]
fn the_template_has_each_table_with_its_indexes_and_leaves_out_what_is_adopted() {
    const ADOPTED: CollectionSpec<Map> = CollectionSpec::new("theirs").adopt();
    let template = cloud_formation(&[BOOKS.schema("prod-"), ADOPTED.schema("prod-")]).unwrap();
    // It is a template that cfn-lint finds in order.
    let expected = include_str!("template.json");
    let parsed = |json: &str| serde_json::from_str::<serde_json::Value>(json).unwrap();
    assert_eq!(parsed(&template), parsed(expected), "{template}");
    let whole = CollectionSpec::<Map>::new("ranked")
        .index(IndexSpec::new("by_rank").sort("rank", SortType::I64));
    let refused = cloud_formation(&[whole.schema("")]).unwrap_err();
    assert_eq!(
        refused.capability(),
        Some(Capability::WholeCollectionIndexes)
    );
}
