//! Names that a vendor does not take, or would be given twice, are refused before anything is written.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::targets::declared_for;
use super::{application, export, read};
use crate::migration::stderr;

/// A topic, to which the application sends and which wakes it.
const TOPICS: [&str; 2] = ["topics", "subscriptions"];
/// A bucket, whose events wake it.
const BUCKETS: [&str; 2] = ["buckets", "blobTriggers"];

/// Exports with these members of a description.
fn exported(target: &str, members: &[&str], declared: &Value) -> (Option<i32>, String, TempDir) {
    let mut description = declared_for(target);
    for none in [TOPICS, BUCKETS].concat() {
        description[none] = json!([]);
    }
    for member in members {
        match *member {
            "table" => description["collections"][0]["table"] = declared.clone(),
            member => description[member] = declared.clone(),
        }
    }
    let directory = tempfile::tempdir().unwrap();
    let program = application(directory.path(), &description.to_string());
    let out = directory.path().join("out");
    let output = export(target, &program, &out);
    let told = stderr(&output);
    assert_eq!(out.exists(), output.status.success(), "{target}: {told}");
    (output.status.code(), told, directory)
}

/// Targets, members of a description, what they are, and what has to be called otherwise; `@N` stands for N letters.
const ILL: [(&[&str], &[&str], &str, &str); 20] = [
    (
        &["aws", "aws-serverless", "alibaba", "tencent", "azure"],
        &["buckets"],
        r#"["user_photos"]"#,
        r#"bucket "user_photos""#,
    ),
    (
        &[
            "aws",
            "aws-serverless",
            "gcp",
            "alibaba",
            "tencent",
            "azure",
        ],
        &BUCKETS,
        r#"["Photos"]"#,
        r#"bucket "Photos""#,
    ),
    (
        &["aws", "gcp", "alibaba", "tencent", "azure"],
        &["buckets"],
        r#"["@64"]"#,
        r#"bucket "aaa"#,
    ),
    (
        &["aws"],
        &["buckets"],
        r#"["a--x-s3"]"#,
        r#"bucket "a--x-s3""#,
    ),
    (
        &["gcp"],
        &["buckets"],
        r#"["google-photos"]"#,
        r#"bucket "google-photos""#,
    ),
    (&["azure"], &["buckets"], r#"["a--b"]"#, r#"bucket "a--b""#),
    (
        &["aws", "aws-serverless", "azure"],
        &["subscriptions"],
        r#"["jobs.new"]"#,
        r#"topic "jobs.new""#,
    ),
    (&["aws"], &["subscriptions"], r#"["@80"]"#, r#"topic "aaa"#),
    (&["aws"], &["topics"], r#"["@257"]"#, r#"topic "aaa"#),
    (
        &["alibaba", "tencent"],
        &["subscriptions"],
        r#"["jobs_new"]"#,
        r#"topic "jobs_new""#,
    ),
    (&["azure"], &["topics"], r#"["Jobs"]"#, r#"topic "Jobs""#),
    (&["azure"], &["topics"], r#"["jobs-"]"#, r#"topic "jobs-""#),
    (
        &["aws", "azure"],
        &["secrets"],
        r#"[{"name": "API.KEY"}]"#,
        r#"secret "API.KEY""#,
    ),
    (
        &["aws", "aws-serverless"],
        &["secrets"],
        r#"[{"name": "AWS_SECRET_ACCESS_KEY"}]"#,
        r#"secret "AWS_SECRET_ACCESS_KEY""#,
    ),
    (
        &["aws", "aws-serverless"],
        &["settings"],
        r#"[{"name": "AWS_REGION"}]"#,
        r#"setting "AWS_REGION""#,
    ),
    (
        &["knative"],
        &["schedules"],
        r#"[{"name": "nightly_report", "cron": "0 3 * * *"}]"#,
        r#"schedule "nightly_report""#,
    ),
    // With the name of the application before it, it is longer than a name may be.
    (
        &["knative"],
        &["schedules"],
        r#"[{"name": "@250", "cron": "0 3 * * *"}]"#,
        r#"schedule "aaa"#,
    ),
    (
        &["aws", "gcp", "alibaba", "tencent"],
        &["schedules"],
        r#"[{"name": "a/../../b", "cron": "0 3 * * *"}]"#,
        r#"schedule "a/../../b""#,
    ),
    (
        &["alibaba"],
        &["schedules"],
        r#"[{"name": "3am", "cron": "0 3 * * *"}]"#,
        r#"schedule "3am""#,
    ),
    (
        &["aws"],
        &["schedules"],
        r#"[{"name": "@64", "cron": "0 3 * * *"}]"#,
        r#"schedule "aaa"#,
    ),
];

fn schedule(name: &str) -> Value {
    json!([{ "name": name, "cron": "0 3 * * *" }])
}

#[test]
fn a_name_that_a_vendor_does_not_take_is_refused_by_what_has_to_be_called_otherwise() {
    for (targets, members, declared, what) in ILL {
        let declared = [64, 80, 250, 257]
            .iter()
            .fold(declared.to_owned(), |text, length| {
                text.replace(&format!("@{length}"), &"a".repeat(*length))
            });
        let declared = serde_json::from_str(&declared).unwrap();
        for target in targets {
            let (status, told, _) = exported(target, members, &declared);
            assert_eq!(status, Some(2), "{target}, {what}: {told}");
            let asked = format!("call the {what}");
            assert!(told.contains(&asked), "{target}: {told}");
        }
    }
    let (status, told, _) = exported("azure", &["schedules"], &schedule("a/../../b"));
    assert_eq!(status, Some(2), "{told}");
    assert!(told.contains("a/../../b"), "{told}");
}

#[test]
fn a_name_that_is_as_long_as_it_may_be_is_taken() {
    let long = |length: usize| json!(["a".repeat(length)]);
    for (target, members, declared) in [
        ("aws", &["buckets"][..], long(63)),
        ("aws", &["subscriptions"], long(75)),
        // With the name of the application it is as long as a queue may be, and for `-poison` there is no room.
        ("azure", &["topics"], long(51)),
        ("gcp", &["buckets"], long(51)),
        ("alibaba", &["buckets"], long(51)),
        ("tencent", &["buckets"], long(48)),
    ] {
        let (status, told, _) = exported(target, members, &declared);
        assert_eq!(status, Some(0), "{target}: {told}");
    }
    let (status, told, _) = exported("azure", &["subscriptions"], &long(51));
    assert_eq!(status, Some(2), "{told}");
}

#[test]
fn no_prefix_is_let_in_that_would_make_a_name_too_long_on_aws() {
    let pattern = |declared: Value| {
        let (status, told, directory) = exported("aws", &["buckets"], &declared);
        assert_eq!(status, Some(0), "{told}");
        let template = read(&directory, "out/template.yaml");
        let line = template
            .lines()
            .find(|line| line.contains("AllowedPattern"))
            .unwrap();
        line.trim().to_owned()
    };
    let any = r#"AllowedPattern: "^([a-z0-9][a-z0-9-]{0,20}-)?$""#;
    assert_eq!(pattern(json!(["user-photos"])), any);
    let ten = r#"AllowedPattern: "^([a-z0-9][a-z0-9-]{0,8}-)?$""#;
    assert_eq!(pattern(json!(["a".repeat(53)])), ten);
    assert_eq!(pattern(json!(["a".repeat(63)])), r#"AllowedPattern: "^$""#);
    // A bucket has three characters at least.
    let some = r#"AllowedPattern: "^([a-z0-9][a-z0-9-]{0,20}-)$""#;
    assert_eq!(pattern(json!(["db"])), some);
    // One needs a prefix, and the other leaves no room for any.
    let both = json!(["db", "a".repeat(63)]);
    let (status, told, _) = exported("aws", &["buckets"], &both);
    assert_eq!(status, Some(2), "{told}");
    assert!(told.contains("too short without a prefix"), "{told}");
}

/// Targets, members of a description, what they are, and what would be called so twice.
const TWICE: [(&str, &[&str], &str, &str); 12] = [
    ("aws", &TOPICS, r#"["jobs", "jobs-dead"]"#, "jobs-dead"),
    (
        "aws-serverless",
        &TOPICS,
        r#"["jobs", "jobs-dead"]"#,
        "jobs-dead",
    ),
    // What fails of schedules is put aside in a queue that is called after the application.
    (
        "aws",
        &["subscriptions"],
        r#"["every-thing"]"#,
        "every-thing-dead",
    ),
    (
        "gcp",
        &["subscriptions"],
        r#"["jobs", "jobs-dead"]"#,
        "jobs-dead",
    ),
    (
        "gcp",
        &["secrets"],
        r#"[{"name": "A_B"}, {"name": "A__B"}]"#,
        "a-b",
    ),
    (
        "knative",
        &["secrets"],
        r#"[{"name": "A_B"}, {"name": "A__B"}]"#,
        "a-b",
    ),
    (
        "azure",
        &["subscriptions"],
        r#"["jobs", "jobs-poison"]"#,
        "jobs-poison",
    ),
    (
        "azure",
        &BUCKETS,
        r#"["user-photos", "dead-events"]"#,
        "dead-events",
    ),
    ("azure", &["table"], r#""leases""#, "leases"),
    (
        "alibaba",
        &["schedules"],
        r#"[{"name": "requests", "cron": "0 3 * * *"}]"#,
        "requests",
    ),
    (
        "tencent",
        &["schedules"],
        r#"[{"name": "often", "cron": "0 3 * * *"}, {"name": "often", "cron": "0 4 * * *"}]"#,
        "often",
    ),
    (
        "knative",
        &["schedules"],
        r#"[{"name": "often", "cron": "0 3 * * *"}, {"name": "often", "cron": "0 4 * * *"}]"#,
        "often",
    ),
];

#[test]
fn names_that_would_be_given_twice_are_refused() {
    for (target, members, declared, name) in TWICE {
        let declared = serde_json::from_str(declared).unwrap();
        let (status, told, _) = exported(target, members, &declared);
        assert_eq!(status, Some(2), "{target}, {name}: {told}");
        let twice = "two of what would be made";
        assert!(told.contains(twice), "{target}: {told}");
        assert!(told.contains(name), "{told}");
    }
}
