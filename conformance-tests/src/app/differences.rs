//! Where two values differ: by JSON pointer, or by byte.

use serde::Serialize;
use serde_json::Value;

/// One place in which a provider differs from the reference, or from what was expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Difference {
    /// What it is in: `status`, `header content-type`, `body /items/0/id`, `body byte 17`.
    pub(super) at: String,
    /// What should be there.
    pub(super) wanted: String,
    /// What is there.
    pub(super) found: String,
}

/// More than this of one comparison says nothing more.
const MOST: usize = 20;
/// How much of a value is shown, in characters.
const SHOWN: usize = 120;
const ABSENT: &str = "nothing";

impl Difference {
    pub(super) fn new(at: impl Into<String>, wanted: &str, found: &str) -> Self {
        Self {
            at: at.into(),
            wanted: shown(wanted),
            found: shown(found),
        }
    }
}

/// The places in which JSON differs, below `at`; the order of fields is one of them only where there
/// is no other.
pub(super) fn of_json(at: &str, wanted: &Value, found: &Value) -> Vec<Difference> {
    let mut differences = Vec::new();
    walk(&mut differences, at, (Some(wanted), Some(found)));
    if differences.is_empty() {
        // Numbers and texts are equal here, and written alike.
        let (wanted, found) = (wanted.to_string(), found.to_string());
        differences.extend(of_bytes(
            &format!("{at} order of fields,"),
            wanted.as_bytes(),
            found.as_bytes(),
        ));
    }
    differences
}

fn walk(
    differences: &mut Vec<Difference>,
    at: &str,
    (wanted, found): (Option<&Value>, Option<&Value>),
) {
    if differences.len() >= MOST {
        return;
    }
    match (wanted, found) {
        (Some(Value::Object(wanted)), Some(Value::Object(found))) => {
            let more = found.keys().filter(|name| !wanted.contains_key(*name));
            for name in wanted.keys().chain(more) {
                let at = format!("{at}/{}", escaped(name));
                walk(differences, &at, (wanted.get(name), found.get(name)));
            }
        }
        (Some(Value::Array(wanted)), Some(Value::Array(found))) => {
            for index in 0..wanted.len().max(found.len()) {
                let at = format!("{at}/{index}");
                walk(differences, &at, (wanted.get(index), found.get(index)));
            }
        }
        (wanted, found) if wanted == found => {}
        (wanted, found) => {
            let told = |value: Option<&Value>| value.map_or(ABSENT.to_owned(), Value::to_string);
            differences.push(Difference::new(at, &told(wanted), &told(found)));
        }
    }
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// The first byte that differs, with what stands there.
pub(super) fn of_bytes(at: &str, wanted: &[u8], found: &[u8]) -> Option<Difference> {
    if wanted == found {
        return None;
    }
    let same = wanted.iter().zip(found).take_while(|(a, b)| a == b);
    let first = same.count();
    let place = format!("{at} byte {first} of {}", wanted.len());
    Some(Difference::new(
        place.trim_start(),
        &rest(wanted, first),
        &rest(found, first),
    ))
}

fn rest(bytes: &[u8], from: usize) -> String {
    match bytes.get(from..) {
        None | Some([]) => "the end".to_owned(),
        Some(rest) => {
            let rest = rest.get(..SHOWN).unwrap_or(rest);
            match std::str::from_utf8(rest) {
                Ok(text) => format!("{text:?}"),
                Err(_) => format!("{rest:02x?}"),
            }
        }
    }
}

fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// One line a difference.
    fn check(wanted: &Value, found: &Value, expected: &[&str]) {
        let differences = of_json("body ", wanted, found);
        let lines: Vec<String> = differences
            .iter()
            .map(|found| format!("{}: {} | {}", found.at, found.wanted, found.found))
            .collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn json_differs_by_pointer() {
        let wanted = json!({ "a": [1, { "b/c": 2 }], "d": null });
        check(&wanted, &wanted, &[]);
        check(
            &wanted,
            &json!({ "a": [1, { "b/c": 3 }, 4], "e": 5 }),
            &[
                "body /a/1/b~1c: 2 | 3",
                "body /a/2: nothing | 4",
                "body /d: null | nothing",
                "body /e: nothing | 5",
            ],
        );
    }

    #[test]
    fn another_order_of_fields_is_a_difference() {
        let (wanted, found) = (json!({ "a": 1, "b": 2 }), json!({ "b": 2, "a": 1 }));
        check(
            &wanted,
            &found,
            &[r#"body  order of fields, byte 2 of 13: "a\":1,\"b\":2}" | "b\":2,\"a\":1}""#],
        );
    }

    #[test]
    fn bytes_differ_from_the_first_one_on() {
        let difference = of_bytes("body", b"abc\xff", b"abcd").unwrap();
        assert_eq!(difference.at, "body byte 3 of 4");
        assert_eq!(
            (difference.wanted.as_str(), difference.found.as_str()),
            ("[ff]", "\"d\"")
        );
        assert_eq!(of_bytes("body", b"abc", b"ab").unwrap().found, "the end");
        assert_eq!(of_bytes("body", b"abc", b"abc"), None);
    }
}
