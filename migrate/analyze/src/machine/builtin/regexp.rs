//! Regular expressions, run by a JavaScript-compatible engine where the subject is known.

use regress::{Match, Regex};

use crate::machine::Machine;
use crate::machine::builtin::unit;
use crate::machine::call::Call;
use crate::machine::heap::{Form, Kind};
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
        // Each call of a global expression goes on where the last one ended.
        ("test", found) if flags.contains(['g', 'y']) => {
            machine.roughly(Value::Boolean(found.is_some()))
        }
        ("test", found) => Value::Boolean(found.is_some()),
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
        "search" => found.first().map_or(Value::Number(-1.0), |first| {
            Value::from(unit::of(&text[..first.start()]).len())
        }),
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
            for found in regex.find_iter(text) {
                if found.range().is_empty() {
                    machine.assume();
                    continue;
                }
                parts.push(Value::from(&text[from..found.start()]));
                parts.extend(groups_of(text, &found).skip(1));
                from = found.end();
            }
            if call.arguments.len() > 1 {
                machine.assume();
            }
            parts.push(Value::from(&text[from..]));
            machine.array(parts, call.site)
        }
        _ => replace(machine, text, &found, call),
    }
}

fn groups(machine: &mut Machine<'_>, text: &str, found: &Match, call: &Call) -> Value {
    let parts = groups_of(text, found).collect();
    let id = machine.heap.allocate(Kind::array(parts), call.site);
    machine.heap.get_mut(id).form = Form::Match;
    Value::Object(id)
}

/// The whole match, and what each group caught.
fn groups_of<'t>(text: &'t str, found: &'t Match) -> impl Iterator<Item = Value> + 't {
    let groups = found.groups();
    groups.map(|group| group.map_or(Value::Undefined, |range| Value::from(&text[range])))
}

fn replace(machine: &mut Machine<'_>, text: &str, found: &[Match], call: &Call) -> Value {
    let replacement = call.argument(1);
    let mut replaced = String::new();
    let mut from = 0;
    for found in found {
        replaced.push_str(&text[from..found.start()]);
        let made = match &replacement {
            Value::Text(template) => expand(template, text, found),
            Value::Object(_) => {
                let mut arguments: Vec<Value> = groups_of(text, found).collect();
                arguments.push(Value::from(unit::of(&text[..found.start()]).len()));
                arguments.push(Value::from(text));
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

/// A replacement with `$1` and `$&` filled in; nothing where it has other patterns.
fn expand(template: &str, text: &str, found: &Match) -> Option<String> {
    let mut expanded = String::new();
    let mut characters = template.chars().peekable();
    while let Some(character) = characters.next() {
        let next = characters.peek().copied();
        match (character, next) {
            ('$', Some('&')) => expanded.push_str(&text[found.range()]),
            ('$', Some('$')) => expanded.push('$'),
            ('$', Some(digit)) if digit.is_ascii_digit() => {
                let group = digit.to_digit(10).filter(|group| *group > 0)? as usize;
                if group >= found.groups().count() {
                    return None;
                }
                expanded.push_str(found.group(group).map_or("", |range| &text[range]));
            }
            ('$', Some('`' | '\'' | '<')) => return None,
            _ => {
                expanded.push(character);
                continue;
            }
        }
        characters.next();
    }
    Some(expanded)
}
