//! Ways in which events may be brought wrong.

use serde_json::{Value, json};

use super::Sabotage;
use super::door::DoorFault;
use super::doors::knative;
use crate::door::{WireChange, WireMessage, WireRequest, WireResponse, WireWrite};
use crate::probe::{files::FAILS_ONCE, notes};

const NONE: DoorFault = DoorFault::NONE;

const fn messages(
    name: &'static str,
    case: &'static str,
    messages: fn(&mut Vec<WireMessage>),
) -> Sabotage {
    Sabotage::door(name, case, DoorFault { messages, ..NONE })
}

const fn changes(
    name: &'static str,
    case: &'static str,
    changes: fn(&mut Vec<WireChange>),
) -> Sabotage {
    Sabotage::door(name, case, DoorFault { changes, ..NONE })
}

const fn writes(
    name: &'static str,
    case: &'static str,
    writes: fn(&mut Vec<WireWrite>),
) -> Sabotage {
    Sabotage::door(name, case, DoorFault { writes, ..NONE })
}

/// What becomes of the answer to an event that Knative brings.
const fn answers(
    name: &'static str,
    case: &'static str,
    response: fn(&WireRequest, &mut WireResponse),
) -> Sabotage {
    Sabotage::door(name, case, DoorFault { response, ..NONE }).behind(knative)
}

/// Changes each of what the probe lists at this path.
fn listed(request: &WireRequest, path: &str, response: &mut WireResponse, change: fn(&mut Value)) {
    if request.target != path || request.method != "GET" {
        return;
    }
    let listed: Result<Vec<Value>, _> = serde_json::from_slice(&response.body);
    if let Ok(mut listed) = listed {
        listed.iter_mut().for_each(change);
        response.body = Value::from(listed).to_string().into_bytes();
    }
}

/// What Knative hears of an event that is damaged.
const fn refusals(name: &'static str, case: &'static str, heard: fn(String) -> String) -> Sabotage {
    Sabotage::door(name, case, DoorFault { heard, ..NONE }).behind(knative)
}

/// All of them.
pub(super) const ALL: &[Sabotage] = &[
    messages("messages are trimmed", "G-261", |messages| {
        for message in messages {
            message.body = message.body.trim().to_owned();
        }
    }),
    messages("attributes are dropped", "G-416", |messages| {
        for message in messages {
            message.attributes.clear();
        }
    }),
    messages("values of attributes are ASCII", "G-416", |messages| {
        for message in messages {
            for (_, value) in &mut message.attributes {
                value.retain(|letter| letter.is_ascii());
            }
        }
    }),
    messages("long messages are cut", "G-261", |messages| {
        for message in messages {
            message.body.truncate(100_000);
        }
    }),
    messages("the trace of a message is dropped", "G-413", |messages| {
        for message in messages {
            let kept = |(name, _): &(String, String)| name != "traceparent";
            message.attributes.retain(kept);
        }
    }),
    messages(
        "attributes of what is replayed are dropped",
        "G-409",
        |messages| {
            for message in messages {
                message.attributes.clear();
            }
        },
    ),
    messages(
        "what is replayed has no group to overtake",
        "G-412",
        |messages| {
            for message in messages {
                message.group = None;
            }
        },
    ),
    messages("messages are sent twice", "G-264", |messages| {
        messages.extend_from_within(..);
    }),
    messages("a message that failed is given up", "G-264", |messages| {
        for message in messages {
            message.body = message.body.replace("fail once", "fail never");
        }
    }),
    Sabotage::door(
        "the time that a handler asks for is forgotten",
        "G-436",
        DoorFault {
            response: |request, response| {
                listed(request, "/messages", response, |seen| {
                    seen["came"] = 0.into();
                });
            },
            ..NONE
        },
    )
    .because("it came again after 0 ms"),
    answers(
        "no sender is told when to come again",
        "G-437",
        |_, response| {
            response.headers.retain(|(name, _)| name != "retry-after");
        },
    ),
    messages("groups are forgotten", "G-401", |messages| {
        for message in messages {
            message.group = Some("all".to_owned());
        }
    }),
    refusals("Base64 that is none fails like a handler", "G-417", |_| {
        "500: {\"code\":\"event_failed\"}".to_owned()
    }),
    refusals("nobody hears which events nobody reads", "G-418", |_| {
        String::new()
    }),
    answers("the answer to an event is lost", "G-408", |_, response| {
        response
            .headers
            .retain(|(name, _)| !name.starts_with("ce-"));
    }),
    answers(
        "an answer has another id each time",
        "G-408",
        |_, response| {
            for (name, value) in &mut response.headers {
                if name == "ce-id" {
                    *value = fastrand::u64(..).to_string().into_bytes();
                }
            }
        },
    ),
    answers("what is done has content", "G-408", |_, response| {
        if response.status == 200 && response.body.is_empty() {
            response.body = b"done".to_vec();
        }
    }),
    answers(
        "the subject of an event is lost",
        "G-434",
        |request, response| {
            listed(request, "/messages", response, |seen| {
                seen["envelope"]["subject"] = Value::Null;
            });
        },
    ),
    answers(
        "the extensions of an event are lost",
        "G-434",
        |request, response| {
            listed(request, "/messages", response, |seen| {
                seen["envelope"]["extensions"] = json!({});
            });
        },
    ),
    answers(
        "an event is of the type that its trigger waits for",
        "G-434",
        |request, response| {
            listed(request, "/messages", response, |seen| {
                seen["envelope"]["event_type"] = "isobar.topic.messages".into();
            });
        },
    ),
    Sabotage::door(
        "the subject of a blob's event is its bucket",
        "G-435",
        DoorFault {
            response: |request, response| {
                listed(request, "/files", response, |seen| {
                    seen["subject"] = "files".into();
                });
            },
            ..NONE
        },
    ),
    changes("keys of events are decoded twice", "G-262", |changes| {
        for change in changes {
            change.key = change.key.replace("%2F", "/").replace("%41", "A");
        }
    }),
    changes("replacing a blob is no event", "G-262", |changes| {
        let mut seen = Vec::new();
        changes.retain(|change| {
            let again = seen.contains(&change.key) && change.content.is_some();
            seen.push(change.key.clone());
            !again
        });
    }),
    changes("deletes are no events", "G-262", |changes| {
        changes.retain(|change| change.content.is_some());
    }),
    changes("an event that failed is dropped", "G-405", |changes| {
        for change in changes {
            if change.key == FAILS_ONCE {
                "fails no more".clone_into(&mut change.key);
            }
        }
    }),
    writes("deletes of documents are no changes", "G-263", |writes| {
        writes.retain(|write| write.content.is_some());
    }),
    writes("numbers of changes are read as floats", "G-263", |writes| {
        for note in writes.iter_mut().filter_map(|write| write.content.as_mut()) {
            note.count &= !0x3ff;
        }
    }),
    writes("texts of stored documents are cut", "G-411", |writes| {
        for note in writes.iter_mut().filter_map(|write| write.content.as_mut()) {
            note.text.truncate(3);
        }
    }),
    writes(
        "of two changes of a document the last is told",
        "G-263",
        |writes| {
            let all = std::mem::take(writes);
            for write in all {
                writes.retain(|earlier| (&earlier.owner, earlier.id) != (&write.owner, write.id));
                writes.push(write);
            }
        },
    ),
    writes("a change that failed is dropped", "G-406", |writes| {
        for write in writes {
            rename(write);
        }
    }),
    writes(
        "changes of one document overtake each other",
        "G-407",
        |writes| {
            writes.swap(1, 2);
        },
    ),
];

/// Gives a document to an owner of whose changes none fails.
fn rename(write: &mut WireWrite) {
    let fails = write.owner == notes::FAILS_ONCE;
    for owner in write
        .content
        .iter_mut()
        .map(|note| &mut note.owner)
        .chain([&mut write.owner])
    {
        if fails {
            "fails no more".clone_into(owner);
        }
    }
}
