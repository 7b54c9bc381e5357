//! What wakes the function, as events of the framework.

use serde_json::{Map, Value, json};

use super::Template;

/// How many changes Lambda hands over at once where nothing is said, which the framework says for it.
const CHANGES_AT_ONCE: u32 = 100;

/// The resources of a template, of which some are the framework's affair.
#[derive(Default)]
pub(super) struct Woken {
    /// The events of the function.
    pub(super) events: Vec<Value>,
    /// The buckets that have events, by what the events call them.
    pub(super) buckets: Map<String, Value>,
    /// What the function is told beside its events.
    pub(super) function: Map<String, Value>,
    /// What the framework does not know.
    pub(super) resources: Map<String, Value>,
}

/// Takes the resources out of a template.
pub(super) fn take(template: &mut Template<'_>) -> Woken {
    let mut woken = Woken::default();
    for (id, resource) in std::mem::take(&mut template.resources) {
        let properties = &resource["Properties"];
        match resource["Type"].as_str().unwrap_or_default() {
            "AWS::Lambda::EventSourceMapping" => woken.events.push(mapping(properties)),
            "AWS::Events::Rule" => woken.events.push(schedule(properties)),
            "AWS::Lambda::EventInvokeConfig" => woken.function.extend(retries(properties)),
            // It is there with each event.
            "AWS::Lambda::Permission" => {}
            "AWS::S3::Bucket" if !properties["NotificationConfiguration"].is_null() => {
                woken.bucket(&id, resource);
            }
            _ => {
                woken.resources.insert(id, resource);
            }
        }
    }
    woken
}

impl Woken {
    /// The framework makes a bucket with events, and lays over it what stands among the resources by the same id.
    fn bucket(&mut self, id: &str, mut bucket: Value) {
        let key = id.strip_prefix("Bucket").unwrap_or(id);
        let told = bucket["Properties"]["NotificationConfiguration"]["LambdaConfigurations"].take();
        for told in told.as_array().into_iter().flatten() {
            let event = json!({ "bucket": key, "event": told["Event"] });
            self.events.push(json!({ "s3": event }));
        }
        if let Some(bucket) = bucket.as_object_mut() {
            bucket.shift_remove("DependsOn");
        }
        if let Some(properties) = bucket["Properties"].as_object_mut() {
            properties.shift_remove("NotificationConfiguration");
        }
        let name = json!({ "name": bucket["Properties"]["BucketName"] });
        self.buckets.insert(key.to_owned(), name);
        self.resources.insert(format!("S3Bucket{key}"), bucket);
    }
}

/// The stream of a table, or a queue.
fn mapping(properties: &Value) -> Value {
    let source = &properties["EventSourceArn"];
    let partly = &properties["FunctionResponseTypes"][0];
    if source["Fn::GetAtt"][1] != "StreamArn" {
        return json!({ "sqs": { "arn": source, "functionResponseType": partly } });
    }
    let dead = &properties["DestinationConfig"]["OnFailure"]["Destination"];
    json!({ "stream": {
        "type": "dynamodb",
        "arn": source,
        "startingPosition": properties["StartingPosition"],
        "batchSize": CHANGES_AT_ONCE,
        "functionResponseType": partly,
        "bisectBatchOnFunctionError": properties["BisectBatchOnFunctionError"],
        "maximumRetryAttempts": properties["MaximumRetryAttempts"],
        "destinations": { "onFailure": { "type": "sqs", "arn": dead } },
    } })
}

fn schedule(properties: &Value) -> Value {
    json!({ "schedule": {
        "name": properties["Name"],
        "description": properties["Description"],
        "rate": [properties["ScheduleExpression"]],
    } })
}

/// What becomes of events that fail which nobody waits for.
fn retries(properties: &Value) -> Map<String, Value> {
    let dead = &properties["DestinationConfig"]["OnFailure"]["Destination"];
    let destinations = json!({ "onFailure": { "type": "sqs", "arn": dead } });
    Map::from_iter([
        (
            "maximumRetryAttempts".to_owned(),
            properties["MaximumRetryAttempts"].clone(),
        ),
        ("destinations".to_owned(), destinations),
    ])
}
