//! Google Cloud: a service of Cloud Run, what it may use and what wakes it, and the routes for API Gateway.

mod callers;
mod names;
mod resources;
mod routes;
mod waking;

use serde_json::Value;

use crate::application::Application;
use crate::authorizers;
use crate::environment::{self, FILL_IN, Stores, Variable};
use crate::error::Result;
use crate::export::{Export, File, Source};
use crate::knative;
use crate::terraform::{Terraform, literal};
use crate::timeouts::{self, Door};
use crate::yaml::{self, Comment};

/// Which indexes an application is asked to define.
pub(crate) const DOCUMENTS: &str = "firestore://PROJECT";

const STORES: Stores = Stores {
    documents: Some("firestore://FILL-IN"),
    blobs: Some("gs://FILL-IN"),
    topics: Some("pubsub://FILL-IN"),
};

/// What Cloud Run gives a request.
///
/// <https://cloud.google.com/run/docs/configuring/request-timeout>
const DOOR: Door = Door {
    usual: 300,
    most: Some(3_600),
};
/// The variable that tells the application the same.
const TIMEOUT: &str = "CLOUD_RUN_TIMEOUT_SECONDS";

/// <https://firebase.google.com/docs/reference/firestore/indexes>
const INDEXES: &str = "queries by indexes fail, and nothing expires, before `firebase deploy --only firestore:indexes` has made \
what firestore.indexes.json has, to which firebase.json points";

const HOW: &str = "\
What the application declares, for Google Cloud Run. Written by `isobar export gcp`.

  isobar package gcp BINARY
  cd deploy/gcp
  gcloud builds submit --tag IMAGE
  gcloud run services replace service.yaml

What it uses and what wakes it is made by resources.tf.json, which says in which order.";

const HOW_RESOURCES: &str = "\
What the application uses on Google Cloud, what its account may do with it, and what wakes the service. Written by
`isobar export gcp`.

  cd deploy/gcp
  terraform init
  terraform apply -var deployed=false
  gcloud run services replace service.yaml
  echo 'deployed = true' > deployed.auto.tfvars
  terraform apply

Keep deployed.auto.tfvars with the state: without it the permissions to call the service would go. The values of secrets
are added by hand before the service starts.

APIs that have to be enabled: artifactregistry and cloudbuild for the image, cloudresourcemanager, iam and run; apigateway,
servicecontrol and servicemanagement for openapi.yaml; and as the application uses them cloudscheduler, eventarc, firestore,
iamcredentials (which signs for buckets), pubsub, secretmanager, storage.";

pub(crate) fn export(source: &Source<'_>) -> Result<Export> {
    let application = source.application;
    names::check(application)?;
    let timeout = DOOR.seconds(application);
    let mut notes = timeouts::notes(application, &DOOR, "Cloud Run");
    let mut files = vec![File::new("service.yaml", service(source, timeout))];
    files.push(File::new("resources.tf.json", terraform(source, timeout)?));
    if !application.routes.is_empty() {
        files.push(File::new(
            "openapi.yaml",
            routes::routes(application, timeout),
        ));
    }
    if let Some(indexes) = source.tables {
        files.push(File::new("firestore.indexes.json", indexes));
        notes.push(INDEXES.to_owned());
    }
    notes.extend(waking::notes(application));
    if !application.topics.is_empty() {
        let built = "the build needs the feature \"pubsub\" of isobar-connect to send to topics";
        notes.push(built.to_owned());
    }
    Ok(Export { files, notes })
}

/// <https://cloud.google.com/run/docs/reference/yaml/v1>
fn service(source: &Source<'_>, timeout: u64) -> String {
    let mut variables = environment::variables_with_events(source, STORES);
    variables.extend(authorizers::variable(source.application));
    variables.push(Variable {
        name: TIMEOUT.to_owned(),
        value: timeout.to_string(),
        comment: Some("The same as timeoutSeconds: handlers end before it.".to_owned()),
    });
    let mut service = knative::service(source.application, &variables);
    let container = &mut service["spec"]["template"]["spec"]["containers"][0];
    for variable in container["env"].as_array_mut().into_iter().flatten() {
        if let Some(reference) = variable.pointer_mut("/valueFrom/secretKeyRef") {
            // Of a secret of Secret Manager, the key is the version.
            reference["key"] = "latest".into();
        }
    }
    service["spec"]["template"]["spec"]["timeoutSeconds"] = timeout.into();
    service["spec"]["template"]["spec"]["serviceAccountName"] = FILL_IN.into();
    let mut comments = vec![
        Comment::new("", HOW),
        Comment::new(
            "/spec/template/spec/serviceAccountName",
            "Fill in: what `terraform output account` prints.",
        ),
    ];
    comments.extend(knative::service_comments(&variables));
    yaml::document(&service, &comments)
}

fn terraform(source: &Source<'_>, timeout: u64) -> Result<String> {
    let mut terraform = Terraform::new(
        HOW_RESOURCES,
        "google",
        ("hashicorp/google", ">= 6.0, < 7.0"),
    );
    let made = resources::resources(&mut terraform, source.application);
    callers::callers(&mut terraform, source.application);
    if environment::waits_for_events(source.application) {
        waking::wakers(&mut terraform, source, (&made, timeout))?;
    }
    terraform.text()
}

/// A name that an account may have: 6 to 30 letters, digits and dashes.
///
/// <https://cloud.google.com/iam/docs/service-accounts-create>
fn account(application: &str, what: &str) -> Value {
    const LEAST: usize = 6;
    const MOST: usize = 30;
    let most = MOST - what.len() - 1;
    let name = crate::names::dns_label(application);
    let name = name.get(..most).unwrap_or(&name).trim_end_matches('-');
    let account = format!("{name}-{what}");
    if account.len() < LEAST {
        return format!("{name}-app-{what}").into();
    }
    account.into()
}

/// What a bucket or a topic is called, as Terraform reads it.
fn named(application: &Application, name: &str) -> String {
    literal(&environment::named(application, name))
}

#[cfg(test)]
mod tests;
