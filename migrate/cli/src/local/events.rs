//! `isobar local events`, `event` and `replay`: what woke an application, and to have it do so again.

use std::path::{Path, PathBuf};

use clap::Args;
use isobar::ErrorKind;
use isobar_local::events::{Answer, LoggedEvent, Question, ask};

use super::{failed, text};
use crate::exit::{Exit, Failure};
use crate::printer::Printer;

/// Arguments of `isobar local events`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 listed, 2 there is no store, 3 it cannot be read, or a process has it open that \
answers nobody. Errors may hold personal data."
)]
pub struct EventsArguments {
    /// The directory of the store, as in .isobar.
    pub directory: PathBuf,

    /// Only those whose last delivery did not end well.
    #[arg(long)]
    pub failed: bool,

    /// At most so many.
    #[arg(long, default_value_t = 50)]
    pub limit: usize,

    /// Print them as a list in JSON.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `isobar local event`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 shown, 2 there is no store or no such event, or several have the id, 3 the store \
cannot be read, or a process has it open that answers nobody."
)]
pub struct EventArguments {
    /// The event.
    #[command(flatten)]
    pub event: Named,

    /// Print it as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `isobar local replay`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 it is delivered again, by the program that runs or by the next one, 1 the program \
that runs has no handler for it, 2 there is no store or no such event, or several have the id, 3 the store cannot be read, \
or a process has it open that answers nobody."
)]
pub struct ReplayArguments {
    /// The event.
    #[command(flatten)]
    pub event: Named,

    /// Print what is delivered again as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Which event.
#[derive(Debug, Args)]
pub struct Named {
    /// The directory of the store, as in .isobar.
    pub directory: PathBuf,

    /// The id of the event, or the request_id of its last delivery, as the program logs them.
    pub id: String,

    /// Where it comes from, where several have the id: topic/NAME, bucket/NAME, collection/NAME or schedule/NAME.
    #[arg(long)]
    pub source: Option<String>,
}

/// Lists events.
pub(super) fn list(arguments: &EventsArguments, printer: &Printer) -> Result<Exit, Failure> {
    let (limit, failed_only) = (arguments.limit, arguments.failed);
    let question = Question::list(limit);
    let question = if failed_only {
        question.failed()
    } else {
        question
    };
    let answer = asked(&arguments.directory, &question)?;
    if arguments.json {
        printer.data(&json(&answer.events)?);
    } else if answer.events.is_empty() {
        printer.note(if failed_only {
            "no event of the log has failed"
        } else {
            "the log has no events: one is kept from its first delivery on"
        });
    } else {
        printer.data(&text::table(&answer.events));
    }
    Ok(Exit::Done)
}

/// Shows one event.
pub(super) fn show(arguments: &EventArguments, printer: &Printer) -> Result<Exit, Failure> {
    let Named {
        directory,
        id,
        source,
    } = &arguments.event;
    let event = one(asked(directory, &Question::show(id, source.as_deref()))?)?;
    printer.data(&if arguments.json {
        json(&event)?
    } else {
        text::whole(&event, printer.is_terminal())
    });
    Ok(Exit::Done)
}

/// Has one event delivered again.
pub(super) fn replay(arguments: &ReplayArguments, printer: &Printer) -> Result<Exit, Failure> {
    let Named {
        directory,
        id,
        source,
    } = &arguments.event;
    let answer = asked(directory, &Question::replay(id, source.as_deref()))?;
    let (running, handled) = (answer.running, answer.handled);
    let event = one(answer)?;
    let what = format!("{} of {}", event.id, event.source);
    let what = text::clean(&what);
    if arguments.json {
        printer.data(&json(&event)?);
    }
    let (told, exit) = match (running, handled) {
        (true, true) => (format!("{what} is delivered again now"), Exit::Done),
        (true, false) => (
            format!("{what} waits: the program that runs has no handler for it"),
            Exit::Findings,
        ),
        (false, _) => (
            format!("{what} is delivered again when a program next opens the store"),
            Exit::Done,
        ),
    };
    if arguments.json {
        printer.note(&told);
    } else {
        printer.data(&told);
    }
    Ok(exit)
}

fn asked(directory: &Path, question: &Question) -> Result<Answer, Failure> {
    ask(directory, question).map_err(|error| {
        let names_one = !matches!(question, Question::List { .. });
        let hint = match error.kind() {
            ErrorKind::InvalidArgument => {
                Some("name one of them, with --source where they share the id")
            }
            ErrorKind::NotFound if names_one => {
                Some("`isobar local events` lists what the log has")
            }
            _ => None,
        };
        let failure = failed(error);
        match hint {
            Some(hint) => failure.with_hint(hint),
            None => failure,
        }
    })
}

fn one(answer: Answer) -> Result<LoggedEvent, Failure> {
    let event = answer.events.into_iter().next();
    event.ok_or_else(|| Failure::bug(anyhow::anyhow!("the store has answered without an event")))
}

fn json(value: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(value).map_err(Failure::bug)
}
