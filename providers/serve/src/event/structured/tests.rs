//! The JSON event format, by the examples of its specification and what is near to them.

use std::time::{Duration, SystemTime};

use isobar::ErrorKind;

use super::*;

const HEAD: &str = r#""specversion":"1.0","type":"t","source":"/s","id":"1""#;

fn event(members: &str) -> Result<CloudEvent> {
    read(&Bytes::from(format!("{{{HEAD},{members}}}")))
}

#[track_caller]
fn refused(json: &str, kind: ErrorKind) {
    let error = read(&Bytes::copy_from_slice(json.as_bytes())).unwrap_err();
    assert_eq!(error.kind(), kind, "{json}: {error}");
}

#[track_caller]
fn check_data(members: &str, expected: &[u8]) {
    let found = event(members).unwrap().data;
    assert_eq!(found, expected, "{members}: {found:?}");
}

#[test]
fn attributes_are_read_with_those_that_nobody_knows() {
    let read = event(
        r#""time":"2018-04-05T17:31:00.5Z","subject":"é\n","comexampleextension1":"value",
           "comexampleothervalue":5,"yes":true,"unset":null,"datacontenttype":"text/xml","data":"<a/>""#,
    );
    let read = read.unwrap();
    assert_eq!(
        (&*read.id, &*read.source, &*read.event_type),
        ("1", "/s", "t")
    );
    assert_eq!(read.subject.as_deref(), Some("é\n"));
    let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_522_949_460_500);
    assert_eq!(read.time, Some(at));
    let extensions: Vec<_> = read
        .extensions
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect();
    let expected = [
        ("comexampleextension1", "value"),
        ("comexampleothervalue", "5"),
        ("yes", "true"),
    ];
    assert_eq!(extensions, expected);
    assert_eq!(read.data, "<a/>");
}

#[test]
fn data_is_json_as_it_stands_or_the_text_of_a_string_or_bytes() {
    check_data(r#""data":{"b": 1.0, "a":[ ]}"#, br#"{"b": 1.0, "a":[ ]}"#);
    check_data(r#""data":"text""#, br#""text""#);
    check_data(
        r#""datacontenttype":"application/vnd.a+json; charset=utf-8","data":"text""#,
        br#""text""#,
    );
    check_data(
        r#""datacontenttype":"text/plain","data":"te\u00e9t""#,
        "teét".as_bytes(),
    );
    check_data(r#""datacontenttype":"text/plain","data":7"#, b"7");
    check_data(
        r#""datacontenttype":"application/octet-stream","data_base64":"AP8=""#,
        &[0, 255],
    );
    check_data(r#""data_base64":null"#, b"");
    check_data(r#""x":"y""#, b"");
}

#[test]
fn what_is_no_event_is_refused() {
    for name in ["specversion", "type", "source", "id"] {
        let without = HEAD.replace(&format!("\"{name}\""), "\"other\"");
        refused(&format!("{{{without}}}"), ErrorKind::InvalidArgument);
    }
    for members in [
        r#""id":"2""#,
        r#""subject":{}"#,
        r#""subject":[1]"#,
        r#""subject":1.5"#,
        r#""time":"yesterday""#,
        r#""data":1,"data":2"#,
        r#""data":1,"data_base64":"""#,
        r#""data_base64":"*""#,
        r#""data_base64":1"#,
    ] {
        refused(&format!("{{{HEAD},{members}}}"), ErrorKind::InvalidArgument);
    }
    for other in ["", "[]", "null", "{", "\"text\"", "{}"] {
        refused(other, ErrorKind::InvalidArgument);
    }
    let older = format!("{{{HEAD}}}").replace("1.0", "0.3");
    refused(&older, ErrorKind::Unsupported);
    let many: Vec<_> = (0..200).map(|n| format!("\"x{n}\":\"\"")).collect();
    let many = format!("{{{HEAD},{}}}", many.join(","));
    refused(&many, ErrorKind::LimitExceeded);
}

#[test]
fn a_batch_has_all_of_its_events_or_none() {
    let one = format!("{{{HEAD}}}");
    let batch = read_batch(&Bytes::from(format!("[{one}, {one}]"))).unwrap();
    assert_eq!(batch.len(), 2);
    assert_eq!(batch[1].raw, one);
    assert!(read_batch(&Bytes::from_static(b"[]")).unwrap().is_empty());
    for malformed in [format!("[{one},{{}}]"), one.clone(), "[1]".to_owned()] {
        assert!(read_batch(&Bytes::from(malformed)).is_err());
    }
    let many = format!("[{}]", vec![one.as_str(); 5_001].join(","));
    let error = read_batch(&Bytes::from(many)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
}
