//! Names of Google Cloud: what its resources may be called, and who has to be called otherwise.

use crate::application::Application;
use crate::environment::{named, table};
use crate::error::Result;
use crate::names::{Rule, dns_label, is_lower, is_of};

/// <https://cloud.google.com/storage/docs/buckets#naming>
const BUCKET: Rule = Rule {
    kind: "bucket of Cloud Storage",
    takes: |name| {
        is_lower(name, (3, 63), "-_.") && !name.starts_with("goog") && !name.contains("google")
    },
    words: "3 to 63 lower-case letters, digits, `-`, `_` and `.`, a letter or digit first and last, and no \"google\"",
};
/// <https://cloud.google.com/pubsub/docs/pubsub-basics#resource_names>
const TOPIC: Rule = Rule {
    kind: "topic of Pub/Sub",
    takes: |name| is_of(name, (3, 255), "-_.~+%") && !name.starts_with("goog"),
    words: "3 to 255 letters, digits, `-`, `_`, `.`, `~`, `+` and `%`, and no \"goog\" first",
};
/// <https://cloud.google.com/firestore/quotas#collections_documents_and_fields>
const COLLECTION: Rule = Rule {
    kind: "collection of Firestore",
    takes: |name| {
        let is_kept = name.len() > 3 && name.starts_with("__") && name.ends_with("__");
        (1..=1_500).contains(&name.len())
            && !name.contains('/')
            && ![".", ".."].contains(&name)
            && !is_kept
    },
    words: "1 to 1500 bytes without `/`",
};
/// <https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets/create>
const SECRET: Rule = Rule {
    kind: "secret of Secret Manager",
    takes: |name| is_of(name, (1, 255), "-_"),
    words: "1 to 255 letters, digits, `-` and `_`",
};
/// <https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs>
const JOB: Rule = Rule {
    kind: "job of Cloud Scheduler",
    takes: |name| is_of(name, (1, 500), "-_"),
    words: "at most 500 letters, digits, `-` and `_`",
};
/// <https://cloud.google.com/eventarc/docs/reference/rest/v1/projects.locations.triggers/create>
const TRIGGER: Rule = Rule {
    kind: "trigger of Eventarc",
    takes: |name| is_lower(name, (1, 63), "-"),
    words: "at most 63 lower-case letters, digits and `-`, the name of the application among them",
};

/// Refuses what could not be made, by the name that the application gives it.
pub(super) fn check(application: &Application) -> Result<()> {
    for bucket in &application.buckets {
        BUCKET.check(("bucket", bucket), &named(application, bucket))?;
    }
    for topic in application.all_topics() {
        let name = named(application, topic);
        TOPIC.check(("topic", topic), &name)?;
        if application.subscriptions.contains(topic) {
            TOPIC.check(("topic", topic), &format!("{name}-dead"))?;
        }
    }
    for collection in &application.collections {
        let name = table(application, &collection.name);
        COLLECTION.check(("collection", &collection.name), &name)?;
    }
    for name in &application.change_triggers {
        let trigger = dns_label(&format!("{}-{name}", application.name));
        TRIGGER.check(("collection", name), &trigger)?;
    }
    for secret in &application.secrets {
        SECRET.check(("secret", &secret.name), &dns_label(&secret.name))?;
    }
    for schedule in &application.schedules {
        let job = format!("{}-{}", application.name, schedule.name);
        JOB.check(("schedule", &schedule.name), &job)?;
    }
    Ok(())
}
