//! Keys: any text but NUL, kept exactly, in byte or numeric order.

use isobar::document::{Key, Query, SortKey, Value};
use isobar::{Collection, ErrorKind, Limits};

use super::sample::{
    DIGESTS, NOTES, PLAIN, READINGS, absent, bytes, document, field, note, stored, texts,
};
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::document(
        "D-032",
        "a document without a key, or with an empty one, is InvalidArgument",
        "R4",
        |ctx| Box::pin(keys_are_required(ctx)),
    ),
    Case::document(
        "D-220",
        "keys of any characters are written, read, listed and deleted as they are",
        "R4 R5",
        |ctx| Box::pin(odd_keys(ctx)),
    ),
    Case::document(
        "D-221",
        "keys that look like escapes of one another stay apart",
        "R5",
        |ctx| Box::pin(escapes_do_not_collide(ctx)),
    ),
    Case::document(
        "D-222",
        "text and binary sort keys are in the order of their bytes",
        "R4 R5",
        |ctx| Box::pin(byte_order(ctx)),
    ),
    Case::document(
        "D-223",
        "numeric sort keys are in numeric order, negative ones included",
        "R4",
        |ctx| Box::pin(numeric_order(ctx)),
    ),
    Case::document(
        "D-224",
        "characters beyond the basic plane sort after it, by UTF-8 and not by UTF-16",
        "R5",
        |ctx| Box::pin(astral_order(ctx)),
    ),
    Case::document(
        "D-402",
        "keys of 512 bytes are kept, longer ones and NUL are InvalidArgument",
        "R4",
        |ctx| Box::pin(key_lengths(ctx)),
    ),
];

async fn keys_are_required(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let plain = ctx.collection(&PLAIN).await?;
    for (owner, id) in [("", "1"), ("alice", ""), ("", "")] {
        let document = note(owner, id, []);
        for put in [notes.upsert(&document).await, notes.create(&document).await] {
            expect::kind("an empty key", put, ErrorKind::InvalidArgument)?;
        }
    }
    let without = [
        document([]),
        document([("id", "".into())]),
        document([("id", Value::Null)]),
        document([("id", 1.into())]),
        document([("ID", "1".into())]),
    ];
    for document in without {
        let put = plain.upsert(&document).await;
        expect::kind("no key", put, ErrorKind::InvalidArgument)?;
    }
    Ok(())
}

const ODD_KEYS: [&str; 40] = [
    "a/b",
    "/",
    "//",
    "a\\b",
    "#",
    "?",
    "%",
    "%2F",
    "%%",
    ".",
    "..",
    "...",
    "a.",
    "__x__",
    "_",
    " ",
    " a",
    "a ",
    "\t",
    "\n",
    "\r\n",
    "\u{1}",
    "\u{7f}",
    "emoji 👩‍🚀",
    "עברית",
    "Key",
    "KEY",
    "key",
    "+",
    "a&b=c",
    "'",
    "\"",
    "`",
    "<x>",
    "{}",
    "*",
    "$",
    "~",
    "\u{ffff}",
    "\u{10ffff}",
];

async fn odd_keys(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let plain = ctx.collection(&PLAIN).await?;
    for (n, key) in (0_i64..).zip(ODD_KEYS) {
        let in_sort = note("p", key, [("n", n.into())]);
        let in_partition = document([("id", key.into()), ("n", n.into())]);
        notes.create(&in_sort).await?;
        plain.create(&in_partition).await?;
    }
    for (n, key) in (0_i64..).zip(ODD_KEYS) {
        stored(&notes, ("p", key), &note("p", key, [("n", n.into())])).await?;
        let expected = document([("id", key.into()), ("n", n.into())]);
        stored(&plain, key, &expected).await?;
    }
    let page = notes.query(&Query::partition("p")).await?;
    let mut sorted: Vec<String> = ODD_KEYS.map(str::to_owned).into();
    sorted.sort();
    expect::equal("the keys listed", &texts(&page.items, "id"), &sorted)?;
    for key in ODD_KEYS {
        notes.delete(("p", key)).await?;
        absent(&notes, ("p", key)).await?;
        plain.delete(key).await?;
        absent(&plain, key).await?;
    }
    let page = notes.query(&Query::partition("p")).await?;
    expect::equal("the documents left", &page.items.len(), &0)
}

async fn escapes_do_not_collide(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let sets = [
        ["/", "./", "%2F", "%2f"],
        ["__0x2f__", "\\/", "\\u002f", "."],
        [" 0", "\u{1}", " 1", "  "],
        ["a", "a\u{1}", "a ", "a 1"],
    ];
    for key in sets.as_flattened() {
        for (owner, id) in [(*key, "s"), ("p", *key)] {
            notes
                .create(&note(owner, id, [("k", (*key).into())]))
                .await?;
        }
    }
    // The border between partition and sort key must not move either.
    for (owner, id) in [
        ("ab", "c"),
        ("a", "bc"),
        ("a/b", "c"),
        ("a", "b/c"),
        ("a|b", "c"),
    ] {
        notes.create(&note(owner, id, [])).await?;
    }
    for key in sets.as_flattened() {
        for (owner, id) in [(*key, "s"), ("p", *key)] {
            let expected = note(owner, id, [("k", (*key).into())]);
            stored(&notes, (owner, id), &expected).await?;
        }
    }
    Ok(())
}

async fn byte_order(ctx: Context) -> Result<(), Failure> {
    let mut random = ctx.random();
    let alphabet = [
        'a', 'A', 'b', '/', ' ', '.', '_', '~', '\u{1}', 'é', '\u{ffff}', '😀',
    ];
    let notes = ctx.collection(&NOTES).await?;
    let mut keys: Vec<String> = (0..60)
        .map(|_| {
            (0..random.usize(1..6))
                .map(|_| alphabet[random.usize(..12)])
                .collect()
        })
        .collect();
    keys.sort();
    keys.dedup();
    let mut shuffled = keys.clone();
    random.shuffle(&mut shuffled);
    for key in &shuffled {
        notes.create(&note("p", key, [])).await?;
    }
    let found = notes.query(&Query::partition("p").limit(1000)).await?;
    expect::equal("the texts in order", &texts(&found.items, "id"), &keys)?;
    let found = notes
        .query(&Query::partition("p").descending().limit(1000))
        .await?;
    keys.reverse();
    expect::equal("the texts backwards", &texts(&found.items, "id"), &keys)?;
    binary_order(&ctx, &mut random).await
}

async fn binary_order(ctx: &Context, random: &mut fastrand::Rng) -> Result<(), Failure> {
    let digests = ctx.collection(&DIGESTS).await?;
    let edges = [0, 1, 0x7f, 0x80, 0xfe, 0xff];
    let mut keys: Vec<Vec<u8>> = (0..40)
        .map(|_| {
            (0..random.usize(1..5))
                .map(|_| edges[random.usize(..6)])
                .collect()
        })
        .collect();
    keys.sort();
    keys.dedup();
    let mut shuffled = keys.clone();
    random.shuffle(&mut shuffled);
    for key in &shuffled {
        let fields = [("algorithm", "p".into()), ("digest", bytes(key))];
        digests.create(&document(fields)).await?;
    }
    let found = digests.query(&Query::partition("p").limit(1000)).await?;
    let found = found.items.iter().map(|item| field(&item.value, "digest"));
    let found: Vec<&Value> = found.collect::<Result<_, _>>()?;
    let keys: Vec<Value> = keys.iter().map(|key| bytes(key)).collect();
    expect::equal("the bytes in order", &found, &keys.iter().collect())
}

async fn numeric_order(ctx: Context) -> Result<(), Failure> {
    let readings = ctx.collection(&READINGS).await?;
    let mut instants = vec![
        i64::MIN,
        i64::MIN + 1,
        -(1 << 53) - 1,
        -1_000_000,
        -10,
        -9,
        -1,
        0,
        1,
        2,
        10,
        100,
        255,
        256,
        (1 << 53) + 1,
        i64::MAX - 1,
        i64::MAX,
    ];
    let reading = |at: i64| document([("sensor", "s".into()), ("at", at.into())]);
    let mut shuffled = instants.clone();
    ctx.random().shuffle(&mut shuffled);
    for at in shuffled {
        readings.create(&reading(at)).await?;
        stored(&readings, ("s", at), &reading(at)).await?;
    }
    expect_instants(&readings, Query::partition("s"), &instants).await?;
    let between = Query::partition("s").between(-10, 10);
    expect_instants(&readings, between, &instants[4..11]).await?;
    instants.reverse();
    expect_instants(&readings, Query::partition("s").descending(), &instants).await
}

async fn expect_instants(
    readings: &Collection<Value>,
    query: Query,
    expected: &[i64],
) -> Result<(), Failure> {
    let page = readings.query(&query).await?;
    let found = page
        .items
        .iter()
        .map(|item| match field(&item.value, "at") {
            Ok(Value::Int(at)) => Ok(*at),
            other => Err(Failure::new(format!("the sort key is {other:?}"))),
        });
    let found: Vec<i64> = found.collect::<Result<_, _>>()?;
    expect::equal("the numbers in order", found.as_slice(), expected)
}

async fn astral_order(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    // In UTF-16 the surrogates of U+10000 and above sort before U+E000 to U+FFFF.
    let keys = [
        "z",
        "\u{d7ff}",
        "\u{e000}",
        "\u{fffd}",
        "\u{10000}",
        "😀",
        "\u{10ffff}",
    ];
    for key in keys.iter().rev() {
        notes.create(&note("p", key, [])).await?;
    }
    let page = notes.query(&Query::partition("p")).await?;
    expect::equal(
        "the keys in order",
        &texts(&page.items, "id"),
        &keys.map(str::to_owned).into(),
    )
}

async fn key_lengths(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let limit = usize::try_from(Limits::PORTABLE.key_bytes).unwrap_or(0);
    let (plain, wide) = ("k".repeat(limit), "é".repeat(limit / 2));
    for (owner, id) in [(&plain, &plain), (&wide, &wide)] {
        let longest = note(owner, id, []);
        notes.create(&longest).await?;
        stored(&notes, (owner.as_str(), id.as_str()), &longest).await?;
    }
    let too_long = "k".repeat(limit + 1);
    let refused = [
        (too_long.as_str(), "1"),
        ("alice", too_long.as_str()),
        ("a\0", "1"),
        ("alice", "\0"),
    ];
    for (owner, id) in refused {
        let put = notes.create(&note(owner, id, [])).await;
        expect::kind("create", put, ErrorKind::InvalidArgument)?;
        let sort = SortKey::Str(id.to_owned());
        let get = notes.get(Key::from((owner, sort))).await;
        expect::kind("get", get, ErrorKind::InvalidArgument)?;
    }
    Ok(())
}
