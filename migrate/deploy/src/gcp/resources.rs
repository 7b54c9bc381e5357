//! What the service uses: its account, buckets, topics and secrets, and what the account may do with each.

use std::collections::BTreeMap;

use serde_json::json;

use super::{account, named};
use crate::application::Application;
use crate::names::dns_label;
use crate::terraform::{Terraform, of};

/// Days after which parts of an upload that nobody finished are removed.
const ABANDONED: u32 = 7;

/// How other blocks refer to what is made, by the names that are declared.
pub(super) struct Made {
    pub(super) buckets: BTreeMap<String, String>,
    pub(super) topics: BTreeMap<String, String>,
}

/// Makes them.
pub(super) fn resources(terraform: &mut Terraform, application: &Application) -> Made {
    terraform.variable("project", "The project's id.", None);
    let region = "The region of the service, such as europe-west1.";
    terraform.variable("region", region, None);
    let provider = json!({ "project": "${var.project}", "region": "${var.region}" });
    terraform.provider("google", provider);
    let run = json!({
        "account_id": account(&application.name, "run"),
        "display_name": format!("{} on Cloud Run", application.name),
    });
    let run = terraform.resource("google_service_account", "run", run);
    terraform.output("account", json!({ "value": of(&run, "email") }));
    let member = of(&run, "member");
    if !application.collections.is_empty() {
        documents(terraform, &member);
    }
    let buckets = application.buckets.iter().map(|name| {
        let made = bucket(terraform, (name, &named(application, name)), &member);
        (name.clone(), made)
    });
    let buckets = buckets.collect();
    if !application.buckets.is_empty() {
        signer(terraform, &run);
    }
    for secret in &application.secrets {
        self::secret(terraform, &dns_label(&secret.name), &member);
    }
    let topics = application.all_topics().into_iter().map(|name| {
        let topic = json!({ "name": named(application, name) });
        let topic = terraform.resource("google_pubsub_topic", name, topic);
        if application.topics.contains(name) {
            publisher(terraform, name, (&topic, &member));
        }
        (name.to_owned(), topic)
    });
    let topics = topics.collect();
    Made { buckets, topics }
}

fn secret(terraform: &mut Terraform, name: &str, member: &str) {
    let body = json!({ "secret_id": name, "replication": { "auto": {} } });
    let made = terraform.resource("google_secret_manager_secret", name, body);
    let reader = json!({
        "secret_id": of(&made, "secret_id"),
        "role": "roles/secretmanager.secretAccessor",
        "member": member,
    });
    terraform.resource("google_secret_manager_secret_iam_member", name, reader);
}

/// Roles of Firestore are of a whole project, and a condition narrows one to a database; nothing narrows it further.
///
/// <https://cloud.google.com/firestore/native/docs/conditions>
fn documents(terraform: &mut Terraform, member: &str) {
    let database = "The database with the collections, which is made by hand.";
    terraform.variable("database", database, Some(json!("(default)")));
    let user = json!({
        "project": "${var.project}",
        "role": "roles/datastore.user",
        "member": member,
        "condition": {
            "title": "one database",
            "expression": "resource.name == \"projects/${var.project}/databases/${var.database}\"",
        },
    });
    terraform.resource("google_project_iam_member", "documents", user);
}

fn bucket(terraform: &mut Terraform, (bucket, named): (&str, &str), member: &str) -> String {
    let body = json!({
        "name": named,
        "location": "${var.region}",
        "uniform_bucket_level_access": true,
        "public_access_prevention": "enforced",
        "lifecycle_rule": {
            "condition": { "age": ABANDONED },
            "action": { "type": "AbortIncompleteMultipartUpload" },
        },
        "lifecycle": { "prevent_destroy": true },
    });
    let made = terraform.resource("google_storage_bucket", bucket, body);
    let user = json!({
        "bucket": of(&made, "name"),
        "role": "roles/storage.objectUser",
        "member": member,
    });
    terraform.resource("google_storage_bucket_iam_member", bucket, user);
    made
}

/// An account without a key signs requests for others by the IAM service, for itself alone.
fn signer(terraform: &mut Terraform, run: &str) {
    let signer = json!({
        "service_account_id": of(run, "name"),
        "role": "roles/iam.serviceAccountTokenCreator",
        "member": of(run, "member"),
    });
    terraform.resource("google_service_account_iam_member", "signer", signer);
}

/// Lets somebody send to a topic.
pub(super) fn publisher(
    terraform: &mut Terraform,
    name: &str,
    (topic, member): (&str, &str),
) -> String {
    let publisher = json!({
        "topic": of(topic, "id"),
        "role": "roles/pubsub.publisher",
        "member": member,
    });
    terraform.resource("google_pubsub_topic_iam_member", name, publisher)
}
