//! What wakes the service: push subscriptions, notifications of buckets, triggers of Eventarc, jobs of Cloud Scheduler.

use serde_json::{Value, json};

use super::callers::{self, DEPLOYED};
use super::resources::{Made, publisher};
use super::{account, named};
use crate::application::Application;
use crate::cron::Cron;
use crate::delivery::{DELIVERIES, FIRST_PAUSE, LONGEST_PAUSE, RETRIES, TWO_WEEKS};
use crate::environment::{table, waits_for_events};
use crate::error::Result;
use crate::export::Source;
use crate::names::dns_label;
use crate::terraform::{Terraform, literal, of};

/// Pub/Sub waits for an answer that long at most, in seconds.
///
/// <https://cloud.google.com/pubsub/docs/lease-management>
const LONGEST_ACK: u64 = 600;
/// What a job of Cloud Scheduler waits for an answer, in seconds.
///
/// <https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs>
const ATTEMPT: (u64, u64) = (15, 1_800);

/// The account by which Pub/Sub itself works.
const PUBSUB: &str = "serviceAccount:service-${data.google_project.project.number}@gcp-sa-pubsub.iam.gserviceaccount.com";

/// What all of them need.
struct Wakers<'s> {
    application: &'s Application,
    /// The account that calls the service.
    account: String,
    /// The time of a request, in seconds.
    timeout: u64,
}

pub(super) fn wakers(
    terraform: &mut Terraform,
    source: &Source<'_>,
    (made, timeout): (&Made, u64),
) -> Result<()> {
    let application = source.application;
    let path = source.events_path.map(Value::from);
    let what = "The path of ISOBAR_EVENTS_PATH in service.yaml, which is a secret.";
    terraform.secret_variable("events_path", what, path);
    let project = json!({ "project_id": "${var.project}" });
    terraform.data("google_project", "project", project);
    let waker = json!({
        "account_id": account(&application.name, "wake"),
        "display_name": format!("what wakes {}", application.name),
    });
    let wakers = Wakers {
        application,
        account: terraform.resource("google_service_account", "wake", waker),
        timeout,
    };
    let member = of(&wakers.account, "member");
    callers::invoker(terraform, application, ("wake", &member));
    let outputs = [
        ("events_audience", wakers.origin()),
        ("events_sender", of(&wakers.account, "email")),
    ];
    for (name, value) in outputs {
        terraform.output(name, json!({ "value": value }));
    }
    wakers.topics(terraform, made);
    wakers.buckets(terraform, made);
    wakers.changes(terraform);
    wakers.schedules(terraform)
}

impl Wakers<'_> {
    fn service(&self) -> String {
        dns_label(&self.application.name)
    }

    /// The service's address, which follows from its name.
    ///
    /// <https://cloud.google.com/run/docs/triggering/https-request#deterministic>
    fn origin(&self) -> String {
        let service = self.service();
        format!("https://{service}-${{data.google_project.project.number}}.${{var.region}}.run.app")
    }

    /// The path there to which events come.
    fn url(&self) -> String {
        format!("{}${{var.events_path}}", self.origin())
    }

    /// The path to which the messages of a topic come: what names a topic is a message of it whatever it says, so that
    /// nobody who may send to it can write notifications of buckets.
    ///
    /// Names have letters, digits and `-._~+%`: <https://cloud.google.com/pubsub/docs/pubsub-basics#resource_names>
    fn url_of(&self, topic: &str) -> String {
        format!("{}/{}", self.url(), topic.replace('%', "%25"))
    }

    /// A token for the service, whose audience has no path.
    fn token(&self) -> Value {
        json!({
            "service_account_email": of(&self.account, "email"),
            "audience": self.origin(),
        })
    }

    fn topics(&self, terraform: &mut Terraform, made: &Made) {
        for name in &self.application.subscriptions {
            if let Some(topic) = made.topics.get(name) {
                let called = named(self.application, name);
                self.push(terraform, (name, &called), (topic, &self.url_of(&called)));
            }
        }
    }

    /// A bucket tells a topic of its own, which pushes: unlike triggers of Eventarc this tells a replacement once.
    ///
    /// <https://cloud.google.com/storage/docs/pubsub-notifications>
    fn buckets(&self, terraform: &mut Terraform, made: &Made) {
        if self.application.blob_triggers.is_empty() {
            return;
        }
        let project = json!({ "project": "${var.project}" });
        let kind = "google_storage_project_service_account";
        let teller = terraform.data(kind, "storage", project);
        for (bucket, of_bucket) in &made.buckets {
            if !self.application.blob_triggers.contains(bucket) {
                continue;
            }
            let (words, name) = (format!("{bucket}-blobs"), named(self.application, bucket));
            let events = format!("{name}.blobs");
            let topic = json!({ "name": events });
            let topic = terraform.resource("google_pubsub_topic", &words, topic);
            let may = publisher(terraform, &words, (&topic, &of(&teller, "member")));
            let told = json!({
                "bucket": of(of_bucket, "name"),
                "topic": of(&topic, "id"),
                "payload_format": "JSON_API_V1",
                "event_types": ["OBJECT_FINALIZE", "OBJECT_DELETE", "OBJECT_METADATA_UPDATE"],
                "depends_on": [may],
            });
            terraform.resource("google_storage_notification", bucket, told);
            self.push(terraform, (&words, &events), (&topic, &self.url()));
        }
    }

    /// Firestore tells of documents by Eventarc alone, in Protocol Buffers.
    ///
    /// <https://cloud.google.com/eventarc/standard/docs/run/route-trigger-cloud-firestore>
    fn changes(&self, terraform: &mut Terraform) {
        let application = self.application;
        if application.change_triggers.is_empty() {
            return;
        }
        let location = "Where the database is, such as eur3: its triggers are there.";
        terraform.variable("database_location", location, None);
        let receiver = json!({
            "project": "${var.project}",
            "role": "roles/eventarc.eventReceiver",
            "member": of(&self.account, "member"),
        });
        terraform.resource("google_project_iam_member", "changes", receiver);
        for name in &application.change_triggers {
            let document = format!("{}/{{document}}", literal(&table(application, name)));
            let trigger = json!({
                "count": DEPLOYED,
                "name": dns_label(&format!("{}-{name}", application.name)),
                "location": "${var.database_location}",
                "service_account": of(&self.account, "email"),
                "event_data_content_type": "application/protobuf",
                "matching_criteria": [
                    { "attribute": "type", "value": "google.cloud.firestore.document.v1.written" },
                    { "attribute": "database", "value": "${var.database}" },
                    { "attribute": "document", "value": document, "operator": "match-path-pattern" },
                ],
                "destination": { "cloud_run_service": {
                    "service": self.service(), "region": "${var.region}", "path": "${var.events_path}",
                } },
            });
            terraform.resource("google_eventarc_trigger", name, trigger);
        }
    }

    /// The application knows a tick by the name of its job.
    fn schedules(&self, terraform: &mut Terraform) -> Result<()> {
        for schedule in &self.application.schedules {
            let job = json!({
                "name": format!("{}-{}", self.application.name, schedule.name),
                "region": "${var.region}",
                "schedule": Cron::parse(schedule)?.unix(),
                "time_zone": "Etc/UTC",
                "attempt_deadline": format!("{}s", self.timeout.clamp(ATTEMPT.0, ATTEMPT.1)),
                "retry_config": {
                    "retry_count": RETRIES,
                    "min_backoff_duration": format!("{FIRST_PAUSE}s"),
                    "max_backoff_duration": format!("{LONGEST_PAUSE}s"),
                },
                "http_target": {
                    "uri": self.url(), "http_method": "POST", "oidc_token": self.token(),
                },
            });
            terraform.resource("google_cloud_scheduler_job", &schedule.name, job);
        }
        Ok(())
    }

    /// A subscription named after its topic; what fails for good goes to `NAME-dead`.
    fn push(
        &self,
        terraform: &mut Terraform,
        (words, name): (&str, &str),
        (topic, endpoint): (&str, &str),
    ) {
        let dead = put_aside(terraform, words, name);
        let subscription = json!({
            "name": name,
            "topic": of(topic, "id"),
            "ack_deadline_seconds": self.timeout.min(LONGEST_ACK),
            "enable_message_ordering": self.application.ordered_topics.contains(words),
            "expiration_policy": { "ttl": "" },
            "retry_policy": {
                "minimum_backoff": format!("{FIRST_PAUSE}s"),
                "maximum_backoff": format!("{LONGEST_PAUSE}s"),
            },
            "dead_letter_policy": {
                "dead_letter_topic": of(&dead, "id"),
                "max_delivery_attempts": DELIVERIES,
            },
            "push_config": { "push_endpoint": endpoint, "oidc_token": self.token() },
        });
        let made = terraform.resource("google_pubsub_subscription", words, subscription);
        // Pub/Sub takes what it puts aside from the subscription by its own account.
        let taker = json!({
            "subscription": of(&made, "id"),
            "role": "roles/pubsub.subscriber",
            "member": PUBSUB,
        });
        terraform.resource("google_pubsub_subscription_iam_member", words, taker);
    }
}

/// A topic keeps nothing without a subscription, so that it has one that nobody reads.
///
/// <https://cloud.google.com/pubsub/docs/handling-failures>
fn put_aside(terraform: &mut Terraform, words: &str, name: &str) -> String {
    let (words, name) = (format!("{words}-dead"), format!("{name}-dead"));
    let topic = terraform.resource("google_pubsub_topic", &words, json!({ "name": name }));
    let kept = json!({
        "name": name,
        "topic": of(&topic, "id"),
        "message_retention_duration": format!("{TWO_WEEKS}s"),
        "expiration_policy": { "ttl": "" },
    });
    terraform.resource("google_pubsub_subscription", &words, kept);
    publisher(terraform, &words, (&topic, PUBSUB));
    topic
}

/// What a public service has to be told, which Cloud Run does not keep others from sending events to.
///
/// From a private one it takes the signatures of tokens away once it has checked them, so that nobody can again.
/// <https://cloud.google.com/run/docs/troubleshooting#signature-removed>
fn senders(application: &Application) -> Option<String> {
    let is_woken = waits_for_events(application);
    let may_be_public = is_woken && !application.routes.is_empty();
    may_be_public.then(|| {
        let changes = if application.change_triggers.is_empty() {
            ""
        } else {
            "; for which audience Eventarc has its tokens is in no document that has been read: look at one first"
        };
        format!(
            "where the service is public (`invoker` is allUsers) its path alone keeps others from sending events: set \
             ISOBAR_EVENTS_AUDIENCE to `terraform output events_audience` and ISOBAR_EVENTS_SENDER to `terraform output \
             events_sender` in service.yaml, and build with the feature \"oidc\" of isobar-connect{changes}; not where it is \
             private, since Cloud Run checks senders there, and takes the signatures of their tokens away"
        )
    })
}

/// What is to be known of senders, and of what Google Cloud does not put aside.
pub(super) fn notes(application: &Application) -> Vec<String> {
    let changes = application.change_triggers.iter().map(|name| {
        format!(
            "a change of {name:?} that fails comes again for a day, and is put aside by nobody: a trigger of Eventarc has \
             no topic for dead letters"
        )
    });
    let schedules = application.schedules.iter().map(|schedule| {
        let name = &schedule.name;
        format!(
            "a tick of {name:?} that fails {DELIVERIES} times is put aside by nobody: Cloud Scheduler has no dead letters"
        )
    });
    let senders = senders(application).into_iter();
    senders.chain(changes).chain(schedules).collect()
}
