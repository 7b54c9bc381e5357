//! What the triggers of Function Compute send, as its documents and its samples have it.
//!
//! <https://www.alibabacloud.com/help/en/functioncompute/fc/user-guide/time-triggers>,
//! <https://www.alibabacloud.com/help/en/functioncompute/fc/user-guide/overview-of-oss-event-triggers>,
//! <https://www.alibabacloud.com/help/en/functioncompute/fc/mns-queue-triggers>

use serde_json::{Value, json};
use uuid::Uuid;

use super::{AT, Events, Tried, below, in_xml};
use crate::door::damage::NO_BASE64;
use crate::door::{WireChange, WireMessage, WireRequest, WireResponse};
use crate::probe::{FILES, TOPIC};
use crate::{Failure, expect};

/// Calls of `/invoke` by a timer, an OSS trigger and EventBridge; an answer says in `x-fc-status` whether the event is done,
/// and without that field it is.
pub(in crate::door) static ALIBABA: Events = Events {
    counts: false,
    // <https://www.alibabacloud.com/help/en/mns/product-overview/limits>
    most: 64 * 1_024,
    path: below,
    message: |topic, message, tried| {
        // A stream, of which each message is its own list.
        invoked(&json!([queued(topic, message, tried)]))
    },
    change: stored_or_deleted,
    replaced: None,
    write: None,
    tick: |schedule, _| {
        invoked(&json!({
            "triggerTime": AT,
            "triggerName": format!("staging-{schedule}"),
            "payload": schedule,
        }))
    },
    no_base64: |tried| {
        let mut event = queued(TOPIC.name(), &WireMessage::default(), tried);
        if let Some(members) = event.as_object_mut() {
            members.remove("data");
        }
        event["data_base64"] = NO_BASE64.into();
        invoked(&event)
    },
    // Beside the triggers, whose content type says nothing.
    mistyped: in_xml,
    is_done: |response| response.joined("x-fc-status") != "404",
    done: |response: &WireResponse| -> Result<(), Failure> {
        expect::equal(
            "x-fc-status",
            &response.joined("x-fc-status").as_str(),
            &"200",
        )?;
        expect::equal("the status", &response.status, &200)
    },
};

fn queued(topic: &str, message: &WireMessage, tried: Tried<'_>) -> Value {
    json!({
        "id": format!("event-of-{}", tried.id),
        "source": "MNS-probe-jobs",
        "specversion": "1.0",
        "type": "mns:Queue:SendMessage",
        "datacontenttype": "application/json; charset=utf-8",
        "subject": format!("acs:mns:cn-hangzhou:164901546557000:queues/staging-{topic}"),
        "time": AT,
        "aliyunpublishtime": AT,
        "aliyuneventbusname": "MNS-probe-jobs",
        "data": {
            "requestId": "606EA3074344430D4C810001",
            "messageId": tried.id,
            "messageBody": message.body,
        },
    })
}

fn stored_or_deleted(change: &WireChange, tried: Tried<'_>) -> WireRequest {
    let bucket = FILES.name();
    let mut object = json!({ "key": change.key, "deltaSize": 0 });
    if let Some(content) = &change.content {
        object["size"] = content.len().into();
        object["eTag"] = format!("{:032X}", crc32c::crc32c(content)).into();
    }
    let name = match (&change.content, change.in_parts) {
        (None, _) => "ObjectRemoved:DeleteObject",
        (Some(_), true) => "ObjectCreated:CompleteMultipartUpload",
        (Some(_), false) => "ObjectCreated:PutObject",
    };
    invoked(&json!({ "events": [{
        "eventName": name,
        "eventSource": "acs:oss",
        "eventTime": AT,
        "eventVersion": "1.0",
        "oss": {
            "bucket": {
                "arn": format!("acs:oss:cn-hangzhou:1237050315505689:{bucket}"),
                "name": bucket,
                "ownerIdentity": "1237050315505689",
                "virtualBucket": "",
            },
            "object": object,
            "ossSchemaVersion": "1.0",
            "ruleId": "9adac8e253828f4f7c0466d941fa3db81161e853",
        },
        "region": "cn-hangzhou",
        "requestParameters": { "sourceIPAddress": "192.0.2.7" },
        "responseElements": { "requestId": tried.id },
        "userIdentity": { "principalId": "262561392693583141" },
    }] }))
}

/// The call that brings an event, under another id each time.
fn invoked(event: &Value) -> WireRequest {
    let id = format!("1-{}", Uuid::new_v4().simple());
    WireRequest::new("POST", "/invoke")
        .header("content-type", "application/octet-stream")
        .header("x-fc-control-path", "/invoke")
        .header("x-fc-function-name", "probe")
        .header("x-fc-function-timeout", "30")
        .header("x-fc-request-id", id)
        .body(event.to_string())
}
