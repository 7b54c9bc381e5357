//! Breaks one rule at a time in the local provider and reports the cases that notice.

use std::fmt::Write as _;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::Serialize;

use super::Program;
use super::args::Args;
use super::progress::{print, say};
use super::session::{Verdict, write_file};
use crate::Settings;
use crate::report::Manifest;
use crate::sabotage::{self, Catch};

/// How many sabotages run at once.
const AT_ONCE: usize = 4;

#[derive(Serialize)]
struct Document<'r> {
    manifest: &'r Manifest,
    sabotages: &'r [Catch],
}

pub(crate) async fn run(
    program: &Program,
    args: &Args,
    settings: Arc<Settings>,
) -> Result<Verdict> {
    let manifest = Manifest::new(std::env::args().collect(), &settings, program.lock);
    say("the suite without a sabotage");
    let failed = sabotage::baseline(&settings).await?;
    for result in &failed {
        let (case, outcome, detail) = (result.case, result.outcome, &result.detail);
        say(&format!(
            "{case} is {outcome} without any sabotage: {detail}"
        ));
    }
    if !failed.is_empty() {
        return Ok(Verdict::Bad);
    }
    let sabotages = sabotage::all();
    say(&format!("{} sabotages", sabotages.len()));
    let catches: Vec<Catch> = stream::iter(sabotages)
        .map(|sabotage| sabotage::attempt(sabotage, &settings))
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    print(&table(&catches));
    if let Some(file) = &args.json {
        let document = Document {
            manifest: &manifest,
            sabotages: &catches,
        };
        let text = serde_json::to_string_pretty(&document).context("cannot write the report")?;
        write_file(file, &(text + "\n"))?;
    }
    Ok(Verdict::good_if(catches.iter().all(Catch::is_caught)))
}

fn table(catches: &[Catch]) -> String {
    let mut text = format!("{:<10}{:<56}caught by\n", "topic", "sabotage");
    for catch in catches {
        let by = match catch.cases.as_slice() {
            [] => "NOTHING".to_owned(),
            cases => cases.join(" "),
        };
        let _ = writeln!(text, "{:<10}{:<56}{by}", catch.topic, catch.sabotage);
    }
    let caught = catches.iter().filter(|catch| catch.is_caught()).count();
    let _ = writeln!(text, "\n{caught} of {} sabotages caught", catches.len());
    text
}
