//! Knative: a Service, a PingSource for each schedule and a Trigger for each topic.

mod names;

use serde_json::{Value, json};

use crate::application::Application;
use crate::cron::Cron;
use crate::delivery::{FIRST_PAUSE, RETRIES};
use crate::environment::{self, Kind, Stores, Variable};
use crate::error::Result;
use crate::export::{Export, File, Source};
use crate::names::{Names, dns_label};
use crate::route_limits;
use crate::timeouts::{self, Door};
use crate::unexpanded;
use crate::yaml::{self, Comment};

const HOW: &str = "\
What the application declares, for Knative. Written by `isobar export knative`.

  isobar package knative BINARY
  cd deploy/knative
  docker build -t IMAGE . && docker push IMAGE
  kubectl apply -f service.yaml";

/// The most requests at once that a service may be given, on Cloud Run as by Knative's defaults
/// (`container-concurrency-max-limit`).
const MOST_AT_ONCE: u64 = 1_000;
/// What a revision gives a request; more where the operator allows more (`max-revision-timeout-seconds`).
///
/// <https://github.com/knative/serving/blob/main/config/core/configmaps/defaults.yaml>
const DOOR: Door = Door {
    usual: 300,
    most: Some(600),
};
/// The type of the events that carry messages, as Isobar itself sends them; their sources are `topic/NAME`.
const MESSAGES: &str = "isobar.topic.messages";
const OTHER_TYPES: &str = "\
Events of any other type are taken as messages of the topic as well: say their attributes in place of these.\n\
Events that answer them go to the broker, by whose triggers they are sent on: none of this type, or they come back.";
const DEAD: &str = "\
Fill in: what takes the events that fail for good, such as a Service of Kubernetes that keeps them.";

/// Where the variables of a service are.
const ENV: &str = "/spec/template/spec/containers/0/env";

pub(crate) fn export(source: &Source<'_>) -> Result<Export> {
    let application = source.application;
    names::check(application)?;
    let timeout = DOOR.seconds(application);
    let mut variables = environment::variables_with_events(source, Stores::default());
    variables.push(timeouts::variable(timeout));
    let mut service = service(application, &variables);
    service["spec"]["template"]["spec"]["timeoutSeconds"] = timeout.into();
    let mut comments = vec![Comment::new("", HOW)];
    comments.extend(service_comments(&variables));
    let mut text = yaml::document(&service, &comments);
    for ticks in sources(source)? {
        text.push_str("---\n");
        text.push_str(&yaml::document(&ticks, &[]));
    }
    let mut labels = Names::default();
    for topic in &application.subscriptions {
        text.push_str("---\n");
        let comments = [
            Comment::new("/spec/filter", OTHER_TYPES),
            Comment::new("/spec/delivery/deadLetterSink", DEAD),
        ];
        let name = labels.label(&format!("{}-{topic}", application.name));
        text.push_str(&yaml::document(&trigger(source, (&name, topic)), &comments));
    }
    let mut notes = environment::unexported(application, &[Kind::Buckets]);
    notes.extend(timeouts::notes(application, &DOOR, "Knative"));
    Ok(Export {
        files: vec![File::new("service.yaml", text)],
        notes,
    })
}

/// A Service of `serving.knative.dev/v1`, whose secrets are those of Kubernetes.
///
/// <https://knative.dev/docs/serving/reference/serving-api/>
pub(crate) fn service(application: &Application, variables: &[Variable]) -> Value {
    let (mut env, _) = environment::as_list(variables, ENV);
    for (told, variable) in env.iter_mut().zip(variables) {
        told["value"] = unexpanded::for_container(&variable.value).into();
    }
    env.extend(application.secrets.iter().map(|secret| {
        let reference = json!({ "name": dns_label(&secret.name), "key": "value" });
        json!({ "name": secret.name, "valueFrom": { "secretKeyRef": reference } })
    }));
    let mut service = json!({
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": { "name": dns_label(&application.name) },
        "spec": { "template": { "spec": {
            "containers": [{
                "image": environment::FILL_IN,
                "ports": [{ "containerPort": 8080 }],
                "env": env,
            }],
        } } },
    });
    if let Some(at_once) = route_limits::at_once(application) {
        service["spec"]["template"]["spec"]["containerConcurrency"] =
            at_once.min(MOST_AT_ONCE).into();
    }
    service
}

/// What a person should fill in of a service.
pub(crate) fn service_comments(variables: &[Variable]) -> Vec<Comment> {
    let (_, mut comments) = environment::as_list(variables, ENV);
    let image = "Fill in: the image that was built from the package.";
    comments.push(Comment::new(
        "/spec/template/spec/containers/0/image",
        image,
    ));
    comments
}

/// The service, at the path to which events are sent.
fn sink(source: &Source<'_>, below: &str) -> Value {
    let service = json!({
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "name": dns_label(&source.application.name),
    });
    let path = environment::events_path(source);
    json!({ "ref": service, "uri": format!("{path}{below}") })
}

/// The application knows a tick by the name of its source.
///
/// <https://knative.dev/docs/eventing/sources/ping-source/>
fn sources(source: &Source<'_>) -> Result<Vec<Value>> {
    let application = source.application;
    let sources = application.schedules.iter().map(|schedule| {
        Ok(json!({
            "apiVersion": "sources.knative.dev/v1",
            "kind": "PingSource",
            "metadata": { "name": names::source_name(application, schedule) },
            "spec": {
                "schedule": Cron::parse(schedule)?.unix(),
                "timezone": "UTC",
                "contentType": "application/json",
                "data": json!({ "schedule": schedule.name }).to_string(),
                "sink": sink(source, ""),
            },
        }))
    });
    sources.collect()
}

/// <https://knative.dev/docs/eventing/triggers/>, <https://knative.dev/docs/eventing/event-delivery/>
fn trigger(source: &Source<'_>, (name, topic): (&str, &str)) -> Value {
    let dead = json!({ "apiVersion": "v1", "kind": "Service", "name": environment::FILL_IN });
    json!({
        "apiVersion": "eventing.knative.dev/v1",
        "kind": "Trigger",
        "metadata": { "name": name },
        "spec": {
            "broker": "default",
            "filter": { "attributes": { "type": MESSAGES, "source": format!("topic/{topic}") } },
            "subscriber": sink(source, &format!("/{topic}")),
            "delivery": {
                "retry": RETRIES,
                "backoffPolicy": "exponential",
                "backoffDelay": format!("PT{FIRST_PAUSE}S"),
                "deadLetterSink": { "ref": dead },
            },
        },
    })
}
