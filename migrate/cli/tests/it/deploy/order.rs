//! Topics whose groups keep their order: queues and topics of the kind that does, or what a person is told.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{application, export, parsed, validate};
use crate::migration::stderr;

/// Sends to two topics and is woken by two, of which one of each keeps its order.
pub(super) const ORDERED: &str = r#"{
  "name": "shop", "collections": [], "buckets": [], "settings": [], "secrets": [], "routes": [], "schedules": [],
  "topics": ["payments", "mails"], "subscriptions": ["payments", "orders", "views"],
  "orderedTopics": ["orders", "payments"]
}"#;

/// What is exported of such an application, and what it was told.
fn shop(target: &str) -> (TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    let program = application(directory.path(), ORDERED);
    let output = export(target, &program, directory.path());
    assert!(output.status.success(), "{target}: {}", stderr(&output));
    let told = stderr(&output);
    (directory, told)
}

/// The resources of a kind by the names that they are given, without the prefix.
fn named(template: &Value, kind: &str, name: &str) -> Vec<(String, Value)> {
    let resources = template["Resources"].as_object().unwrap().values();
    let of_kind = resources.filter(|resource| resource["Type"] == kind);
    let mut named: Vec<_> = of_kind
        .map(|resource| {
            let properties = resource["Properties"].clone();
            let called = properties[name]["Fn::Sub"].as_str().unwrap();
            (called.replace("${Prefix}", ""), properties)
        })
        .collect();
    named.sort_by(|(one, _), (other, _)| one.cmp(other));
    named
}

fn names(found: &[(String, Value)]) -> Vec<&str> {
    found.iter().map(|(name, _)| name.as_str()).collect()
}

#[test]
fn queues_and_topics_whose_order_is_declared_are_first_in_first_out_on_aws() {
    let (directory, told) = shop("aws");
    let file = directory.path().join("template.yaml");
    validate("cfnlint.runner", &[], &file);
    let template = parsed(&file);
    let topics = named(&template, "AWS::SNS::Topic", "TopicName");
    assert_eq!(names(&topics), ["mails.fifo", "payments.fifo"]);
    assert!(topics.iter().all(|(_, topic)| topic["FifoTopic"] == true));
    assert!(told.contains("\"mails\" is first in"), "{told}");
    let queues = named(&template, "AWS::SQS::Queue", "QueueName");
    let expected = [
        "orders-dead.fifo",
        "orders.fifo",
        "payments-dead.fifo",
        "payments.fifo",
        "views",
        "views-dead",
    ];
    assert_eq!(names(&queues), expected);
    for (name, queue) in &queues {
        let fifo = name
            .strip_suffix(".fifo")
            .map_or(Value::Null, |_| json!(true));
        assert_eq!(queue["FifoQueue"], fifo, "{name}");
    }
    let variables = &template["Resources"]["Function"]["Properties"]["Environment"]["Variables"];
    let topics = variables["ISOBAR_TOPICS"]["Fn::Sub"].as_str().unwrap();
    assert!(topics.ends_with("?kind=fifo"), "{topics}");
    permissions_name(
        &template,
        &["payments.fifo", "mails.fifo", "orders.fifo", "views"],
    );
}

/// Every permission about queues and topics is for one of these, and each of these has one.
fn permissions_name(template: &Value, expected: &[&str]) {
    let role = &template["Resources"]["Role"]["Properties"]["Policies"][0]["PolicyDocument"];
    let statements = role["Statement"].as_array().unwrap().iter();
    let resources = statements.flat_map(|statement| statement["Resource"].as_array().unwrap());
    let arns = resources.filter_map(|resource| resource["Fn::Sub"].as_str());
    let arns = arns.filter(|arn| arn.contains(":sqs:") || arn.contains(":sns:"));
    let mut named: Vec<_> = arns
        .map(|arn| arn.rsplit("${Prefix}").next().unwrap())
        .collect();
    named.sort_unstable();
    named.dedup();
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(named, expected);
}

#[test]
fn elsewhere_whoever_deploys_is_told_what_keeps_the_order_or_it_is_refused() {
    for (target, how) in [
        ("gcp", "has enable_message_ordering"),
        ("knative", "that of Kafka"),
        ("openfaas", "has to keep it"),
        ("alibaba", "ISOBAR_TOPICS has to name a store"),
        ("tencent", "ISOBAR_TOPICS has to name a store"),
    ] {
        let (_directory, told) = shop(target);
        for topic in ["payments", "orders"] {
            let note = format!("the topic {topic:?} keeps the order of its groups");
            assert!(told.contains(&note), "{target}: {told}");
        }
        assert!(told.contains(how), "{target}: {told}");
        assert!(!told.contains("\"views\" keeps"), "{target}: {told}");
    }
    let directory = tempfile::tempdir().unwrap();
    let program = application(directory.path(), ORDERED);
    let output = export("azure", &program, directory.path());
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("\"orders\""),
        "{}",
        stderr(&output)
    );
    assert!(!directory.path().join("host.json").exists());
}
