//! What is asked of the service for a query, and that its answers are whole.

use futures_util::TryStreamExt as _;
use isobar::document::{BatchWrite, Filter, Map, Query, SortType, Value};
use isobar::{Collection, CollectionSpec};
use isobar_fault_proxy::Proxy;

use super::{behind_a_proxy, clock, map, store};

const NOTES: CollectionSpec<Map> = CollectionSpec::new("notes").sort("part", SortType::I64);

fn note(partition: &str, n: i64) -> Map {
    let text = if n % 2 == 0 { "even" } else { "odd" };
    map(&[
        ("id", partition.into()),
        ("part", n.into()),
        ("text", text.into()),
    ])
}

async fn filled(count: i64) -> (Collection<Map>, String) {
    let (notes, prefix) = super::fresh(&NOTES).await;
    let mut batch = BatchWrite::new();
    for n in 0..count {
        batch = batch.upsert(&note(["a", "b"][usize::from(n >= count / 2)], n));
    }
    for written in notes.write_batch(batch).await.expect("a batch") {
        written.expect("a write");
    }
    (notes, prefix)
}

fn parts(found: &[Map]) -> Vec<i64> {
    let part = |note: &Map| match note["part"] {
        Value::Int(n) => Some(n),
        _ => None,
    };
    found.iter().filter_map(part).collect()
}

#[tokio::test]
async fn a_partition_is_read_in_both_directions_page_by_page() {
    let (notes, _) = filled(60).await;
    for descending in [false, true] {
        let query = Query::partition("b").limit(7);
        let query = if descending {
            query.descending()
        } else {
            query
        };
        let found: Vec<_> = notes.stream(&query).unwrap().try_collect().await.unwrap();
        let found: Vec<Map> = found.into_iter().map(|item| item.value).collect();
        let mut expected: Vec<i64> = (30..60).collect();
        if descending {
            expected.reverse();
        }
        assert_eq!(parts(&found), expected);
    }
}

#[tokio::test]
async fn a_scan_goes_on_within_and_after_a_partition() {
    let (notes, _) = filled(50).await;
    let query = Query::all().allow_scan().limit(4);
    let found: Vec<_> = notes.stream(&query).unwrap().try_collect().await.unwrap();
    let found: Vec<Map> = found.into_iter().map(|item| item.value).collect();
    assert_eq!(parts(&found), (0..50).collect::<Vec<_>>());
}

/// What was asked first.
fn first_line(faults: &Proxy) -> String {
    let requests = faults.requests();
    let first = String::from_utf8_lossy(requests.first().expect("a request"));
    first.lines().next().expect("a line").to_owned()
}

#[tokio::test]
async fn equal_text_is_left_to_the_service_and_wide_documents_come_all_the_same() {
    let (direct, prefix) = filled(20).await;
    let mut wide = note("a", 99);
    let fields = (0..300).map(|n| (format!("f{n}"), Value::from(n)));
    wide = fields.chain(wide).collect();
    wide.insert("text".to_owned(), "odd".into());
    direct.create(&wide).await.unwrap();
    let faults = behind_a_proxy().await;
    let notes = Collection::new(store(faults.address().port()), clock(), &NOTES, &prefix);
    let query = Query::partition("a").filter(Filter::eq("text", "odd"));
    let page = notes.query(&query).await.unwrap();
    let found: Vec<Map> = page.items.into_iter().map(|item| item.value).collect();
    assert_eq!(parts(&found), [1, 3, 5, 7, 9, 99]);
    let asked = first_line(&faults);
    assert!(
        asked.contains("text%20eq%20%27odd%27%20or%20_wide%20eq%20true"),
        "{asked}"
    );
    let plan = notes.plan(&query).unwrap();
    assert_eq!(plan.native_filter, plan.post_filter);
}

#[tokio::test]
async fn a_projection_reads_what_it_needs() {
    let (direct, prefix) = filled(2).await;
    let faults = behind_a_proxy().await;
    let notes = Collection::new(store(faults.address().port()), clock(), &NOTES, &prefix);
    let query = Query::partition("a").select(["text"]);
    let page = notes.query(&query).await.unwrap();
    assert_eq!(page.items[0].value, note("a", 0));
    assert_eq!(
        page.items[0].version,
        direct.fetch(("a", 0)).await.unwrap().version
    );
    let asked = first_line(&faults);
    assert!(
        asked.contains("$select=PartitionKey%2CRowKey%2C_rev%2C_exp%2C_v%2C_doc"),
        "{asked}"
    );
    assert_eq!(faults.count("GET /"), 1);
}
