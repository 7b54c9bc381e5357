//! What the Functions host and Event Grid send, as their documents and the host's source have it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use isobar::blob::{BlobEvent, BlobEventKind};
use isobar::document::{ChangeEvent, CollectionSpec};
use isobar::driver::function::FunctionDescription;
use isobar::function::{AppService, Event, EventData, Message, Outcome};
use isobar::{App, Environment, ErrorKind};
use isobar_serve::event::{Arrived, Delivery, read, read_each};

use super::EVENTS;

const SYS: &str = r#""sys":{"MethodName":"QueueTrigger","UtcNow":"2019-10-09T17:58:32.2205399Z","RandGuid":"24ad4c06-24ad"}"#;

fn invocation(name: &str, data: &str, metadata: &str) -> Delivery {
    let body = format!(r#"{{"Data":{{{data}}},"Metadata":{{{metadata}{SYS}}}}}"#);
    Delivery::new(HeaderMap::new(), body.into()).with_name(Some(name.to_owned()))
}

#[track_caller]
fn only(delivery: &Delivery) -> Arrived {
    let mut arrived = read(delivery, &EVENTS).unwrap();
    assert_eq!(arrived.len(), 1);
    arrived.remove(0)
}

fn seconds(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

const DOCUMENTED: &str = r#""DequeueCount":1,"ExpirationTime":"2019-10-16T17:58:31+00:00","Id":"800ae4b3-bdd2",
    "InsertionTime":"2019-10-09T17:58:31+00:00","NextVisibleTime":"2019-10-09T18:08:32+00:00","PopReceipt":"AgAAA=","#;
const TODAY: &str =
    r#""DequeueCount":"3","Id":"\"800ae4b3-bdd2\"","InsertionTime":"2019-10-09T17:58:31+00:00","#;

#[track_caller]
fn message(data: &str, metadata: &str) -> Message {
    let arrived = only(&invocation("jobs", data, metadata));
    assert_eq!(arrived.id.as_deref(), Some("800ae4b3-bdd2"));
    let EventData::Messages(mut batch) = arrived.data else {
        panic!("{arrived:?}")
    };
    assert_eq!(batch.topic, "jobs");
    batch.messages.remove(0)
}

#[test]
fn messages_are_read_as_the_documents_and_as_the_host_write_them() {
    let documented = message(r#""queue":"{ message: \"Message sent\" }""#, DOCUMENTED);
    assert_eq!(documented.body, "{ message: \"Message sent\" }");
    assert_eq!(
        (documented.attempt, documented.sent_at),
        (Some(1), Some(seconds(1_570_643_911)))
    );
    let today = message(r#""queue":"\"caf\u00e9 \\\"1\\\"\"""#, TODAY);
    assert_eq!(
        (&*today.body, today.attempt),
        ("café \"1\"".as_bytes(), Some(3))
    );
    assert_eq!(message(r#""queue":{"a":1}"#, TODAY).body, r#"{"a":1}"#);
}

#[test]
fn bytes_come_through_a_binding_of_bytes() {
    assert_eq!(
        message(r#""queueBytes":"AP8=""#, TODAY).body,
        [0, 255].as_slice()
    );
    // Text that happens to be Base64 stays what it is.
    assert_eq!(message(r#""queue":"\"AP8=\"""#, TODAY).body, "AP8=");
    let wrong = invocation("jobs", r#""queueBytes":"*""#, TODAY);
    assert_eq!(
        read(&wrong, &EVENTS).unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
}

#[track_caller]
fn check_tick(timer: &str, due: u64) {
    let arrived = only(&invocation("nightly", &format!(r#""timer":{timer}"#), ""));
    let EventData::Schedule(tick) = &arrived.data else {
        panic!("{arrived:?}")
    };
    let at = tick
        .at
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    assert_eq!((&*tick.name, at), ("nightly", due), "{timer}");
    assert_eq!(arrived.id, Some(format!("nightly@{due}")));
}

#[test]
fn a_tick_is_due_when_its_status_says_so_or_else_now() {
    const NOW: u64 = 1_570_643_912;
    let status = |next: &str| {
        format!(r#"{{"Schedule":{{}},"ScheduleStatus":{{"Next":"{next}"}},"IsPastDue":true}}"#)
    };
    check_tick(&status("2019-10-09T17:00:00+00:00"), 1_570_640_400);
    check_tick(&status("2019-10-09T18:00:00+00:00"), NOW);
    check_tick(&status("2019-10-09T17:00:00"), NOW);
    check_tick(r#"{"ScheduleStatus":null}"#, NOW);
    check_tick("{}", NOW);
}

#[track_caller]
fn changed(delivery: &Delivery) -> BlobEvent {
    match only(delivery).data {
        EventData::Blob(event) => event,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_blob_trigger_tells_what_was_stored() {
    let metadata = r#""Uri":"\"https://a.blob.core.windows.net/files/a%20b\"","name":"\"a b%2F+\u00e9/x\"",
        "Properties":{"ContentLength":12,"LastModified":"2019-10-09T17:58:31+00:00"},"#;
    let delivery = invocation("files", r#""blob":"Y29udGVudA==""#, metadata);
    let event = changed(&delivery);
    assert_eq!(
        (&*event.bucket, event.key.as_str()),
        ("files", "a b%2F+é/x")
    );
    assert_eq!((event.kind, event.size), (BlobEventKind::Stored, Some(12)));
    assert_eq!(event.at, seconds(1_570_643_911).into());
    let id = only(&delivery).id;
    assert_eq!(
        id.as_deref(),
        Some("files/a b%2F+é/x@2019-10-09T17:58:31+00:00")
    );
    let nameless = invocation("files", r#""blob":"""#, "");
    assert_eq!(
        read(&nameless, &EVENTS).unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
}

const GRID: &str = r#"{"source":"/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a",
    "subject":"/blobServices/default/containers/staging-files/blobs/a b%2F+é/blobs/x","type":"Microsoft.Storage.BlobCreated",
    "time":"2019-10-09T17:58:31Z","id":"831e1650-001e","specversion":"1.0",
    "data":{"api":"PutBlockList","eTag":"\"0x8D4BCC2E4835CD0\"","contentType":"text/plain","contentLength":524288,
    "blobType":"BlockBlob","url":"https://a.blob.core.windows.net/x","sequencer":"0000000000000443","storageDiagnostics":{}}}"#;

#[test]
fn event_grid_tells_what_was_stored_and_deleted() {
    let grid = |event: &str| {
        let structured = "application/cloudevents+json; charset=utf-8"
            .parse()
            .unwrap();
        let headers = HeaderMap::from_iter([(http::header::CONTENT_TYPE, structured)]);
        Delivery::new(headers, event.to_owned().into())
    };
    let stored = changed(&grid(GRID));
    assert_eq!(
        (&*stored.bucket, stored.key.as_str()),
        ("staging-files", "a b%2F+é/blobs/x")
    );
    assert_eq!(
        (stored.kind, stored.size),
        (BlobEventKind::Stored, Some(524_288))
    );
    assert_eq!(stored.version.unwrap().as_str(), "0x8D4BCC2E4835CD0");
    let deleted = changed(&grid(&GRID.replace("BlobCreated", "BlobDeleted")));
    assert_eq!(
        (deleted.kind, deleted.version),
        (BlobEventKind::Deleted, None)
    );
    let other = read(&grid(&GRID.replace("BlobCreated", "BlobRenamed")), &EVENTS);
    assert_eq!(other.unwrap_err().kind(), ErrorKind::Unsupported);
    let nowhere = read(&grid(&GRID.replace("/blobs/", "/")), &EVENTS);
    assert_eq!(nowhere.unwrap_err().kind(), ErrorKind::InvalidArgument);
}

#[test]
fn an_event_grid_trigger_brings_the_same_as_an_object_or_as_text() {
    let quoted = serde_json::to_string(GRID).unwrap();
    let twice = serde_json::to_string(&quoted).unwrap();
    for value in [GRID, &quoted, &twice] {
        let arrived = only(&invocation("files", &format!(r#""eventGrid":{value}"#), ""));
        assert_eq!(arrived.id.as_deref(), Some("831e1650-001e"), "{value}");
    }
}

#[test]
fn what_has_no_binding_of_ours_is_not_known() {
    for other in ["", r#""req":{}"#, r#""myQueueItem":"x""#] {
        let error = read(&invocation("jobs", other, ""), &EVENTS).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{other}");
    }
    let nameless = invocation("", r#""queue":"x""#, DOCUMENTED).with_name(None);
    assert_eq!(
        read(&nameless, &EVENTS).unwrap_err().kind(),
        ErrorKind::Unsupported
    );
}

/// An application that watches a collection.
fn watching() -> AppService {
    const NOTES: CollectionSpec<serde_json::Value> = CollectionSpec::new("notes")
        .partition("owner")
        .change_feed();
    let platform = FunctionDescription {
        provider: "azure-functions",
        capabilities: crate::function::FUNCTIONS.capabilities,
    };
    let environment = Environment::builder(platform, Arc::new(isobar_serve::clock())).build();
    let handler =
        |(), _: Event<ChangeEvent<serde_json::Value>>| std::future::ready(Ok(Outcome::Ack));
    let app = App::new("watching", |_: &Environment| Ok(()));
    let app = app.collection(&NOTES).on_change(&NOTES, handler);
    app.build(&environment).unwrap()
}

const ITEMS: &str = r#"[{"id":"ann","owner":"ann","_rid":"x==","_etag":"\"0000-9c3a\"","_ts":1570643911,"_lsn":17},
    {"id":"bob","owner":"bob","big":{"_i":"ffffffffffffffff"},"_v":1,"_etag":"\"0000-9c3b\"","_ts":1570643911}]"#;

#[test]
fn a_cosmos_db_trigger_brings_a_change_for_each_item() {
    let quoted = serde_json::to_string(ITEMS).unwrap();
    let twice = serde_json::to_string(&quoted).unwrap();
    for value in [ITEMS, &quoted, &twice] {
        let data = format!(r#""documents":{value}"#);
        let delivery = invocation("staging-notes", &data, "").with_app(&watching());
        let arrived = read(&delivery, &EVENTS).unwrap();
        let ids: Vec<_> = arrived.iter().filter_map(|one| one.id.as_deref()).collect();
        assert_eq!(ids, ["ann/ann@0000-9c3a", "bob/bob@0000-9c3b"], "{value}");
        let EventData::Change(second) = &arrived[1].data else {
            panic!("{arrived:?}")
        };
        assert_eq!(second.collection, "staging-notes");
        let new = second.change.new.as_ref().unwrap();
        assert_eq!(new.fields["big"], isobar::document::Value::Int(i64::MAX));
    }
}

#[test]
fn an_item_that_cannot_be_read_keeps_no_other_from_the_application() {
    let items = ITEMS.replacen('[', r#"[{"owner":"eve"},"#, 1);
    let data = format!(r#""documents":{items}"#);
    let delivery = invocation("notes", &data, "").with_app(&watching());
    let arrived = read_each(&delivery, &EVENTS).unwrap();
    let readable: Vec<_> = arrived.iter().map(Result::is_ok).collect();
    assert_eq!(readable, [false, true, true]);
}

#[test]
fn changes_of_what_nobody_watches_and_what_is_no_list_are_refused() {
    let data = format!(r#""documents":{ITEMS}"#);
    for (name, data, expected) in [
        ("others", &*data, ErrorKind::NotFound),
        ("notes", r#""documents":"{}""#, ErrorKind::InvalidArgument),
        ("notes", r#""documents":[1]"#, ErrorKind::InvalidArgument),
        ("notes", r#""documents":[{}]"#, ErrorKind::InvalidArgument),
    ] {
        let delivery = invocation(name, data, "").with_app(&watching());
        assert_eq!(
            read(&delivery, &EVENTS).unwrap_err().kind(),
            expected,
            "{data}"
        );
    }
}
