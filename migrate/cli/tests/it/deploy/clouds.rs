//! What the applications use on Google Cloud and Azure: every argument by the vendors' plugins for Terraform, permissions by
//! each role, and how often what failed comes again.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::targets::everything;
use super::{exported, parsed, python, repository};
use crate::migration::{stderr, stdout};

/// The targets, and what the wheel of their plugin's bindings begins with.
const CLOUDS: [(&str, &str); 2] = [
    ("gcp", "cdktf_cdktf_provider_google-"),
    ("azure", "cdktf_cdktf_provider_azurerm-"),
];

fn resources(directory: &TempDir) -> Value {
    let text = fs::read_to_string(directory.path().join("resources.tf.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Has the bindings of a plugin look at configurations.
fn checked(wheel: &str, files: &[PathBuf]) -> std::process::Output {
    let folder = repository("target/tools/terraform");
    let mut wheels = fs::read_dir(folder)
        .expect("not run: ./test brings the wheels in target/tools/terraform first")
        .map(|entry| entry.unwrap().path());
    let wheel = wheels.find(|path| {
        path.file_name()
            .unwrap()
            .to_string_lossy()
            .starts_with(wheel)
    });
    let mut check = python();
    check.arg(repository("conformance-tests/emulators/terraform.py"));
    check.arg(wheel.unwrap()).args(files).output().unwrap()
}

/// Every block of a kind, in its order.
fn all<'v>(resources: &'v Value, kind: &str) -> Vec<&'v Value> {
    let blocks = resources["resource"][kind].as_object();
    blocks
        .into_iter()
        .flat_map(|blocks| blocks.values())
        .collect()
}

#[test]
fn resources_have_the_arguments_that_the_plugins_of_terraform_take() {
    for (target, wheel) in CLOUDS {
        for directory in [exported(target), everything(target)] {
            let file = directory.path().join("resources.tf.json");
            let output = checked(wheel, &[file]);
            assert!(output.status.success(), "{target}: {}", stderr(&output));
            assert!(stdout(&output).contains("blocks"), "{target}");
        }
    }
}

/// What is done to a configuration of a target, as one text that becomes another, and what the check says then.
const DAMAGES: [(&str, &str, &str, &str); 11] = [
    (
        "gcp",
        "\"max_delivery_attempts\"",
        "\"attempts\"",
        "has no argument attempts",
    ),
    (
        "azure",
        "\"max_delivery_attempts\"",
        "\"attempts\"",
        "has no argument attempts",
    ),
    (
        "gcp",
        "run.email}",
        "run.address}",
        "asks for no attribute of google_service_account",
    ),
    (
        "azure",
        "storage.id}",
        "storage.identifier}",
        "asks for no attribute of azurerm_storage_account",
    ),
    (
        "gcp",
        "project.number}",
        "project.numbers}",
        "asks for no attribute of google_project",
    ),
    ("gcp", "run.email}", "run[0].email}", "has no number"),
    (
        "gcp",
        "\"account_id\"",
        "\"count\": 1, \"account_id\"",
        "needs a number",
    ),
    (
        "gcp",
        "\"auto\": {}",
        "\"auto\": \"yes\"",
        "auto is a block and no str",
    ),
    (
        "azure",
        "\"scope\": \"",
        "\"scope\": {}, \"//\": \"",
        "scope is no block",
    ),
    (
        "gcp",
        "\"region\": \"${var.region}\"\n    }",
        "\"place\": \"${var.region}\"\n    }",
        "provider.google has no argument place",
    ),
    (
        "azure",
        "\"features\": {}",
        "\"feature\": {}",
        "provider.azurerm has no argument feature",
    ),
];

#[test]
fn the_check_of_resources_finds_each_kind_of_damage() {
    for (target, wheel) in CLOUDS {
        let directory = everything(target);
        let text = fs::read_to_string(directory.path().join("resources.tf.json")).unwrap();
        let of_target = DAMAGES.iter().filter(|damage| damage.0 == target);
        let damaged = of_target.enumerate().map(|(number, (_, from, to, told))| {
            assert!(text.contains(from), "{target} has no {from}");
            let file = directory.path().join(format!("{number}.tf.json"));
            fs::write(&file, text.replace(from, to)).unwrap();
            (file, *told)
        });
        let (files, told): (Vec<_>, Vec<_>) = damaged.unzip();
        let output = checked(wheel, &files);
        assert!(!output.status.success(), "{target}");
        let found = stderr(&output);
        for (file, told) in files.iter().zip(told) {
            let of_file = format!("{}: ", file.display());
            let mut lines = found.lines().filter(|line| line.starts_with(&of_file));
            assert!(lines.any(|line| line.contains(told)), "{told}: {found}");
        }
    }
}

/// Roles that no condition of Google narrows to less than a project, and why they are there.
const OF_A_PROJECT: [&str; 2] = ["roles/datastore.user", "roles/eventarc.eventReceiver"];

/// One member of one resource, or of a project by a role that nothing narrows further.
fn assert_narrow(kind: &str, member: &Value) {
    // Neither bindings nor policies, which would take from others what they may.
    assert!(kind.ends_with("_iam_member"), "{kind}");
    let role = member["role"].as_str().unwrap();
    for wide in ["owner", "editor", "admin", "Admin", "viewer"] {
        assert!(!role.contains(wide), "{kind}: {role}");
    }
    let to = member["member"].as_str().unwrap();
    assert!(!to.contains("allUsers"), "{kind}: {to}");
    if kind == "google_project_iam_member" {
        assert!(OF_A_PROJECT.contains(&role), "{kind}: {role}");
        let narrowed = member["condition"]["expression"].as_str();
        let database = narrowed.is_some_and(|text| text.contains("${var.database}"));
        assert_eq!(database, role == OF_A_PROJECT[0], "{member:#}");
        return;
    }
    let scopes = [
        "bucket",
        "topic",
        "subscription",
        "secret_id",
        "service_account_id",
        "name",
    ];
    let has_one = scopes.iter().any(|scope| member[scope].is_string());
    assert!(has_one, "{kind}: {member:#}");
}

#[test]
fn no_permission_on_google_is_wider_than_what_is_declared() {
    for directory in [exported("gcp"), everything("gcp")] {
        let resources = resources(&directory);
        let kinds = resources["resource"].as_object().unwrap().iter();
        let granting = kinds.filter(|(kind, _)| kind.contains("_iam_"));
        let members = granting.flat_map(|(kind, blocks)| {
            let blocks = blocks.as_object().unwrap().values();
            blocks.map(move |member| (kind.as_str(), member))
        });
        let mut granted = 0;
        for (kind, member) in members {
            assert_narrow(kind, member);
            granted += 1;
        }
        assert!(granted >= 3, "{granted}");
    }
    let resources = resources(&everything("gcp"));
    let provider = &resources["terraform"]["required_providers"]["google"];
    assert_eq!(provider["version"], ">= 6.0, < 7.0");
    // Who may call the routes is for whoever deploys to say.
    let callers = &resources["resource"]["google_cloud_run_v2_service_iam_member"];
    assert_eq!(callers["routes"]["member"], "${var.invoker}");
    assert_eq!(resources["variable"]["invoker"].get("default"), None);
    let senders = resources["resource"]["google_pubsub_topic_iam_member"]
        .as_object()
        .unwrap();
    let run = |name: &str| senders[name]["member"] == "${google_service_account.run.member}";
    assert!(run("jobs") && run("mails"), "{senders:#?}");
    // Nobody sends to what the application only hears of.
    assert!(!senders.contains_key("orders"), "{senders:#?}");
}

#[test]
fn no_permission_on_azure_is_wider_than_what_is_declared() {
    for directory in [exported("azure"), everything("azure")] {
        let resources = resources(&directory);
        let roles = all(&resources, "azurerm_role_assignment");
        assert!(!roles.is_empty());
        for role in roles {
            let scope = role["scope"].as_str().unwrap();
            let below = ["/tables/", "/containers/", "/queues/", "/secrets/"];
            assert!(below.iter().any(|part| scope.contains(part)), "{role:#}");
            let name = role["role_definition_name"].as_str().unwrap();
            assert!(!name.contains("Owner"), "{role:#}");
            assert!(name != "Contributor" && name != "Reader", "{role:#}");
        }
        for role in all(&resources, "azurerm_cosmosdb_sql_role_assignment") {
            let scope = role["scope"].as_str().unwrap();
            assert!(scope.contains("/colls/every-thing-"), "{role:#}");
        }
    }
    let resources = resources(&everything("azure"));
    let roles = all(&resources, "azurerm_role_assignment");
    let of_queue = |queue: &str| {
        let end = format!("/queues/every-thing-{queue}");
        let roles = roles
            .iter()
            .filter(|role| role["scope"].as_str().unwrap().ends_with(&end));
        let mut names: Vec<_> = roles
            .map(|role| role["role_definition_name"].as_str().unwrap())
            .collect();
        names.sort_unstable();
        names
    };
    let (contributor, sender) = (
        "Storage Queue Data Contributor",
        "Storage Queue Data Message Sender",
    );
    assert_eq!(of_queue("mails"), [sender]);
    // What wakes an application also gives messages back, which no narrower role lets.
    assert_eq!(of_queue("orders"), [contributor]);
    assert_eq!(of_queue("jobs"), [contributor]);
    assert_eq!(of_queue("jobs-poison"), [sender]);
}

#[test]
fn what_failed_comes_five_times_and_is_put_aside_wherever_the_vendor_can() {
    let google = resources(&everything("gcp"));
    let pushes = all(&google, "google_pubsub_subscription");
    let pushes: Vec<_> = pushes
        .iter()
        .filter(|one| one.get("push_config").is_some())
        .collect();
    // Two topics and a bucket.
    assert_eq!(pushes.len(), 3);
    for push in pushes {
        assert_eq!(push["dead_letter_policy"]["max_delivery_attempts"], 5);
        assert_eq!(
            push["retry_policy"],
            json!({ "minimum_backoff": "10s", "maximum_backoff": "600s" })
        );
        let token = &push["push_config"]["oidc_token"];
        assert_eq!(
            token["service_account_email"],
            "${google_service_account.wake.email}"
        );
        let audience = token["audience"].as_str().unwrap();
        assert!(audience.ends_with(".run.app"), "{audience}");
        let called = format!("{audience}${{var.events_path}}");
        let endpoint = push["push_config"]["push_endpoint"].as_str().unwrap();
        assert!(endpoint.starts_with(&called), "{endpoint}");
    }
    let jobs = all(&google, "google_cloud_scheduler_job");
    assert_eq!(jobs.len(), 1);
    for job in jobs {
        assert_eq!(job["retry_config"]["retry_count"], 4);
        assert_eq!(job["attempt_deadline"], "401s");
    }
    let directory = everything("azure");
    let json = |file: &str| -> Value {
        serde_json::from_str(&fs::read_to_string(directory.path().join(file)).unwrap()).unwrap()
    };
    assert_eq!(
        json("host.json")["extensions"]["queues"]["maxDequeueCount"],
        5
    );
    for function in ["often", "parcels"] {
        let retry = &json(&format!("FILL-IN-{function}/function.json"))["retry"];
        assert_eq!(retry["maxRetryCount"], 4, "{function}");
        assert_eq!(retry["strategy"], "exponentialBackoff", "{function}");
    }
    let azure = resources(&directory);
    for told in all(&azure, "azurerm_eventgrid_event_subscription") {
        assert_eq!(told["retry_policy"]["max_delivery_attempts"], 5);
        assert_ne!(told.get("storage_blob_dead_letter_destination"), None);
    }
}

/// The kinds of which some wait for what is deployed, and of which none does.
fn kinds(resources: &Value, waiting: bool) -> Vec<&str> {
    let kinds = resources["resource"].as_object().unwrap().iter();
    let waits = |blocks: &Value| {
        let blocks = blocks.as_object().unwrap().values();
        blocks.map(|block| block.get("count").is_some()).max()
    };
    let kinds = kinds.filter(|(_, blocks)| waits(blocks) == Some(waiting));
    kinds.map(|(kind, _)| kind.as_str()).collect()
}

#[test]
fn only_what_needs_the_deployed_program_waits_for_it_and_nothing_forgets_that_it_is_there() {
    let google = resources(&everything("gcp"));
    let waiting = [
        "google_cloud_run_v2_service_iam_member",
        "google_eventarc_trigger",
    ];
    assert_eq!(kinds(&google, true), waiting);
    let first = kinds(&google, false);
    for kind in ["google_pubsub_subscription", "google_cloud_scheduler_job"] {
        assert!(first.contains(&kind), "{first:?}");
    }
    let azure = resources(&everything("azure"));
    assert_eq!(
        kinds(&azure, true),
        ["azurerm_eventgrid_event_subscription"]
    );
    for resources in [&google, &azure] {
        let deployed = &resources["variable"]["deployed"];
        assert_eq!(deployed["type"], "bool");
        // An apply that says nothing would destroy what the last one made.
        assert_eq!(deployed.get("default"), None, "{deployed:#}");
        let how = resources["//"].to_string();
        assert!(how.contains("deployed.auto.tfvars"), "{how}");
    }
    // Without events of buckets there is nothing to wait for, nor a variable that says so.
    let notes = resources(&exported("azure"));
    assert!(!notes.to_string().contains("deployed"), "{notes:#}");
}

#[test]
fn whoever_sends_to_a_topic_of_google_cannot_write_what_a_bucket_tells() {
    let google = resources(&everything("gcp"));
    for push in all(&google, "google_pubsub_subscription") {
        let Some(endpoint) = push["push_config"]["push_endpoint"].as_str() else {
            continue;
        };
        let (_, below) = endpoint.split_once("${var.events_path}").unwrap();
        let name = push["name"].as_str().unwrap();
        // To a path that names a topic nothing but its messages come.
        let of_topic = format!("/{name}");
        let of_bucket = name.strip_suffix(".blobs").is_some();
        let expected = if of_bucket { "" } else { &of_topic };
        assert_eq!(below, expected, "{push:#}");
    }
}

#[test]
fn changes_of_documents_are_told_by_eventarc_in_protocol_buffers() {
    let google = resources(&everything("gcp"));
    let triggers = all(&google, "google_eventarc_trigger");
    assert_eq!(triggers.len(), 1);
    assert_eq!(
        triggers[0]["event_data_content_type"],
        "application/protobuf"
    );
    let criteria = triggers[0]["matching_criteria"].as_array().unwrap();
    let document = json!({
        "attribute": "document", "value": "every-thing-parcels/{document}", "operator": "match-path-pattern",
    });
    assert!(criteria.contains(&document), "{criteria:#?}");
}

/// What a service gives a request, and what its variable of this name says.
fn times(service: &Value, variable: &str) -> (u64, String) {
    let template = &service["spec"]["template"]["spec"];
    let env = template["containers"][0]["env"].as_array().unwrap();
    let told = env.iter().find(|one| one["name"] == variable).unwrap();
    let told = told["value"].as_str().unwrap();
    let seconds = template["timeoutSeconds"].as_u64().unwrap();
    (seconds, told.to_owned())
}

#[test]
fn services_know_the_time_that_their_platforms_give_them() {
    // The longest route may take 400 s, and ends a quarter of a second early.
    let directory = everything("gcp");
    let service = parsed(&directory.path().join("service.yaml"));
    let told = times(&service, "CLOUD_RUN_TIMEOUT_SECONDS");
    assert_eq!(told, (401, "401".to_owned()));
    let routes = parsed(&directory.path().join("openapi.yaml"));
    assert_eq!(routes["x-google-backend"]["deadline"], 401);
    let resources = resources(&directory);
    for push in all(&resources, "google_pubsub_subscription") {
        if push.get("push_config").is_some() {
            assert_eq!(push["ack_deadline_seconds"], 401);
        }
    }
    let directory = everything("knative");
    let file = fs::read_to_string(directory.path().join("service.yaml")).unwrap();
    let first = file.split("---\n").next().unwrap();
    fs::write(directory.path().join("first.yaml"), first).unwrap();
    let service = parsed(&directory.path().join("first.yaml"));
    assert_eq!(times(&service, "ISOBAR_TIMEOUT"), (401, "401".to_owned()));
    let stack = parsed(&everything("openfaas").path().join("stack.yml"));
    let environment = &stack["functions"]["every-thing"]["environment"];
    assert_eq!(environment["exec_timeout"], "401s");
}
