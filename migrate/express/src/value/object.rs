//! An object by reference: shared, mutable, and safe to move between threads.
//!
//! The lock is held for single steps only, never while another value is touched or a callback runs, so that no
//! order of locks can deadlock.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::mark::Mark;
use super::properties::{Properties, PropertyName};
use super::regexp::RegExp;
use super::{ErrorClass, JsClass, JsFunction, JsString, JsValue, Thrown, index, prototype};

/// How far beyond its end an assignment may grow an array. JavaScript would make the array sparse; a request that
/// names a huge index must not allocate memory for it.
const LARGEST_GAP: usize = 1 << 20;

/// A reference to an object, array, function or error. Cloning copies the reference.
#[derive(Clone)]
pub struct JsObject(Arc<Cell>);

struct Cell {
    /// Counts the changes of the elements, for those who have read several of them in one step.
    changes: AtomicUsize,
    state: Mutex<State>,
}

/// What makes an object exotic.
pub(super) enum Kind {
    Ordinary,
    /// The elements; `None` is a hole.
    Array(Vec<Option<JsValue>>),
    Error(ErrorClass),
    /// Milliseconds since 1970; `NaN` for an invalid date.
    Date(f64),
    RegExp(Arc<RegExp>),
    Function(JsFunction),
    Buffer(Bytes),
}

struct State {
    kind: Kind,
    properties: Properties,
    /// The class of the application that it is an instance of.
    class: Option<&'static JsClass>,
    /// Who wants to know of changes.
    mark: Option<Mark>,
}

impl JsObject {
    /// An empty object, `{}`.
    pub fn new() -> Self {
        Self::of_kind(Kind::Ordinary)
    }

    /// An error object of a built-in class.
    pub fn error(class: ErrorClass, message: JsString) -> Self {
        let error = Self::of_kind(Kind::Error(class));
        let stack = if message.is_empty() {
            JsString::literal(class.name())
        } else {
            JsString::from(format!("{}: {message}", class.name()))
        };
        let mut state = error.state();
        state.properties.insert_hidden("stack", stack.into());
        if !message.is_empty() {
            state.properties.insert_hidden("message", message.into());
        }
        drop(state);
        error
    }

    pub(super) fn array(elements: Vec<Option<JsValue>>) -> Self {
        Self::of_kind(Kind::Array(elements))
    }

    pub(super) fn function(function: JsFunction) -> Self {
        Self::of_kind(Kind::Function(function))
    }

    pub(crate) fn of_date(time: f64) -> Self {
        Self::of_kind(Kind::Date(time))
    }

    pub(super) fn regular_expression(regexp: Arc<RegExp>) -> Self {
        let properties = regexp.properties();
        let object = Self::of_kind(Kind::RegExp(regexp));
        object.define_hidden("lastIndex", 0);
        for (name, value) in properties {
            object.define_hidden(name, value);
        }
        object
    }

    /// Whether this is an array.
    pub fn is_array(&self) -> bool {
        matches!(self.state().kind, Kind::Array(_))
    }

    /// Whether this can be called.
    pub fn is_function(&self) -> bool {
        matches!(self.state().kind, Kind::Function(_))
    }

    /// The built-in class, when this is an error object.
    pub fn error_class(&self) -> Option<ErrorClass> {
        match self.state().kind {
            Kind::Error(class) => Some(class),
            _ => None,
        }
    }

    /// An error of a class whose message is not known to be text: `undefined` gives none.
    ///
    /// # Errors
    /// What turning the message into text throws.
    pub fn error_about(class: ErrorClass, message: &JsValue) -> Result<Self, Thrown> {
        let message = if message.is_undefined() {
            JsString::default()
        } else {
            message.to_js_string()?
        };
        Ok(Self::error(class, message))
    }

    /// The instant, when this is a date: milliseconds since 1970, `NaN` for an invalid one.
    pub fn date(&self) -> Option<f64> {
        match self.state().kind {
            Kind::Date(time) => Some(time),
            _ => None,
        }
    }

    pub(super) fn regexp(&self) -> Option<Arc<RegExp>> {
        match &self.state().kind {
            Kind::RegExp(regexp) => Some(Arc::clone(regexp)),
            _ => None,
        }
    }

    /// The function, when this can be called.
    pub fn as_function(&self) -> Option<JsFunction> {
        match &self.state().kind {
            Kind::Function(function) => Some(function.clone()),
            _ => None,
        }
    }

    pub(super) fn of_bytes(bytes: Bytes) -> Self {
        Self::of_kind(Kind::Buffer(bytes))
    }

    /// The bytes, when this is a `Buffer`.
    pub fn as_bytes(&self) -> Option<Bytes> {
        match &self.state().kind {
            Kind::Buffer(bytes) => Some(bytes.clone()),
            _ => None,
        }
    }

    /// Whether this is an object literal's object, with nothing special about it.
    pub(crate) fn is_plain(&self) -> bool {
        let state = self.state();
        matches!(state.kind, Kind::Ordinary) && state.class.is_none()
    }

    /// The class of the application that this is an instance of.
    pub(super) fn class(&self) -> Option<&'static JsClass> {
        self.state().class
    }

    pub(super) fn become_instance(&self, class: &'static JsClass) {
        self.state().class = Some(class);
    }

    /// Whether this is an array without holes and without named properties.
    pub(crate) fn is_dense_array(&self) -> bool {
        let state = self.state();
        let Kind::Array(elements) = &state.kind else {
            return false;
        };
        state.properties.is_empty() && elements.iter().all(Option::is_some)
    }

    /// Where the object is: the same for all references to it, while one is there.
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// Whether both refer to the same object.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The value of an own property.
    pub fn get_own(&self, name: &(impl PropertyName + ?Sized)) -> Option<JsValue> {
        let state = self.state();
        match (&state.kind, name.text()) {
            (Kind::Array(elements), Some("length")) => {
                return Some(index::number(elements.len()).into());
            }
            (Kind::Buffer(bytes), Some("length")) => {
                return Some(index::number(bytes.len()).into());
            }
            (Kind::Function(function), Some("name")) => return Some(function.name().into()),
            (Kind::Array(elements), Some(text)) => {
                if let Some(index) = index::from_text(text) {
                    return elements.get(index).cloned().flatten();
                }
            }
            _ => {}
        }
        state.properties.get(name).cloned()
    }

    /// The value of a property, own or inherited; `undefined` where there is none.
    pub fn get(&self, name: &(impl PropertyName + ?Sized)) -> JsValue {
        self.get_own(name)
            .or_else(|| prototype::of_object(self, name))
            .unwrap_or_default()
    }

    /// Sets an own property, as an assignment does.
    pub fn set(&self, name: &(impl PropertyName + ?Sized), value: JsValue) -> Result<(), Thrown> {
        if name.text() == Some("__proto__") && self.get_own(name).is_none() {
            return set_prototype(&value);
        }
        let mut state = self.state();
        self.changed(&state, 0);
        if let (Kind::Array(elements), Some(text)) = (&mut state.kind, name.text()) {
            if text == "length" {
                return set_length(elements, &value);
            }
            if let Some(index) = index::from_text(text) {
                return set_element(elements, index, value);
            }
        }
        let previous = state.properties.insert(name, value);
        drop(state);
        drop(previous);
        Ok(())
    }

    /// Defines an own property even where an assignment would mean something else (`__proto__` in parsed JSON).
    pub fn define(&self, name: impl Into<JsString>, value: impl Into<JsValue>) {
        let mut state = self.state();
        self.changed(&state, 0);
        let previous = state.properties.define(name.into(), value.into());
        drop(state);
        drop(previous);
    }

    /// Defines an own property that is not enumerable, as the members that errors inherit from their class.
    pub(crate) fn define_hidden(&self, name: &'static str, value: impl Into<JsValue>) {
        self.state().properties.insert_hidden(name, value.into());
    }

    /// Removes an own property, as `delete` does.
    pub fn delete(&self, name: &(impl PropertyName + ?Sized)) {
        let mut state = self.state();
        self.changed(&state, 0);
        let element = match &mut state.kind {
            Kind::Array(elements) => name
                .text()
                .and_then(index::from_text)
                .and_then(|index| elements.get_mut(index))
                .and_then(Option::take),
            _ => None,
        };
        let removed = state.properties.remove(name);
        drop(state);
        drop((element, removed));
    }

    /// Whether there is an own property of that name, as `Object.hasOwn` answers.
    pub fn has_own(&self, name: &(impl PropertyName + ?Sized)) -> bool {
        self.get_own(name).is_some()
    }

    /// Whether there is a property of that name, own or inherited, as `in` answers.
    pub fn has(&self, name: &(impl PropertyName + ?Sized)) -> bool {
        self.has_own(name) || prototype::of_object(self, name).is_some()
    }

    /// The names of the own enumerable properties: array indexes in numeric order, then the others in the order in
    /// which they were added.
    pub fn keys(&self) -> Vec<JsString> {
        let state = self.state();
        let mut keys = match &state.kind {
            Kind::Array(elements) => present_indexes(elements),
            _ => Vec::new(),
        };
        keys.extend(state.properties.keys());
        keys
    }

    /// The own enumerable properties in the order of [`JsObject::keys`].
    pub fn entries(&self) -> Vec<(JsString, JsValue)> {
        let state = self.state();
        if let Kind::Array(elements) = &state.kind {
            let keys = present_indexes(elements);
            let present = elements.iter().flatten().cloned();
            return keys
                .into_iter()
                .zip(present)
                .chain(state.properties.entries())
                .collect();
        }
        state.properties.entries()
    }

    /// Has `mark` told of every change from now on, in place of the mark that is returned.
    pub(crate) fn tell(&self, mark: &Mark) -> Option<Mark> {
        self.state().mark.replace(mark.clone())
    }

    /// Runs `step` on the elements, when this is an array. `step` must not touch another value.
    pub(super) fn with_elements<R>(&self, step: impl FnOnce(&[Option<JsValue>]) -> R) -> Option<R> {
        match &self.state().kind {
            Kind::Array(elements) => Some(step(elements)),
            _ => None,
        }
    }

    /// Runs `step`, which may change the elements from the index on that `first` works out of their number, when
    /// this is an array. `step` must not touch another value.
    pub(super) fn change_elements<R>(
        &self,
        first: impl FnOnce(usize) -> usize,
        step: impl FnOnce(&mut Vec<Option<JsValue>>) -> R,
    ) -> Option<R> {
        let state = &mut *self.state();
        let Kind::Array(elements) = &state.kind else {
            return None;
        };
        self.changed(state, first(elements.len()));
        match &mut state.kind {
            Kind::Array(elements) => Some(step(elements)),
            _ => None,
        }
    }

    /// How often elements have changed: what was read of them still holds as long as the number is the same.
    pub(super) fn changes(&self) -> usize {
        self.0.changes.load(Ordering::Relaxed)
    }

    /// Tells that elements from `first` on, or properties, are about to change.
    fn changed(&self, state: &State, first: usize) {
        self.0.changes.fetch_add(1, Ordering::Relaxed);
        if let Some(mark) = &state.mark {
            mark.set(first);
        }
    }

    fn of_kind(kind: Kind) -> Self {
        Self(Arc::new(Cell {
            changes: AtomicUsize::new(0),
            state: Mutex::new(State {
                kind,
                properties: Properties::default(),
                class: None,
                mark: None,
            }),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Frees nested values in a loop: a request can nest arrays deeper than a thread's stack.
impl Drop for Cell {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        let mut orphans = state.take_objects();
        while let Some(object) = orphans.pop() {
            if let Some(mut cell) = Arc::into_inner(object.0) {
                let state = cell.state.get_mut().unwrap_or_else(PoisonError::into_inner);
                orphans.append(&mut state.take_objects());
            }
        }
    }
}

impl State {
    /// Takes out the objects that this one refers to; everything else can be dropped where it is.
    fn take_objects(&mut self) -> Vec<JsObject> {
        let mut objects = self.properties.take_objects();
        if let Kind::Array(elements) = &mut self.kind {
            objects.extend(elements.drain(..).filter_map(|element| match element {
                Some(JsValue::Object(object)) => Some(object),
                _ => None,
            }));
        }
        objects
    }
}

impl Default for JsObject {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for JsObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&JsValue::Object(self.clone()), f)
    }
}

fn present_indexes(elements: &[Option<JsValue>]) -> Vec<JsString> {
    let present = elements
        .iter()
        .enumerate()
        .filter(|(_, element)| element.is_some());
    present
        .map(|(index, _)| JsString::from(index.to_string()))
        .collect()
}

/// Assigning a primitive to `__proto__` does nothing in JavaScript. Prototypes are not part of the subset, and
/// through a computed name such an assignment is prototype pollution: it is refused rather than imitated.
fn set_prototype(value: &JsValue) -> Result<(), Thrown> {
    if matches!(value, JsValue::Object(_) | JsValue::Null) {
        return Err(Thrown::type_error(
            "changing the prototype of an object is not supported",
        ));
    }
    Ok(())
}

fn set_length(elements: &mut Vec<Option<JsValue>>, value: &JsValue) -> Result<(), Thrown> {
    let length = value.as_number().and_then(index::from_number);
    let Some(length) = length.filter(|length| *length <= elements.len() + LARGEST_GAP) else {
        return Err(Thrown::range_error("Invalid array length"));
    };
    elements.resize(length, None);
    Ok(())
}

fn set_element(
    elements: &mut Vec<Option<JsValue>>,
    index: usize,
    value: JsValue,
) -> Result<(), Thrown> {
    if index > elements.len() + LARGEST_GAP {
        return Err(Thrown::range_error("Invalid array length"));
    }
    if index >= elements.len() {
        elements.resize(index + 1, None);
    }
    elements[index] = Some(value);
    Ok(())
}
