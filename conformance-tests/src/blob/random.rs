//! Listings of random keys, compared with the definition of prefix and delimiter.

use std::collections::BTreeSet;

use fastrand::Rng;
use isobar::blob::List;
use isobar::{Bucket, Capability};

use super::sample::{expected_listing, listed};
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[Case::blob(
    "B-436",
    "random keys are listed by random prefixes and delimiters as an in-memory listing lists them",
    "K1 K12",
    |ctx| Box::pin(random_listings(ctx)),
)];

/// What keys are made of: what stores escape, fold or order by something else than bytes. Without
/// NUL, CR and LF, which some stores cannot hold (rule K1), and U+FFFF, for which XML has no form.
const PIECES: &[&str] = &[
    "a",
    "b",
    "A",
    "foo",
    "/",
    "/",
    "/",
    "//",
    ".",
    "..",
    "é",
    "e\u{301}",
    "☺",
    "\u{10ffff}",
    "\u{10000}",
    "\u{e000}",
    "\u{1}",
    "\u{9}",
    "\u{1f}",
    "\u{7f}",
    "%",
    "%2F",
    " ",
    "\\",
    "~",
    "!",
    "$0",
    "_",
    "-",
    "+",
    "&",
    "?",
    "#",
    "<",
    "\"",
    "'",
    "zz",
    "[",
];
const DELIMITERS: &[&str] = &[
    "/",
    "/",
    "//",
    "a",
    "é",
    "☺",
    "\u{10ffff}",
    " ",
    "%",
    "..",
    "\u{1}",
];
/// Keys that every run has: those in which a delimiter is doubled, first or last.
const ALWAYS: &[&str] = &[
    "a//b", "a/", "a", "foo//", "foo/bar", "/a", "//", "a/b/", "a/b/c",
];
const ROUNDS: usize = 8;
const LISTINGS: usize = 6;

async fn random_listings(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    let mut random = ctx.random();
    let mut keys = BTreeSet::new();
    for key in ALWAYS {
        bucket.put(*key, "x").await?;
        keys.insert((*key).to_owned());
    }
    for _ in 0..ROUNDS {
        for _ in 0..6 {
            let key = random_key(&mut random);
            if !key.trim().is_empty() {
                bucket.put(&key, "x").await?;
                keys.insert(key);
            }
        }
        for _ in 0..2 {
            if let Some(key) = random.choice(keys.iter()).cloned() {
                bucket.delete(&key).await?;
                keys.remove(&key);
            }
        }
        let keys: Vec<String> = keys.iter().cloned().collect();
        for _ in 0..LISTINGS {
            compare(&bucket, &keys, &mut random).await?;
        }
    }
    Ok(())
}

fn random_key(random: &mut Rng) -> String {
    let pieces = (0..random.usize(1..6)).filter_map(|_| random.choice(PIECES).copied());
    pieces.collect()
}

/// One listing, drawn at random.
async fn compare(bucket: &Bucket, keys: &[String], random: &mut Rng) -> Result<(), Failure> {
    let prefix = match random.u8(0..4) {
        0 => String::new(),
        1 => random_key(random),
        _ => cut(random.choice(keys).map_or("", String::as_str), random),
    };
    let delimiter = random.choice(DELIMITERS).filter(|_| random.u8(0..4) > 0);
    let after = random.choice(keys).filter(|_| random.u8(0..4) == 0);
    let limit = random.choice([1, 2, 3, 7, 1_000]).unwrap_or(1_000);
    let mut list = List::new().prefix(&prefix).limit(limit);
    let mut expected = expected_listing(keys, &prefix, delimiter.copied());
    if let Some(delimiter) = delimiter {
        list = list.delimiter(*delimiter);
    }
    if let Some(after) = after {
        list = list.after(after);
        expected.retain(|entry| entry > after);
    }
    let what = format!("the listing {list:?} of {keys:?}");
    let found = listed(bucket, &list).await;
    let mut found = found.map_err(|failure| failure.about(&what))?;
    if !bucket.capabilities().has(Capability::OrderedListing) {
        found.sort();
    }
    expect::equal(&what, &found, &expected)
}

/// The beginning of a key, of any length.
fn cut(key: &str, random: &mut Rng) -> String {
    let length = random.usize(0..=key.chars().count());
    key.chars().take(length).collect()
}
