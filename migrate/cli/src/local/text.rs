//! Events of the log for somebody who reads them.

use std::fmt::Write as _;

use comfy_table::{ContentArrangement, Table, presets};
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
        table.add_row([
            event.id.clone(),
            event.source.clone(),
            event.delivered.clone(),
            event.state.name().to_owned(),
            event.deliveries.to_string(),
            event.error.as_ref().map(short).unwrap_or_default(),
        ]);
    }
    table.trim_fmt()
}

fn short(error: &LoggedError) -> String {
    let line = format!("{}: {}", error.kind, error.message);
    let mut characters = line.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut short: String = characters.by_ref().take(ERROR_CHARACTERS).collect();
    if characters.next().is_some() {
        short.push('\u{2026}');
    }
    short
}

/// All that is known of one event, its content last.
pub(super) fn whole(event: &LoggedEvent) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        // Writing to text cannot fail.
        let _ = writeln!(text, "{name:<12}{value}");
    };
    line("id", &event.id);
    line("source", &event.source);
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
