//! What the example `notes` weighs as a stripped function.

#![expect(
    clippy::cast_precision_loss,
    reason = "a size far below what a float has exactly"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::report;

const MIB: f64 = 1_048_576.0;
/// What a function with every platform, DynamoDB and S3 is to weigh at most, in MiB.
const AIM: f64 = 8.0;

pub(crate) fn compare() -> Result<()> {
    let whole = notes("platforms,local,aws")?;
    report::measured(
        "every platform, the embedded store, DynamoDB and S3",
        "MiB",
        whole,
    );
    let everywhere = notes("platforms,aws")?;
    report::measured("every platform, DynamoDB and S3", "MiB", everywhere);
    report::ratio("function_size_over_8_mib", everywhere / AIM);
    let lambda = notes("aws")?;
    report::measured("Lambda, DynamoDB and S3", "MiB", lambda);
    let alone = notes("lambda")?;
    report::measured("Lambda alone", "MiB", alone);
    let bare = mebibytes("isobar-bare-notes", &[])?;
    report::measured("the same on the bare SDKs and lambda_http", "MiB", bare);
    report::ratio("size_over_sdk", everywhere / bare);
    report::ratio("size_on_lambda_over_sdk", lambda / bare);
    Ok(())
}

/// What the example weighs with these features and without the others.
fn notes(features: &str) -> Result<f64> {
    mebibytes("notes", &["--no-default-features", "--features", features])
}

/// Builds the only program of this package.
fn mebibytes(package: &str, options: &[&str]) -> Result<f64> {
    let told = options.last().copied().unwrap_or("what it depends on");
    report::progress(&format!(
        "building {package} with {told}, which takes minutes"
    ));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let status = Command::new("cargo")
        .current_dir(&root)
        .args(["build", "--locked", "--quiet", "--profile", "lambda"])
        .args(["-p", package])
        .args(options)
        .status()?;
    ensure!(status.success(), "cargo could not build it");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    let program = target.join("lambda").join(package);
    let metadata = program.metadata();
    let metadata = metadata.with_context(|| format!("{} is not there", program.display()))?;
    Ok(metadata.len() as f64 / MIB)
}
