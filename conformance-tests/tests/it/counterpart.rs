//! Google's Functions Framework reads what the suite sends as our server does, but for what is named here.

use std::path::Path;

use isobar::function::{EventData, Message};
use isobar_conformance::Failure;
use isobar_conformance::counterpart::{Counterpart, read_structured, structured};
use isobar_gcp::function::CLOUD_RUN;
use isobar_serve::event::{Arrived, read};
use libtest_mimic::{Failed, Trial};

/// A request of which the framework reads something else: how that begins and ends, and why it is the framework that is
/// wrong, or that does less.
struct Known {
    sent: &'static str,
    theirs: (&'static str, &'static str),
    why: &'static str,
}

/// By the binding to HTTP and the format of JSON:
/// <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md>,
/// <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md>.
const KNOWN: [Known; 6] = [
    Known {
        sent: "a case's text, binary",
        theirs: ("it answers 500", ""),
        why: "data may be of any shape (binding, 3.1); it looks for members in a text",
    },
    Known {
        sent: "a delete of Firestore, binary",
        theirs: ("it answers 500", ""),
        why: "an event need not have data (specification, Event Data); it looks for members in none",
    },
    Known {
        sent: "a case's text, batched",
        theirs: (NOTHING, "None "),
        why: NO_BATCHES,
    },
    Known {
        sent: "a tick, batched",
        theirs: (NOTHING, "None "),
        why: NO_BATCHES,
    },
    Known {
        sent: "a case's bytes, binary",
        theirs: ("\"5\" \"/mine?a=b%2520c\" ", "\\x00\\xff\\r\\n"),
        why: "values of fields are percent-decoded (binding, 3.1.3.2); it leaves them as they came",
    },
    Known {
        sent: "a case's bytes, structured",
        theirs: ("\"6\" \"/mine?a=b%20c\" ", "Z\") "),
        why: "`data_base64` is the data (format, 3.1.1); it takes that for another attribute",
    },
];
const NOTHING: &str = "\"\" \"\" \"\" None None ";
const NO_BATCHES: &str = "a receiver may leave batches out (binding, 1.3); it reads nothing of one";

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("reads_the_same_cloud_events", events),
        trial("makes_events_of_pushed_messages", messages),
        trial("makes_events_of_the_older_forms", older),
    ]
}

fn trial(name: &str, test: fn() -> Result<(), Failed>) -> Trial {
    Trial::test(format!("functions_framework::{name}"), test)
}

fn run<T>(work: impl Future<Output = Result<T, Failed>>) -> Result<T, Failed> {
    tokio::runtime::Runtime::new()?.block_on(work)
}

fn failed(failure: &Failure) -> Failed {
    failure.to_string().into()
}

fn events() -> Result<(), Failed> {
    let readings = run(async {
        let counterpart = Counterpart::start().await?;
        counterpart
            .readings()
            .await
            .map_err(|failure| failed(&failure))
    })?;
    let mut wrong = Vec::new();
    for reading in &readings {
        let known = KNOWN.iter().find(|known| known.sent == reading.sent);
        let (same, theirs) = (reading.theirs == reading.ours, &reading.theirs);
        match known {
            None if same => {}
            None => wrong.push(format!("{reading:#?}")),
            Some(Known {
                theirs: (begin, end),
                ..
            }) if !same && theirs.starts_with(begin) && theirs.ends_with(end) => {}
            Some(known) => wrong.push(format!("no more holds that {}: {reading:#?}", known.why)),
        }
    }
    let is_sent = |known: &&Known| readings.iter().any(|reading| reading.sent == known.sent);
    let sent = KNOWN.iter().filter(is_sent).count();
    if sent != KNOWN.len() {
        wrong.push(format!("{sent} of {} known requests are sent", KNOWN.len()));
    }
    none(&wrong)
}

fn none(wrong: &[String]) -> Result<(), Failed> {
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n").into())
    }
}

fn messages() -> Result<(), Failed> {
    let deliveries = run(async {
        let counterpart = Counterpart::start().await?;
        counterpart
            .pushed()
            .await
            .map_err(|failure| failed(&failure))
    })?;
    let [pushed, converted] = deliveries.map(|delivery| {
        let mut arrived = read(&delivery, &CLOUD_RUN.events).unwrap_or_default();
        arrived.pop().and_then(message)
    });
    if pushed.is_some() && pushed == converted {
        return Ok(());
    }
    Err(format!("of {pushed:?} it makes {converted:?}").into())
}

/// What both tell: the number of the attempt is Pub/Sub's own.
fn message(arrived: Arrived) -> Option<(Option<String>, String, Message)> {
    let EventData::Messages(mut batch) = arrived.data else {
        return None;
    };
    let mut message = batch.messages.pop()?;
    message.attempt = None;
    Some((arrived.id, batch.topic, message))
}

/// What is wrong where our server does not refuse an event by this refusal, or at all where there is none.
fn unexpected((name, whose, event): (&str, &str, &[u8]), refused: Option<&str>) -> Option<String> {
    let arrived = read(&structured(event.to_vec()), &CLOUD_RUN.events);
    let said = arrived.err().map(|error| error.to_string());
    let is_known = match (&said, refused) {
        (None, None) => true,
        (Some(said), Some(refused)) => said.starts_with(refused),
        _ => false,
    };
    (!is_known).then(|| format!("{name}, {whose}: refused by {said:?}, not {refused:?}"))
}

/// What it makes of the published events in the form of the first Cloud Functions, against the same events published as
/// CloudEvents: the same events, from which our server makes the same, or which it refuses as is known here.
fn older() -> Result<(), Failed> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/events/gcp");
    run(async {
        let counterpart = Counterpart::start().await?;
        let mut wrong = Vec::new();
        for (name, refused) in OLDER {
            let older = std::fs::read(folder.join(format!("{name}-legacy-input.json")))?;
            let published = std::fs::read(folder.join(format!("{name}-cloudevent-input.json")))?;
            let converted = counterpart
                .converted("/", older)
                .await
                .map_err(|failure| failed(&failure))?;
            for (whose, event) in [("converted", &converted), ("published", &published)] {
                wrong.extend(unexpected((name, whose, event), refused));
            }
            let compared = [converted, published].map(|event| match refused {
                None => format!("{:?}", made(event)),
                Some(_) => read_structured(&event).unwrap_or_else(|failure| failure.to_string()),
            });
            let [theirs, ours] = &compared;
            if theirs != ours {
                wrong.push(format!("{name}: {theirs} is not {ours}"));
            }
        }
        none(&wrong)
    })
}

/// What our server makes of an event.
fn made(event: Vec<u8>) -> Vec<(Option<String>, Option<String>, EventData)> {
    let arrived = read(&structured(event), &CLOUD_RUN.events).unwrap_or_default();
    arrived.into_iter().map(told).collect()
}

/// The published events, and how our server refuses those that nobody here handles, so that what both read is compared in the place
/// of what our server makes of it. The older form of a message does not know its subscription.
const OLDER: [(&str, Option<&str>); 6] = [
    ("pubsub_text", None),
    ("pubsub_binary", None),
    ("storage", None),
    ("firestore_simple", Some(NO_PROTOBUF)),
    ("firestore_complex", Some(NO_PROTOBUF)),
    (
        "firebase-auth",
        Some("CloudEvents of type \"google.firebase.auth.user.v1.created\""),
    ),
];
const NO_PROTOBUF: &str = "the data of Firestore's event is \"application/json\"";

fn told(arrived: Arrived) -> (Option<String>, Option<String>, EventData) {
    (arrived.id, arrived.source, arrived.data)
}
