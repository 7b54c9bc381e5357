//! The page about platforms, made from their tables.

use std::fmt::Write as _;

use isobar::driver::gateway::GatewayDriver as _;
use isobar_aws::function::{API_GATEWAY_TIMEOUT, INVOKE_MODE};
use isobar_aws::{FrontDoor, LambdaPlatform};
use isobar_serve::event::{
    ACCOUNTS_VARIABLE, AUDIENCE_VARIABLE, EVENTS_VARIABLE, EventForm, EventSource, OWN_EVENTS,
    SENDER_VARIABLE,
};
use isobar_serve::{DeadlineRule, Interface, Marker, PlatformFacts, Protocol, TraceHeader, Unit};

use super::{LAMBDA, SERVED};

const HEAD: &str = "# Platforms

Made from the tables of the providers by a test of `isobar-connect`; do not edit. `ISOBAR_RENEW=1 cargo test -p \
isobar-connect page` writes it anew.

A process finds out where it runs by the marks that platforms leave in its environment; `ISOBAR_PLATFORM` says it where \
they should not decide. What each row says of a platform is in the documentation of its table, with the sources below.
";

/// What anybody may send, as `isobar_serve::event` reads it.
const OWN: &str = "
## Isobar's own events

Any broker, or a job with curl, may wake an application by CloudEvents 1.0 of these types, in any mode:

| type | `source` | `subject` | data |
| --- | --- | --- | --- |
| `isobar.topic.messages` | `topic/NAME` | | `{\"messages\": [{\"id\", \"body\" or \"bodyBase64\", \"attributes\", \"group\", \"sentAt\"}]}`, of which `id` and a body are needed |
| `isobar.schedule.tick` | `schedule/NAME` | | none; `time` says when it was due, and is needed |
| `isobar.blob.stored`, `.deleted`, `.attributes-changed` | `bucket/NAME` | the key | `{\"size\", \"version\", \"versionId\"}`, all optional |

`NAME` is the declared name, or the same with a prefix and a dash before it. A tick, for example:

    curl --fail \"$FUNCTION$ISOBAR_EVENTS_PATH\" --header 'content-type: application/cloudevents+json' --data '{\"specversion\": \"1.0\", \\
      \"id\": \"nightly@2026-11-30T03:00:00Z\", \"type\": \"isobar.schedule.tick\", \"source\": \"schedule/nightly\", \"time\": \"2026-11-30T03:00:00Z\"}'
";

/// What becomes of the time that a handler asks for, by who brings the event.
const RETRIES: &str = "
## When an event comes again

A handler that asks for its event again after a time (`Outcome::Retry`) gets it no sooner where the platform declares \
`delayed-retry`, which this machine does. The others bring it at their own time, and a line of the log says so once for each \
trigger; whoever brings events over HTTP is told the time in `Retry-After`.

| sender | comes again |
| --- | --- |
| this machine's store | after that time; else after 1, 2, 4 and 8 s |
| SQS | when the queue's visibility timeout is over |
| a stream of DynamoDB | at once, with everything behind it in its shard, until the record is as old as the mapping of the stream allows |
| SNS, S3, EventBridge on Lambda | by Lambda's asynchronous retries, after 1 and 2 minutes |
| Pub/Sub, and Eventarc by it | by the retry policy of the subscription: at once, or after 10 to 600 s unless that says otherwise |
| Cloud Scheduler | by the retry configuration of the job |
| the Functions host | queues after `visibilityTimeout` of `host.json`, timers and changes by `retry` of `function.json` |
| Knative's brokers and channels | by `backoffDelay` of the delivery; by `Retry-After` only with the feature `delivery-retryafter`, which is alpha and off, and `retryAfterMax` |
| Function Compute, SCF | by the asynchronous configuration of the function |
| others that send CloudEvents | as they do; the webhook specification of CloudEvents has them go by `Retry-After` of a 429 alone |

Sources: <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>, \
<https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>, \
<https://cloud.google.com/pubsub/docs/subscription-retry-policy>, <https://cloud.google.com/scheduler/docs/configuring/retry-jobs>, \
<https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue>, \
<https://knative.dev/docs/eventing/features/delivery-retryafter/>, \
<https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md>
";

fn page() -> String {
    let facts: Vec<(&PlatformFacts, &str)> = SERVED
        .iter()
        .filter_map(|served| Some((served.facts()?, served.feature)))
        .collect();
    let mut text = HEAD.to_owned();
    markers(&mut text, &facts);
    requests(&mut text, &facts);
    limits(&mut text, &facts);
    doors(&mut text);
    own_calls(&mut text, &facts);
    events(&mut text, &facts);
    text.push_str("\n## Sources\n\n");
    for (facts, _) in &facts {
        let sources = facts.sources.iter().map(|source| format!("<{source}>"));
        let sources: Vec<String> = sources.collect();
        let _ = writeln!(text, "- {}: {}", facts.title, sources.join(", "));
    }
    text
}

fn row(text: &mut String, cells: &[&str]) {
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}

fn table(text: &mut String, title: &str, columns: &[&str]) {
    let _ = write!(text, "\n## {title}\n\n");
    row(text, columns);
    row(text, &vec!["---"; columns.len()]);
}

fn quoted(names: &[&str], between: &str) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(between)
}

fn marker(marker: &Marker) -> String {
    let set = quoted(marker.set, " with ");
    match marker.unset {
        [] => set,
        unset => format!("{set} without {}", quoted(unset, " or ")),
    }
}

fn markers(text: &mut String, facts: &[(&PlatformFacts, &str)]) {
    let columns = [
        "platform",
        "`ISOBAR_PLATFORM`",
        "marker",
        "feature of isobar-connect",
    ];
    table(text, "How each is found", &columns);
    let lambda = format!("`{LAMBDA}`");
    row(text, &["AWS Lambda", "`lambda`", &lambda, "`lambda`"]);
    for (facts, feature) in facts {
        let markers: Vec<String> = facts.markers.iter().map(marker).collect();
        let markers = match markers.as_slice() {
            [] => "none: `ISOBAR_PLATFORM` must say it".to_owned(),
            some => some.join(", "),
        };
        let (name, feature) = (format!("`{}`", facts.name), format!("`{feature}`"));
        row(text, &[facts.title, &name, &markers, &feature]);
    }
    row(
        text,
        &["this machine", "`local`", "none of the others", "`machine`"],
    );
}

fn requests(text: &mut String, facts: &[(&PlatformFacts, &str)]) {
    let columns = [
        "platform",
        "listens on",
        "speaks",
        "request id",
        "deadline",
        "client's address",
        "scheme",
    ];
    table(text, "Requests", &columns);
    for (facts, _) in facts {
        let cells = [
            facts.title,
            &address(facts),
            match facts.protocol {
                Protocol::Http1AndH2c => "HTTP/1.1, h2c",
                _ => "HTTP/1.1",
            },
            &id(facts),
            &deadline(&facts.deadline),
            &match facts.trusted_hops {
                0 if facts.interface == Interface::RuntimeApi => {
                    "told by API Gateway, unless `ISOBAR_TRUSTED_HOPS` names proxies".to_owned()
                }
                0 if facts.interface == Interface::UnixSocket
                    || facts.interface == Interface::Pipes =>
                {
                    "not told; `ISOBAR_TRUSTED_HOPS` names proxies".to_owned()
                }
                0 => "the peer's; `ISOBAR_TRUSTED_HOPS` names proxies".to_owned(),
                hops => format!("`X-Forwarded-For`, {hops} from the end"),
            },
            &scheme(facts),
        ];
        row(text, &cells);
    }
}

fn scheme(facts: &PlatformFacts) -> String {
    match (facts.trusted_hops, facts.interface) {
        (0, Interface::RuntimeApi) => "not told: `http`".to_owned(),
        (0, Interface::UnixSocket) => {
            "that of the URL in the call; `ISOBAR_TRUSTED_HOPS` names proxies".to_owned()
        }
        (0, _) => "`http`; `ISOBAR_TRUSTED_HOPS` names proxies".to_owned(),
        (hops, _) => format!("`X-Forwarded-Proto`, {hops} from the end"),
    }
}

fn address(facts: &PlatformFacts) -> String {
    let host = match facts.interface {
        Interface::All => "0.0.0.0",
        Interface::Loopback => "127.0.0.1",
        Interface::UnixSocket => {
            return format!("the Unix socket of {}", quoted(facts.port_variables, ", "));
        }
        Interface::Pipes => return "standard input, and answers on descriptor 3".to_owned(),
        Interface::RuntimeApi => {
            let at = quoted(facts.port_variables, " and ");
            return format!("nothing: it asks for invocations at {at}");
        }
    };
    let port = facts.default_port.map(|port| port.to_string());
    let port = match (facts.port_variables, port) {
        ([], port) => port.unwrap_or_default(),
        (names, None) => quoted(names, ", "),
        (names, Some(port)) => format!("{}, else {port}", quoted(names, ", ")),
    };
    format!("{host}, port {port}")
}

fn id(facts: &PlatformFacts) -> String {
    let trace = match facts.trace {
        TraceHeader::TraceParent => "`traceparent`".to_owned(),
        TraceHeader::CloudTrace => "`traceparent`, `x-cloud-trace-context`".to_owned(),
        TraceHeader::SpanContext(field) => format!("`traceparent`, `{field}`"),
    };
    match facts.request_id_headers {
        [] => trace,
        names => format!("{}, {trace}", quoted(names, ", ")),
    }
}

fn deadline(rule: &DeadlineRule) -> String {
    let unit = |unit| match unit {
        Unit::Seconds => "seconds",
        Unit::Milliseconds => "milliseconds",
        Unit::GoDuration => "a Go duration",
        Unit::Instant => "an instant",
    };
    let told = |(name, of): (&str, Unit)| format!("`{name}` ({})", unit(of));
    let fixed = rule.fixed.map(|time| format!("{} s", time.as_secs()));
    let all = rule.variable.map(told).into_iter().chain(fixed);
    let all = all.collect::<Vec<_>>().join(", else ");
    match rule.header.map(told) {
        Some(own) if all.is_empty() => own,
        Some(own) => format!("{all}; {own} shortens it"),
        None if all.is_empty() => "not told".to_owned(),
        None => all,
    }
}

fn limits(text: &mut String, facts: &[(&PlatformFacts, &str)]) {
    let columns = [
        "platform",
        "path and query",
        "fields of a request",
        "content of a request",
        "fields of a response",
        "content of a response",
        "time after SIGTERM",
        "idle connections",
        "capabilities",
    ];
    table(text, "Limits and abilities", &columns);
    let bytes =
        |limit: Option<u64>| limit.map_or_else(String::new, |bytes| format!("{bytes} bytes"));
    for (facts, _) in facts {
        let limits = facts.limits;
        let names: Vec<&str> = facts
            .capabilities
            .iter()
            .map(isobar::Capability::name)
            .collect();
        let cells = [
            facts.title,
            &bytes(limits.target),
            &bytes(limits.request_head),
            &bytes(limits.request),
            &bytes(limits.response_head),
            &bytes(limits.response),
            &format!("{} s", facts.grace.as_secs()),
            &facts
                .idle
                .map_or_else(String::new, |idle| format!("{} s", idle.as_secs())),
            &names.join(", "),
        ];
        row(text, &cells);
    }
    text.push_str(
        "\nContent of a request beyond the limit, or beyond 10 MiB where there is none, is answered 413, path and query beyond \
         8 KiB 414, and a head beyond 32 KiB 431, unless the platform refuses it before; a response beyond its limit becomes \
         502. Idle connections of the front end are kept that long, else for the 30 s that a head may take.\n",
    );
}

/// What is to be known of Lambda, which has no table of its own since each of its doors differs, and of this machine.
fn doors(text: &mut String) {
    let columns = [
        "front door",
        "event of a request",
        "fields of a request",
        "answer",
        "deadline",
    ];
    table(text, "AWS Lambda, by front door", &columns);
    for door in FrontDoor::ALL {
        let limits = door.limits();
        let head = limits.head.map(|bytes| format!("{bytes} bytes"));
        let time = format!("{} s, or Lambda's where it is less", limits.time.as_secs());
        let cells = [
            door.provider(),
            &format!("{} bytes", limits.content),
            &head.unwrap_or_default(),
            &format!("{} bytes", limits.answer),
            &time,
        ];
        row(text, &cells);
    }
    let names = LambdaPlatform::CAPABILITIES
        .iter()
        .map(isobar::Capability::name);
    let names: Vec<&str> = names.collect();
    let _ = write!(
        text,
        "\nLambda is asked for invocations at `{LAMBDA}`; it tells the request id, the deadline and a trace of X-Ray. The door tells \
         the client's address, unless `ISOBAR_TRUSTED_HOPS` names proxies before it. It declares {}, and response-streaming where \
         `{INVOKE_MODE}` is `RESPONSE_STREAM`; `{API_GATEWAY_TIMEOUT}` says where API Gateway waits for another time.\n\nThis machine \
         listens on `ISOBAR_LISTEN`, 127.0.0.1 and port 3000 unless it is set, gives a request no deadline but what its route and \
         `ISOBAR_TIMEOUT` say, and takes the peer for the client unless `ISOBAR_TRUSTED_HOPS` names proxies. It declares response-streaming, schedules and delayed-retry, and with its own \
         stores messages, blob-events, change-events in order, deletes among them, and event-replay; `--as` takes away what a \
         target does not have.\n",
        names.join(", ")
    );
}

fn own_calls(text: &mut String, facts: &[(&PlatformFacts, &str)]) {
    table(
        text,
        "What platforms ask themselves",
        &["platform", "request", "told from a client's by"],
    );
    for (facts, _) in facts {
        for call in facts.own_calls {
            let request = format!("`{} {}`", call.method, call.path);
            let mark = call
                .mark
                .unwrap_or("its path, which clients cannot use there");
            row(text, &[facts.title, &request, mark]);
        }
    }
}

fn events(text: &mut String, facts: &[(&PlatformFacts, &str)]) {
    table(text, "Events", &["platform", "wakes", "sent by", "told by"]);
    for source in OWN_EVENTS {
        event(text, "each with `cloud-events`", &source);
    }
    for (facts, _) in facts {
        for source in facts.events.sources {
            event(text, facts.title, source);
        }
    }
    let _ = write!(
        text,
        "\nThey come to the path of `{EVENTS_VARIABLE}`, which is a secret between the process and their senders: an \
         application that waits for events does not start without it. A CloudEvent of any other type is a message of \
         the topic that its path names, `{EVENTS_VARIABLE}/TOPIC`, and refused where it names none. On Azure Functions \
         names stand after a dash and the last segment, since the host makes paths of functions' names.\n\nDone is \
         answered 204 (200 on Azure Functions, and on Knative, where an event may answer), to be delivered again 503 with `retry-after` where the handler asked \
         for a time, a failure 500, malformed 400, not known 415. A request has one status: of a batch all come again \
         where one failed, each with its id.\n\nFunction Compute brings events by calls of its own, and event functions of SCF ask for them: \
         neither needs the path. What is not done fails the invocation, by `x-fc-status: 404` or by the runtime API's path of \
         errors. Nobody may reach the port around Function Compute, whose own fields tell its calls from requests of \
         clients.\n\nAn event of another account than the function's fails on AWS Lambda, Function Compute and event functions \
         of SCF, as far as both are told, unless `{ACCOUNTS_VARIABLE}` names it. Elsewhere nothing is compared: neither Cloud Run \
         nor the others tell a process whose it is, so that whoever knows the path can wake it by a resource of that name in \
         any account, and the variable is refused; `{AUDIENCE_VARIABLE}` and `{SENDER_VARIABLE}` say who may send.\n\nAWS Lambda hands over messages of SQS, of which only what failed comes \
         again, and of SNS, events of S3, changes of DynamoDB's streams and ticks of EventBridge; this machine hands over what is in its own store.\n"
    );
    text.push_str(OWN);
    text.push_str(RETRIES);
}

fn event(text: &mut String, title: &str, source: &EventSource) {
    let told = match source.form {
        EventForm::CloudEvents { types, .. } | EventForm::Changes { types, .. } => {
            format!("CloudEvents of type {}", quoted(types, ", "))
        }
        EventForm::Request { mark, .. } | EventForm::Items { mark, .. } => mark.to_owned(),
    };
    row(text, &[title, source.wakes.name(), source.sender, &told]);
}

fn file() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/platforms.md")
}

#[test]
fn the_published_page_is_that_of_the_tables() {
    if SERVED.iter().any(|served| served.facts().is_none()) {
        // A build without some of them cannot know what the page says of those.
        return;
    }
    let page = page();
    if std::env::var_os("ISOBAR_RENEW").is_some() {
        std::fs::write(file(), &page).unwrap();
    }
    let published = std::fs::read_to_string(file()).unwrap_or_default();
    assert!(
        published == page,
        "ISOBAR_RENEW=1 cargo test -p isobar-connect page"
    );
}

#[test]
fn the_help_names_every_platform_with_its_feature() {
    let help = include_str!("../variables.md");
    for served in SERVED {
        let line = format!("| `{}` | ", served.name());
        let line = help.lines().find(|found| found.starts_with(&line));
        let line = line.unwrap_or_else(|| panic!("{} is not in variables.md", served.name()));
        assert!(
            line.ends_with(&format!("| `{}` |", served.feature)),
            "{line}"
        );
        for name in served
            .facts()
            .iter()
            .flat_map(|facts| facts.markers)
            .flat_map(|m| m.set)
        {
            assert!(
                line.contains(&format!("`{name}`")),
                "{name} is not in {line}"
            );
        }
    }
}
