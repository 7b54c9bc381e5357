//! The route tables for gateways, by Spectral, a linter of OpenAPI documents.

use std::fs;
use std::path::Path;
use std::process::Output;

use super::targets::everything;
use super::{exported, read, repository};
use crate::migration::{stderr, stdout};

/// The gateways, and what each writes behind the name of a parameter that takes all that is left.
const GATEWAYS: [(&str, &str); 2] = [("aws", "+"), ("gcp", "=**")];

fn lint(file: &Path) -> Output {
    let folder = repository("conformance-tests/emulators/spectral");
    let program = folder.join("node_modules/@stoplight/spectral-cli/dist/index.js");
    assert!(
        program.is_file(),
        "not run: ./test installs what is in {}",
        folder.display()
    );
    let mut command = std::process::Command::new("node");
    command
        .arg(program)
        .args(["lint", "--fail-severity", "warn", "--ruleset"]);
    command
        .arg(folder.join("ruleset.yaml"))
        .arg(file)
        .output()
        .unwrap()
}

#[test]
fn the_documents_for_gateways_pass_spectral() {
    for (target, rest) in GATEWAYS {
        for directory in [exported(target), everything(target)] {
            // Spectral reads no names of parameters but plain ones, and what is behind them is the vendor's.
            let text = read(&directory, "openapi.yaml");
            let plain = ["}", "\""]
                .iter()
                .fold(text, |text, end| text.replace(&format!("{rest}{end}"), end));
            // Google's own documents have it empty, which is no URL.
            let plain = plain.replace(
                "authorizationUrl: \"\"",
                "authorizationUrl: https://a.example",
            );
            let file = directory.path().join("plain.yaml");
            fs::write(&file, &plain).unwrap();
            let output = lint(&file);
            let told = format!("{}{}", stdout(&output), stderr(&output));
            assert!(output.status.success(), "{target}: {told}");
            // It does find what is wrong.
            let same = plain.replace("operationId: ", "operationId: same\n      x-was: ");
            fs::write(&file, same).unwrap();
            let broken = lint(&file);
            let told = stdout(&broken);
            assert!(
                told.contains("operation-operationId-unique"),
                "{target}: {told}"
            );
        }
    }
}
