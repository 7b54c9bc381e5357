//! What lies in the table, and that what others put there is read (docs/storage-format.md).

use isobar::document::{CollectionSpec, Condition, Map, PutOptions, SortType, Timestamp, Value};
use isobar::{Collection, ErrorKind};

use super::{client, fresh, map};

const NOTES: CollectionSpec<Map> = CollectionSpec::new("notes")
    .partition("owner")
    .sort("id", SortType::I64);
const ORDERED: CollectionSpec<Map> = CollectionSpec::new("ordered").preserve_order();

fn text(text: &str) -> Value {
    text.into()
}

#[tokio::test]
async fn other_code_reads_ours_with_plain_sql() {
    let (notes, table) = fresh(&NOTES).await;
    let exact = (1_i64 << 53) + 1;
    let note = map(&[
        ("owner", text("alice")),
        ("id", 7.into()),
        ("n", exact.into()),
        ("tags", Value::List(vec![text("a"), Value::Null])),
    ]);
    let options =
        PutOptions::default().with_expires_at(Timestamp::from_micros(4_000_000_000_000_000));
    let version = notes.upsert_with(&note, options).await.unwrap();
    let sql = format!(
        "SELECT _doc::text, _doc->>'n', _rev, _exp, _ord, _v FROM \"{table}\" \
         WHERE owner = 'alice' AND id = 7"
    );
    let row = client().await.query_one(&sql, &[]).await.unwrap();
    let json: String = row.get(0);
    assert_eq!(json, format!(r#"{{"n": {exact}, "tags": ["a", null]}}"#));
    assert_eq!(row.get::<_, String>(1), exact.to_string());
    assert_eq!(row.get::<_, String>(2), version.as_str());
    assert_eq!(row.get::<_, i64>(3), 4_000_000_000);
    assert_eq!(row.get::<_, Option<Vec<u8>>>(4), None);
    assert_eq!(
        row.get::<_, Option<i16>>(5),
        None,
        "plain JSON has no format"
    );
}

#[tokio::test]
async fn a_row_that_other_code_wrote_is_read_and_has_no_version_until_we_write_it() {
    let (notes, table) = fresh(&NOTES).await;
    let sql = format!(
        r#"INSERT INTO "{table}" (owner, id, _doc) VALUES ('bob', -1, '{{"b": {{"$ts": 1}}, "a": 1.50}}')"#
    );
    client().await.batch_execute(&sql).await.unwrap();
    let item = notes.fetch(("bob", -1)).await.unwrap();
    assert!(item.version.is_absent());
    let mark = Value::Map(map(&[("$ts", 1.into())]));
    let expected = map(&[
        ("a", 1.5.into()),
        ("b", mark),
        ("id", (-1).into()),
        ("owner", text("bob")),
    ]);
    assert_eq!(item.value, expected);
    let condition = Condition::version(&item.version);
    let options = PutOptions::default().with_condition(condition);
    let version = notes
        .replace_with(&item.value, options.clone())
        .await
        .unwrap();
    let item = notes.fetch(("bob", -1)).await.unwrap();
    assert_eq!((item.value, item.version), (expected.clone(), version));
    let error = notes.replace_with(&expected, options).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PreconditionFailed);
}

#[tokio::test]
async fn marks_are_declared_and_a_newer_format_is_refused() {
    let (notes, table) = fresh(&NOTES).await;
    let at = Value::Timestamp(Timestamp::from_micros(5));
    let note = map(&[("owner", text("alice")), ("id", 1.into()), ("at", at)]);
    notes.create(&note).await.unwrap();
    let sql = format!("SELECT _doc::text, _v FROM \"{table}\"");
    let row = client().await.query_one(&sql, &[]).await.unwrap();
    assert_eq!(row.get::<_, String>(0), r#"{"at": {"$ts": 5}}"#);
    assert_eq!(row.get::<_, Option<i16>>(1), Some(1));
    let newer = format!("UPDATE \"{table}\" SET _v = 2");
    client().await.batch_execute(&newer).await.unwrap();
    let error = notes.fetch(("alice", 1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("update the program"), "{error}");
}

#[tokio::test]
async fn damage_is_told_and_not_read() {
    let (notes, table) = fresh(&NOTES).await;
    let damage = [
        r"('a', 1, '[]', NULL, NULL)",
        r"('a', 2, '{}', 'white space', NULL)",
        r#"('a', 3, '{"n": 1e200}', NULL, NULL)"#,
    ];
    let rows = damage.join(", ");
    let sql = format!("INSERT INTO \"{table}\" (owner, id, _doc, _rev, _exp) VALUES {rows}");
    client().await.batch_execute(&sql).await.unwrap();
    for id in [1, 2, 3] {
        let error = notes.fetch(("a", id)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    }
}

#[tokio::test]
async fn the_order_of_entries_is_kept_beside_the_document_where_it_is_asked_for() {
    let (ordered, table) = fresh(&ORDERED).await;
    let inner = Value::Map(map(&[("z", 1.into()), ("a", 2.into())]));
    let given = map(&[("z", inner), ("id", text("1")), ("a", Value::Null)]);
    ordered.create(&given).await.unwrap();
    let read = ordered.fetch("1").await.unwrap().value;
    assert_eq!(format!("{read:?}"), format!("{given:?}"));
    let changed = format!("UPDATE \"{table}\" SET _doc = _doc || '{{\"b\": 1}}'");
    client().await.batch_execute(&changed).await.unwrap();
    let read = ordered.fetch("1").await.unwrap().value;
    let names: Vec<_> = read.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["a", "b", "id", "z"],
        "by name, once others changed it"
    );
}

#[tokio::test]
async fn expired_rows_are_swept_and_others_are_left() {
    let (notes, table) = fresh(&NOTES).await;
    let second = |n: i64| Timestamp::from_micros(n * 1_000_000);
    for id in 0..1_500_i64 {
        let note = map(&[("owner", text("a")), ("id", id.into())]);
        let options = PutOptions::default();
        let options = match id {
            0..1_400 => options.with_expires_at(second(id)),
            _ => options,
        };
        put(&notes, &note, options).await;
    }
    let store = super::store(&crate::server::shared().url(""));
    let prefix = table.strip_suffix("notes").unwrap();
    let schema = NOTES.schema(prefix);
    assert_eq!(store.sweep(&schema, second(1_200)).await.unwrap(), 1_200);
    let sql = format!("SELECT count(*) FROM \"{table}\"");
    let row = client().await.query_one(&sql, &[]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 300);
}

async fn put(notes: &Collection<Map>, note: &Map, options: PutOptions) {
    let written = notes.upsert_with(note, options).await;
    written.expect("nothing is in its way");
}
