//! The variables of one request.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indexmap::IndexMap;
use isobar::document::Transaction;
use isobar::{Error, ErrorKind, Result};

use super::codec::{StoredValue, StoredVariable, check_shapes};
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
}

impl fmt::Debug for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Variable").field(&self.name).finish()
    }
}

/// The variables that one request has read, shared by all functions that take part in it.
#[derive(Clone, Default)]
pub struct Variables(Arc<Shared>);

#[derive(Default)]
struct Shared {
    source: Option<Source>,
    loaded: Mutex<IndexMap<&'static str, Loaded>>,
    failure: Mutex<Option<Error>>,
}

struct Source {
    transaction: Transaction<StoredVariable>,
    application: Arc<str>,
}

struct Loaded {
    value: JsValue,
    /// What is stored now, to tell whether the request has changed it.
    stored: String,
}

impl Variables {
    pub(super) fn of(transaction: Transaction<StoredVariable>, application: Arc<str>) -> Self {
        let source = Some(Source {
            transaction,
            application,
        });
        Self(Arc::new(Shared {
            source,
            ..Shared::default()
        }))
    }

    /// Reads variables before they are used. Those that the request has read already stay as it has left them.
    ///
    /// # Errors
    /// When the store does not answer; the whole request then fails or starts again.
    pub async fn load(&self, variables: &[&'static Variable]) -> std::result::Result<(), Thrown> {
        for variable in variables {
            if self.loaded().contains_key(variable.name) {
                continue;
            }
            match self.read(variable).await {
                Ok(loaded) => drop(self.loaded().insert(variable.name, loaded)),
                Err(error) => {
                    let message = format!("the variable {} cannot be read", variable.name);
                    self.0
                        .failure
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .replace(error);
                    return Err(Thrown::type_error(message));
                }
            }
        }
        Ok(())
    }

    /// The value of a variable that was read.
    pub fn get(&self, variable: &Variable) -> JsValue {
        self.loaded()
            .get(variable.name)
            .map(|loaded| loaded.value.clone())
            .unwrap_or_default()
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
        if let Some(loaded) = self.loaded().get_mut(variable.name) {
            loaded.value = value.into();
        }
    }

    /// Adds to a variable that always holds a number: the new value.
    pub fn add(&self, variable: &Variable, by: f64) -> f64 {
        let sum = self.number(variable) + by;
        self.set(variable, sum);
        sum
    }

    /// Why a variable could not be read, if one could not.
    pub(super) fn failure(&self) -> Option<Error> {
        self.0
            .failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    /// Puts what the request has changed into its transaction.
    pub(super) fn store(&self) -> Result<()> {
        let Some(source) = &self.0.source else {
            return Ok(());
        };
        let loaded = self.loaded();
        let mut changed = Vec::new();
        for (name, variable) in loaded.iter() {
            if encoded(&variable.value)? != variable.stored {
                changed.push((*name, variable.value.clone()));
            }
        }
        if changed.is_empty() {
            return Ok(());
        }
        check_shapes(loaded.values().map(|variable| &variable.value)).map_err(unstorable)?;
        for (name, value) in changed {
            source.transaction.put(&StoredVariable {
                application: source.application.to_string(),
                name: name.to_owned(),
                value: StoredValue(value),
            })?;
        }
        Ok(())
    }

    async fn read(&self, variable: &'static Variable) -> Result<Loaded> {
        let Some(source) = &self.0.source else {
            let message = "no collection was given for the variables of modules";
            return Err(Error::new(ErrorKind::Internal, message));
        };
        let key = (source.application.to_string(), variable.name.to_owned());
        let value = match source.transaction.get(key).await? {
            Some(item) => item.value.value.0,
            None => (variable.seed)(),
        };
        let stored = encoded(&value)?;
        Ok(Loaded { value, stored })
    }

    fn loaded(&self) -> MutexGuard<'_, IndexMap<&'static str, Loaded>> {
        self.0.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A value in the form that is compared to tell whether it was changed.
fn encoded(value: &JsValue) -> Result<String> {
    serde_json::to_string(&StoredValue(value.clone())).map_err(|error| {
        unstorable("the state holds a value that cannot be stored").with_source(error)
    })
}

fn unstorable(why: &'static str) -> Error {
    Error::new(ErrorKind::Internal, why)
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.loaded().keys()).finish()
    }
}
