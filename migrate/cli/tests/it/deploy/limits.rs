//! Limits of routes: what each export tells its platform of them, and what it says that it does not.

use serde_json::{Value, json};

use super::targets::{azure, knative};
use super::{application, export, parsed, read, validate};
use crate::migration::stderr;

/// An application of these routes and nothing else.
fn limited(routes: &Value, schedules: &Value) -> String {
    json!({
        "name": "limited", "collections": [], "buckets": [], "settings": [], "secrets": [],
        "schedules": schedules, "routes": routes,
    })
    .to_string()
}

/// Every one of them has a limit: at most seven requests at once.
pub(super) fn routes() -> Value {
    json!([
        { "methods": ["POST"], "path": "/sign-in", "maxConcurrent": 2,
          "rate": { "perSecond": 5, "burst": 20 }, "opaque": false },
        { "methods": ["GET"], "path": "/files/{*path}", "maxConcurrent": 1,
          "rate": { "perSecond": 1, "burst": 1 }, "opaque": false },
        { "methods": ["POST"], "path": "/files/{*path}", "maxConcurrent": 1, "opaque": false },
        { "methods": ["*"], "path": "/any", "maxConcurrent": 3, "opaque": false },
    ])
}

fn exported(target: &str, description: &str) -> (tempfile::TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    let program = application(directory.path(), description);
    let output = export(target, &program, directory.path());
    assert!(output.status.success(), "{target}: {}", stderr(&output));
    let told = stderr(&output);
    (directory, told)
}

/// All files of an export, but for the program that was asked.
fn texts(directory: &tempfile::TempDir) -> String {
    let entries = std::fs::read_dir(directory.path()).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let files = paths.filter(|path| path.is_file() && !path.ends_with("application"));
    files
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect()
}

#[test]
fn api_gateway_of_aws_keeps_the_rates_of_routes() {
    let (directory, told) = exported("aws", &limited(&routes(), &json!([])));
    let file = directory.path().join("template.yaml");
    validate("cfnlint.runner", &[], &file);
    let resources = parsed(&file)["Resources"].take();
    let stage = &resources["ApiStage"];
    let expected = json!({ "Fn::If": ["LimitsAtGateway", {
        "ANY /sign-in": { "ThrottlingRateLimit": 5, "ThrottlingBurstLimit": 20 },
        "GET /files/{path+}": { "ThrottlingRateLimit": 1, "ThrottlingBurstLimit": 1 },
        "HEAD /files/{path+}": { "ThrottlingRateLimit": 1, "ThrottlingBurstLimit": 1 },
    }, { "Ref": "AWS::NoValue" }] });
    assert_eq!(stage["Properties"]["RouteSettings"], expected);
    let routes = resources.as_object().unwrap().iter();
    let routes = routes.filter(|(_, resource)| resource["Type"] == "AWS::ApiGatewayV2::Route");
    let mut keys = Vec::new();
    for (id, route) in routes {
        let key = route["Properties"]["RouteKey"].as_str().unwrap();
        keys.push(key.to_owned());
        // A stage is refused with settings of a route that is not there yet.
        let awaited = stage["DependsOn"].as_array().unwrap().contains(&json!(id));
        assert_eq!(awaited, key != "$default", "{key}");
    }
    keys.sort();
    let expected = [
        "$default",
        "ANY /sign-in",
        "GET /files/{path+}",
        "HEAD /files/{path+}",
    ];
    assert_eq!(keys, expected);
    assert!(
        told.contains("refuses nothing: an instance has one"),
        "{told}"
    );
    assert!(read(&directory, "openapi.yaml").contains("--route-settings"));
}

#[test]
fn a_platform_with_one_limit_for_all_is_told_what_the_routes_bear_together() {
    let description = limited(&routes(), &json!([]));
    for target in ["gcp", "knative"] {
        let (directory, told) = exported(target, &description);
        let file = directory.path().join("service.yaml");
        knative(&file);
        let at_once = &parsed(&file)["spec"]["template"]["spec"]["containerConcurrency"];
        assert_eq!(*at_once, 7, "{target}");
        assert!(!told.contains("max_concurrent"), "{target}: {told}");
        assert!(
            told.contains("the rate of POST /sign-in"),
            "{target}: {told}"
        );
    }
    let (directory, _) = exported("azure", &description);
    let checked = azure(directory.path());
    assert!(checked.status.success(), "{}", stderr(&checked));
    let host: Value = serde_json::from_str(&read(&directory, "host.json")).unwrap();
    assert_eq!(host["extensions"]["http"]["maxConcurrentRequests"], 7);
    let (directory, _) = exported("alibaba", &description);
    let props = parsed(&directory.path().join("s.yaml"))["resources"]["limited"]["props"].take();
    assert_eq!(props["instanceConcurrency"], 7);
    let (directory, _) = exported("openfaas", &description);
    let function = parsed(&directory.path().join("stack.yml"))["functions"]["limited"].take();
    assert_eq!(function["environment"]["max_inflight"], "7");
}

#[test]
fn what_no_platform_can_be_told_stays_with_the_application_and_is_said() {
    let mut open = routes();
    open.as_array_mut()
        .unwrap()
        .push(json!({ "methods": ["GET"], "path": "/open", "opaque": false }));
    let ticks = json!([{ "name": "often", "cron": "*/5 * * * *" }]);
    for (target, description) in [
        ("gcp", limited(&open, &json!([]))),
        ("knative", limited(&routes(), &ticks)),
        ("azure", limited(&open, &json!([]))),
        ("alibaba", limited(&routes(), &ticks)),
        ("openfaas", limited(&routes(), &ticks)),
    ] {
        let (directory, told) = exported(target, &description);
        assert!(
            told.contains("is kept by the application alone"),
            "{target}: {told}"
        );
        let text = texts(&directory);
        for limit in [
            "containerConcurrency",
            "maxConcurrentRequests",
            "max_inflight",
            "Concurrency: 7",
        ] {
            assert!(!text.contains(limit), "{target}: {text}");
        }
    }
    for target in ["tencent", "openwhisk", "fn"] {
        let (_directory, told) = exported(target, &limited(&routes(), &json!([])));
        assert!(
            told.contains("refuses nothing: an instance has one"),
            "{target}: {told}"
        );
        assert!(told.contains("counts in each instance"), "{target}: {told}");
    }
    let (_directory, told) = exported("gcp", &limited(&json!([]), &json!([])));
    assert!(!told.contains("counts in each instance"), "{told}");
}
