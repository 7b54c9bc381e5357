//! The request and the response as handlers see them.

use isobar_migrate_model::BodyShape;

use crate::machine::Machine;
use crate::machine::builtin::Family;
use crate::machine::call::Call;
use crate::machine::heap::{Kind, Property};
use crate::machine::operator::number_of;
use crate::machine::value::{Name, ObjectId, Site, Value};
use crate::serve::{Effect, Status};

/// `req.key`, `res.key`, or a field of a part of the request.
pub(crate) fn member(machine: &mut Machine<'_>, id: ObjectId, key: &str, site: Site) -> Value {
    match machine.heap.get(id).kind.clone() {
        Kind::Request => request_member(machine, id, key, site),
        Kind::Response => response_member(machine, key, site),
        Kind::Input(part) => {
            if crate::machine::builtin::object::is_method(key) {
                return machine.builtin(Family::ObjectMethods, key, site);
            }
            note_field(machine, &part, key);
            Value::Unknown
        }
        _ => Value::Unknown,
    }
}

fn note_field(machine: &mut Machine<'_>, part: &str, key: &str) {
    let Some(trace) = &mut machine.trace else {
        return;
    };
    let fields = match part {
        "query" => &mut trace.query,
        "body" => &mut trace.body,
        "headers" => &mut trace.headers,
        _ => return,
    };
    if key != "length" {
        fields.insert(Name::from(if part == "headers" {
            key.to_lowercase()
        } else {
            key.to_owned()
        }));
    }
}

fn request_member(machine: &mut Machine<'_>, id: ObjectId, key: &str, site: Site) -> Value {
    match key {
        "params" | "query" | "body" | "headers" | "cookies" | "signedCookies" => {
            machine.allocate(Kind::Input(key.into()), site)
        }
        "session" | "flash" | "file" | "files" | "csrfToken" | "logIn" | "login" | "logOut"
        | "logout" | "isAuthenticated" | "isUnauthenticated" => {
            machine.note_effect(Effect::RequestPart {
                part: key.into(),
                site,
            });
            Value::Unknown
        }
        "app" => match machine
            .trace
            .as_ref()
            .map(|trace| trace.application.clone())
        {
            Some(application) => application,
            None => Value::Unknown,
        },
        "res" => machine
            .trace
            .as_ref()
            .map_or(Value::Unknown, |trace| trace.response.clone()),
        "get" | "header" | "accepts" | "is" | "acceptsLanguages" | "acceptsEncodings" | "range"
        | "on" | "once" | "pipe" | "setTimeout" | "resume" | "param" => {
            machine.builtin(Family::Message, &format!("req.{key}"), site)
        }
        "method" | "url" | "originalUrl" | "path" | "baseUrl" | "ip" | "ips" | "hostname"
        | "host" | "protocol" | "secure" | "xhr" | "fresh" | "stale" | "subdomains" | "route"
        | "socket" | "connection" | "httpVersion" | "rawHeaders" | "rawBody" | "next" => {
            Value::Unknown
        }
        // What middleware puts there: the same object for the whole request.
        _ => {
            let part = machine.open(Kind::Plain, site);
            if let Value::Object(part) = part {
                machine.heap.get_mut(part).maybe = true;
            }
            let property = Property::plain(part.clone());
            machine
                .heap
                .get_mut(id)
                .properties
                .insert(key.into(), property);
            part
        }
    }
}

fn response_member(machine: &mut Machine<'_>, key: &str, site: Site) -> Value {
    match key {
        "locals" => {
            let locals = machine.open(Kind::Plain, site);
            if let Some(Value::Object(response)) =
                machine.trace.as_ref().map(|trace| trace.response.clone())
            {
                let property = Property::plain(locals.clone());
                machine
                    .heap
                    .get_mut(response)
                    .properties
                    .insert("locals".into(), property);
            }
            locals
        }
        "app" => machine
            .trace
            .as_ref()
            .map_or(Value::Unknown, |trace| trace.application.clone()),
        "req" => machine
            .trace
            .as_ref()
            .map_or(Value::Unknown, |trace| trace.request.clone()),
        "headersSent" | "statusCode" | "statusMessage" | "writableEnded" | "finished"
        | "socket" => Value::Unknown,
        _ => machine.builtin(Family::Message, &format!("res.{key}"), site),
    }
}

/// Calls a method of the request or the response.
pub(crate) fn call(machine: &mut Machine<'_>, name: &str, call: &Call) -> Value {
    match name.split_once('.') {
        Some(("req", method)) => request_call(machine, method, call),
        Some((_, method)) => response_call(machine, method, call),
        None => Value::Unknown,
    }
}

fn request_call(machine: &mut Machine<'_>, method: &str, call: &Call) -> Value {
    match method {
        "get" | "header" => {
            if let Some(name) = call.text(0).map(str::to_owned) {
                note_field(machine, "headers", &name);
            }
            Value::Unknown
        }
        "pipe" | "on" | "once" => {
            machine.note_effect(Effect::Stream(call.site));
            machine.run_callbacks(call, true);
            Value::Unknown
        }
        _ => Value::Unknown,
    }
}

fn response_call(machine: &mut Machine<'_>, method: &str, call: &Call) -> Value {
    let itself = machine
        .trace
        .as_ref()
        .map_or(Value::Unknown, |trace| trace.response.clone());
    match method {
        "status" | "writeHead" => {
            let status = status_of(&call.argument(0));
            if let Some(trace) = &mut machine.trace {
                trace.status = status;
            }
        }
        "sendStatus" => answer(machine, status_of(&call.argument(0)), BodyShape::Text),
        "json" | "jsonp" => {
            let (status, body) = status_and_body(machine, call);
            let shape = machine.shape_of(&body);
            answer(machine, status, shape);
        }
        "send" | "end" => {
            let (status, body) = status_and_body(machine, call);
            let shape = match (&body, machine.heap.kind(&body)) {
                (Value::Undefined, _) | (_, Some(Kind::Function(_))) => BodyShape::Empty,
                _ => machine.shape_of(&body),
            };
            answer(machine, status, shape);
        }
        "redirect" => {
            let status = if call.arguments.len() > 1 {
                status_of(&call.argument(0))
            } else {
                Status::Known(302)
            };
            answer(machine, status, BodyShape::Text);
        }
        "render" => {
            machine.note_effect(Effect::Render(call.site));
            let status = current_status(machine);
            answer(machine, status, BodyShape::Html);
            machine.run_callbacks(call, true);
        }
        "sendFile" | "sendfile" | "download" => {
            machine.note_effect(Effect::SendFile(call.site));
            let status = current_status(machine);
            answer(machine, status, BodyShape::File);
            machine.run_callbacks(call, true);
        }
        "write" | "pipe" | "on" | "once" | "flush" | "flushHeaders" => {
            machine.note_effect(Effect::Stream(call.site));
            machine.run_callbacks(call, true);
        }
        "format" => format(machine, call),
        "get" | "getHeader" => return Value::Unknown,
        "set" | "header" | "setHeader" | "type" | "contentType" | "vary" | "append" | "cookie"
        | "location" | "clearCookie" | "links" | "attachment" | "removeHeader" | "setTimeout" => {}
        _ => {
            machine.note_unresolved(&format!("res.{method}"), call.site);
            machine.run_callbacks(call, true);
        }
    }
    itself
}

/// `res.format({ json: () => …, html: () => … })`: each may run.
fn format(machine: &mut Machine<'_>, call: &Call) {
    let Value::Object(id) = call.argument(0) else {
        return;
    };
    for (_, handler) in machine.entries_of(id, call.site) {
        let (request, response) = match &machine.trace {
            Some(trace) => (trace.request.clone(), trace.response.clone()),
            None => return,
        };
        machine.uncertainly(|machine| {
            machine.call_simply(
                &handler,
                Value::Undefined,
                vec![request, response],
                call.site,
            )
        });
    }
}

/// Express 4 takes `res.json(status, body)` and `res.send(status)` as well.
fn status_and_body(machine: &Machine<'_>, call: &Call) -> (Status, Value) {
    let current = current_status(machine);
    match (call.arguments.len(), call.argument(0)) {
        (2, Value::Number(number)) => (status_of(&Value::Number(number)), call.argument(1)),
        _ => (current, call.argument(0)),
    }
}

fn status_of(value: &Value) -> Status {
    let known = number_of(value).filter(|number| (100.0..1000.0).contains(number));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 100 and 999"
    )]
    known.map_or(Status::Unknown, |number| Status::Known(number as u16))
}

fn current_status(machine: &Machine<'_>) -> Status {
    machine
        .trace
        .as_ref()
        .map_or(Status::Unknown, |trace| trace.status)
}

fn answer(machine: &mut Machine<'_>, status: Status, body: BodyShape) {
    let Some(trace) = &mut machine.trace else {
        return;
    };
    // A status that is not known is not part of the contract.
    if let Status::Known(status) = status
        && !trace.responses.contains(&(status, body.clone()))
        && trace.responses.len() < 64
    {
        trace.responses.push((status, body));
    }
}
