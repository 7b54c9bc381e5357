//! What both commands refuse, and that they write nothing then.

use std::fs;
use std::path::Path;
use std::process::Output;

use super::{application, export, exported, isobar, notes, read, repository};
use crate::migration::{stderr, stdout};

#[track_caller]
fn assert_refused(output: &Output, status: i32, told: &[&str]) {
    let text = stderr(output);
    assert_eq!(output.status.code(), Some(status), "{text}");
    assert_eq!(stdout(output), "");
    for told in told {
        assert!(text.contains(told), "no {told:?} in:\n{text}");
    }
}

#[test]
fn a_target_that_nobody_knows_is_told_with_those_that_are_known() {
    for command in ["export", "package"] {
        let output = isobar(&[command, "heroku"]).output().unwrap();
        assert_refused(&output, 2, &["heroku", "aws, aws-serverless, gcp, azure"]);
    }
    let output = isobar(&["export", "gcp", "--events-path", "/short"])
        .output()
        .unwrap();
    assert_refused(&output, 2, &["/short", "16 letters"]);
    let output = isobar(&["package", "aws", "--target", "wasm32-wasip2"])
        .output()
        .unwrap();
    assert_refused(&output, 2, &["wasm32-wasip2", "Linux only"]);
}

#[test]
fn a_program_that_is_missing_or_declares_nothing_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("out");
    let missing = export("aws", Path::new("missing"), &out);
    assert_refused(&missing, 2, &["there is no program missing"]);
    let folder = export("aws", directory.path(), &out);
    assert_refused(&folder, 2, &["is no program"]);
    let plain = directory.path().join("plain");
    fs::write(&plain, "{}").unwrap();
    assert_refused(
        &export("aws", &plain, &out),
        2,
        &["cannot be started", "hint: it must be executable"],
    );
    let other = export("aws", Path::new("/bin/false"), &out);
    assert_refused(&other, 2, &["/bin/false --describe", "it failed"]);
    for (printed, told) in [
        ("hello", "no description"),
        ("{}", "no description"),
        (
            r#"{"name":"a b","collections":[],"buckets":[],"settings":[],"secrets":[],"routes":[],"schedules":[]}"#,
            "\"a b\"",
        ),
    ] {
        let program = application(directory.path(), printed);
        assert_refused(&export("aws", &program, &out), 2, &[told]);
    }
    assert!(!out.exists());
}

#[test]
fn without_a_program_the_newest_build_of_the_package_in_the_directory_is_taken() {
    let directory = tempfile::tempdir().unwrap();
    let export = |place: &Path| {
        let mut export = isobar(&["export", "knative", "--out"]);
        export
            .arg(directory.path())
            .current_dir(place)
            .output()
            .unwrap()
    };
    let refused = export(directory.path());
    assert_refused(
        &refused,
        2,
        &["no program is named", "hint: name the program"],
    );
    let output = export(&repository("examples/notes"));
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(read(&directory, "service.yaml").contains("name: notes"));
}

#[test]
fn a_schedule_that_a_platform_cannot_say_is_refused_by_its_name() {
    let directory = tempfile::tempdir().unwrap();
    let declared = r#"{"name":"a","collections":[],"buckets":[],"settings":[],"secrets":[],"routes":[],
        "schedules":[{"name":"payday","cron":"0 0 1 * MON"}]}"#;
    let program = application(directory.path(), declared);
    let out = directory.path().join("out");
    assert_refused(
        &export("aws", &program, &out),
        2,
        &["\"payday\"", "Amazon EventBridge"],
    );
    assert!(!out.exists());
}

#[test]
fn a_handler_for_what_is_not_declared_is_refused_by_its_name() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("out");
    for (triggers, name, how) in [
        ("blobTriggers", "photos", "App::bucket"),
        ("changeTriggers", "notes", "App::collection"),
    ] {
        let declared = format!(
            r#"{{"name":"a","collections":[],"buckets":[],"settings":[],"secrets":[],"routes":[],"schedules":[],
            "{triggers}":["{name}"]}}"#
        );
        let program = application(directory.path(), &declared);
        for target in ["aws", "gcp", "azure", "alibaba"] {
            let told = [&*format!("{name:?}"), "does not declare", how];
            assert_refused(&export(target, &program, &out), 2, &told);
        }
    }
    assert!(!out.exists());
}

#[test]
fn a_file_that_somebody_changed_is_kept_unless_it_is_forced() {
    let directory = exported("aws");
    let template = directory.path().join("template.yaml");
    fs::write(&template, "mine").unwrap();
    fs::remove_file(directory.path().join("openapi.yaml")).unwrap();
    let refused = export("aws", &notes(), directory.path());
    assert_refused(
        &refused,
        2,
        &["would be overwritten", "template.yaml", "--force"],
    );
    assert_eq!(read(&directory, "template.yaml"), "mine");
    assert!(!directory.path().join("openapi.yaml").exists());
    let mut forced = isobar(&["export", "aws", "--force", "--json"]);
    let forced = forced
        .arg(notes())
        .arg("--out")
        .arg(directory.path())
        .output()
        .unwrap();
    assert!(forced.status.success(), "{}", stderr(&forced));
    let report: serde_json::Value = serde_json::from_slice(&forced.stdout).unwrap();
    assert_eq!(report["files"].as_array().unwrap().len(), 2, "{report:#}");
    assert_ne!(read(&directory, "template.yaml"), "mine");
}

#[test]
fn a_file_that_is_replaced_keeps_its_permissions_and_what_lies_beside_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = exported("alibaba");
    let file = directory.path().join("s.yaml");
    fs::write(&file, "mine").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let force = || {
        let mut forced = isobar(&["export", "alibaba", "--force"]);
        let forced = forced.arg(notes()).arg("--out").arg(directory.path());
        forced.output().unwrap()
    };
    let beside = directory.path().join("s.yaml.part");
    fs::write(&beside, "mine").unwrap();
    assert!(force().status.success());
    assert!(read(&directory, "s.yaml").contains("functionName"));
    assert_eq!(read(&directory, "s.yaml.part"), "mine");
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_directory_that_cannot_be_written_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    let output = export("aws", &notes(), &file.join("below"));
    assert_refused(&output, 3, &["cannot", "below"]);
}

#[test]
fn a_package_of_what_is_no_program_for_linux_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let script = application(directory.path(), "hello");
    let out = directory.path().join("function.zip");
    let mut package = isobar(&["package", "aws"]);
    let output = package
        .arg(&script)
        .arg("--out")
        .arg(&out)
        .output()
        .unwrap();
    assert_refused(&output, 2, &["application", "ELF"]);
    let other = if cfg!(target_arch = "x86_64") {
        "aarch64"
    } else {
        "x86_64"
    };
    let triple = format!("{other}-unknown-linux-musl");
    let mut package = isobar(&["package", "aws", "--target", &triple]);
    let output = package
        .arg(notes())
        .arg("--out")
        .arg(&out)
        .output()
        .unwrap();
    assert_refused(&output, 2, &[other]);
    assert!(!out.exists());
}

#[test]
fn a_package_says_what_it_holds() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("function.zip");
    let package = || {
        let mut package = isobar(&["package", "alibaba", "--json"]);
        package
            .arg("/bin/cat")
            .arg("--out")
            .arg(&out)
            .output()
            .unwrap()
    };
    let report: serde_json::Value = serde_json::from_slice(&package().stdout).unwrap();
    assert_eq!(report["files"][0]["state"], "written");
    let machine = if cfg!(target_arch = "x86_64") {
        "x86_64"
    } else {
        "aarch64"
    };
    assert_eq!(report["architecture"], machine);
    assert_eq!(report["sha256"].as_str().map(str::len), Some(64));
    let again: serde_json::Value = serde_json::from_slice(&package().stdout).unwrap();
    assert_eq!(again["files"][0]["state"], "unchanged");
    assert_eq!(again["sha256"], report["sha256"]);
}
