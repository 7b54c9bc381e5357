//! Events of the log for somebody who reads them.

use std::borrow::Cow;
use std::fmt::Write as _;

use comfy_table::{ContentArrangement, Table, presets};
use isobar::driver::terminal::is_harmful;
use isobar_local::events::{EventState, LoggedError, LoggedEvent};

/// Characters of an error in a table.
const ERROR_CHARACTERS: usize = 80;

/// A line for each; ids are never broken, so that they can be copied.
pub(super) fn table(events: &[LoggedEvent]) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["ID", "SOURCE", "DELIVERED", "STATE", "DELIVERIES", "ERROR"]);
    for event in events {
        let cells = [
            event.id.clone(),
            event.source.clone(),
            event.delivered.clone(),
            event.state.name().to_owned(),
            event.deliveries.to_string(),
            event.error.as_ref().map(short).unwrap_or_default(),
        ];
        table.add_row(cells.iter().map(|cell| clean(cell)));
    }
    table.trim_fmt()
}

fn short(error: &LoggedError) -> String {
    let line = format!("{}: {}", error.kind, error.message);
    let mut characters = line.chars().map(|c| if c == '\n' { ' ' } else { c });
    let mut short: String = characters.by_ref().take(ERROR_CHARACTERS).collect();
    if characters.next().is_some() {
        short.push('\u{2026}');
    }
    short
}

/// A line in which nothing has an effect on a terminal: what would is escaped.
pub(super) fn clean(line: &str) -> Cow<'_, str> {
    escaped(line, is_harmful)
}

/// The same for a text of several lines.
fn clean_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| is_harmful(c) && !matches!(c, '\n' | '\t'))
}

fn escaped(text: &str, is_harmful: fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(is_harmful) {
        return text.into();
    }
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        if is_harmful(c) {
            clean.extend(c.escape_default());
        } else {
            clean.push(c);
        }
    }
    clean.into()
}

/// All that is known of one event, its content last, which is as it was unless it goes to a terminal.
pub(super) fn whole(event: &LoggedEvent, for_terminal: bool) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        // Writing to text cannot fail.
        let _ = writeln!(text, "{name:<12}{}", clean(value));
    };
    line("id", &event.id);
    line("source", &event.source);
    if let Some(event_type) = &event.event_type {
        line("type", event_type);
    }
    if let Some(subject) = &event.subject {
        line("subject", subject);
    }
    line("state", &state(event));
    if let Some(error) = &event.error {
        line("error", &format!("{}: {}", error.kind, error.message));
    }
    line("time", &event.time);
    line("delivered", &deliveries(event));
    if let Some(settled) = &event.settled {
        line("settled", settled);
    }
    line("request", &event.request_id);
    if let Some(group) = &event.group {
        line("group", group);
    }
    for (name, value) in &event.attributes {
        line("attribute", &format!("{name}={value}"));
    }
    let document = if event.has_document {
        ", with the document as it was told"
    } else {
        ""
    };
    line("content", &format!("{} bytes{document}", event.bytes));
    match (&event.body, &event.body_base64) {
        (Some(body), _) if !body.is_empty() => {
            let body = if for_terminal {
                clean_lines(body)
            } else {
                body.into()
            };
            let _ = write!(text, "\n{body}");
        }
        (_, Some(body)) => {
            let _ = write!(text, "\nbase64: {body}");
        }
        _ => {}
    }
    text
}

fn state(event: &LoggedEvent) -> String {
    let name = event.state.name();
    match (&event.next, event.state) {
        (Some(next), _) => format!("{name}, comes again at {next}"),
        (None, EventState::Waiting) => format!("{name} to be delivered again"),
        (None, _) => name.to_owned(),
    }
}

fn deliveries(event: &LoggedEvent) -> String {
    let mut text = format!("{}, {} in all", event.delivered, event.deliveries);
    if event.deliveries > 1 {
        let _ = write!(text, " since {}", event.first_delivered);
    }
    match event.replays {
        0 => {}
        1 => text.push_str(", replayed once"),
        times => {
            let _ = write!(text, ", replayed {times} times");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event() -> LoggedEvent {
        let event = json!({
            "id": "1\u{1b}]0;title\u{7}",
            "source": "topic/jobs",
            "state": "failed",
            "error": { "kind": "Internal", "message": "no\n\u{9b}2Jnone" },
            "attempt": 1,
            "deliveries": 1,
            "replays": 0,
            "time": "2026-11-30T10:00:00Z",
            "firstDelivered": "2026-11-30T10:00:00Z",
            "delivered": "2026-11-30T10:00:00Z",
            "requestId": "r",
            "attributes": { "kind": "a\nstate       acknowledged" },
            "bytes": 9,
            "body": "one\n\ttwo \u{1b}[31mé\u{202e}",
        });
        serde_json::from_value(event).unwrap()
    }

    #[test]
    fn what_a_terminal_would_obey_is_escaped() {
        let table = table(&[event()]);
        assert!(table.contains("1\\u{1b}]0;title\\u{7}"), "{table}");
        assert!(table.contains("Internal: no \\u{9b}2Jnone"), "{table}");
        let shown = whole(&event(), true);
        assert!(shown.contains("kind=a\\nstate"), "{shown}");
        assert!(
            shown.ends_with("\none\n\ttwo \\u{1b}[31mé\\u{202e}"),
            "{shown}"
        );
        let harmful = |c: char| is_harmful(c) && c != '\n' && c != '\t';
        assert!(!shown.contains(harmful) && !table.contains(harmful));
    }

    #[test]
    fn a_body_that_goes_to_a_file_is_as_it_was() {
        let shown = whole(&event(), false);
        assert!(shown.ends_with("\none\n\ttwo \u{1b}[31mé\u{202e}"));
    }
}
