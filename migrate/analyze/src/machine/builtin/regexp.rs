//! Regular expressions, run by a JavaScript-compatible engine where the subject is known.

use regress::{Match, Regex};

use crate::machine::Machine;
use crate::machine::call::Call;
use crate::machine::heap::Kind;
use crate::machine::value::Value;

/// Subjects longer than this are not matched: no path is, and a pattern may take exponential time.
const MAX_SUBJECT: usize = 512;

fn compile(source: &str, flags: &str) -> Option<Regex> {
    let known: String = flags
        .chars()
        .filter(|flag| "imsu".contains(*flag))
        .collect();
    Regex::with_flags(source, known.as_str()).ok()
}

/// `regexp.test(text)` and its siblings.
pub(super) fn method(machine: &mut Machine<'_>, name: &str, call: &Call) -> Value {
    let Some(Kind::RegExp { source, flags }) = machine.heap.kind(&call.this).cloned() else {
        return Value::Unknown;
    };
    let Some(text) = machine
        .text_of(&call.argument(0))
        .filter(|text| text.len() <= MAX_SUBJECT)
    else {
        return if name == "toString" {
            Value::from(format!("/{source}/{flags}"))
        } else {
            Value::Unknown
        };
    };
    let Some(regex) = compile(&source, &flags) else {
        return Value::Unknown;
    };
    match (name, regex.find(&text)) {
        ("test", found) => Value::Boolean(found.is_some()),
        // Each call of a global expression goes on where the last one ended.
        ("exec", _) if flags.contains(['g', 'y']) => Value::Unknown,
        ("exec", Some(found)) => groups(machine, &text, &found, call),
        ("exec", None) => Value::Null,
        _ => Value::Unknown,
    }
}

/// `text.replace(regexp, …)` and its siblings.
pub(super) fn on_text(
    machine: &mut Machine<'_>,
    name: &str,
    text: &str,
    (source, flags): (&str, &str),
    call: &Call,
) -> Value {
    let (Some(regex), true) = (compile(source, flags), text.len() <= MAX_SUBJECT) else {
        return Value::Unknown;
    };
    let all = flags.contains('g');
    let found: Vec<Match> = regex
        .find_iter(text)
        .take(if all { 1_000 } else { 1 })
        .collect();
    match name {
        "search" => found
            .first()
            .map_or(Value::Number(-1.0), |first| Value::from(first.start())),
        "match" if all && found.is_empty() => Value::Null,
        "match" if all => {
            let texts = found
                .iter()
                .map(|found| Value::from(&text[found.range()]))
                .collect();
            machine.array(texts, call.site)
        }
        "match" => match found.first() {
            Some(first) => groups(machine, text, first, call),
            None => Value::Null,
        },
        "matchAll" => {
            let mut lists = Vec::new();
            for found in &found {
                lists.push(groups(machine, text, found, call));
            }
            machine.array(lists, call.site)
        }
        "split" => {
            let mut parts = Vec::new();
            let mut from = 0;
            for found in regex
                .find_iter(text)
                .filter(|found| !found.range().is_empty())
            {
                parts.push(Value::from(&text[from..found.start()]));
                from = found.end();
            }
            parts.push(Value::from(&text[from..]));
            machine.array(parts, call.site)
        }
        _ => replace(machine, text, &found, call),
    }
}

fn groups(machine: &mut Machine<'_>, text: &str, found: &Match, call: &Call) -> Value {
    let parts = found
        .groups()
        .map(|group| group.map_or(Value::Undefined, |range| Value::from(&text[range])));
    let parts = parts.collect();
    machine.array(parts, call.site)
}

fn replace(machine: &mut Machine<'_>, text: &str, found: &[Match], call: &Call) -> Value {
    let replacement = call.argument(1);
    let mut replaced = String::new();
    let mut from = 0;
    for found in found {
        replaced.push_str(&text[from..found.start()]);
        let made = match &replacement {
            Value::Text(template) => Some(expand(template, text, found)),
            Value::Object(_) => {
                let groups = found
                    .groups()
                    .map(|group| group.map_or(Value::Undefined, |range| Value::from(&text[range])));
                let arguments = groups.collect();
                let made =
                    machine.call_simply(&replacement, Value::Undefined, arguments, call.site);
                machine.text_of(&made).map(|made| made.to_string())
            }
            _ => None,
        };
        let Some(made) = made else {
            return Value::Unknown;
        };
        replaced.push_str(&made);
        from = found.end();
    }
    replaced.push_str(&text[from..]);
    Value::from(replaced)
}

/// A replacement with `$1` and `$&` filled in.
fn expand(template: &str, text: &str, found: &Match) -> String {
    let mut expanded = String::new();
    let mut characters = template.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, characters.peek().copied()) {
            ('$', Some('&')) => {
                characters.next();
                expanded.push_str(&text[found.range()]);
            }
            ('$', Some('$')) => {
                characters.next();
                expanded.push('$');
            }
            ('$', Some(digit)) if digit.is_ascii_digit() => {
                characters.next();
                let group = digit
                    .to_digit(10)
                    .and_then(|digit| found.group(digit as usize));
                expanded.push_str(group.map_or("", |range| &text[range]));
            }
            _ => expanded.push(character),
        }
    }
    expanded
}
