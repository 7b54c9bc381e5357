//! Names of Tencent Cloud: what its resources may be called, and who has to be called otherwise.

use crate::application::Application;
use crate::environment::named;
use crate::error::Result;
use crate::names::{Called, Rule, is_lower, is_of};

/// <https://www.tencentcloud.com/document/product/583/18586>
const FUNCTION: Rule = Rule {
    kind: "function of SCF",
    takes: |name| is_of(name, (2, 60), "-_") && !name.ends_with(['-', '_']),
    words: "2 to 60 letters, digits, `-` and `_`, a letter first, a letter or digit last",
};
/// <https://www.tencentcloud.com/document/product/436/13312>
const BUCKET: Rule = Rule {
    kind: "bucket of COS",
    takes: |name| is_lower(name, (1, 60), "-"),
    words: "lower-case letters, digits and `-`, a letter or digit first and last",
};
/// What is left for a bucket of the 60 characters of its address, behind which the account (10 digits), the region (at least as
/// many as `ap-seoul`) and the domain stand.
const SHORT: usize = 23;
/// <https://www.tencentcloud.com/document/product/406/7405>
const TOPIC: Rule = Rule {
    kind: "topic of CMQ",
    takes: |name| is_of(name, (1, 64), "-"),
    words: "at most 64 letters, digits and `-`",
};
/// <https://www.tencentcloud.com/document/product/583/18589>
const TIMER: Rule = Rule {
    kind: "timer of SCF",
    takes: |name| is_of(name, (1, 100), "-_"),
    words: "at most 100 letters, digits, `-` and `_`",
};

/// What the component makes of each that has a name in the file.
const TRIGGER: &str = "trigger of SCF";
/// COS has one trigger for each kind of event.
pub(super) const BLOB_EVENTS: [&str; 2] = ["ObjectCreated", "ObjectRemove"];

/// What the trigger of a bucket is called in the file.
pub(super) fn of_bucket(bucket: &str, what: &str) -> String {
    format!("{bucket}-{what}")
}

/// Refuses what could not be made, by the name that the application gives it.
pub(super) fn check(application: &Application) -> Result<()> {
    let name = &application.name;
    FUNCTION.check(("application", name), name)?;
    for bucket in &application.buckets {
        BUCKET.check(("bucket", bucket), &named(application, bucket))?;
    }
    for topic in &application.subscriptions {
        TOPIC.check(("topic", topic), &named(application, topic))?;
    }
    let mut called = Called::default();
    for bucket in &application.blob_triggers {
        for what in BLOB_EVENTS {
            called.add(TRIGGER, of_bucket(bucket, what));
        }
    }
    for schedule in &application.schedules {
        TIMER.check(("schedule", &schedule.name), &schedule.name)?;
        called.add(TRIGGER, &schedule.name);
    }
    called.check()
}

/// Buckets that have to be called shorter, or be behind a shorter prefix, which the file says.
pub(super) fn notes(application: &Application) -> Vec<String> {
    let buckets = application.buckets.iter();
    let named = buckets.map(|bucket| named(application, bucket));
    let long = named.filter(|name| name.len() > SHORT);
    let told = long.map(|name| {
        format!(
            "the bucket {name:?} has {} characters, of which an address of COS leaves {SHORT} at most, and fewer where the name \
             of the region is long: choose a shorter ISOBAR_PREFIX",
            name.len()
        )
    });
    told.collect()
}
