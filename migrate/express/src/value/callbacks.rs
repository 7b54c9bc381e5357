//! The methods of `Array.prototype` that take a callback.
//!
//! Each looks at as many elements as there were at the start and reads each element when its turn comes, so that a
//! callback which changes the array has the effect it has in JavaScript. The callbacks receive an element and its
//! index.

use super::{JsArray, JsObject, JsString, JsValue, Thrown, index, sort};

impl JsArray {
    /// `forEach(callback)`.
    pub fn for_each(
        &self,
        mut callback: impl FnMut(JsValue, f64) -> Result<(), Thrown>,
    ) -> Result<(), Thrown> {
        self.visit(|element, position| callback(element, position).map(|()| true))
            .map(drop)
    }

    /// `map(callback)`; holes stay holes.
    pub fn map<T: Into<JsValue>>(
        &self,
        mut callback: impl FnMut(JsValue, f64) -> Result<T, Thrown>,
    ) -> Result<Self, Thrown> {
        let (mut mapped, mut elements) = (Vec::new(), Window::default());
        for position in 0..self.len() {
            mapped.push(match elements.element(self, position) {
                Some(element) => Some(callback(element, index::number(position))?.into()),
                None => None,
            });
        }
        Ok(Self::from_elements(mapped))
    }

    /// `filter(callback)`.
    pub fn filter(
        &self,
        mut callback: impl FnMut(JsValue, f64) -> Result<bool, Thrown>,
    ) -> Result<Self, Thrown> {
        let mut kept = Vec::new();
        self.visit(|element, position| {
            if callback(element.clone(), position)? {
                kept.push(element);
            }
            Ok(true)
        })?;
        Ok(Self::from_values(kept))
    }

    /// `find(callback)`: the first element that satisfies it, else `undefined`.
    pub fn find(
        &self,
        callback: impl FnMut(JsValue, f64) -> Result<bool, Thrown>,
    ) -> Result<JsValue, Thrown> {
        Ok(self
            .first(callback)?
            .map_or(JsValue::Undefined, |(_, element)| element))
    }

    /// `findIndex(callback)`: the index of the first element that satisfies it, else -1.
    pub fn find_index(
        &self,
        callback: impl FnMut(JsValue, f64) -> Result<bool, Thrown>,
    ) -> Result<f64, Thrown> {
        Ok(self
            .first(callback)?
            .map_or(-1.0, |(position, _)| index::number(position)))
    }

    /// `findLast(callback)`: the last element that satisfies it, else `undefined`.
    pub fn find_last(
        &self,
        callback: impl FnMut(JsValue, f64) -> Result<bool, Thrown>,
    ) -> Result<JsValue, Thrown> {
        Ok(self
            .last(callback)?
            .map_or(JsValue::Undefined, |(_, element)| element))
    }

    /// `findLastIndex(callback)`: the index of the last element that satisfies it, else -1.
    pub fn find_last_index(
        &self,
        callback: impl FnMut(JsValue, f64) -> Result<bool, Thrown>,
    ) -> Result<f64, Thrown> {
        Ok(self
            .last(callback)?
            .map_or(-1.0, |(position, _)| index::number(position)))
    }

    /// `some(callback)`.
    pub fn some(
        &self,
        mut callback: impl FnMut(JsValue, f64) -> Result<bool, Thrown>,
    ) -> Result<bool, Thrown> {
        let all_failed = self.visit(|element, position| Ok(!callback(element, position)?))?;
        Ok(!all_failed)
    }

    /// `every(callback)`.
    pub fn every(
        &self,
        callback: impl FnMut(JsValue, f64) -> Result<bool, Thrown>,
    ) -> Result<bool, Thrown> {
        self.visit(callback)
    }

    /// `reduce(callback, initial)`.
    pub fn reduce<T>(
        &self,
        initial: T,
        mut callback: impl FnMut(T, JsValue, f64) -> Result<T, Thrown>,
    ) -> Result<T, Thrown> {
        let mut result = initial;
        for position in 0..self.len() {
            if let Some(element) = self.present(position) {
                result = callback(result, element, index::number(position))?;
            }
        }
        Ok(result)
    }

    /// `reduce(callback)` without an initial value: the first element takes its place.
    pub fn reduce_from_first(
        &self,
        mut callback: impl FnMut(JsValue, JsValue, f64) -> Result<JsValue, Thrown>,
    ) -> Result<JsValue, Thrown> {
        let reduced = self.reduce(None, |previous, element, position| {
            Ok(Some(match previous {
                Some(previous) => callback(previous, element, position)?,
                None => element,
            }))
        })?;
        reduced.ok_or_else(|| Thrown::type_error("Reduce of empty array with no initial value"))
    }

    /// `flatMap(callback)`.
    pub fn flat_map<T: Into<JsValue>>(
        &self,
        callback: impl FnMut(JsValue, f64) -> Result<T, Thrown>,
    ) -> Result<Self, Thrown> {
        Ok(self.map(callback)?.flat())
    }

    /// `sort()` by the elements' string values, in place; `undefined` last.
    pub fn sort(&self) -> Result<Self, Thrown> {
        let mut keyed = Vec::new();
        for element in self.to_vec() {
            keyed.push((element.to_js_string()?, element));
        }
        let order = |left: &(JsString, JsValue), right: &(JsString, JsValue)| {
            Ok(match left.0.cmp(&right.0) {
                std::cmp::Ordering::Less => -1.0,
                std::cmp::Ordering::Equal => 0.0,
                std::cmp::Ordering::Greater => 1.0,
            })
        };
        self.sort_elements(keyed, order, |(_, element)| element)
    }

    /// `sort(compare)`, in place, stable; `undefined` last.
    pub fn sort_by(
        &self,
        mut compare: impl FnMut(JsValue, JsValue) -> Result<f64, Thrown>,
    ) -> Result<Self, Thrown> {
        let order = |left: &JsValue, right: &JsValue| compare(left.clone(), right.clone());
        self.sort_elements(self.to_vec(), order, |element| element)
    }

    fn sort_elements<T: Clone>(
        &self,
        items: Vec<T>,
        compare: impl FnMut(&T, &T) -> Result<f64, Thrown>,
        element: impl Fn(T) -> JsValue,
    ) -> Result<Self, Thrown> {
        let holes = self.with(|elements| elements.iter().filter(|it| it.is_none()).count());
        let total = items.len();
        let (undefined, mut defined): (Vec<_>, Vec<_>) = items
            .into_iter()
            .partition(|item| element(item.clone()).is_undefined());
        sort::sort(&mut defined, compare)?;
        let defined = defined.into_iter().map(|item| Some(element(item)));
        let undefined = undefined
            .into_iter()
            .skip(holes)
            .map(|_| Some(JsValue::Undefined));
        let mut sorted: Vec<_> = defined.chain(undefined).collect();
        sorted.resize(total, None);
        self.change(|elements| *elements = sorted);
        Ok(self.clone())
    }

    /// The first element that satisfies `callback`; holes count as `undefined`.
    fn first(
        &self,
        mut callback: impl FnMut(JsValue, f64) -> Result<bool, Thrown>,
    ) -> Result<Option<(usize, JsValue)>, Thrown> {
        let mut elements = Window::default();
        for position in 0..self.len() {
            let element = elements.element(self, position).unwrap_or_default();
            if callback(element.clone(), index::number(position))? {
                return Ok(Some((position, element)));
            }
        }
        Ok(None)
    }

    /// The last element that satisfies `callback`; holes count as `undefined`.
    fn last(
        &self,
        mut callback: impl FnMut(JsValue, f64) -> Result<bool, Thrown>,
    ) -> Result<Option<(usize, JsValue)>, Thrown> {
        for position in (0..self.len()).rev() {
            let element = self.get(position);
            if callback(element.clone(), index::number(position))? {
                return Ok(Some((position, element)));
            }
        }
        Ok(None)
    }

    /// Calls `callback` for each element that is not a hole until it answers false; whether it never did.
    fn visit(
        &self,
        mut callback: impl FnMut(JsValue, f64) -> Result<bool, Thrown>,
    ) -> Result<bool, Thrown> {
        let mut elements = Window::default();
        for position in 0..self.len() {
            if let Some(element) = elements.element(self, position)
                && !callback(element, index::number(position))?
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn from_elements(elements: Vec<Option<JsValue>>) -> Self {
        Self::from_object(&JsObject::array(elements)).expect("an array was just made")
    }
}

/// As many elements are read in one step.
const WINDOW: usize = 32;

/// The next elements of an array that a method visits in order, as long as nobody changes it.
#[derive(Default)]
struct Window {
    elements: std::vec::IntoIter<Option<JsValue>>,
    /// The state of the array that they were read in.
    changes: usize,
}

impl Window {
    /// The element at `position`, `None` for a hole; the one that follows the element that was asked for last.
    fn element(&mut self, array: &JsArray, position: usize) -> Option<JsValue> {
        let object = array.as_object();
        if self.elements.len() == 0 || self.changes != object.changes() {
            self.changes = object.changes();
            let read = array.with(|elements| {
                let end = elements.len().min(position + WINDOW);
                elements.get(position..end).map(<[_]>::to_vec)
            });
            self.elements = read.unwrap_or_default().into_iter();
        }
        self.elements.next().flatten()
    }
}
