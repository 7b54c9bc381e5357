//! Names of Alibaba Cloud: what its resources may be called, and who has to be called otherwise.

use super::{REQUESTS, of_blobs, of_messages};
use crate::application::Application;
use crate::environment::named;
use crate::error::Result;
use crate::names::{Called, Rule, is_lower, is_of};

/// <https://www.alibabacloud.com/help/en/oss/user-guide/bucket-naming-conventions>
const BUCKET: Rule = Rule {
    kind: "bucket of OSS",
    takes: |name| is_lower(name, (3, 63), "-"),
    words: "3 to 63 lower-case letters, digits and `-`, a letter or digit first and last",
};
/// <https://www.alibabacloud.com/help/en/mns/developer-reference/queue-queue>
const QUEUE: Rule = Rule {
    kind: "queue of SMQ",
    takes: |name| is_of(name, (1, 120), "-"),
    words: "at most 120 letters, digits and `-`",
};
/// <https://www.alibabacloud.com/help/en/functioncompute/fc/developer-reference/api-fc-2023-03-30-struct-createtriggerinput>
const TRIGGER: Rule = Rule {
    kind: "trigger of Function Compute",
    takes: |name| {
        is_of(name, (1, 128), "-_") && !name.starts_with(|c: char| c.is_ascii_digit() || c == '-')
    },
    words: "1 to 128 letters, digits, `-` and `_`, no digit and no `-` first",
};

/// Refuses what could not be made, by the name that the application gives it.
pub(super) fn check(application: &Application) -> Result<()> {
    let mut called = Called::default();
    let mut triggers = vec![];
    if !application.routes.is_empty() {
        called.add(TRIGGER.kind, REQUESTS);
    }
    for bucket in &application.buckets {
        BUCKET.check(("bucket", bucket), &named(application, bucket))?;
    }
    for topic in &application.subscriptions {
        QUEUE.check(("topic", topic), &named(application, topic))?;
        triggers.push(("topic", topic, of_messages(topic)));
    }
    for bucket in &application.blob_triggers {
        triggers.push(("bucket", bucket, of_blobs(bucket)));
    }
    for schedule in &application.schedules {
        triggers.push(("schedule", &schedule.name, schedule.name.clone()));
    }
    for (what, declared, name) in triggers {
        TRIGGER.check((what, declared), &name)?;
        called.add(TRIGGER.kind, name);
    }
    called.check()
}
