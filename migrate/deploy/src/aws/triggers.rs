//! Queues, topics and schedules that wake the function.

use serde_json::{Value, json};

use super::function::DOOR;
use super::template::{FAILED_EVENTS, FUNCTION, Template, arn, attribute, prefixed, reference};
use crate::cron::Cron;
use crate::delivery::{DELIVERIES, TWO_WEEKS};
use crate::error::Result;

/// A topic as its queue and its topic of SNS have it.
#[derive(Clone, Copy)]
struct Declared<'a> {
    name: &'a str,
    order: Order,
}

/// Whether the messages of a group come in their order.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Any,
    Kept,
}

impl Declared<'_> {
    /// What a queue or topic of it is called, which AWS tells the kind by.
    fn called(self, suffix: &str) -> String {
        let fifo = match self.order {
            Order::Any => "",
            Order::Kept => ".fifo",
        };
        format!("{}{suffix}{fifo}", self.name)
    }

    /// Properties with the one that says the kind.
    fn with_kind(self, mut properties: Value, kind: &str) -> Value {
        if self.order == Order::Kept {
            properties[kind] = true.into();
        }
        properties
    }
}

/// A topic of SNS for what the application sends, a queue of SQS for what wakes it: first in, first out
/// where groups must come in their order, and everywhere the application sends to if they must anywhere.
pub(super) fn topics(template: &mut Template<'_>) {
    let application = template.application;
    for name in application.all_topics() {
        let is_sent = application.topics.contains(name);
        let kept =
            application.ordered_topics.contains(name) || (is_sent && application.sends_in_order());
        let order = if kept { Order::Kept } else { Order::Any };
        let declared = Declared { name, order };
        let topic = is_sent.then(|| topic(template, declared));
        if application.subscriptions.contains(name) {
            let queue = queue(template, declared);
            wake_by_queue(template, declared, &queue);
            if let Some(topic) = topic {
                subscribe(template, name, (&topic, &queue));
            }
        }
    }
}

fn topic(template: &mut Template<'_>, declared: Declared<'_>) -> String {
    let id = template.id("Topic", declared.name);
    let called = declared.called("");
    let properties = declared.with_kind(json!({ "TopicName": prefixed(&called) }), "FifoTopic");
    template.resource(&id, "AWS::SNS::Topic", properties);
    template.allow(&["sns:Publish"], vec![arn("sns", &called)]);
    id
}

/// The queue and the one of what failed for good, `NAME-dead`, which is of the same kind.
fn queue(template: &mut Template<'_>, declared: Declared<'_>) -> String {
    let dead = template.id("DeadQueue", declared.name);
    let put_aside = json!({
        "QueueName": prefixed(&declared.called("-dead")),
        "MessageRetentionPeriod": TWO_WEEKS,
    });
    let put_aside = declared.with_kind(put_aside, "FifoQueue");
    template.kept(&dead, "AWS::SQS::Queue", put_aside);
    let id = template.id("Queue", declared.name);
    let properties = json!({
        "QueueName": prefixed(&declared.called("")),
        // Lambda asks for at least the function's time, and advises six times as much.
        "VisibilityTimeout": DOOR.seconds(template.application) * 6,
        "RedrivePolicy": {
            "deadLetterTargetArn": attribute(&dead, "Arn"),
            "maxReceiveCount": DELIVERIES,
        },
    });
    let properties = declared.with_kind(properties, "FifoQueue");
    template.kept(&id, "AWS::SQS::Queue", properties);
    id
}

/// Of a batch only what failed comes again, and what follows it in its group.
fn wake_by_queue(template: &mut Template<'_>, declared: Declared<'_>, queue: &str) {
    let id = template.id("WokenBy", declared.name);
    let mapping = json!({
        "FunctionName": reference(FUNCTION),
        "EventSourceArn": attribute(queue, "Arn"),
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
    });
    template.resource(id, "AWS::Lambda::EventSourceMapping", mapping);
    template.allow(
        &[
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ReceiveMessage",
        ],
        vec![arn("sqs", &declared.called(""))],
    );
}

/// What is sent to the topic is delivered to the queue as it was sent.
///
/// SNS discards a message with more than ten attributes then, which `Topic::publish` does not send.
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html>
fn subscribe(template: &mut Template<'_>, name: &str, (topic, queue): (&str, &str)) {
    let id = template.id("Subscription", name);
    let subscription = json!({
        "TopicArn": reference(topic),
        "Protocol": "sqs",
        "Endpoint": attribute(queue, "Arn"),
        "RawMessageDelivery": true,
    });
    template.resource(id, "AWS::SNS::Subscription", subscription);
    let id = template.id("QueuePolicy", name);
    let policy = json!({
        "Queues": [reference(queue)],
        "PolicyDocument": { "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": "sns.amazonaws.com" },
            "Action": "sqs:SendMessage",
            "Resource": attribute(queue, "Arn"),
            "Condition": { "ArnEquals": { "aws:SourceArn": reference(topic) } },
        }] },
    });
    template.resource(id, "AWS::SQS::QueuePolicy", policy);
}

/// A rule of EventBridge for each schedule; its name ends with that of the schedule.
pub(super) fn schedules(template: &mut Template<'_>) -> Result<()> {
    let application = template.application;
    for schedule in &application.schedules {
        let expression = Cron::parse(schedule)?.eventbridge()?;
        let rule = template.id("Schedule", &schedule.name);
        let name = format!("{}-{}", application.name, schedule.name);
        let properties = json!({
            "Name": prefixed(&name),
            "Description": format!("{} in UTC", schedule.cron),
            "ScheduleExpression": expression,
            "Targets": [{ "Id": "function", "Arn": attribute(FUNCTION, "Arn") }],
        });
        template.resource(&rule, "AWS::Events::Rule", properties);
        let id = template.id("ScheduledBy", &schedule.name);
        let permission = json!({
            "FunctionName": attribute(FUNCTION, "Arn"),
            "Action": "lambda:InvokeFunction",
            "Principal": "events.amazonaws.com",
            "SourceArn": attribute(&rule, "Arn"),
        });
        template.resource(id, "AWS::Lambda::Permission", permission);
    }
    Ok(())
}

/// Changes come from the stream of a table, of which what failed and what follows it come again: five
/// times at most, after which Lambda tells the queue where in the stream it was. A batch that fails
/// is halved, so that what is given up in the end is one change.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html>
pub(super) fn changes(template: &mut Template<'_>, name: &str, table: &str) {
    let id = template.id("WokenByChangesOf", name);
    let mapping = json!({
        "FunctionName": reference(FUNCTION),
        "EventSourceArn": attribute(table, "StreamArn"),
        "StartingPosition": "TRIM_HORIZON",
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "BisectBatchOnFunctionError": true,
        "MaximumRetryAttempts": DELIVERIES - 1,
        "DestinationConfig": { "OnFailure": { "Destination": attribute(FAILED_EVENTS, "Arn") } },
    });
    template.resource(id, "AWS::Lambda::EventSourceMapping", mapping);
}

/// Where events go that failed as often as Lambda tries them.
pub(super) fn failures(template: &mut Template<'_>) {
    let application = template.application;
    let asynchronous = !(application.schedules.is_empty() && application.blob_triggers.is_empty());
    if !asynchronous && application.change_triggers.is_empty() {
        return;
    }
    let name = format!("{}-dead", application.name);
    let properties = json!({
        "QueueName": prefixed(&name),
        "MessageRetentionPeriod": TWO_WEEKS,
    });
    template.kept(FAILED_EVENTS, "AWS::SQS::Queue", properties);
    template.allow(&["sqs:SendMessage"], vec![arn("sqs", &name)]);
    template.output(
        "FailedEventsUrl",
        "The queue of events that failed for good",
        reference(FAILED_EVENTS),
    );
    if !asynchronous {
        return;
    }
    let retries = json!({
        "FunctionName": reference(FUNCTION),
        "Qualifier": "$LATEST",
        "MaximumRetryAttempts": 2,
        "DestinationConfig": { "OnFailure": { "Destination": attribute(FAILED_EVENTS, "Arn") } },
    });
    template.resource("Retries", "AWS::Lambda::EventInvokeConfig", retries);
}
