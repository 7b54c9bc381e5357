//! Two answers as text, the marks, and what is found to differ.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::{Answer, NoiseKind, NoiseMark, Pairs, compare};

/// `200 name: value; name: value | body`
fn answer(text: &str) -> Answer {
    let (head, body) = text.split_once(" | ").unwrap_or((text, ""));
    let (status, fields) = head.split_once(' ').unwrap_or((head, ""));
    let mut headers = HeaderMap::new();
    for (name, value) in fields
        .split("; ")
        .filter_map(|field| field.split_once(": "))
    {
        headers.append(
            HeaderName::try_from(name).unwrap(),
            HeaderValue::from_str(value).unwrap(),
        );
    }
    Answer {
        status: StatusCode::from_bytes(status.as_bytes()).unwrap(),
        headers,
        body: Bytes::copy_from_slice(body.as_bytes()),
    }
}

/// `field=kind field=kind`
fn marks(text: &str) -> Vec<NoiseMark> {
    let kind = |name: &str| match name {
        "id" => NoiseKind::Id,
        "time" => NoiseKind::Time,
        "token" => NoiseKind::Token,
        "number" => NoiseKind::Number,
        other => panic!("no kind {other}"),
    };
    let marks = text
        .split_whitespace()
        .filter_map(|mark| mark.split_once('='));
    marks
        .map(|(field, name)| NoiseMark {
            field: field.to_owned(),
            kind: kind(name),
        })
        .collect()
}

fn check_with(pairs: &mut Pairs, marking: &str, legacy: &str, ported: &str, expected: &[&str]) {
    let found = compare(&answer(legacy), &answer(ported), &marks(marking), pairs);
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(found, expected, "\n{legacy}\n{ported}");
}

fn check(marking: &str, legacy: &str, ported: &str, expected: &[&str]) {
    check_with(&mut Pairs::default(), marking, legacy, ported, expected);
}

#[test]
fn status_fields_and_body_are_compared() {
    check("", "200 etag: a | x", "200 etag: a | x", &[]);
    check("", "200", "404", &["status: legacy 200, ported 404"]);
    check(
        "",
        "200 etag: a",
        "200 etag: b",
        &["header etag: legacy a, ported b"],
    );
    check(
        "",
        "200 vary: a",
        "200",
        &["header vary: legacy a, ported nothing"],
    );
    check("", "200 | x", "200 | y", &["body: legacy x, ported y"]);
}

#[test]
fn repeated_fields_count_in_their_order() {
    check(
        "",
        "200 set-cookie: a=1; set-cookie: b=2",
        "200 set-cookie: a=1; set-cookie: b=2",
        &[],
    );
    check(
        "",
        "200 set-cookie: a=1; set-cookie: b=2",
        "200 set-cookie: b=2; set-cookie: a=1",
        &["header set-cookie: legacy a=1\nb=2, ported b=2\na=1"],
    );
}

#[test]
fn fields_of_the_connection_are_not_compared() {
    check(
        "",
        "200 date: Sat, 21 Nov 2026 01:11:42 GMT; connection: keep-alive; keep-alive: timeout=5",
        "200 date: Sat, 21 Nov 2026 01:11:43 GMT; x-request-id: 1",
        &[],
    );
}

#[test]
fn json_is_compared_place_by_place() {
    check(
        "",
        r#"200 | {"notes":[{"id":1,"title":"a"},{"id":2}],"total":2}"#,
        r#"200 | {"notes":[{"id":1,"title":"b"}],"more":true,"total":2}"#,
        &[
            r#"body notes[0].title: legacy "a", ported "b""#,
            r#"body notes[1]: legacy {"id":2}, ported nothing"#,
            "body more: legacy nothing, ported true",
        ],
    );
}

#[test]
fn the_order_of_fields_and_the_spaces_count() {
    let place = "body (the same JSON, spelled differently)";
    check(
        "",
        r#"200 | {"a":1,"b":2}"#,
        r#"200 | {"b":2,"a":1}"#,
        &[&format!(
            r#"{place}: legacy {{"a":1,"b":2}}, ported {{"b":2,"a":1}}"#
        )],
    );
    check(
        "",
        r#"200 | {"a":1}"#,
        r#"200 | {"a": 1}"#,
        &[&format!(r#"{place}: legacy {{"a":1}}, ported {{"a": 1}}"#)],
    );
    check(
        "",
        r#"200 | ["A"]"#,
        r#"200 | ["\u0041"]"#,
        &[&format!(r#"{place}: legacy ["A"], ported ["\u0041"]"#)],
    );
    // No parser gives these digits back as they were.
    check(
        "b=number",
        r#"200 | {"a":0.12357821116328083,"b":0.10335349561962759,"c":"\\"}"#,
        r#"200 | {"a":0.12357821116328083,"b":0.46609716553492553,"c":"\\"}"#,
        &[],
    );
}

#[test]
fn marked_fields_may_differ_as_their_kind_does() {
    let legacy = r#"200 etag: W/"1"; content-length: 9 | {"at":"2026-11-21T01:11:42.926Z","n":3}"#;
    check(
        "at=time",
        legacy,
        r#"200 etag: W/"2"; content-length: 9 | {"at":"2026-11-21T01:11:43.001Z","n":3}"#,
        &[],
    );
    check(
        "at=time",
        legacy,
        r#"200 etag: W/"1"; content-length: 9 | {"at":"2027-11-21T01:11:42.926Z","n":3}"#,
        &[r#"body at: legacy "2026-11-21T01:11:42.926Z", ported "2027-11-21T01:11:42.926Z""#],
    );
    check(
        "at=time",
        legacy,
        r#"200 etag: W/"1"; content-length: 9 | {"at":"now","n":3}"#,
        &[r#"body at: legacy "2026-11-21T01:11:42.926Z", ported "now""#],
    );
    check(
        "id=id",
        r#"200 | {"id":"a1-b2"}"#,
        r#"200 | {"id":"c3-d4"}"#,
        &[],
    );
    check(
        "id=id",
        r#"200 | {"id":"a1-b2"}"#,
        r#"200 | {"id":"a1b22"}"#,
        &[r#"body id: legacy "a1-b2", ported "a1b22""#],
    );
    check(
        "t=token",
        r#"200 | {"t":"a.b.c"}"#,
        r#"200 | {"t":"dd.ee.f"}"#,
        &[],
    );
    check("r=number", r#"200 | {"r":0.1}"#, r#"200 | {"r":0.7}"#, &[]);
}

#[test]
fn a_tag_that_noise_explains_may_come_again_without_its_body() {
    let pairs = &mut Pairs::default();
    check_with(
        pairs,
        "r=number",
        r#"200 etag: "x1" | {"r":1}"#,
        r#"200 etag: "y1" | {"r":2}"#,
        &[],
    );
    check_with(
        pairs,
        "r=number",
        r#"200 etag: "x1""#,
        r#"200 etag: "y1""#,
        &[],
    );
    check_with(
        pairs,
        "r=number",
        r#"200 etag: "x1""#,
        r#"200 etag: "y2""#,
        &[r#"header etag: legacy "x1", ported "y2""#],
    );
}

#[test]
fn a_length_that_only_one_side_sends_is_a_difference_even_beside_noise() {
    check(
        "r=number",
        r#"200 content-length: 9 | {"r":0.1}"#,
        r#"200 | {"r":0.75}"#,
        &["header content-length: legacy 9, ported nothing"],
    );
}

#[test]
fn a_mark_holds_for_the_end_of_a_path_in_any_list() {
    let pair = (
        r#"200 | {"list":[{"note":{"at":1}}]}"#,
        r#"200 | {"list":[{"note":{"at":2}}]}"#,
    );
    check("at=number", pair.0, pair.1, &[]);
    check("note.at=number", pair.0, pair.1, &[]);
    check(
        "other.at=number",
        pair.0,
        pair.1,
        &["body list[0].note.at: legacy 1, ported 2"],
    );
    check(
        "t=number",
        pair.0,
        pair.1,
        &["body list[0].note.at: legacy 1, ported 2"],
    );
}

#[test]
fn a_pair_that_was_let_pass_may_come_again_and_only_it() {
    let pairs = &mut Pairs::default();
    let (legacy, ported) = (
        r#"201 location: /n/aa | {"id":"aa"}"#,
        r#"201 location: /n/bb | {"id":"bb"}"#,
    );
    check_with(pairs, "id=id", legacy, ported, &[]);
    check_with(
        pairs,
        "",
        r#"200 | {"last":"aa"}"#,
        r#"200 | {"last":"bb"}"#,
        &[],
    );
    check_with(
        pairs,
        "",
        "200 | note aa, by me",
        "200 | note bb, by me",
        &[],
    );
    check_with(
        pairs,
        "",
        r#"200 | {"last":"aa"}"#,
        r#"200 | {"last":"cc"}"#,
        &[r#"body last: legacy "aa", ported "cc""#],
    );
    check_with(
        pairs,
        "id=id",
        r#"200 | {"id":"aa"}"#,
        r#"200 | {"id":"cc"}"#,
        &[r#"body id: legacy "aa", ported "cc""#],
    );
}

#[test]
fn a_marked_text_may_differ_in_words_of_that_kind() {
    check(
        "=time",
        "200 | it is 1700000000000 now",
        "200 | it is 1700000000050 now",
        &[],
    );
    check(
        "=time",
        "200 | it is 1700000000000 now",
        "200 | it was 1700000000050 now",
        &["body: legacy it is 1700000000000 now, ported it was 1700000000050 now"],
    );
}

#[test]
fn bytes_that_are_not_text_are_compared_as_bytes() {
    let mut left = answer("200");
    left.body = Bytes::from_static(&[0xff, 1]);
    let mut right = left.clone();
    assert!(compare(&left, &right, &[], &mut Pairs::default()).is_empty());
    right.body = Bytes::from_static(&[0xff, 2]);
    assert_eq!(compare(&left, &right, &[], &mut Pairs::default()).len(), 1);
}

#[test]
fn a_stack_trace_on_an_error_page_is_not_compared_and_the_rest_of_it_is() {
    let page = |error: &str, stack: &str| format!("<pre>{error}{stack}</pre>");
    let stack = "<br> &nbsp; &nbsp;at a (/app/a.js:1:2)<br> &nbsp; &nbsp;at b";
    let legacy =
        |status: u16| format!("{status} content-length: 99 | {}", page("Error: no", stack));
    let ported =
        |status: u16, error: &str| format!("{status} content-length: 20 | {}", page(error, ""));
    check("", &legacy(500), &ported(500, "Error: no"), &[]);
    let found = |legacy: &str, ported: &str| {
        compare(&answer(legacy), &answer(ported), &[], &mut Pairs::default()).len()
    };
    assert_eq!(found(&legacy(500), &ported(500, "Error: yes")), 2);
    assert_eq!(found(&legacy(200), &ported(200, "Error: no")), 2);
}

#[test]
fn a_length_that_a_204_must_not_have_is_not_compared() {
    check("", "204 content-length: 0", "204", &[]);
    check(
        "",
        "200 content-length: 0",
        "200",
        &["header content-length: legacy 0, ported nothing"],
    );
}
