//! Arrays: element access and the methods of `Array.prototype` that take no callback.

use std::fmt;

use super::{JsObject, JsString, JsValue, Thrown, index};

const KEEPS_ITS_KIND: &str = "a JsArray refers to an array, and objects keep their kind";

/// A reference to an array. Cloning copies the reference.
#[derive(Clone)]
pub struct JsArray(JsObject);

impl JsArray {
    /// An empty array.
    pub fn new() -> Self {
        Self(JsObject::array(Vec::new()))
    }

    /// An array of these values.
    pub fn from_values(values: impl IntoIterator<Item = JsValue>) -> Self {
        Self(JsObject::array(values.into_iter().map(Some).collect()))
    }

    /// An array of holes.
    pub(crate) fn of_holes(length: usize) -> Self {
        Self(JsObject::array(vec![None; length]))
    }

    /// The object as an array, when it is one.
    pub fn from_object(object: &JsObject) -> Option<Self> {
        object.is_array().then(|| Self(object.clone()))
    }

    /// The array as an object.
    pub fn into_object(self) -> JsObject {
        self.0
    }

    /// The array as an object.
    pub fn as_object(&self) -> &JsObject {
        &self.0
    }

    /// The number of elements, holes included.
    pub fn len(&self) -> usize {
        self.with(<[_]>::len)
    }

    /// Whether `length` is 0.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The element at `index`; `undefined` for a hole or beyond the end.
    pub fn get(&self, index: usize) -> JsValue {
        self.with(|elements| elements.get(index).cloned().flatten())
            .unwrap_or_default()
    }

    /// The element at `index`, `None` for a hole or beyond the end: what methods that skip holes see.
    pub(super) fn present(&self, index: usize) -> Option<JsValue> {
        self.with(|elements| elements.get(index).cloned().flatten())
    }

    /// The elements that `for (const x of array)` visits: also those that the loop itself adds.
    pub fn live(&self) -> impl Iterator<Item = JsValue> + use<> {
        let array = self.clone();
        let mut position = 0;
        std::iter::from_fn(move || {
            let next = array.with(|elements| elements.get(position).cloned())?;
            position += 1;
            Some(next.unwrap_or_default())
        })
    }

    /// What `for (const [index, element] of array.entries())` visits; changes of the array are seen.
    pub fn live_entries(&self) -> impl Iterator<Item = JsValue> + use<> {
        let pairs = self.live().enumerate();
        pairs.map(|(position, element)| {
            let position = JsValue::Number(index::number(position));
            JsValue::from(Self::from_values([position, element]))
        })
    }

    /// What `for (const index of array.keys())` visits.
    pub fn live_keys(&self) -> impl Iterator<Item = JsValue> + use<> {
        let positions = self.live().enumerate();
        positions.map(|(position, _)| JsValue::Number(index::number(position)))
    }

    /// The pairs that `entries()` gives.
    #[must_use]
    pub fn entries(&self) -> Self {
        Self::from_values(self.live_entries())
    }

    /// The indexes that `keys()` gives.
    #[must_use]
    pub fn keys(&self) -> Self {
        Self::from_values(self.live_keys())
    }

    /// The elements that `values()` gives.
    #[must_use]
    pub fn values(&self) -> Self {
        Self::from_values(self.live())
    }

    /// A copy of all elements, holes as `undefined`.
    pub fn to_vec(&self) -> Vec<JsValue> {
        self.with(|elements| {
            elements
                .iter()
                .cloned()
                .map(Option::unwrap_or_default)
                .collect()
        })
    }

    /// `at(index)`: from the end where `index` is negative.
    pub fn at(&self, position: f64) -> JsValue {
        let position = index::to_integer(position);
        let position = if position < 0.0 {
            index::number(self.len()) + position
        } else {
            position
        };
        index::from_number(position).map_or(JsValue::Undefined, |index| self.get(index))
    }

    /// `push(value)`: the new length.
    pub fn push(&self, value: impl Into<JsValue>) -> f64 {
        let value = value.into();
        self.change_from(std::convert::identity, |elements| {
            elements.push(Some(value));
            index::number(elements.len())
        })
    }

    /// `pop()`.
    pub fn pop(&self) -> JsValue {
        self.change_from(|length| length.saturating_sub(1), Vec::pop)
            .flatten()
            .unwrap_or_default()
    }

    /// `shift()`.
    pub fn shift(&self) -> JsValue {
        let first = self.change(|elements| (!elements.is_empty()).then(|| elements.remove(0)));
        first.flatten().unwrap_or_default()
    }

    /// `unshift(...values)`: the new length.
    pub fn unshift(&self, values: impl IntoIterator<Item = JsValue>) -> f64 {
        let values: Vec<_> = values.into_iter().map(Some).collect();
        self.change(|elements| {
            elements.splice(0..0, values);
            index::number(elements.len())
        })
    }

    /// `slice(start, end)`; `f64::INFINITY` as `end` means the array's end.
    #[must_use]
    pub fn slice(&self, start: f64, end: f64) -> Self {
        Self(JsObject::array(self.with(|elements| {
            let start = index::relative(start, elements.len());
            let end = index::relative(end, elements.len());
            elements
                .get(start..end)
                .map(<[_]>::to_vec)
                .unwrap_or_default()
        })))
    }

    /// `splice(start, delete_count, ...values)`: the removed elements.
    #[expect(
        clippy::return_self_not_must_use,
        reason = "mostly called for its effect"
    )]
    pub fn splice(
        &self,
        start: f64,
        delete_count: f64,
        values: impl IntoIterator<Item = JsValue>,
    ) -> Self {
        let values: Vec<_> = values.into_iter().map(Some).collect();
        let first = |length| index::relative(start, length);
        Self(JsObject::array(self.change_from(first, |elements| {
            let start = first(elements.len());
            let count = index::length(index::to_integer(delete_count).max(0.0));
            let end = start.saturating_add(count).min(elements.len());
            elements.splice(start..end, values).collect()
        })))
    }

    /// `concat(...values)`: arrays among the values are taken apart.
    #[must_use]
    pub fn concat(&self, values: &[JsValue]) -> Self {
        let mut all = self.with(<[_]>::to_vec);
        for value in values {
            match value.as_array() {
                Some(array) => all.extend(array.with(<[_]>::to_vec)),
                None => all.push(Some(value.clone())),
            }
        }
        Self(JsObject::array(all))
    }

    /// `reverse()`, in place.
    #[expect(
        clippy::return_self_not_must_use,
        reason = "mostly called for its effect"
    )]
    pub fn reverse(&self) -> Self {
        self.change(|elements| elements.reverse());
        self.clone()
    }

    /// `includes(value)`: unlike `===`, it finds `NaN`.
    pub fn includes(&self, value: &JsValue) -> bool {
        self.to_vec()
            .iter()
            .any(|element| element.same_value_zero(value))
    }

    /// `indexOf(value)`; -1 where it is missing.
    pub fn index_of(&self, value: &JsValue) -> f64 {
        self.position(|length| (0..length).collect(), value)
    }

    /// `lastIndexOf(value)`; -1 where it is missing.
    pub fn last_index_of(&self, value: &JsValue) -> f64 {
        self.position(|length| (0..length).rev().collect(), value)
    }

    /// `join(separator)`.
    pub fn join(&self, separator: &JsString) -> Result<JsString, Thrown> {
        self.join_within(separator, &mut Vec::new())
    }

    /// `flat()`, one level deep.
    #[must_use]
    pub fn flat(&self) -> Self {
        let mut all = Vec::new();
        for element in self.with(<[_]>::to_vec).into_iter().flatten() {
            match element.as_array() {
                Some(array) => all.extend(array.with(<[_]>::to_vec).into_iter().flatten()),
                None => all.push(element),
            }
        }
        Self::from_values(all)
    }

    /// `fill(value)`.
    #[expect(
        clippy::return_self_not_must_use,
        reason = "mostly called for its effect"
    )]
    pub fn fill(&self, value: &JsValue) -> Self {
        self.change(|elements| elements.fill(Some(value.clone())));
        self.clone()
    }

    /// Joins with the arrays that are being joined already, which count as empty when they contain themselves.
    pub(super) fn join_within(
        &self,
        separator: &JsString,
        open: &mut Vec<JsObject>,
    ) -> Result<JsString, Thrown> {
        if open.iter().any(|array| array.is_same(&self.0)) {
            return Ok(JsString::default());
        }
        open.push(self.0.clone());
        let mut joined = Vec::new();
        for (position, element) in self.to_vec().iter().enumerate() {
            if position > 0 {
                joined.push(separator.clone());
            }
            if !element.is_nullish() {
                joined.push(element.to_js_string_within(open)?);
            }
        }
        open.pop();
        Ok(JsString::concat_all(&joined))
    }

    /// Runs `step` on the elements. `step` must not touch another value.
    pub(crate) fn with<R>(&self, step: impl FnOnce(&[Option<JsValue>]) -> R) -> R {
        self.0.with_elements(step).expect(KEEPS_ITS_KIND)
    }

    /// Runs `step`, which may change all elements. It must not touch another value.
    pub(super) fn change<R>(&self, step: impl FnOnce(&mut Vec<Option<JsValue>>) -> R) -> R {
        self.change_from(|_| 0, step)
    }

    /// Runs `step`, which may change the elements from the index on that `first` works out of their number.
    fn change_from<R>(
        &self,
        first: impl FnOnce(usize) -> usize,
        step: impl FnOnce(&mut Vec<Option<JsValue>>) -> R,
    ) -> R {
        self.0.change_elements(first, step).expect(KEEPS_ITS_KIND)
    }

    fn position(&self, order: impl FnOnce(usize) -> Vec<usize>, value: &JsValue) -> f64 {
        let mut indexes = order(self.len()).into_iter();
        let found = indexes.find(|index| self.present(*index).is_some_and(|it| it == *value));
        found.map_or(-1.0, index::number)
    }
}

impl fmt::Debug for JsArray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl Default for JsArray {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Into<JsValue>> FromIterator<T> for JsArray {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        Self::from_values(values.into_iter().map(Into::into))
    }
}
