//! Values that stores like to change on the way: empty, null, odd, deep, large.

use isobar::document::{CollectionSpec, FieldPath, Map, Timestamp, Update, Value};
use isobar::{Collection, ErrorKind, Limits};

use super::sample::{PLAIN, absent, bytes, document, field, list, map, stored};
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::document(
        "D-007",
        "each kind of value comes back, untyped, as the kind it was",
        "R1",
        |ctx| Box::pin(kinds_survive(ctx)),
    ),
    Case::document(
        "D-207",
        "empty text, bytes, list and map, null and a missing field stay six different things",
        "R6",
        |ctx| Box::pin(empties_are_distinct(ctx)),
    ),
    Case::document("D-208", "a list may contain null", "R6", |ctx| {
        Box::pin(round_trips(ctx, || {
            vec![
                list([Value::Null]),
                list([1.into(), Value::Null, "x".into(), Value::Null]),
            ]
        }))
    }),
    Case::document("D-209", "a list may mix kinds, in order", "R1", |ctx| {
        Box::pin(round_trips(ctx, || {
            vec![
                list([
                    true.into(),
                    1.into(),
                    0.5.into(),
                    "a".into(),
                    bytes(&[7]),
                    map([("k", list([]))]),
                ]),
                list([1.into(), 1.into(), "1".into()]),
            ]
        }))
    }),
    Case::document("D-210", "a list may contain lists", "R3", |ctx| {
        Box::pin(round_trips(ctx, || {
            vec![
                list([list([])]),
                list([list([list([1.into()])]), list([2.into()])]),
            ]
        }))
    }),
    Case::document(
        "D-212",
        "text keeps NUL, control characters and every plane of Unicode",
        "R1",
        |ctx| {
            Box::pin(round_trips(ctx, || {
                let texts = [
                    "a\0b",
                    "\u{1}\u{1f}\u{7f}",
                    "\r\n\t",
                    "\u{feff}x",
                    "\u{ffff}",
                ];
                texts
                    .into_iter()
                    .chain(["👩‍🚀 \u{10ffff}", " edges ", "עברית", "\u{85}\u{2028}"])
                    .map(Value::from)
                    .collect()
            }))
        },
    ),
    Case::document(
        "D-213",
        "composed and decomposed text stay different",
        "R1 R4",
        |ctx| Box::pin(text_is_not_normalised(ctx)),
    ),
    Case::document(
        "D-214",
        "field names that mean something to a store mean nothing here",
        "R4 R8",
        |ctx| Box::pin(odd_field_names(ctx)),
    ),
    Case::document(
        "D-215",
        "field names may have from 1 to 1,500 bytes",
        "R3",
        |ctx| Box::pin(field_name_lengths(ctx)),
    ),
    Case::document(
        "D-216",
        "20 levels are accepted, 21 are LimitExceeded",
        "R3 R23",
        |ctx| Box::pin(depth_is_limited(ctx)),
    ),
    Case::document(
        "D-217",
        "timestamps keep microseconds and cut what is finer, before 1970 too",
        "R1",
        |ctx| Box::pin(timestamps_are_exact(ctx)),
    ),
    Case::document(
        "D-218",
        "a document of the largest size is kept, one byte more is TooLarge with both figures",
        "R3 R23",
        |ctx| Box::pin(size_is_limited(ctx)),
    ),
    Case::document(
        "D-219",
        "entries of maps keep their order where the collection asks for it",
        "R20",
        |ctx| Box::pin(order_is_kept(ctx)),
    ),
];

/// Each of the values must read back equal, in a put and in an update.
async fn round_trips(ctx: Context, values: fn() -> Vec<Value>) -> Result<(), Failure> {
    let plain = ctx.collection(&PLAIN).await?;
    for value in values() {
        let written = document([("id", "1".into()), ("x", value.clone())]);
        plain.upsert(&written).await?;
        stored(&plain, "1", &written).await?;
        plain
            .update("1", Update::new().set("y", value.clone()))
            .await?;
        let both = document([("id", "1".into()), ("x", value.clone()), ("y", value)]);
        stored(&plain, "1", &both).await?;
    }
    Ok(())
}

async fn kinds_survive(ctx: Context) -> Result<(), Failure> {
    let plain = ctx.collection(&PLAIN).await?;
    let fields = [
        ("id", "1".into()),
        ("null", Value::Null),
        ("bool", true.into()),
        ("int", 3.into()),
        ("float", 1.5.into()),
        ("text", "foo".into()),
        ("bytes", bytes(b"foo")),
        ("time", Timestamp::from_micros(1_500_000).into()),
        ("list", list([1.into()])),
        ("map", map([("a", 1.into())])),
    ];
    plain.create(&document(fields.clone())).await?;
    let read = plain.fetch("1").await?.value;
    for (name, written) in &fields {
        let found = field(&read, name)?;
        let same = std::mem::discriminant(found) == std::mem::discriminant(written);
        expect::that(same, &format!("the field {name} came back as {found:?}"))?;
        expect::equal(name, found, written)?;
    }
    Ok(())
}

async fn empties_are_distinct(ctx: Context) -> Result<(), Failure> {
    let plain = ctx.collection(&PLAIN).await?;
    let empties: [(&str, Value); 5] = [
        ("text", "".into()),
        ("bytes", bytes(&[])),
        ("list", list([])),
        ("map", map([])),
        ("null", Value::Null),
    ];
    for (name, empty) in &empties {
        let nested = list([empty.clone(), map([("in", empty.clone())])]);
        let written = document([("id", (*name).into()), ("x", empty.clone()), ("y", nested)]);
        plain.create(&written).await?;
        stored(&plain, *name, &written).await?;
    }
    plain.create(&document([("id", "none".into())])).await?;
    let read = stored(&plain, "none", &document([("id", "none".into())])).await?;
    expect::that(
        field(&read.value, "x").is_err(),
        "a field that was never written is there",
    )
}

async fn text_is_not_normalised(ctx: Context) -> Result<(), Failure> {
    let plain = ctx.collection(&PLAIN).await?;
    let (composed, decomposed) = ("caf\u{e9}", "cafe\u{301}");
    for text in [composed, decomposed] {
        let written = document([("id", text.into()), ("x", text.into()), (text, 1.into())]);
        plain.create(&written).await?;
    }
    for text in [composed, decomposed] {
        let written = document([("id", text.into()), ("x", text.into()), (text, 1.into())]);
        stored(&plain, text, &written).await?;
    }
    Ok(())
}

const ODD_NAMES: [&str; 26] = [
    "$",
    "$set",
    ".",
    "a.b",
    "`",
    "__x__",
    "__",
    "ID",
    "_id",
    "_ts",
    "_etag",
    "_self",
    "ttl",
    "size",
    "name",
    "PartitionKey",
    "RowKey",
    "#n",
    ":v",
    "a b",
    "\"",
    "\\",
    "a[0]",
    "é",
    "0",
    "\n",
];

async fn odd_field_names(ctx: Context) -> Result<(), Failure> {
    let plain = ctx.collection(&PLAIN).await?;
    let mut fields = Map::from_iter([("id".to_owned(), Value::from("1"))]);
    for (n, name) in (0_i64..).zip(ODD_NAMES) {
        fields.insert(name.to_owned(), n.into());
    }
    let inner = fields.clone();
    fields.insert("inner".to_owned(), Value::Map(inner));
    plain.create(&Value::Map(fields.clone())).await?;
    stored(&plain, "1", &Value::Map(fields.clone())).await?;
    let mut update = Update::new();
    for name in ODD_NAMES {
        update = update
            .increment(FieldPath::of([name]), 100)
            .remove(FieldPath::of(["inner", name]));
    }
    for (n, name) in (100_i64..).zip(ODD_NAMES) {
        fields.insert(name.to_owned(), n.into());
    }
    fields.insert("inner".to_owned(), map([("id", "1".into())]));
    plain.update("1", update).await?;
    stored(&plain, "1", &Value::Map(fields)).await?;
    for reserved in ["_rev", "_exp", "_ord", "_v"] {
        let document = document([("id", "2".into()), (reserved, 1.into())]);
        let put = plain.create(&document).await;
        expect::kind("a reserved name", put, ErrorKind::InvalidArgument)?;
    }
    absent(&plain, "2").await
}

async fn field_name_lengths(ctx: Context) -> Result<(), Failure> {
    let plain = ctx.collection(&PLAIN).await?;
    let longest = "n".repeat(1_500);
    let written = document([
        ("id", "1".into()),
        ("a", 1.into()),
        (&longest, map([(&longest, 2.into())])),
    ]);
    plain.create(&written).await?;
    stored(&plain, "1", &written).await?;
    let unnamed = document([("id", "2".into()), ("", 1.into())]);
    let refused = plain.create(&unnamed).await;
    expect::kind("an empty name", refused, ErrorKind::InvalidArgument)?;
    Ok(())
}

/// A value of so many levels of maps and lists in turn.
fn nested(levels: u64) -> Value {
    (0..levels).fold("core".into(), |inner, level| match level % 2 {
        0 => list([inner]),
        _ => map([("in", inner)]),
    })
}

async fn depth_is_limited(ctx: Context) -> Result<(), Failure> {
    let plain = ctx.collection(&PLAIN).await?;
    let limit = Limits::PORTABLE.document_depth;
    let deepest = document([("id", "1".into()), ("x", nested(limit - 1))]);
    plain.create(&deepest).await?;
    stored(&plain, "1", &deepest).await?;
    let deeper = document([("id", "2".into()), ("x", nested(limit))]);
    let refused = plain.create(&deeper).await;
    let error = expect::kind("one level more", refused, ErrorKind::LimitExceeded)?;
    expect::equal("the limit told", &error.limit(), &Some(limit))?;
    expect::equal("the depth told", &error.measured(), &Some(limit + 1))?;
    let update = Update::new().set("x", nested(limit));
    let refused = plain.update("1", update).await;
    expect::kind("an update so deep", refused, ErrorKind::LimitExceeded)?;
    stored(&plain, "1", &deepest).await?;
    absent(&plain, "2").await
}

async fn timestamps_are_exact(ctx: Context) -> Result<(), Failure> {
    let plain = ctx.collection(&PLAIN).await?;
    let instants = [
        0,
        1,
        -1,
        999_999,
        -1_000_001,
        1_700_000_000_123_456,
        -62_135_596_800_000_000,
        253_402_300_799_999_999,
    ];
    for micros in instants {
        let at = Timestamp::from_micros(micros);
        let written = document([("id", "1".into()), ("at", at.into())]);
        plain.upsert(&written).await?;
        let read = stored(&plain, "1", &written).await?.value;
        let kept = matches!(field(&read, "at")?, Value::Timestamp(found) if *found == at);
        expect::that(kept, &format!("{micros} µs came back as {read:?}"))?;
    }
    let finer = std::time::Duration::from_nanos(1_999);
    let cut: Timestamp = (std::time::UNIX_EPOCH + finer).into();
    expect::equal("1,999 ns after 1970", &cut.as_micros(), &1)?;
    let cut: Timestamp = (std::time::UNIX_EPOCH - finer).into();
    expect::equal("1,999 ns before 1970", &cut.as_micros(), &-2)
}

async fn size_is_limited(ctx: Context) -> Result<(), Failure> {
    let plain = ctx.collection(&PLAIN).await?;
    let limit = Limits::PORTABLE.document_bytes;
    let sized = |id: &str, extra: usize| {
        let empty = document([("id", id.into()), ("x", "".into())]);
        let used = usize::try_from(empty.size() - map([]).size()).unwrap_or(0);
        let room = usize::try_from(limit).unwrap_or(0) - used;
        document([("id", id.into()), ("x", "é".repeat(room / 2).into())]).padded(room % 2 + extra)
    };
    let largest = sized("1", 0);
    plain.create(&largest).await?;
    stored(&plain, "1", &largest).await?;
    let refused = plain.create(&sized("2", 1)).await;
    let error = expect::kind("one byte more", refused, ErrorKind::TooLarge)?;
    expect::equal("the limit told", &error.limit(), &Some(limit))?;
    expect::equal("the size told", &error.measured(), &Some(limit + 1))?;
    absent(&plain, "2").await
}

/// Adds plain letters to the field `x`.
trait Padded {
    fn padded(self, letters: usize) -> Self;
}

impl Padded for Value {
    fn padded(mut self, letters: usize) -> Self {
        if let Self::Map(fields) = &mut self
            && let Some(Self::String(text)) = fields.get_mut("x")
        {
            text.extend(std::iter::repeat_n('x', letters));
        }
        self
    }
}

const ORDERED: CollectionSpec<Value> = CollectionSpec::new("ordered").preserve_order();

/// The names in a value, from the outside in, as they stand.
fn names(value: &Value) -> Vec<String> {
    match value {
        Value::Map(fields) => fields
            .iter()
            .flat_map(|(name, value)| std::iter::once(name.clone()).chain(names(value)))
            .collect(),
        Value::List(items) => items.iter().flat_map(names).collect(),
        _ => Vec::new(),
    }
}

async fn order_is_kept(ctx: Context) -> Result<(), Failure> {
    let ordered = ctx.collection(&ORDERED).await?;
    let check = async |collection: &Collection<Value>, expected: &Value| {
        let item = stored(collection, "1", expected).await?;
        expect::equal("the order of names", &names(&item.value), &names(expected))
    };
    let inner = map([
        ("z", 1.into()),
        ("10", 2.into()),
        ("a", 3.into()),
        ("9", 4.into()),
    ]);
    let fields = [
        ("zeta", 1.into()),
        ("id", "1".into()),
        ("m", inner.clone()),
        ("alpha", list([map([("b", 1.into()), ("a", inner)])])),
    ];
    let written = document(fields.clone());
    ordered.create(&written).await?;
    check(&ordered, &written).await?;
    let update = Update::new().set("zeta", 2).set("beta", 3).remove("m");
    ordered.update("1", update).await?;
    let [_, id, _, alpha] = fields;
    let after = document([("zeta", 2.into()), id, alpha, ("beta", 3.into())]);
    check(&ordered, &after).await
}
