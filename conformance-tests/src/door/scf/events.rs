//! The events of a timer trigger, of COS and of topics of CMQ, as the documents and a recorded event have them.
//!
//! <https://www.tencentcloud.com/document/product/583/31439>

use serde_json::{Value, json};

use crate::door::{WireChange, WireMessage};
use crate::probe::{FILES, TOPIC};

/// When everything happens.
const AT: &str = "2026-11-30T03:00:00Z";

pub(super) fn tick(schedule: &str) -> Value {
    json!({
        "Type": "Timer",
        "TriggerName": format!("staging-{schedule}"),
        "Time": AT,
        "Message": schedule,
    })
}

pub(super) fn message(message: &WireMessage, id: &str) -> Value {
    json!({ "Records": [{ "CMQ": {
        "type": "topic",
        "topicOwner": 12_014_223,
        "topicName": format!("staging-{}", TOPIC.name()),
        "subscriptionName": "probe",
        "publishTime": AT,
        "msgId": id,
        "requestId": "123345346",
        "msgBody": message.body,
        "msgTag": [],
    } }] })
}

pub(super) fn change(change: &WireChange, id: &str) -> Value {
    let bucket = FILES.name();
    let mut object = json!({
        "key": format!("/1309725374/{bucket}/{}", change.key),
        "meta": { "x-cos-request-id": id, "Content-Type": "application/octet-stream" },
        "url": format!("http://{bucket}-1309725374.cos.ap-shanghai.myqcloud.com/"),
        "vid": "",
    });
    if let Some(content) = &change.content {
        object["size"] = content.len().into();
        object["meta"]["ETag"] = format!("\"{:032x}\"", crc32c::crc32c(content)).into();
    }
    let name = match (&change.content, change.in_parts) {
        (None, _) => "cos:ObjectRemove:Delete",
        (Some(_), true) => "cos:ObjectCreated:CompleteMultipartUpload",
        (Some(_), false) => "cos:ObjectCreated:Put",
    };
    json!({ "Records": [{
        "cos": {
            "cosBucket": {
                "appid": "1309725374",
                "cosRegion": "ap-shanghai",
                "name": bucket,
                "region": "sh",
                "s3Region": "ap-shanghai",
            },
            "cosNotificationId": "unkown",
            "cosObject": object,
            "cosSchemaVersion": "1.0",
        },
        "event": {
            "eventName": name,
            "eventQueue": "qcs:0:scf:ap-shanghai:appid/1309725374:default.probe.$DEFAULT",
            "eventSource": "qcs::cos",
            "eventTime": 1_795_224_480,
            "eventVersion": "1.0",
            "reqid": 0,
            "requestParameters": {
                "requestHeaders": { "Authorization": "Example" },
                "requestSourceIP": "192.0.2.7",
            },
            "reservedInfo": "",
        },
    }] })
}
