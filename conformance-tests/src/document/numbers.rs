//! Numbers: exact, in one form, or refused.

use isobar::document::{CollectionSpec, Update, Value};
use isobar::{Collection, ErrorKind};
use serde::{Deserialize, Serialize};

use super::sample::{PLAIN, absent, document, field, list, map};
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::document(
        "D-051",
        "integers of every width and floats come back as whole numbers and floats",
        "R1",
        |ctx| Box::pin(widths(ctx)),
    ),
    Case::document(
        "D-200",
        "64-bit integers, 2^53 and 2^53 + 1 among them, come back exactly",
        "R1",
        |ctx| Box::pin(integers_are_exact(ctx)),
    ),
    Case::document(
        "D-201",
        "an unsigned integer above the largest signed one is refused, not wrapped",
        "R1",
        |ctx| Box::pin(large_unsigned_is_refused(ctx)),
    ),
    Case::document(
        "D-202",
        "floats from 1e-130 to below 1e126 come back bit for bit, others are refused",
        "R1",
        |ctx| Box::pin(floats_are_exact_or_refused(ctx)),
    ),
    Case::document(
        "D-203",
        "NaN and infinities are InvalidArgument, also nested and in updates",
        "R1",
        |ctx| Box::pin(not_numbers_are_refused(ctx)),
    ),
    Case::document("D-204", "negative zero becomes zero", "R1", |ctx| {
        Box::pin(negative_zero_is_zero(ctx))
    }),
    Case::document(
        "D-205",
        "3.0 reads back untyped as the integer 3, and typed as either",
        "R1",
        |ctx| Box::pin(whole_floats_are_integers(ctx)),
    ),
];

/// Stores the value and reads it back, untyped.
async fn round_trip(plain: &Collection<Value>, value: Value) -> Result<Value, Failure> {
    plain
        .upsert(&document([("id", "1".into()), ("x", value)]))
        .await?;
    let read = plain.fetch("1").await?.value;
    field(&read, "x").cloned()
}

fn is_int(value: &Value, expected: i64) -> Result<(), Failure> {
    let exact = matches!(value, Value::Int(found) if *found == expected);
    expect::that(exact, &format!("{expected} came back as {value:?}"))
}

fn is_float(value: &Value, expected: f64) -> Result<(), Failure> {
    let exact = matches!(value, Value::Float(found) if found.to_bits() == expected.to_bits());
    expect::that(exact, &format!("{expected:e} came back as {value:?}"))
}

#[derive(Serialize, Deserialize)]
struct Widths {
    id: String,
    i8: i8,
    i16: i16,
    i32: i32,
    u8: u8,
    u16: u16,
    u32: u32,
    u64: u64,
    f32: f32,
}

const WIDTHS: CollectionSpec<Widths> = CollectionSpec::new("widths");
const WIDTHS_UNTYPED: CollectionSpec<Value> = CollectionSpec::new("widths");

async fn widths(ctx: Context) -> Result<(), Failure> {
    let typed = ctx.collection(&WIDTHS).await?;
    let written = Widths {
        id: "1".to_owned(),
        i8: i8::MIN,
        i16: i16::MIN,
        i32: i32::MIN,
        u8: u8::MAX,
        u16: u16::MAX,
        u32: u32::MAX,
        u64: i64::MAX.unsigned_abs(),
        f32: 1.5,
    };
    typed.create(&written).await?;
    let read = ctx.collection(&WIDTHS_UNTYPED).await?.fetch("1").await?;
    let whole = [
        ("i8", i64::from(i8::MIN)),
        ("i16", i64::from(i16::MIN)),
        ("i32", i64::from(i32::MIN)),
        ("u8", i64::from(u8::MAX)),
        ("u16", i64::from(u16::MAX)),
        ("u32", i64::from(u32::MAX)),
        ("u64", i64::MAX),
    ];
    for (name, expected) in whole {
        is_int(field(&read.value, name)?, expected)?;
    }
    is_float(field(&read.value, "f32")?, 1.5)?;
    let read = typed.fetch("1").await?.value;
    expect::equal("the typed u64", &read.u64, &written.u64)
}

async fn integers_are_exact(ctx: Context) -> Result<(), Failure> {
    let plain = ctx.collection(&PLAIN).await?;
    let two_to_53 = 1_i64 << 53;
    let mut numbers = vec![
        0,
        1,
        -1,
        i64::MAX,
        i64::MAX - 1,
        i64::MIN,
        i64::MIN + 1,
        two_to_53,
        two_to_53 + 1,
        -two_to_53 - 1,
    ];
    let mut random = ctx.random();
    numbers.extend((0..10).map(|_| random.i64(..)));
    for number in &numbers {
        is_int(&round_trip(&plain, Value::Int(*number)).await?, *number)?;
    }
    let nested = list([map([("n", (two_to_53 + 1).into())])]);
    match round_trip(&plain, nested).await? {
        Value::List(items) => is_int(field(&items[0], "n")?, two_to_53 + 1),
        other => Err(Failure::new(format!("a list came back as {other:?}"))),
    }
}

#[derive(Serialize, Deserialize)]
struct Counter {
    id: String,
    count: u64,
}

const COUNTERS: CollectionSpec<Counter> = CollectionSpec::new("counters");

async fn large_unsigned_is_refused(ctx: Context) -> Result<(), Failure> {
    let counters = ctx.collection(&COUNTERS).await?;
    for count in [i64::MAX.unsigned_abs() + 1, u64::MAX] {
        let id = "1".to_owned();
        let refused = counters.create(&Counter { id, count }).await;
        expect::kind("the create", refused, ErrorKind::InvalidArgument)?;
        expect::that(
            counters.get("1").await?.is_none(),
            "it was stored after all",
        )?;
    }
    let (id, count) = ("1".to_owned(), i64::MAX.unsigned_abs());
    counters.create(&Counter { id, count }).await?;
    let read = counters.fetch("1").await?.value.count;
    expect::equal("the largest count", &read, &count)
}

async fn floats_are_exact_or_refused(ctx: Context) -> Result<(), Failure> {
    let plain = ctx.collection(&PLAIN).await?;
    let third = 1.0 / 3.0;
    let accepted = [
        0.1,
        -0.1,
        third,
        1.797_693_134_862_315_7e125,
        9.99e125,
        -9.99e125,
        1e-130,
        1.234_567_890_123_456_7e-100,
        1e25,
        123_456_789.123_456_79,
    ];
    for float in accepted {
        is_float(&round_trip(&plain, Value::Float(float)).await?, float)?;
    }
    let refused = [1e126, -1e126, 1e308, 5e-324, 9.9e-131, f64::MIN_POSITIVE];
    for float in refused {
        let document = document([("id", "2".into()), ("x", float.into())]);
        let put = plain.upsert(&document).await;
        expect::kind("the put", put, ErrorKind::InvalidArgument)?;
    }
    absent(&plain, "2").await
}

async fn not_numbers_are_refused(ctx: Context) -> Result<(), Failure> {
    let plain = ctx.collection(&PLAIN).await?;
    let before = document([("id", "1".into()), ("n", 1.into())]);
    plain.create(&before).await?;
    for float in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for value in [
            float.into(),
            list([float.into()]),
            map([("x", float.into())]),
        ] {
            let document = document([("id", "1".into()), ("x", value)]);
            let put = plain.upsert(&document).await;
            expect::kind("the put", put, ErrorKind::InvalidArgument)?;
        }
        for update in [
            Update::new().set("x", float),
            Update::new().increment("n", float),
        ] {
            let refused = plain.update("1", update).await;
            expect::kind("the update", refused, ErrorKind::InvalidArgument)?;
        }
    }
    super::sample::stored(&plain, "1", &before).await?;
    Ok(())
}

async fn negative_zero_is_zero(ctx: Context) -> Result<(), Failure> {
    let plain = ctx.collection(&PLAIN).await?;
    is_int(&round_trip(&plain, Value::Float(-0.0)).await?, 0)?;
    is_int(&round_trip(&plain, Value::Float(0.0)).await?, 0)?;
    plain.update("1", Update::new().set("x", -0.0)).await?;
    let read = plain.fetch("1").await?.value;
    is_int(field(&read, "x")?, 0)?;
    let update = Update::new().set("x", 1.5);
    plain.update("1", update).await?;
    let after = plain
        .update("1", Update::new().increment("x", -1.5))
        .await?;
    is_int(field(&after.value, "x")?, 0)
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Both {
    id: String,
    as_float: f64,
    as_int: i64,
}

const BOTH: CollectionSpec<Both> = CollectionSpec::new("both");
const BOTH_UNTYPED: CollectionSpec<Value> = CollectionSpec::new("both");

async fn whole_floats_are_integers(ctx: Context) -> Result<(), Failure> {
    let untyped = ctx.collection(&BOTH_UNTYPED).await?;
    let typed = ctx.collection(&BOTH).await?;
    let written = [
        ("id", "1".into()),
        ("as_float", 3.into()),
        ("as_int", 3.0.into()),
    ];
    untyped.create(&document(written)).await?;
    let read = untyped.fetch("1").await?.value;
    is_int(field(&read, "as_int")?, 3)?;
    is_int(field(&read, "as_float")?, 3)?;
    let both = typed.fetch("1").await?.value;
    let expected = Both {
        id: "1".to_owned(),
        as_float: 3.0,
        as_int: 3,
    };
    expect::equal("the typed document", &both, &expected)?;
    typed.upsert(&expected).await?;
    let read = untyped.fetch("1").await?.value;
    is_int(field(&read, "as_float")?, 3)
}
