//! The variables of one request.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use isobar::{Error, ErrorKind, Result};

use super::memory::{Memory, Turn};
use super::replay::Replay;
use super::writer::Outcome;
use crate::value::{JsArray, JsString, JsValue, Thrown};

/// Declares a variable of a module: its name and what it is when the application starts for the first time.
pub struct Variable {
    name: &'static str,
    seed: fn() -> JsValue,
}

impl Variable {
    /// A variable. The name is that of its document, so it must stay the same.
    pub const fn new(name: &'static str, seed: fn() -> JsValue) -> Self {
        Self { name, seed }
    }

    /// The name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What the variable is when the application starts for the first time.
    pub(super) fn seed(&self) -> JsValue {
        (self.seed)()
    }
}

impl fmt::Debug for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Variable").field(&self.name).finish()
    }
}

/// The variables that one request uses, shared by all functions that take part in it.
#[derive(Clone, Default)]
pub struct Variables(Arc<Shared>);

#[derive(Default)]
struct Shared {
    source: Option<Source>,
    turn: Mutex<Option<Turn>>,
    /// Functions of one request that go on at the same time share its turn, and must not wait for it twice.
    loading: tokio::sync::Mutex<()>,
    failure: Mutex<Option<Error>>,
}

struct Source {
    memory: Arc<Memory>,
    request: Replay,
}

impl Variables {
    pub(super) fn of(memory: &Arc<Memory>, request: Replay) -> Self {
        let memory = Arc::clone(memory);
        Self(Arc::new(Shared {
            source: Some(Source { memory, request }),
            ..Shared::default()
        }))
    }

    /// Reads variables before they are used. From the first one on, no other request uses any of them until this one
    /// has ended.
    ///
    /// # Errors
    /// When the store does not answer; the whole request then fails or starts again.
    pub async fn load(&self, variables: &[&'static Variable]) -> std::result::Result<(), Thrown> {
        let _alone = self.0.loading.lock().await;
        let earlier = self.turn().take();
        match self.load_into(earlier, variables).await {
            Ok(turn) => {
                *self.turn() = Some(turn);
                Ok(())
            }
            Err(error) => {
                let message = "the variables of the application cannot be read";
                self.failed().replace(error);
                Err(Thrown::type_error(message))
            }
        }
    }

    async fn load_into(&self, turn: Option<Turn>, variables: &[&'static Variable]) -> Result<Turn> {
        let mut turn = match turn {
            Some(turn) => turn,
            None => self.new_turn().await?,
        };
        for variable in variables {
            turn.load(variable).await?;
        }
        Ok(turn)
    }

    async fn new_turn(&self) -> Result<Turn> {
        let Some(Source { memory, request }) = &self.0.source else {
            let message = "no collection was given for the variables of modules";
            return Err(Error::new(ErrorKind::Internal, message));
        };
        // A client that sends slowly must not keep the others waiting.
        request.read_body().await;
        Ok(memory.turn().await)
    }

    /// The value of a variable that was read.
    pub fn get(&self, variable: &Variable) -> JsValue {
        let turn = self.turn();
        let held = turn.as_ref().and_then(|turn| turn.held(variable));
        held.map(|held| held.value().clone()).unwrap_or_default()
    }

    /// The value of a variable that always holds an array.
    pub fn array(&self, variable: &Variable) -> JsArray {
        self.get(variable).as_array().unwrap_or_default()
    }

    /// The value of a variable that always holds a number.
    pub fn number(&self, variable: &Variable) -> f64 {
        self.get(variable).as_number().unwrap_or(f64::NAN)
    }

    /// The value of a variable that always holds text.
    pub fn text(&self, variable: &Variable) -> JsString {
        self.get(variable).as_string().cloned().unwrap_or_default()
    }

    /// The value of a variable that always holds a boolean.
    pub fn bool(&self, variable: &Variable) -> bool {
        self.get(variable).truthy()
    }

    /// Sets a variable that was read.
    pub fn set(&self, variable: &Variable, value: impl Into<JsValue>) {
        let value = value.into();
        let mut turn = self.turn();
        if let Some(held) = turn.as_mut().and_then(|turn| turn.held_mut(variable)) {
            held.set(value);
        }
    }

    /// Adds to a variable that always holds a number: the new value.
    pub fn add(&self, variable: &Variable, by: f64) -> f64 {
        let sum = self.number(variable) + by;
        self.set(variable, sum);
        sum
    }

    /// Ends the request's use of the variables: whether it can be answered, or has to start again.
    pub(super) async fn end(&self, is_answered: IsAnswered) -> Result<Ending> {
        let turn = self.turn().take();
        let failure = self.failed().take();
        let (Some(turn), Some(source)) = (turn, &self.0.source) else {
            return failure.map_or(Ok(Ending::Stored), Err);
        };
        if let Some(error) = failure {
            return Err(error);
        }
        if is_answered == IsAnswered::No {
            // The legacy side handles the request, with its own variables.
            drop(turn);
            return Ok(Ending::Stored);
        }
        let Some(duties) = turn.end()? else {
            return Ok(Ending::Overtaken);
        };
        if let Some(ticket) = duties.ticket {
            match ticket.ended().await {
                Outcome::Stored(_) | Outcome::Waiting => {}
                Outcome::Overtaken => return Ok(Ending::Overtaken),
                Outcome::Failed(error) => return Err(failed_with(&error)),
            }
        }
        let writer = &source.memory.writer;
        let is_whole = writer.are_unchanged(&duties.unchanged).await?;
        Ok(if is_whole {
            Ending::Stored
        } else {
            Ending::Overtaken
        })
    }

    fn turn(&self) -> MutexGuard<'_, Option<Turn>> {
        self.0.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self) -> MutexGuard<'_, Option<Error>> {
        self.0
            .failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the application has answered a request, or leaves it to the legacy side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IsAnswered {
    Yes,
    No,
}

/// How the use of the variables ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// All is stored, or nothing had to be.
    Stored,
    /// Nothing is stored: the request starts again.
    Overtaken,
}

/// What one of the requests is told whose changes were to be stored together.
fn failed_with(error: &Arc<Error>) -> Error {
    let message = "what the request changed could not be stored";
    let told = Error::new(error.kind(), message).with_source(Shown(Arc::clone(error)));
    let told = told.with_retryable(error.retryable());
    if error.outcome_unknown() {
        told.with_outcome_unknown()
    } else {
        told
    }
}

/// An error that several requests report.
#[derive(Debug)]
struct Shown(Arc<Error>);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl std::error::Error for Shown {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Variables").finish_non_exhaustive()
    }
}
