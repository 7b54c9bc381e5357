//! The other platforms: by tools that others wrote where a registry has one, else by their structure alone.
//!
//! Not run, because no registry of packages has them: schemas of `stack.yml` of OpenFaaS, `s.yaml` of Serverless Devs,
//! `serverless.yml` of Tencent's component, wskdeploy's manifest and Fn's `func.yaml`. Those are read by a parser of YAML
//! that is not ours, and looked into.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use isobar_deploy::{Target, Waking};

use super::{application, export, exported, isobar, parsed, python, repository, validate};
use crate::migration::stderr;

pub(super) fn knative(file: &Path) {
    let mut check = python();
    check.arg(repository("conformance-tests/emulators/knative.py"));
    let output = check.arg(file).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
}

/// Has the schemas of `host.json` and `function.json` look at what is in a directory.
pub(super) fn azure(directory: &Path) -> std::process::Output {
    let mut check = python();
    check.arg(repository("conformance-tests/emulators/azure.py"));
    check.arg(directory).output().unwrap()
}

/// What nothing but requests wakes.
const REQUESTS_ONLY: [&str; 2] = ["fn", "openwhisk"];

/// The member of a description in which something that wakes an application is, and an example.
fn waking(waking: Waking) -> (&'static str, Value, &'static str) {
    match waking {
        Waking::Schedules => (
            "schedules",
            json!([{ "name": "often", "cron": "*/5 * * * *" }]),
            "often",
        ),
        Waking::Messages => ("subscriptions", json!(["jobs"]), "jobs"),
        Waking::BlobEvents => ("blobTriggers", json!(["user-photos"]), "user-photos"),
        Waking::ChangeEvents => ("changeTriggers", json!(["parcels"]), "parcels"),
        other => unreachable!("{other:?} is in no description"),
    }
}

/// What no platform of a target wakes.
fn unwoken(target: &str) -> impl Iterator<Item = Waking> {
    let wakes = Target::named(target).unwrap().wakes();
    let all = Waking::ALL.into_iter();
    all.filter(move |waking| !wakes.contains(waking))
}

/// Everything that an application can declare and the platform has.
pub(super) fn declared_for(target: &str) -> Value {
    let mut declared: Value = serde_json::from_str(&super::declared()).unwrap();
    // The other targets are asked for the first alone.
    if target != "openfaas" {
        declared["schedules"].as_array_mut().unwrap().truncate(1);
    }
    for unwoken in unwoken(target) {
        declared[waking(unwoken).0] = json!([]);
    }
    declared
}

/// What is exported of an application that declares everything that a platform has.
pub(super) fn everything(target: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let program = application(directory.path(), &declared_for(target).to_string());
    let output = export(target, &program, directory.path());
    assert!(output.status.success(), "{}", stderr(&output));
    directory
}

#[test]
fn services_for_cloud_run_and_knative_are_what_their_definitions_say() {
    for target in ["gcp", "knative"] {
        for directory in [exported(target), everything(target)] {
            knative(&directory.path().join("service.yaml"));
        }
    }
    let service = parsed(&everything("gcp").path().join("service.yaml"));
    let env = &service["spec"]["template"]["spec"]["containers"][0]["env"];
    let secret = json!({ "name": "API_KEY", "valueFrom": { "secretKeyRef": { "name": "api-key", "key": "latest" } } });
    assert!(env.as_array().unwrap().contains(&secret), "{env:#}");
}

#[test]
fn ticks_for_openfaas_are_jobs_as_the_schemas_of_kubernetes_have_them() {
    let directory = everything("openfaas");
    let file = directory.path().join("schedules.yaml");
    validate("kubernetes_validate.__main__", &["--strict"], &file);
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(text.matches("kind: CronJob").count(), 2, "{text}");
    assert!(
        text.contains("schedule: '*/5 * * * *'") || text.contains("schedule: \"*/5 * * * *\""),
        "{text}"
    );
}

#[test]
fn the_routes_for_googles_gateway_are_an_openapi_2_document() {
    for directory in [exported("gcp"), everything("gcp")] {
        let routes = directory.path().join("openapi.yaml");
        validate(
            "openapi_spec_validator.__main__",
            &["--schema", "2.0"],
            &routes,
        );
    }
    let directory = exported("gcp");
    let indexes = fs::read_to_string(directory.path().join("firestore.indexes.json")).unwrap();
    let indexes: Value = serde_json::from_str(&indexes).unwrap();
    let fields = indexes["fieldOverrides"].as_array().into_iter().flatten();
    let all: Vec<_> = fields
        .chain(indexes["indexes"].as_array().into_iter().flatten())
        .map(|one| one["collectionGroup"].as_str().unwrap())
        .collect();
    let is_named = |group: &&str| group.starts_with("notes-");
    assert!(!all.is_empty() && all.iter().all(is_named), "{indexes:#}");
}

#[test]
fn the_host_and_the_functions_of_azure_are_what_their_schemas_say() {
    for directory in [exported("azure"), everything("azure")] {
        let checked = azure(directory.path());
        assert!(checked.status.success(), "{}", stderr(&checked));
    }
    let directory = everything("azure");
    let file = directory.path().join("requests/function.json");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("\"in\"", "\"sideways\"")).unwrap();
    let checked = azure(directory.path());
    assert!(
        stderr(&checked).contains("sideways"),
        "{}",
        stderr(&checked)
    );
}

#[test]
fn azure_gets_a_host_and_a_function_for_all_that_wakes_the_application() {
    let directory = everything("azure");
    let json = |file: &str| -> Value {
        let text = fs::read_to_string(directory.path().join(file)).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    let host = json("host.json");
    assert_eq!(host["customHandler"]["enableProxyingHttpRequest"], true);
    assert_eq!(host["extensions"]["http"]["routePrefix"], "");
    let first = |function: &str| json(&format!("{function}/function.json"))["bindings"][0].clone();
    let waking = |name: &str| first(&format!("FILL-IN-{name}"));

    assert_eq!(first("requests")["type"], "httpTrigger");
    assert_eq!(waking("often")["schedule"], "0 */5 * * * *");
    assert_eq!(waking("jobs")["queueName"], "%ISOBAR_PREFIX%jobs");
    // What the platform of Azure looks for in `Data`.
    let woken = ["often", "jobs", "user-photos", "parcels"];
    let names = woken.map(|name| waking(name)["name"].clone());
    assert_eq!(names, ["timer", "queue", "eventGrid", "documents"]);
    let changes = waking("parcels");
    assert_eq!(changes["type"], "cosmosDBTrigger");
    assert_eq!(changes["containerName"], "%ISOBAR_PREFIX%parcels");
    assert_eq!(changes["leaseContainerName"], "%ISOBAR_PREFIX%leases");
    let settings = json("appsettings.json");
    let secret = settings
        .as_array()
        .unwrap()
        .iter()
        .find(|setting| setting["name"] == "API_KEY");
    assert!(
        secret.unwrap()["value"]
            .as_str()
            .unwrap()
            .starts_with("@Microsoft.KeyVault(")
    );
}

#[test]
fn the_others_say_what_is_declared_in_yaml() {
    let read = |target: &str, file: &str| parsed(&everything(target).path().join(file));
    let openfaas = read("openfaas", "stack.yml");
    let function = &openfaas["functions"]["every-thing"];
    assert!(function.get("annotations").is_none(), "{function:#}");
    assert_eq!(function["environment"]["GREETING"], "hello");

    let alibaba = read("alibaba", "s.yaml");
    let props = &alibaba["resources"]["every-thing"]["props"];
    assert_eq!(
        props["environmentVariables"]["API_KEY"],
        "${env('API_KEY')}"
    );
    assert_eq!(
        props["triggers"][1]["triggerConfig"]["cronExpression"],
        "0 0/5 * * * ?"
    );
    let of_bucket = &props["triggers"][2];
    assert_eq!(of_bucket["triggerType"], "oss");
    let arn = "acs:oss:${vars.region}:${vars.account}:every-thing-user-photos";
    assert_eq!(of_bucket["sourceArn"], arn);
    let of_queue = &props["triggers"][3]["triggerConfig"]["eventSourceConfig"];
    assert_eq!(
        of_queue["eventSourceParameters"]["sourceMNSParameters"]["QueueName"],
        "every-thing-jobs"
    );
    assert!(
        props["environmentVariables"]
            .get("ISOBAR_EVENTS_PATH")
            .is_none()
    );

    let function = read("fn", "func.yaml");
    assert_eq!(function["runtime"], "docker");
    assert_eq!(function["config"]["ISOBAR_PREFIX"], "every-thing-");
}

#[test]
fn an_event_function_of_tencent_gets_requests_and_all_that_wakes_it() {
    let tencent = parsed(&everything("tencent").path().join("serverless.yml"));
    // Nothing but requests reaches a web function.
    assert_eq!(tencent["inputs"]["type"], "event");
    let events = &tencent["inputs"]["events"];
    let answers = &events[0]["apigw"]["parameters"]["endpoints"][0]["function"];
    assert_eq!(answers["isIntegratedResponse"], true);
    let gateway = &events[0]["apigw"]["parameters"];
    // Its definition allows no dashes there, and Base64 by rules would leave out what no rule names.
    assert_eq!(gateway["serviceName"], "every_thing");
    assert_eq!(gateway["endpoints"][0]["isBase64Trigger"], false);
    assert_eq!(
        events[2]["cos"]["parameters"]["events"],
        "cos:ObjectCreated:*"
    );
    assert_eq!(
        events[3]["cos"]["parameters"]["events"],
        "cos:ObjectRemove:*"
    );
    assert_eq!(events[4]["cmq"]["parameters"]["name"], "every-thing-jobs");
    let timer = &tencent["inputs"]["events"][1]["timer"]["parameters"];
    assert_eq!(timer["cronExpression"], "0 */5 * * * * *");
}

#[test]
fn an_action_of_openwhisk_gets_its_variables_when_it_is_initialised() {
    let exported = everything("openwhisk");
    let read = |name: &str| parsed(&exported.path().join(name));
    let action = &read("manifest.yaml")["packages"]["every-thing"]["actions"]["every-thing"];
    assert_eq!(action["web"], "raw");
    let parameters = read("parameters.json");
    let parameters = parameters["parameters"].as_array().unwrap();
    assert!(parameters.iter().all(|one| one["init"] == true));
    let value = |name: &str| {
        let found = parameters.iter().find(|one| one["key"] == name);
        found.unwrap_or_else(|| panic!("{name}"))["value"].clone()
    };
    assert_eq!(value("ISOBAR_PREFIX"), "every-thing-");
    // A secret is filled in by whoever deploys, and in no file.
    assert_eq!(value("API_KEY"), "FILL-IN");
    // Each has its comment where comments can be.
    let manifest = fs::read_to_string(exported.path().join("manifest.yaml")).unwrap();
    for one in parameters.iter().filter(|one| one["value"] == "FILL-IN") {
        let told = format!("#   {}: Fill in", one["key"].as_str().unwrap());
        assert!(manifest.contains(&told), "{told}: {manifest}");
    }
    for told in ["curl --netrc", "AWS_*", "GOOGLE_*"] {
        assert!(manifest.contains(told), "{told}: {manifest}");
    }
}

#[test]
fn what_is_exported_twice_is_the_same() {
    for target in isobar_deploy::Target::ALL.map(isobar_deploy::Target::name) {
        // The example has a schedule.
        let written = if REQUESTS_ONLY.contains(&target) {
            everything
        } else {
            exported
        };
        let (first, second) = (written(target), written(target));
        let mut files = 0;
        for entry in fs::read_dir(first.path()).unwrap() {
            let name = entry.unwrap().file_name();
            if first.path().join(&name).is_dir() {
                continue;
            }
            let (one, other) = (first.path().join(&name), second.path().join(&name));
            assert_eq!(
                fs::read(one).unwrap(),
                fs::read(other).unwrap(),
                "{target}: {name:?}"
            );
            files += 1;
        }
        assert!(files > 0, "{target}");
    }
}

#[test]
fn no_export_leaves_a_declared_thing_out_in_silence() {
    for target in isobar_deploy::Target::ALL.map(isobar_deploy::Target::name) {
        let directory = tempfile::tempdir().unwrap();
        let mut declared = declared_for(target);
        declared["somethingNew"] = json!([1]);
        declared["routes"][0]["newOfRoutes"] = json!({});
        declared["collections"][0]["newOfCollections"] = json!(true);
        let has_schedules = declared["schedules"][0].is_object();
        if has_schedules {
            declared["schedules"][0]["newOfSchedules"] = json!(1);
        }
        let program = application(directory.path(), &declared.to_string());
        let mut command = isobar(&["export", target, "--json"]);
        command.arg(program).arg("--out").arg(directory.path());
        let output = command.output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let mut text = report["notes"].to_string();
        for new in ["somethingNew", "newOfRoutes", "newOfCollections"] {
            assert!(text.contains(new), "{target}: {text}");
        }
        assert_eq!(
            text.contains("newOfSchedules"),
            has_schedules,
            "{target}: {text}"
        );
        // What is declared today, and is the store's or the application's own affair.
        for known in ["native_limits", "body_limit", "partition"] {
            assert!(!text.contains(known), "{target}: {text}");
        }
        for file in report["files"].as_array().unwrap() {
            let path = file["path"].as_str().unwrap();
            text += path;
            text += &fs::read_to_string(path).unwrap();
        }
        let mut names = vec!["API_KEY", "GREETING", "PLACE", "MOOD"];
        if !REQUESTS_ONLY.contains(&target) {
            names.extend(["often", "jobs", "user-photos"]);
        }
        if ["aws", "aws-serverless", "gcp", "azure"].contains(&target) {
            names.push("parcels");
        }
        for name in names {
            assert!(text.contains(name), "{target} says nothing of {name}");
        }
    }
}

#[test]
fn what_would_be_deployed_and_not_start_is_refused_by_name() {
    let mut refused = 0;
    for target in Target::ALL.map(Target::name) {
        for unwoken in unwoken(target) {
            let (kind, declared, name) = waking(unwoken);
            let directory = tempfile::tempdir().unwrap();
            let mut description = declared_for(target);
            description[kind] = declared;
            let program = application(directory.path(), &description.to_string());
            let output = export(target, &program, directory.path());
            assert_eq!(output.status.code(), Some(2), "{target}, {kind}");
            let told = stderr(&output);
            assert!(told.contains(&format!("{name:?}")), "{target}: {told}");
            assert!(told.contains("would not start"), "{target}: {told}");
            assert!(told.contains(unwoken.capability()), "{target}: {told}");
            refused += 1;
        }
    }
    // Of documents nothing tells on four, and of anything on two more.
    assert_eq!(refused, 4 + 2 * Waking::ALL.len());
}

#[test]
fn a_container_has_a_dockerfile_and_azure_gets_nothing_of_what_declares_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let mut package = isobar(&["package", "knative", "/bin/cat"]);
    let output = package.arg("--out").arg(directory.path()).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let dockerfile = fs::read_to_string(directory.path().join("Dockerfile")).unwrap();
    assert!(dockerfile.contains("COPY cat /cat\n"), "{dockerfile}");
    assert!(directory.path().join("cat").is_file());
    let ignored = fs::read_to_string(directory.path().join(".dockerignore")).unwrap();
    assert!(ignored.contains("/*\n!/cat\n"), "{ignored}");
    // Its program is started, and /bin/cat declares nothing.
    let output = isobar(&["package", "azure", "/bin/cat"])
        .current_dir(directory.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
}
