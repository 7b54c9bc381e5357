//! Documents of types of their own, through serde.

use std::collections::BTreeMap;

use isobar::document::CollectionSpec;
use serde::{Deserialize, Serialize};

use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[Case::document(
    "D-408",
    "maps whose keys are integers, booleans, variants or newtypes of text come back as they were",
    "R1",
    |ctx| Box::pin(typed_keys_survive(ctx)),
)];

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct UserId(String);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Weekday {
    Monday,
    Friday,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Tally {
    id: String,
    by_year: BTreeMap<i64, u32>,
    by_answer: BTreeMap<bool, u32>,
    by_user: BTreeMap<UserId, u32>,
    by_day: BTreeMap<Weekday, u32>,
}

const TALLIES: CollectionSpec<Tally> = CollectionSpec::new("tallies");

async fn typed_keys_survive(ctx: Context) -> Result<(), Failure> {
    let tallies = ctx.collection(&TALLIES).await?;
    let written = Tally {
        id: "1".to_owned(),
        by_year: BTreeMap::from([(-44, 1), (0, 2), (i64::MAX, 3)]),
        by_answer: BTreeMap::from([(false, 1), (true, 2)]),
        by_user: BTreeMap::from([(UserId("7".to_owned()), 1), (UserId(".x".to_owned()), 2)]),
        by_day: BTreeMap::from([(Weekday::Monday, 1), (Weekday::Friday, 2)]),
    };
    tallies.create(&written).await?;
    let read = tallies.fetch("1").await?.value;
    expect::equal("the document", &read, &written)
}
