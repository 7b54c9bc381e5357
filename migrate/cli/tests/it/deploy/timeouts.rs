//! How long routes may take: each export tells its platform, or says that the platform gives less.

use std::fs;

use serde_json::json;

use isobar_deploy::Target;

use super::{application, export};
use crate::migration::stderr;

/// What an export writes and what it notes of one route of this many seconds, and of a schedule where one is given.
fn exported(target: Target, seconds: u64, schedules: &serde_json::Value) -> (String, String) {
    let description = json!({
        "name": "slow", "collections": [], "buckets": [], "settings": [], "secrets": [], "schedules": schedules,
        "routes": [{ "methods": ["GET"], "path": "/report", "opaque": false,
                     "timeout": { "secs": seconds, "nanos": 0 } }],
    });
    let directory = tempfile::tempdir().unwrap();
    let program = application(directory.path(), &description.to_string());
    let output = export(target.name(), &program, directory.path());
    let told = stderr(&output);
    assert!(output.status.success(), "{target}: {told}");
    let entries = fs::read_dir(directory.path()).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let files = paths.filter(|path| path.is_file() && !path.ends_with("application"));
    let text = files
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    (text, told)
}

/// How a target writes a second more than the 400 that the route asks for, or how long it gives requests at most.
fn of(target: Target) -> Result<&'static str, &'static str> {
    match target {
        Target::Gcp | Target::Knative => Ok("timeoutSeconds: 401"),
        Target::OpenFaas => Ok("exec_timeout: \"401s\""),
        Target::Alibaba | Target::Tencent => Ok("timeout: 401"),
        Target::Aws | Target::AwsServerless => Err("30 s"),
        Target::Azure => Err("230 s"),
        Target::OpenWhisk | Target::Fn => Err("300 s"),
        other => unreachable!("{other} is no target that is known here"),
    }
}

#[test]
fn the_time_of_a_route_is_written_for_each_platform_or_noted() {
    for target in Target::ALL {
        let (files, told) = exported(target, 400, &json!([]));
        let note = "the route GET /report may take 400 s";
        match of(target) {
            Ok(written) => {
                assert!(files.contains(written), "{target}: {files}");
                assert!(!told.contains(note), "{target}: {told}");
            }
            Err(most) => {
                assert!(!files.contains("401"), "{target}: {files}");
                assert!(told.contains(note), "{target}: {told}");
                let given = format!("gives a request {most}: it ends before");
                assert!(told.contains(&given), "{target}: {told}");
            }
        }
        let (_, told) = exported(target, 20, &json!([]));
        assert!(!told.contains("the route GET"), "{target}: {told}");
    }
}

#[test]
fn the_gateway_before_an_event_function_waits_as_long_as_the_function_may_take() {
    let often = json!([{ "name": "often", "cron": "*/5 * * * *" }]);
    let (files, _) = exported(Target::Tencent, 400, &often);
    assert!(files.contains("serviceTimeout: 401"), "{files}");
    let (files, told) = exported(Target::Tencent, 1_000, &often);
    assert!(files.contains("timeout: 900"), "{files}");
    assert!(told.contains("SCF gives a request 900 s"), "{told}");
}
