//! What is read of the fields of a caller, and what goes on to calls.

use super::*;

const TOLD: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const TRACE: u128 = 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c;
const SPAN: u64 = 0xb7ad_6b71_6920_3331;

fn trace(fields: &[(&'static str, &str)]) -> Trace {
    let fields = fields.iter().map(|(name, value)| {
        let value = HeaderValue::from_str(value).unwrap();
        (HeaderName::from_static(name), value)
    });
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        headers.append(name, value);
    }
    Trace::of(&headers)
}

fn check(fields: &[(&'static str, &str)], expected: Option<(u128, u64, bool)>) {
    let trace = trace(fields);
    let told = trace
        .parent_id()
        .map(|parent| (trace.trace_id(), parent, trace.is_sampled()));
    assert_eq!(told, expected, "{fields:?}");
    assert_ne!(trace.span_id(), trace.parent_id().unwrap_or_default());
}

#[test]
fn a_trace_parent_is_read_by_the_letter() {
    check(&[("traceparent", TOLD)], Some((TRACE, SPAN, true)));
    let table = [
        (TOLD.replace("-01", "-00"), Some(false)),
        // Flags that this version does not know are not passed on, and do not matter.
        (TOLD.replace("-01", "-03"), Some(true)),
        (TOLD.replace("-01", "-fe"), Some(false)),
        (TOLD.replacen("00-", "cc-", 1), Some(true)),
        (
            format!(
                "{}-what-the-future-will-be-like",
                TOLD.replacen("00", "cc", 1)
            ),
            Some(true),
        ),
        (format!("{}.future", TOLD.replacen("00", "cc", 1)), None),
        (TOLD.replacen("00-", "ff-", 1), None),
        (format!("{TOLD}-"), None),
        (format!("{TOLD}0"), None),
        (TOLD.to_uppercase(), None),
        (TOLD.replace('b', "g"), None),
        (TOLD.replace('-', "_"), None),
        (TOLD[..54].to_owned(), None),
        (TOLD.replace("b7ad6b7169203331", "0000000000000000"), None),
        (
            TOLD.replace("0af7651916cd43dd8448eb211c80319c", &"0".repeat(32)),
            None,
        ),
        (String::new(), None),
        (
            "00-0af7651916cd43dd8448eb211c80319c-é7ad6b7169203331-01".to_owned(),
            None,
        ),
        (
            "0-00af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned(),
            None,
        ),
    ];
    for (text, sampled) in table {
        let expected = sampled.map(|sampled| (TRACE, SPAN, sampled));
        check(&[("traceparent", &text)], expected);
    }
    check(&[("traceparent", TOLD), ("traceparent", TOLD)], None);
}

#[test]
fn b3_tells_a_trace_where_w3c_does_not() {
    let single = "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331";
    check(&[("b3", single)], Some((TRACE, SPAN, false)));
    let sampled = format!("{single}-1-05e3ac9a4f6e3b90");
    check(&[("b3", &sampled)], Some((TRACE, SPAN, true)));
    check(&[("b3", &format!("{single}-d"))], Some((TRACE, SPAN, true)));
    let short = "8448eb211c80319c-b7ad6b7169203331-0";
    check(&[("b3", short)], Some((0x8448_eb21_1c80_319c, SPAN, false)));
    for useless in ["0", "", "-", "0000000000000000-b7ad6b7169203331-1"] {
        check(&[("b3", useless)], None);
    }
    let several = [
        ("x-b3-traceid", "0af7651916cd43dd8448eb211c80319c"),
        ("x-b3-spanid", "b7ad6b7169203331"),
    ];
    check(&several, Some((TRACE, SPAN, false)));
    let [trace, span] = several;
    check(
        &[trace, span, ("x-b3-sampled", "1")],
        Some((TRACE, SPAN, true)),
    );
    check(
        &[trace, span, ("x-b3-flags", "1")],
        Some((TRACE, SPAN, true)),
    );
    check(&[trace, ("x-b3-sampled", "1")], None);
    let other = "00-0af7651916cd43dd8448eb211c80319d-b7ad6b7169203331-01";
    check(
        &[("b3", single), ("traceparent", other)],
        Some((TRACE + 1, SPAN, true)),
    );
}

#[test]
fn what_nobody_has_decided_is_not_taken_for_a_refusal() {
    let single = "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331";
    let (sampled, refused) = (format!("{single}-1"), format!("{single}-0"));
    let unsampled = TOLD.replace("-01", "-00");
    let table = [
        (("other", ""), None),
        (("traceparent", TOLD), Some(true)),
        (("traceparent", &unsampled), Some(false)),
        (("b3", single), None),
        (("b3", &sampled), Some(true)),
        (("b3", &refused), Some(false)),
        (("b3", "0"), Some(false)),
        (("x-b3-sampled", "0"), Some(false)),
        (("b3", ""), None),
    ];
    for (field, expected) in table {
        assert_eq!(trace(&[field]).decision(), expected, "{field:?}");
    }
    let left = trace(&[("traceparent", TOLD)]).with_decision(None);
    assert_eq!((left.decision(), left.is_sampled()), (None, false));
}

fn check_state(fields: &[&str], expected: Option<&str>) {
    let mut all = vec![("traceparent", TOLD)];
    all.extend(fields.iter().map(|field| ("tracestate", *field)));
    let mut call = HeaderMap::new();
    call.insert(TRACE_STATE, HeaderValue::from_static("old=1"));
    trace(&all).inject(&mut call);
    let state = call.get(TRACE_STATE).map(|state| state.to_str().unwrap());
    assert_eq!(state, expected, "{fields:?}");
}

#[test]
fn the_state_goes_on_to_calls_unless_it_breaks_the_grammar() {
    check_state(&[], None);
    check_state(&["congo=t61rcWkgMzE"], Some("congo=t61rcWkgMzE"));
    check_state(&["a=1 ,\tb=2", "", "c@d=x y"], Some("a=1,b=2,c@d=x y"));
    check_state(&["0tenant@system=1"], Some("0tenant@system=1"));
    for broken in [
        "a", "A=1", "a=", "a=1=2", "a=1,a=2", "a@1=2", "=1", "a b=1", "é=1",
    ] {
        check_state(&[broken], None);
    }
    let many = |count: usize| {
        let members: Vec<_> = (0..count).map(|n| format!("m{n}=1")).collect();
        members.join(",")
    };
    check_state(&[&many(32)], Some(&many(32)));
    check_state(&[&many(33)], None);
    check_state(&[&format!("a={}", "x".repeat(257))], None);
}

#[test]
fn a_long_state_loses_its_long_members_and_then_its_oldest() {
    let member = |name: &str, length: usize| format!("{name}={}", "x".repeat(length - 2));
    let whole = ["a", "b", "c", "d"].map(|name| member(name, 127));
    let fits = whole.join(",");
    let fits = fits.as_str();
    assert_eq!(fits.len(), 511);
    check_state(&[fits], Some(fits));
    check_state(&[fits, "e=1"], Some(fits));
    check_state(
        &["e=1", fits],
        Some(&format!("e=1,{}", whole[..3].join(","))),
    );
    let long = member("l", 129);
    check_state(&[&long, fits], Some(fits));
    check_state(&[&long, "e=1"], Some(&format!("{long},e=1")));
    let largest = format!("{}={}", "a".repeat(256), "x".repeat(256));
    check_state(&[&largest], None);
}

#[test]
fn calls_are_children_of_the_invocation() {
    let trace = trace(&[("traceparent", TOLD)]);
    let mut call = HeaderMap::new();
    trace.inject(&mut call);
    let below = Trace::of(&call);
    assert_eq!(below.trace_id(), TRACE);
    assert_eq!(below.parent_id(), Some(trace.span_id()));
    assert!(below.is_sampled());
    let started = Trace::start();
    assert_ne!(started.trace_id(), Trace::start().trace_id());
    let told = started.parent_of_calls();
    assert_eq!(
        Trace::of_parent(Some(&told)).parent_id(),
        Some(started.span_id())
    );
    assert_eq!(Trace::of_parent(None).parent_id(), None);
}

#[test]
fn a_message_tells_a_trace_by_the_letter_or_none() {
    let told = |parent: &str, state: Option<&str>| {
        let told = [("traceparent", Some(parent)), ("tracestate", state)].into_iter();
        let told = told.filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
        Trace::of_attributes(&told.collect())
    };
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let trace = told(parent, Some("congo=t61rcWkgMzE")).unwrap();
    assert_eq!(trace.parent_id(), Some(0xb7ad_6b71_6920_3331));
    let mut sent: BTreeMap<_, _> = trace.named([".a", ".b"]).collect();
    assert_eq!(sent[".b"], "congo=t61rcWkgMzE");
    let taken = Trace::taken_from(&mut sent, [".a", ".b"]).unwrap();
    assert_eq!(taken.parent_id(), Some(trace.span_id()));
    assert!(sent.is_empty());
    let stateless = told(parent, Some("=")).unwrap();
    assert_eq!(stateless.named(["a", "b"]).count(), 1);
    assert_eq!(told("00-0-0-01", None), None);
    assert_eq!(Trace::of_attributes(&BTreeMap::new()), None);
}

#[test]
fn messages_that_came_together_are_of_one_trace_or_of_none() {
    use crate::function::{Message, Messages};

    let message = |span: Option<&str>| {
        let mut message = Message::new("1", "");
        let parent = span.map(|span| format!("00-0af7651916cd43dd8448eb211c80319c-{span}-01"));
        message.trace = Trace::of_texts(parent.as_deref(), None);
        message
    };
    let batch = |spans: &[Option<&str>]| {
        let messages = spans.iter().map(|span| message(*span)).collect();
        let batch = Messages::new("jobs", messages);
        batch.trace().and_then(Trace::parent_id)
    };
    let (one, other) = (Some("00000000000000a1"), Some("00000000000000a2"));
    assert_eq!(batch(&[one]), Some(0xa1));
    assert_eq!(batch(&[one, one]), Some(0xa1));
    assert_eq!(batch(&[one, other]), None);
    assert_eq!(batch(&[one, None]), None);
    assert_eq!(batch(&[None, one]), None);
    assert_eq!(batch(&[]), None);
}
