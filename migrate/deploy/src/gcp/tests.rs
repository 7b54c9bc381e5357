//! What is exported for Google Cloud.

use serde_json::Value;

use crate::export::{Architecture, Export, Source, export};
use crate::{Application, Target};

const DESCRIBED: &str = r#"{
    "name": "notes", "collections": [], "secrets": [], "settings": [],
    "buckets": ["photos"], "blobTriggers": ["photos"], "subscriptions": ["jobs"],
    "schedules": [{"name": "nightly", "cron": "0 3 * * *"}],
    "routes": [{"methods": ["GET"], "path": "/notes", "opaque": false}]
}"#;

fn exported() -> Export {
    let application = Application::parse(DESCRIBED.as_bytes()).unwrap();
    let source = Source {
        application: &application,
        tables: None,
        architecture: Architecture::X86_64,
        events_path: None,
    };
    export(Target::Gcp, &source).unwrap()
}

fn text(export: &Export, name: &str) -> String {
    let found = export.files.iter().find(|file| file.path == name);
    found.unwrap().text.clone()
}

fn resources(export: &Export) -> Value {
    serde_json::from_str(&text(export, "resources.tf.json")).unwrap()
}

#[test]
fn whoever_sends_to_a_topic_cannot_write_what_a_bucket_tells() {
    let resources = resources(&exported());
    let endpoint = |name: &str| {
        let subscription = &resources["resource"]["google_pubsub_subscription"][name];
        let endpoint = subscription["push_config"]["push_endpoint"].as_str();
        let endpoint = endpoint.unwrap_or_else(|| panic!("{name} in {resources:#}"));
        endpoint.split_once(".run.app").unwrap().1.to_owned()
    };
    // To a path that names a topic nothing but its messages come.
    assert_eq!(endpoint("jobs"), "${var.events_path}/notes-jobs");
    assert_eq!(endpoint("photos_blobs"), "${var.events_path}");
}

#[test]
fn a_public_service_is_told_how_it_knows_its_senders() {
    let export = exported();
    let resources = resources(&export);
    let token =
        &resources["resource"]["google_pubsub_subscription"]["jobs"]["push_config"]["oidc_token"];
    let told = |name: &str| &resources["output"][name]["value"];
    assert_eq!(told("events_audience"), &token["audience"]);
    assert_eq!(told("events_sender"), &token["service_account_email"]);
    let mut notes = export.notes.iter();
    let note = notes.find(|note| note.contains("ISOBAR_EVENTS_AUDIENCE"));
    let note = note.expect("nothing says so");
    assert!(note.contains("ISOBAR_EVENTS_SENDER"), "{note}");
    // Beside a check of Cloud Run itself, the application would refuse all events.
    let service = text(&export, "service.yaml");
    assert!(!service.contains("ISOBAR_EVENTS_AUDIENCE"), "{service}");
}

#[test]
fn accounts_have_names_of_six_to_thirty_characters() {
    for (application, expected) in [
        ("a", "a-app-run"),
        ("ab", "ab-run"),
        ("notes", "notes-run"),
        (
            "a-name-that-is-longer-than-others",
            "a-name-that-is-longer-than-run",
        ),
    ] {
        let account = super::account(application, "run");
        assert_eq!(account, expected);
        assert!((6..=30).contains(&account.as_str().unwrap().len()));
    }
}
