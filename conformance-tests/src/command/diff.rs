//! Compares two reports in JSON.

use std::path::Path;

use anyhow::{Context as _, Result};

use super::progress::print;
use super::session::Verdict;
use crate::report::record::{self, Record};

/// Prints what differs in outcome or evidence; good where nothing does.
pub(crate) fn run(before: &Path, after: &Path) -> Result<Verdict> {
    let found = record::differences(&read(before)?, &read(after)?);
    for difference in &found {
        print(&format!("{difference}\n"));
    }
    let count = found.len();
    print(&format!("{count} differences\n"));
    Ok(Verdict::good_if(found.is_empty()))
}

fn read(file: &Path) -> Result<Vec<Record>> {
    let shown = file.display();
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {shown}"))?;
    record::read(&text).with_context(|| format!("{shown} is not a report in JSON"))
}
