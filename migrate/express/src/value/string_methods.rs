//! The methods of `String.prototype`.

use super::{JsArray, JsString, JsValue, Thrown, index, number};

/// V8 refuses longer strings with a `RangeError`.
const LONGEST: f64 = 536_870_888.0;

impl JsString {
    /// All parts, one after the other.
    pub fn concat_all(parts: &[Self]) -> Self {
        if let Some(texts) = parts.iter().map(Self::as_str).collect::<Option<Vec<_>>>() {
            return Self::from(texts.concat());
        }
        let units: Vec<u16> = parts
            .iter()
            .flat_map(|part| part.units().to_vec())
            .collect();
        Self::from_units(&units)
    }

    /// The code points, as iteration over a string yields them; a lone surrogate is one of its own.
    pub fn code_points(&self) -> Vec<Self> {
        match self.as_str() {
            Some(text) => text
                .chars()
                .map(|character| Self::from(character.to_string()))
                .collect(),
            None => char::decode_utf16(self.units().iter().copied())
                .map(|point| match point {
                    Ok(character) => Self::from(character.to_string()),
                    Err(lone) => Self::from_units(&[lone.unpaired_surrogate()]),
                })
                .collect(),
        }
    }

    /// `charAt(index)`: empty beyond the end.
    #[must_use]
    pub fn char_at(&self, position: f64) -> Self {
        let start = index::from_number(index::to_integer(position));
        start.map_or(Self::literal(""), |start| {
            self.range(start, start.saturating_add(1))
        })
    }

    /// `at(index)`: from the end where `index` is negative, `undefined` beyond either end.
    pub fn at(&self, position: f64) -> JsValue {
        let position = index::to_integer(position);
        let position = if position < 0.0 {
            self.length() + position
        } else {
            position
        };
        let start = index::from_number(position).filter(|start| *start < self.len());
        start.map(|start| self.range(start, start + 1)).into()
    }

    /// `charCodeAt(index)`; `NaN` beyond the end.
    pub fn char_code_at(&self, position: f64) -> f64 {
        let position = index::from_number(index::to_integer(position));
        position
            .and_then(|index| self.unit_at(index))
            .map_or(f64::NAN, f64::from)
    }

    /// `toLowerCase()`.
    #[must_use]
    pub fn to_lower_case(&self) -> Self {
        self.map_text(str::to_lowercase)
    }

    /// `toUpperCase()`.
    #[must_use]
    pub fn to_upper_case(&self) -> Self {
        self.map_text(str::to_uppercase)
    }

    /// `trim()`.
    #[must_use]
    pub fn trim(&self) -> Self {
        self.trim_start().trim_end()
    }

    /// `trimStart()`.
    #[must_use]
    pub fn trim_start(&self) -> Self {
        let spaces = self
            .units()
            .iter()
            .take_while(|unit| is_space(**unit))
            .count();
        self.range(spaces, self.len())
    }

    /// `trimEnd()`.
    #[must_use]
    pub fn trim_end(&self) -> Self {
        let spaces = self
            .units()
            .iter()
            .rev()
            .take_while(|unit| is_space(**unit))
            .count();
        self.range(0, self.len() - spaces)
    }

    /// `slice(start, end)`; `f64::INFINITY` as `end` means the string's end.
    #[must_use]
    pub fn slice(&self, start: f64, end: f64) -> Self {
        let len = self.len();
        self.range(index::relative(start, len), index::relative(end, len))
    }

    /// `substring(start, end)`.
    #[must_use]
    pub fn substring(&self, start: f64, end: f64) -> Self {
        let len = self.len();
        let clamp = |position: f64| index::length(index::to_integer(position).max(0.0)).min(len);
        let (start, end) = (clamp(start), clamp(end));
        self.range(start.min(end), start.max(end))
    }

    /// `substr(start, length)`.
    #[must_use]
    pub fn substr(&self, start: f64, length: f64) -> Self {
        let start = index::relative(start, self.len());
        let count = index::length(index::to_integer(length).max(0.0));
        self.range(start, start.saturating_add(count))
    }

    /// `indexOf(needle, from)`; -1 where it is missing.
    pub fn index_of(&self, needle: &Self, from: f64) -> f64 {
        let from = index::length(index::to_integer(from).max(0.0)).min(self.len());
        self.find(needle, from).map_or(-1.0, index::number)
    }

    /// `lastIndexOf(needle)`; -1 where it is missing.
    pub fn last_index_of(&self, needle: &Self) -> f64 {
        let (units, needle) = (self.units(), needle.units());
        let starts = (0..=units.len()).rev();
        let found = starts
            .into_iter()
            .find(|start| units[*start..].starts_with(&needle));
        found.map_or(-1.0, index::number)
    }

    /// `includes(needle)`.
    pub fn includes(&self, needle: &Self) -> bool {
        self.find(needle, 0).is_some()
    }

    /// `startsWith(prefix)`.
    pub fn starts_with(&self, prefix: &Self) -> bool {
        match (self.as_str(), prefix.as_str()) {
            (Some(text), Some(prefix)) => text.starts_with(prefix),
            _ => self.units().starts_with(&prefix.units()),
        }
    }

    /// `endsWith(suffix)`.
    pub fn ends_with(&self, suffix: &Self) -> bool {
        match (self.as_str(), suffix.as_str()) {
            (Some(text), Some(suffix)) => text.ends_with(suffix),
            _ => self.units().ends_with(&suffix.units()),
        }
    }

    /// `split(separator)`; an empty separator splits into code units.
    pub fn split(&self, separator: &Self) -> JsArray {
        if separator.is_empty() {
            return (0..self.len())
                .map(|start| self.range(start, start + 1))
                .collect();
        }
        let width = separator.len();
        let mut parts = Vec::new();
        let mut start = 0;
        while let Some(found) = self.find(separator, start) {
            parts.push(self.range(start, found));
            start = found + width;
        }
        parts.push(self.range(start, self.len()));
        parts.into_iter().map(JsValue::String).collect()
    }

    /// `repeat(count)`.
    pub fn repeat(&self, count: f64) -> Result<Self, Thrown> {
        let whole = index::to_integer(count);
        if whole < 0.0 || whole.is_infinite() {
            let count = number::number_to_string(count);
            return Err(Thrown::range_error(format!("Invalid count value: {count}")));
        }
        if index::number(self.len()) * whole > LONGEST {
            return Err(Thrown::range_error("Invalid string length"));
        }
        Ok(Self::concat_all(&vec![self.clone(); index::length(whole)]))
    }

    /// `padStart(length, fill)`.
    pub fn pad_start(&self, length: f64, fill: &Self) -> Result<Self, Thrown> {
        Ok(self.padding(length, fill)?.concat(self))
    }

    /// `padEnd(length, fill)`.
    pub fn pad_end(&self, length: f64, fill: &Self) -> Result<Self, Thrown> {
        Ok(self.concat(&self.padding(length, fill)?))
    }

    /// The position of `needle` at or after `from`.
    pub(super) fn find(&self, needle: &Self, from: usize) -> Option<usize> {
        if let (Some(text), Some(needle)) = (self.ascii(), needle.as_str()) {
            return text.get(from..)?.find(needle).map(|found| from + found);
        }
        let (units, needle) = (self.units(), needle.units());
        (from..=units.len()).find(|start| units[*start..].starts_with(&needle))
    }

    fn padding(&self, length: f64, fill: &Self) -> Result<Self, Thrown> {
        if length > LONGEST {
            return Err(Thrown::range_error("Invalid string length"));
        }
        let missing = index::length(index::to_integer(length).max(0.0)).saturating_sub(self.len());
        if missing == 0 || fill.is_empty() {
            return Ok(Self::default());
        }
        let copies = index::number(missing.div_ceil(fill.len()));
        Ok(fill.repeat(copies)?.range(0, missing))
    }

    /// Applies a change of valid text; between lone surrogates each stretch of valid text is changed on its own.
    fn map_text(&self, change: impl Fn(&str) -> String) -> Self {
        if let Some(text) = self.as_str() {
            return Self::from(change(text));
        }
        let mut mapped: Vec<u16> = Vec::new();
        let mut stretch = String::new();
        for point in char::decode_utf16(self.units().iter().copied()) {
            match point {
                Ok(character) => stretch.push(character),
                Err(lone) => {
                    mapped.extend(change(&std::mem::take(&mut stretch)).encode_utf16());
                    mapped.push(lone.unpaired_surrogate());
                }
            }
        }
        mapped.extend(change(&stretch).encode_utf16());
        Self::from_units(&mapped)
    }
}

/// All white space of ECMA-262 lies in the basic plane, so one code unit is enough to know it.
fn is_space(unit: u16) -> bool {
    char::from_u32(u32::from(unit)).is_some_and(number::is_space)
}
