//! What is recorded of an order brings it back, and a record of other names does nothing.

use crate::document::{Map, Value};

use super::{record, restore};

/// Letters are the names of a map; brackets nest one in the entry before.
fn parse(text: &mut std::str::Chars<'_>) -> Map {
    let mut map = Map::new();
    let mut last = String::new();
    while let Some(letter) = text.next() {
        match letter {
            '(' => {
                map.insert(last.clone(), Value::Map(parse(text)));
            }
            '[' => {
                let items = vec![Value::Map(parse(text)), Value::Null];
                map.insert(last.clone(), Value::List(items));
            }
            ')' | ']' => return map,
            letter => {
                last = letter.to_string();
                map.insert(last.clone(), Value::Null);
            }
        }
    }
    map
}

fn by_name(mut map: Map) -> Map {
    map.sort_unstable_keys();
    map.into_iter()
        .map(|(name, value)| (name, value_by_name(value)))
        .collect()
}

fn value_by_name(value: Value) -> Value {
    match value {
        Value::Map(map) => Value::Map(by_name(map)),
        Value::List(items) => Value::List(items.into_iter().map(value_by_name).collect()),
        other => other,
    }
}

fn check(document: &str, bytes: Option<usize>) {
    let given = parse(&mut document.chars());
    let record = record(&given);
    assert_eq!(record.as_ref().map(Vec::len), bytes, "{document}");
    let mut stored = by_name(given.clone());
    restore(&mut stored, &record.unwrap_or_default());
    assert_eq!(format!("{stored:?}"), format!("{given:?}"), "{document}");
}

#[test]
fn an_order_comes_back_and_costs_nothing_where_it_is_by_name() {
    check("", None);
    check("abc", None);
    check("a(xy)b", None);
    check("ba", Some(4 + 3));
    check("cba", Some(4 + 4));
    check("a(yx)b", Some(4 + 1 + 3));
    check("b(xy)a[zxy]", Some(4 + 3 + 4));
    check("b[zyx]a(yx)c(ab)", Some(4 + 4 + 3 + 4));
}

#[test]
fn a_record_of_other_names_or_damaged_is_ignored() {
    let ordered = record(&parse(&mut "cba".chars())).unwrap();
    for other in ["abd", "ab", "abcd", "a(b)c"] {
        let mut fields = by_name(parse(&mut other.chars()));
        let before = format!("{fields:?}");
        restore(&mut fields, &ordered);
        assert_eq!(format!("{fields:?}"), before);
    }
    for damaged in [
        &ordered[..3],
        &ordered[..5],
        &[&ordered[..5], &[9, 9, 9]].concat(),
    ] {
        let mut fields = parse(&mut "abc".chars());
        restore(&mut fields, damaged);
        assert_eq!(fields.keys().map(String::as_str).collect::<String>(), "abc");
    }
}

#[test]
fn maps_with_more_than_127_entries_are_ordered_too() {
    let given: Map = (0..300)
        .rev()
        .map(|n| (format!("{n:03}"), Value::Int(n)))
        .collect();
    let record = record(&given).unwrap();
    let mut stored = by_name(given.clone());
    restore(&mut stored, &record);
    assert_eq!(format!("{stored:?}"), format!("{given:?}"));
}
