//! What is asked of the log of events from outside, and what is answered: one line of JSON each.

use isobar::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use super::handle::EventLog;
use super::logged::LoggedEvent;
use super::row::EventState;

/// What is asked of the log of events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "ask")]
#[non_exhaustive]
pub enum Question {
    /// The last events.
    List {
        /// At most so many.
        limit: usize,
        /// Only those whose last delivery did not end well.
        failed: bool,
    },
    /// One event, whole.
    Show {
        /// Its id, or that of the invocation of its last delivery.
        id: String,
        /// Where it comes from, where several have the id.
        source: Option<String>,
    },
    /// To deliver an event again.
    Replay {
        /// Its id, or that of the invocation of its last delivery.
        id: String,
        /// Where it comes from, where several have the id.
        source: Option<String>,
    },
}

impl Question {
    /// The last events, at most so many.
    pub fn list(limit: usize) -> Self {
        Self::List {
            limit,
            failed: false,
        }
    }

    /// Of a list, only those whose last delivery did not end well.
    #[must_use]
    pub fn failed(mut self) -> Self {
        if let Self::List { failed, .. } = &mut self {
            *failed = true;
        }
        self
    }

    /// The event with this id, of this source where several have it.
    pub fn show(id: impl Into<String>, source: Option<&str>) -> Self {
        let (id, source) = (id.into(), source.map(str::to_owned));
        Self::Show { id, source }
    }

    /// To deliver the event with this id again, of this source where several have it.
    pub fn replay(id: impl Into<String>, source: Option<&str>) -> Self {
        let (id, source) = (id.into(), source.map(str::to_owned));
        Self::Replay { id, source }
    }
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Answer {
    /// The events, the newest first; one where one was asked for.
    pub events: Vec<LoggedEvent>,
    /// Whether a program that runs has answered.
    pub running: bool,
    /// Whether that program has a handler for the event that is replayed.
    pub handled: bool,
}

/// An answer or why there is none, as the program writes it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Reply {
    Answer(Answer),
    Refusal { kind: String, message: String },
}

impl Reply {
    /// What was answered; kinds that callers tell apart are those of the refusal.
    pub(super) fn into_result(self) -> Result<Answer> {
        match self {
            Self::Answer(answer) => Ok(answer),
            Self::Refusal { kind, message } => {
                let kinds = [ErrorKind::NotFound, ErrorKind::InvalidArgument];
                let mut kinds = kinds.into_iter();
                let kind = kinds.find(|known| format!("{known:?}") == kind);
                Err(Error::new(kind.unwrap_or(ErrorKind::Unavailable), message))
            }
        }
    }
}

impl From<Result<Answer>> for Reply {
    fn from(result: Result<Answer>) -> Self {
        match result {
            Ok(answer) => Self::Answer(answer),
            Err(error) => Self::Refusal {
                kind: format!("{:?}", error.kind()),
                message: error.to_string(),
            },
        }
    }
}

/// Answers a question; `has_handler` says whether this process delivers the events of a queue.
pub(crate) async fn answer(
    log: &EventLog,
    question: Question,
    has_handler: impl Fn(&str) -> bool,
) -> Result<Answer> {
    let mut answer = Answer::default();
    match question {
        Question::List { limit, failed } => {
            let is_wanted = |state: EventState| !failed || state.is_failure();
            answer.events = log.newest(limit, is_wanted)?;
        }
        Question::Show { id, source } => answer.events.push(log.get(&id, source.as_deref())?),
        Question::Replay { id, source } => {
            let row = log.request(&id, source.as_deref()).await?;
            answer.handled = has_handler(&row.queue);
            answer.events.push(LoggedEvent::new(row));
        }
    }
    Ok(answer)
}
