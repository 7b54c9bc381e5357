//! Lines as each platform reads them.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use isobar::driver::SystemClock;
use isobar::function::{Context, RequestId, Trace};

use super::*;

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn invocation() -> Context {
    let clock = SystemClock(|_| Box::pin(std::future::ready(())));
    let parent = http::HeaderValue::from_static(PARENT);
    Context::new(RequestId::from_platform("request-7"), None, Arc::new(clock))
        .with_trace(Trace::of_parent(Some(&parent)))
}

fn line(message: &str) -> Line {
    let mut fields = Map::new();
    fields.insert("orders".to_owned(), 3.into());
    fields.insert("note".to_owned(), "two\nlines".into());
    Line {
        time: SystemTime::UNIX_EPOCH + Duration::from_nanos(1_795_224_480_123_456_789),
        level: Level::WARN,
        target: "notes::orders".to_owned(),
        message: message.to_owned(),
        fields,
        spans: Vec::new(),
        invocation: Some(invocation()),
    }
}

/// The line, without the id of the span, which is another one each time.
fn check(shape: &Shape, expected: &str) {
    let line = line("few \"orders\"");
    let span = line.invocation.as_ref().unwrap().trace().span_id();
    let text = shape.text_of(line);
    assert_eq!(text.matches('\n').count(), 1, "{text}");
    assert!(text.ends_with('\n'), "{text}");
    let text = text.replace(&format!("{span:016x}"), "SPAN");
    assert_eq!(text.trim_end(), expected);
}

#[test]
fn each_platform_reads_its_own_names() {
    check(
        &Shape::Lambda,
        r#"{"timestamp":"2026-11-21T01:28:00.123Z","level":"WARN","message":"few \"orders\"","requestId":"request-7","traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"SPAN","target":"notes::orders","fields":{"orders":3,"note":"two\nlines"}}"#,
    );
    check(
        &Shape::Google {
            project: Some("shop".to_owned()),
        },
        r#"{"time":"2026-11-21T01:28:00.123456789Z","severity":"WARNING","message":"few \"orders\"","logging.googleapis.com/trace":"projects/shop/traces/0af7651916cd43dd8448eb211c80319c","logging.googleapis.com/spanId":"SPAN","logging.googleapis.com/trace_sampled":true,"logging.googleapis.com/labels":{"request_id":"request-7","trace_id":"0af7651916cd43dd8448eb211c80319c"},"target":"notes::orders","fields":{"orders":3,"note":"two\nlines"}}"#,
    );
    let plain = r#"{"timestamp":"2026-11-21T01:28:00.123456Z","level":"warn","message":"few \"orders\"","request_id":"request-7","trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"SPAN","target":"notes::orders","fields":{"orders":3,"note":"two\nlines"}}"#;
    check(&Shape::Plain, plain);
    check(&Shape::Azure, plain);
    check(
        &Shape::Text { colours: false },
        r#"2026-11-21T01:28:00.123Z  WARN notes::orders: few "orders" orders=3 note="two\nlines" request_id=request-7 trace_id=0af7651916cd43dd8448eb211c80319c"#,
    );
}

#[test]
fn what_a_client_sends_makes_no_line_of_its_own_and_as_a_value_no_field() {
    let text_of = |message: &str, value: &str| {
        let mut line = line(message);
        line.fields = Map::from_iter([("name".to_owned(), value.into())]);
        line.invocation = None;
        Shape::Text { colours: false }.text_of(line)
    };
    let text = text_of("one\u{2028}two\u{2029}\u{202e}\u{2066}", "plain");
    let message = r"one\u{2028}two\u{2029}\u{202e}\u{2066} name=plain";
    assert!(text.ends_with(&format!(": {message}\n")), "{text}");
    for (value, expected) in [
        ("plain-1/a:b", "plain-1/a:b"),
        ("", r#""""#),
        ("a request_id=b", r#""a request_id=b""#),
        ("a=b", r#""a=b""#),
        (r#"a" b=""#, r#""a\" b=\"""#),
        (r"a\", r#""a\\""#),
        ("a\u{2028}b", r#""a\u{2028}b""#),
    ] {
        let text = text_of("few", value);
        assert!(
            text.ends_with(&format!(": few name={expected}\n")),
            "{text}"
        );
    }
}

fn check_chosen(set: &'static [(&'static str, &'static str)], expected: &Shape) {
    let found = |name: &str| set.iter().find(|(own, _)| *own == name);
    let variable = move |name: &str| found(name).map(|(_, value)| (*value).to_owned());
    let description = isobar::App::new("shapes", |_| Ok(())).describe();
    let (shape, ignored) = Shape::of(&Config::new(variable, &description));
    assert_eq!(shape, *expected, "{set:?}");
    let is_known = !set.contains(&(LOG_FORMAT, "xml"));
    assert_eq!(ignored.is_none(), is_known, "{set:?}");
}

#[test]
fn the_platform_chooses_unless_a_variable_does() {
    let text = Shape::Text { colours: false };
    check_chosen(&[(platform::LAMBDA, "a:1")], &Shape::Lambda);
    check_chosen(
        &[(platform::LAMBDA, "a:1"), (LAMBDA_FORMAT, "JSON")],
        &Shape::Lambda,
    );
    check_chosen(&[(platform::LAMBDA, "a:1"), (LAMBDA_FORMAT, "Text")], &text);
    check_chosen(
        &[
            (platform::LAMBDA, "a:1"),
            (LAMBDA_FORMAT, "Text"),
            (LOG_FORMAT, "json"),
        ],
        &Shape::Lambda,
    );
    check_chosen(&[(LOG_FORMAT, "json")], &Shape::Plain);
    check_chosen(
        &[("K_SERVICE", "s"), (LOG_FORMAT, "xml")],
        &Shape::Google { project: None },
    );
    check_chosen(
        &[("K_SERVICE", "s"), ("KUBERNETES_SERVICE_HOST", "10.0.0.1")],
        &Shape::Plain,
    );
    check_chosen(
        &[("K_SERVICE", "s"), (GOOGLE_PROJECT, "shop")],
        &Shape::Google {
            project: Some("shop".to_owned()),
        },
    );
    check_chosen(&[("FUNCTIONS_CUSTOMHANDLER_PORT", "7071")], &Shape::Azure);
}

#[test]
fn no_line_is_longer_than_its_platform_takes() {
    let texts = ["x".repeat(300_000), "\u{1}é\n".repeat(100_000)];
    for text in &texts {
        for (shape, most) in [
            (Shape::Plain, MOST_BYTES),
            (Shape::Lambda, MOST_BYTES),
            (Shape::Google { project: None }, MOST_BYTES),
            (Shape::Azure, MOST_AZURE_BYTES),
            (Shape::Text { colours: true }, MOST_BYTES),
        ] {
            let cut = shape.text_of(line(text));
            assert!(cut.len() <= most, "{shape:?}: {}", cut.len());
            assert!(cut.len() > most / 12, "{shape:?}: {}", cut.len());
            assert_eq!(cut.matches('\n').count(), 1);
            if !matches!(shape, Shape::Text { .. }) {
                let object: Value = serde_json::from_str(&cut).unwrap();
                assert_eq!(object["fields"]["truncated"], true);
            }
        }
    }
    let mut long = line("short");
    long.fields
        .insert("content".to_owned(), "x".repeat(300_000).into());
    let cut: Value = serde_json::from_str(&Shape::Plain.text_of(long)).unwrap();
    assert_eq!(cut["message"], "short");
    assert_eq!(cut["request_id"], "request-7");
}

#[test]
fn the_host_of_azure_takes_information_from_standard_output() {
    assert!(Shape::Azure.is_for_output(Level::INFO));
    assert!(!Shape::Azure.is_for_output(Level::WARN));
    assert!(!Shape::Lambda.is_for_output(Level::INFO));
}
