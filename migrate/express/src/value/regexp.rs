//! Regular expressions, matched by `regress` on UTF-16 code units.

use std::sync::Arc;

use regress::Regex;

use super::{JsArray, JsObject, JsString, JsValue, Thrown, index};

/// A compiled regular expression.
#[derive(Debug)]
pub(super) struct RegExp {
    source: JsString,
    flags: JsString,
    regex: Regex,
}

/// One match: the start and end of it and of each group, in code units.
struct Found {
    whole: std::ops::Range<usize>,
    groups: Vec<Option<std::ops::Range<usize>>>,
    names: Vec<(String, Option<std::ops::Range<usize>>)>,
}

/// A regular expression literal of the source, which its parser has accepted.
pub fn regex(source: &'static str, flags: &'static str) -> JsValue {
    match new_regexp(&[source.into(), flags.into()]) {
        Ok(regexp) => regexp,
        // A pattern that only V8 understands matches nothing here; the translator refuses those.
        Err(_) => JsObject::new().into(),
    }
}

/// `new RegExp(source, flags)`.
///
/// # Errors
/// A `SyntaxError` for a pattern or flags that are not valid.
pub fn new_regexp(arguments: &[JsValue]) -> Result<JsValue, Thrown> {
    let source = arguments.first().cloned().unwrap_or_default();
    let source = source.or_default(|| "(?:)".into()).to_js_string()?;
    let flags = arguments.get(1).cloned().unwrap_or_default();
    let flags = flags.or_default(|| "".into()).to_js_string()?;
    let (pattern, flag_text) = (source.to_text().into_owned(), flags.to_text().into_owned());
    let allowed = flag_text.chars().all(|flag| "dgimsuvy".contains(flag));
    let regex = Regex::with_flags(&pattern, flag_text.replace(['g', 'y', 'd'], "").as_str());
    match regex {
        Ok(regex) if allowed => {
            let regexp = RegExp {
                source,
                flags,
                regex,
            };
            Ok(JsObject::regular_expression(Arc::new(regexp)).into())
        }
        Ok(_) => Err(Thrown::syntax_error(format!(
            "Invalid flags supplied to RegExp constructor '{flag_text}'"
        ))),
        Err(error) => Err(Thrown::syntax_error(format!(
            "Invalid regular expression: /{pattern}/{flag_text}: {error}"
        ))),
    }
}

impl RegExp {
    pub(super) fn to_js_string(&self) -> JsString {
        let slash = JsString::literal("/");
        JsString::concat_all(&[
            slash.clone(),
            self.source.clone(),
            slash,
            self.flags.clone(),
        ])
    }

    /// What `RegExp.prototype` tells of the expression, by name.
    pub(super) fn properties(&self) -> [(&'static str, JsValue); 6] {
        [
            ("source", JsValue::from(&self.source)),
            ("flags", JsValue::from(&self.flags)),
            ("global", self.has('g').into()),
            ("ignoreCase", self.has('i').into()),
            ("multiline", self.has('m').into()),
            ("sticky", self.has('y').into()),
        ]
    }

    fn has(&self, flag: char) -> bool {
        self.flags
            .as_str()
            .is_some_and(|flags| flags.contains(flag))
    }

    fn is_stateful(&self) -> bool {
        self.has('g') || self.has('y')
    }

    /// `test(text)`, which moves `lastIndex` of a global or sticky expression.
    pub(super) fn test(&self, object: &JsObject, text: &JsString) -> Result<bool, Thrown> {
        Ok(self.next(object, text)?.is_some())
    }

    /// `exec(text)`.
    pub(super) fn exec(&self, object: &JsObject, text: &JsString) -> Result<JsValue, Thrown> {
        let found = self.next(object, text)?;
        Ok(found.map_or(JsValue::Null, |found| found.into_value(text)))
    }

    /// The match from `lastIndex` on.
    fn next(&self, object: &JsObject, text: &JsString) -> Result<Option<Found>, Thrown> {
        let start = if self.is_stateful() {
            index::length(index::to_integer(object.get("lastIndex").to_number()?).max(0.0))
        } else {
            0
        };
        let found = self
            .find(text, start)
            .filter(|found| !self.has('y') || found.whole.start == start);
        if self.is_stateful() {
            let end = found.as_ref().map_or(0, |found| found.whole.end);
            object.define_hidden("lastIndex", index::number(end));
        }
        Ok(found)
    }

    fn find(&self, text: &JsString, start: usize) -> Option<Found> {
        let units = text.units();
        if start > units.len() {
            return None;
        }
        let unicode = self.has('u') || self.has('v');
        let found = if unicode {
            self.regex.find_from_utf16(&units, start).next()?
        } else {
            self.regex.find_from_ucs2(&units, start).next()?
        };
        let names = found
            .named_groups()
            .map(|(name, range)| (name.to_owned(), range));
        Some(Found {
            whole: found.range(),
            groups: found.captures.clone(),
            names: names.collect(),
        })
    }

    fn all(&self, text: &JsString) -> Vec<Found> {
        let mut matches = Vec::new();
        let mut start = 0;
        while let Some(found) = self.find(text, start) {
            start = if found.whole.is_empty() {
                found.whole.end + 1
            } else {
                found.whole.end
            };
            matches.push(found);
        }
        matches
    }
}

impl Found {
    fn into_value(self, text: &JsString) -> JsValue {
        let cut = |range: &Option<std::ops::Range<usize>>| {
            JsValue::from(
                range
                    .as_ref()
                    .map(|range| text.range(range.start, range.end)),
            )
        };
        let mut elements = vec![JsValue::from(text.range(self.whole.start, self.whole.end))];
        elements.extend(self.groups.iter().map(cut));
        let array = JsArray::from_values(elements);
        let object = array.as_object();
        object.define("index", index::number(self.whole.start));
        object.define("input", text);
        let groups = if self.names.is_empty() {
            JsValue::Undefined
        } else {
            let groups = JsObject::new();
            for (name, range) in &self.names {
                groups.define(name.clone(), cut(range));
            }
            groups.into()
        };
        object.define("groups", groups);
        array.into()
    }

    /// The replacement text with its `$` patterns filled in (`GetSubstitution` of ECMA-262).
    fn fill(&self, text: &JsString, template: &JsString) -> JsString {
        let units = template.units();
        let mut filled: Vec<u16> = Vec::new();
        let piece = |start: usize, end: usize| text.range(start, end).units().into_owned();
        let mut at = 0;
        while let Some(unit) = units.get(at).copied() {
            let next = units
                .get(at + 1)
                .copied()
                .and_then(|unit| u8::try_from(unit).ok());
            let (piece, width) = match (unit == 0x24, next) {
                (true, Some(b'$')) => (vec![0x24], 2),
                (true, Some(b'&')) => (piece(self.whole.start, self.whole.end), 2),
                (true, Some(b'`')) => (piece(0, self.whole.start), 2),
                (true, Some(b'\'')) => (piece(self.whole.end, text.len()), 2),
                (true, Some(digit @ b'0'..=b'9')) => self.group(text, digit, &units[at..]),
                (true, Some(b'<')) if !self.names.is_empty() => self.named(text, &units[at..]),
                _ => (vec![unit], 1),
            };
            filled.extend(piece);
            at += width;
        }
        JsString::from_units(&filled)
    }

    /// `$1` or `$12`, and how many units it takes.
    fn group(&self, text: &JsString, digit: u8, rest: &[u16]) -> (Vec<u16>, usize) {
        let first = usize::from(digit - b'0');
        let second = rest
            .get(2)
            .copied()
            .and_then(|unit| char::from_u32(unit.into())?.to_digit(10));
        let both = second.map(|second| first * 10 + second as usize);
        let (number, width) = match both {
            Some(both) if (1..=self.groups.len()).contains(&both) => (both, 3),
            _ => (first, 2),
        };
        if number == 0 || number > self.groups.len() {
            return (rest[..2].to_vec(), 2);
        }
        let range = self.groups[number - 1].clone();
        (
            range.map_or(Vec::new(), |it| {
                text.range(it.start, it.end).units().into_owned()
            }),
            width,
        )
    }

    /// `$<name>`, and how many units it takes.
    fn named(&self, text: &JsString, rest: &[u16]) -> (Vec<u16>, usize) {
        let Some(end) = rest.iter().position(|unit| *unit == 0x3e) else {
            return (vec![0x24], 1);
        };
        let name = String::from_utf16_lossy(&rest[2..end]);
        let range = self.names.iter().find(|(known, _)| *known == name);
        let range = range.and_then(|(_, range)| range.clone());
        (
            range.map_or(Vec::new(), |it| {
                text.range(it.start, it.end).units().into_owned()
            }),
            end + 1,
        )
    }
}

fn literal_match(text: &JsString, pattern: &JsString, from: usize) -> Option<Found> {
    let start = text.find(pattern, from)?;
    Some(Found {
        whole: start..start + pattern.len(),
        groups: Vec::new(),
        names: Vec::new(),
    })
}

impl JsString {
    /// `split(separator)`, by text or by a regular expression.
    ///
    /// # Errors
    /// What turning the separator into text throws.
    pub fn split_by(&self, separator: impl Into<JsValue>) -> Result<JsArray, Thrown> {
        let separator = separator.into();
        if separator.is_undefined() {
            return Ok(JsArray::from_values([self.into()]));
        }
        let Some(regexp) = separator.as_object().and_then(JsObject::regexp) else {
            return Ok(self.split(&separator.to_js_string()?));
        };
        if self.is_empty() {
            let matches = regexp
                .find(self, 0)
                .is_some_and(|found| found.whole.is_empty());
            return Ok(if matches {
                JsArray::new()
            } else {
                JsArray::from_values([self.into()])
            });
        }
        let mut parts = Vec::new();
        let (mut start, mut from) = (0, 0);
        while let Some(found) = regexp
            .find(self, from)
            .filter(|it| it.whole.start < self.len())
        {
            if found.whole.end == start || found.whole.is_empty() && found.whole.start == start {
                from = from.max(found.whole.end) + 1;
                continue;
            }
            parts.push(self.range(start, found.whole.start).into());
            let groups = found.groups.iter().map(|range| {
                JsValue::from(
                    range
                        .as_ref()
                        .map(|range| self.range(range.start, range.end)),
                )
            });
            parts.extend(groups);
            start = found.whole.end;
            from = if found.whole.is_empty() {
                start + 1
            } else {
                start
            };
        }
        parts.push(self.range(start, self.len()).into());
        Ok(JsArray::from_values(parts))
    }

    /// `replace(pattern, replacement)`: the first match of text, or what the flags of a regular expression say.
    ///
    /// # Errors
    /// What turning the arguments into text throws.
    pub fn replace_by(
        &self,
        pattern: impl Into<JsValue>,
        replacement: impl Into<JsValue>,
    ) -> Result<Self, Thrown> {
        let pattern = pattern.into();
        let replacement = replacement.into().to_js_string()?;
        let matches = match pattern.as_object().and_then(JsObject::regexp) {
            Some(regexp) if regexp.has('g') => regexp.all(self),
            Some(regexp) => regexp.find(self, 0).into_iter().collect(),
            None => literal_match(self, &pattern.to_js_string()?, 0)
                .into_iter()
                .collect(),
        };
        Ok(self.replaced(&matches, &replacement))
    }

    /// `replaceAll(pattern, replacement)`.
    ///
    /// # Errors
    /// A `TypeError` for a regular expression that is not global.
    pub fn replace_all_by(
        &self,
        pattern: impl Into<JsValue>,
        replacement: impl Into<JsValue>,
    ) -> Result<Self, Thrown> {
        let pattern = pattern.into();
        let replacement = replacement.into().to_js_string()?;
        if let Some(regexp) = pattern.as_object().and_then(JsObject::regexp) {
            if !regexp.has('g') {
                let message =
                    "String.prototype.replaceAll called with a non-global RegExp argument";
                return Err(Thrown::type_error(message));
            }
            return Ok(self.replaced(&regexp.all(self), &replacement));
        }
        let pattern = pattern.to_js_string()?;
        let mut matches = Vec::new();
        let mut from = 0;
        while let Some(found) = literal_match(self, &pattern, from) {
            from = found.whole.end.max(found.whole.start + 1);
            matches.push(found);
            if from > self.len() {
                break;
            }
        }
        Ok(self.replaced(&matches, &replacement))
    }

    /// `match(pattern)`.
    ///
    /// # Errors
    /// A `SyntaxError` for text that is no regular expression.
    pub fn match_by(&self, pattern: impl Into<JsValue>) -> Result<JsValue, Thrown> {
        let pattern = as_regexp(pattern.into())?;
        let Some((object, regexp)) = pattern
            .as_object()
            .and_then(|object| Some((object, object.regexp()?)))
        else {
            return Ok(JsValue::Null);
        };
        if !regexp.has('g') {
            return regexp.exec(object, self);
        }
        let matches = regexp.all(self);
        object.define_hidden("lastIndex", 0.0);
        if matches.is_empty() {
            return Ok(JsValue::Null);
        }
        let texts = matches
            .iter()
            .map(|found| self.range(found.whole.start, found.whole.end));
        Ok(texts.collect::<JsArray>().into())
    }

    /// `search(pattern)`; -1 where nothing matches.
    ///
    /// # Errors
    /// A `SyntaxError` for text that is no regular expression.
    pub fn search_by(&self, pattern: impl Into<JsValue>) -> Result<f64, Thrown> {
        let pattern = as_regexp(pattern.into())?;
        let found = pattern.as_object().and_then(JsObject::regexp);
        let found = found.and_then(|regexp| regexp.find(self, 0));
        Ok(found.map_or(-1.0, |found| index::number(found.whole.start)))
    }

    fn replaced(&self, matches: &[Found], replacement: &Self) -> Self {
        let mut parts = Vec::new();
        let mut end = 0;
        for found in matches {
            parts.push(self.range(end, found.whole.start));
            parts.push(found.fill(self, replacement));
            end = found.whole.end;
        }
        parts.push(self.range(end, self.len()));
        Self::concat_all(&parts)
    }
}

fn as_regexp(pattern: JsValue) -> Result<JsValue, Thrown> {
    if pattern
        .as_object()
        .is_some_and(|object| object.regexp().is_some())
    {
        return Ok(pattern);
    }
    new_regexp(&[pattern])
}
