//! Lines for people.

use std::fmt::Write as _;

use isobar::driver::terminal::is_harmful;
use serde_json::Value;
use tracing::Level;

use super::line::Line;

const DIM: &str = "\u{1b}[2m";
const PLAIN: &str = "\u{1b}[0m";

/// Time, level, target, message and fields on one line.
pub(super) fn line(line: &Line, colours: bool) -> String {
    let colour = match line.level {
        Level::ERROR => "\u{1b}[31m",
        Level::WARN => "\u{1b}[33m",
        Level::INFO => "\u{1b}[32m",
        _ => "\u{1b}[34m",
    };
    let (dim, colour, plain) = if colours {
        (DIM, colour, PLAIN)
    } else {
        ("", "", "")
    };
    let (time, level) = (line.time(3), line.level.as_str());
    let mut text = format!(
        "{dim}{time}{plain} {colour}{level:>5}{plain} {dim}{}:{plain} ",
        line.target
    );
    escape(&line.message, &mut text);
    for (name, value) in &line.fields {
        let _ = write!(text, " {dim}{name}={plain}");
        match value {
            Value::String(value) => write_value(value, &mut text),
            other => escape(&other.to_string(), &mut text),
        }
    }
    if let Some(invocation) = &line.invocation {
        let id = invocation.id().as_str();
        let trace = invocation.trace().trace_id();
        let _ = write!(
            text,
            " {dim}request_id={plain}{id} {dim}trace_id={plain}{trace:032x}"
        );
    }
    for span in &line.spans {
        let _ = write!(text, " {dim}in={plain}");
        escape(&span.to_string(), &mut text);
    }
    text.push('\n');
    text
}

/// A text that could be taken for several fields, or for less than it is, stands in quotes.
fn write_value(value: &str, to: &mut String) {
    let is_plain = |c: char| !c.is_whitespace() && !"=\"'\\".contains(c);
    if !value.is_empty() && value.chars().all(is_plain) {
        return escape(value, to);
    }
    to.push('"');
    escape(&value.replace('\\', "\\\\").replace('"', "\\\""), to);
    to.push('"');
}

/// What ends a line, or tells a terminal to do something, would let a client write lines of its own.
fn escape(from: &str, to: &mut String) {
    for c in from.chars() {
        if is_harmful(c) && c != '\t' {
            to.extend(c.escape_default());
        } else {
            to.push(c);
        }
    }
}
