//! The module `url` and the class `URL`, as far as modules use them to find their own place.

use crate::machine::Machine;
use crate::machine::builtin::path::normalize;
use crate::machine::call::Call;
use crate::machine::heap::Property;
use crate::machine::value::Value;

/// Calls a function of `url`.
pub(super) fn call(machine: &mut Machine<'_>, name: &str, call: &Call) -> Value {
    let text = machine.text_of(&call.argument(0));
    match (name, text) {
        ("fileURLToPath", Some(text)) => Value::from(text.strip_prefix("file://").unwrap_or(&text)),
        ("pathToFileURL", Some(text)) => url_object(machine, &format!("file://{text}"), call),
        _ => Value::Unknown,
    }
}

/// `new URL(relative, base)`.
pub(super) fn construct(machine: &mut Machine<'_>, call: &Call) -> Value {
    let (Some(text), base) = (
        machine.text_of(&call.argument(0)),
        machine.text_of(&call.argument(1)),
    ) else {
        return Value::Unknown;
    };
    let base = base.filter(|base| base.starts_with("file://") && !text.contains("://"));
    let href = match base {
        Some(base) => {
            let path = base.trim_start_matches("file://");
            let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
            format!("file://{}", normalize(&format!("{directory}/{text}")))
        }
        None => text.to_string(),
    };
    // It is not brought into its normal form, nor is it resolved against a base of another scheme.
    machine.assume();
    url_object(machine, &href, call)
}

fn url_object(machine: &mut Machine<'_>, href: &str, call: &Call) -> Value {
    let id = machine.plain_object(call.site);
    let after_scheme = href.split_once("://").map_or(href, |(_, rest)| rest);
    let path = after_scheme.find('/').map_or("/", |at| &after_scheme[at..]);
    let object = machine.heap.get_mut(id);
    object.open = true;
    object
        .properties
        .insert("href".into(), Property::plain(Value::from(href)));
    object
        .properties
        .insert("pathname".into(), Property::plain(Value::from(path)));
    Value::Object(id)
}
