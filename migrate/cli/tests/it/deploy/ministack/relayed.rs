//! What keeps an order, deployed: a program that sends to itself, and a stack of queues, topics and rates.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::super::application;
use super::{Stack, call, export};
use crate::deploy::{limits, order};
use crate::migration::stderr;

/// How long a message that failed may take to come again.
const PATIENCE: Duration = Duration::from_mins(1);

/// The example that sends itself messages, which the same build made.
fn relay() -> PathBuf {
    let built = Path::new(env!("CARGO_BIN_EXE_isobar")).parent().unwrap();
    let program = built.join("examples/relay");
    assert!(
        program.is_file(),
        "not run: cargo build --workspace --all-targets makes {}",
        program.display()
    );
    program
}

/// What a group has been given, once that is so many deliveries.
fn seen(base: &str, group: &str, count: usize) -> Vec<(String, u32)> {
    let give_up = Instant::now() + PATIENCE;
    loop {
        let (status, seen) = call(base, "GET", &format!("/seen/{group}"), None);
        assert!(Instant::now() < give_up, "{status}: only {seen} came");
        // It has one request at a time, and may be with messages.
        if status != 429 {
            assert_eq!(status, 200, "{seen}");
            let seen = seen.as_array().unwrap().iter();
            let seen = seen.map(|one| {
                let body = one["body"].as_str().unwrap().to_owned();
                (body, one["attempt"].as_u64().unwrap().try_into().unwrap())
            });
            let seen: Vec<_> = seen.collect();
            if seen.len() >= count {
                return seen;
            }
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[tokio::test]
async fn what_a_deployed_program_sends_to_itself_comes_once_in_order_and_what_failed_again() {
    let directory = tempfile::tempdir().unwrap();
    let output = export("aws", &relay(), directory.path());
    assert!(output.status.success(), "{}", stderr(&output));
    let stack = Stack::deploy(&directory, &relay(), &[]).await;
    // The exported time is three minutes, for which no test waits. MiniStack asks for an action of its own for batches,
    // which AWS lets everybody send who may publish, and forgets of a template of which kind a topic is.
    let found = stack.ask(
        "
iam = client('iam')
(role,) = iam.list_roles()['Roles']
policy = iam.get_role_policy(RoleName=role['RoleName'], PolicyName='declared')['PolicyDocument']
for statement in policy['Statement']:
    if statement['Action'] == ['sns:Publish']:
        statement['Action'].append('sns:PublishBatch')
iam.put_role_policy(RoleName=role['RoleName'], PolicyName='declared', PolicyDocument=json.dumps(policy))
sns = client('sns')
(topic,) = sns.list_topics()['Topics']
sns.set_topic_attributes(TopicArn=topic['TopicArn'], AttributeName='FifoTopic', AttributeValue='true')
sqs = client('sqs')
url = sqs.get_queue_url(QueueName='demo-orders.fifo')['QueueUrl']
sqs.set_queue_attributes(QueueUrl=url, Attributes={'VisibilityTimeout': '2'})
dead = sqs.get_queue_url(QueueName='demo-orders-dead.fifo')['QueueUrl']
print(json.dumps([sqs.get_queue_attributes(QueueUrl=one, AttributeNames=['FifoQueue'])['Attributes']['FifoQueue'] for one in (url, dead)]))",
    );
    assert_eq!(found, json!(["true", "true"]));
    let api = stack.api();
    let order =
        |body: &str, group: &str, id: &str| json!({ "body": body, "group": group, "id": id });
    let orders = json!([
        order("red 1", "red", "1"),
        order("fail once", "red", "2"),
        order("red 3", "red", "3"),
        order("blue 1", "blue", "4"),
        order("red 1", "red", "1"),
    ]);
    for _ in 0..2 {
        let (status, answer) = call(&api, "POST", "/orders", Some(&orders));
        assert_eq!(status, 200, "{answer}");
    }
    let red = seen(&api, "red", 4);
    let order: Vec<&str> = red.iter().map(|(body, _)| body.as_str()).collect();
    assert_eq!(order, ["red 1", "fail once", "fail once", "red 3"]);
    let failed = red.iter().filter(|(body, _)| body == "fail once");
    let attempts: Vec<u32> = failed.map(|(_, attempt)| *attempt).collect();
    assert!(attempts[0] >= 1 && attempts[1] >= 2, "{attempts:?}");
    let blue = seen(&api, "blue", 1);
    assert!(blue.iter().all(|(body, _)| body == "blue 1"), "{blue:?}");
}

#[tokio::test]
async fn a_stack_has_queues_and_topics_of_the_kinds_that_are_declared_and_the_rates_of_routes() {
    let directory = tempfile::tempdir().unwrap();
    let mut description: Value = serde_json::from_str(order::ORDERED).unwrap();
    description["routes"] = limits::routes();
    let program = application(directory.path(), &description.to_string());
    let output = export("aws", &program, directory.path());
    assert!(output.status.success(), "{}", stderr(&output));
    let stack = Stack::deploy(&directory, Path::new("/bin/cat"), &[]).await;
    let found = stack.ask(
        "
sqs, gateway = client('sqs'), client('apigatewayv2')
def told(url):
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=['All'])['Attributes']
    dead = json.loads(told.get('RedrivePolicy', '{}')).get('deadLetterTargetArn', '').split(':')[-1]
    return [url.split('/')[-1], told.get('FifoQueue', 'false'), dead]
(api,) = gateway.get_apis()['Items']
(stage,) = gateway.get_stages(ApiId=api['ApiId'])['Items']
print(json.dumps({
    'queues': sorted(told(url) for url in sqs.list_queues()['QueueUrls']),
    'topics': sorted(topic['TopicArn'].split(':')[-1] for topic in client('sns').list_topics()['Topics']),
    'routes': sorted(route['RouteKey'] for route in gateway.get_routes(ApiId=api['ApiId'])['Items']),
    'rates': sorted(stage['RouteSettings']),
}))",
    );
    let expected = json!({
        "queues": [
            ["demo-orders-dead.fifo", "true", ""], ["demo-orders.fifo", "true", "demo-orders-dead.fifo"],
            ["demo-payments-dead.fifo", "true", ""], ["demo-payments.fifo", "true", "demo-payments-dead.fifo"],
            ["demo-views", "false", "demo-views-dead"], ["demo-views-dead", "false", ""],
        ],
        "topics": ["demo-mails.fifo", "demo-payments.fifo"],
        "routes": ["$default", "ANY /sign-in", "GET /files/{path+}", "HEAD /files/{path+}"],
        // Their numbers are in the case of CloudFormation there, which no client reads.
        "rates": ["ANY /sign-in", "GET /files/{path+}", "HEAD /files/{path+}"],
    });
    assert_eq!(found, expected);
}
