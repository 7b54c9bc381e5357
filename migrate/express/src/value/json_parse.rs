//! `JSON.parse`, with V8's error messages (Node 20).
//!
//! It follows `src/json/json-parser.cc` of V8. Like V8's, it keeps its own stack, so that no depth of nesting in a
//! request can exhaust the thread's.

use super::{JsArray, JsObject, JsString, JsValue, Thrown};

/// `JSON.parse(text)`; a `SyntaxError` where the text is not JSON.
pub fn parse(text: &JsString) -> Result<JsValue, Thrown> {
    Parser {
        source: text,
        units: &text.units(),
        position: 0,
    }
    .document()
}

struct Parser<'a> {
    source: &'a JsString,
    units: &'a [u16],
    position: usize,
}

/// An array or object whose end was not reached yet.
enum Open {
    Array(Vec<JsValue>),
    Object { object: JsObject, name: JsString },
}

impl Parser<'_> {
    fn document(mut self) -> Result<JsValue, Thrown> {
        let mut open: Vec<Open> = Vec::new();
        loop {
            if let Some(value) = self.value_start(&mut open)?
                && let Some(document) = self.close(&mut open, value)?
            {
                return Ok(document);
            }
        }
    }

    /// Puts a complete value into its container and closes what ends there; the document, when all is closed.
    fn close(
        &mut self,
        open: &mut Vec<Open>,
        mut value: JsValue,
    ) -> Result<Option<JsValue>, Thrown> {
        while let Some(container) = open.pop() {
            match self.after(container, value)? {
                After::Closed(closed) => value = closed,
                After::Next(container) => {
                    open.push(container);
                    return Ok(None);
                }
            }
        }
        self.end(value).map(Some)
    }

    /// A whole scalar or empty container, or `None` after a container was opened.
    fn value_start(&mut self, open: &mut Vec<Open>) -> Result<Option<JsValue>, Thrown> {
        Ok(match self.peek() {
            Some(b'{') => {
                self.position += 1;
                let object = JsObject::new();
                if self.peek() == Some(b'}') {
                    self.position += 1;
                    return Ok(Some(object.into()));
                }
                let name = self.name("Expected property name or '}' in JSON")?;
                open.push(Open::Object { object, name });
                None
            }
            Some(b'[') => {
                self.position += 1;
                if self.peek() == Some(b']') {
                    self.position += 1;
                    return Ok(Some(JsArray::new().into()));
                }
                open.push(Open::Array(Vec::new()));
                None
            }
            Some(b'"') => Some(self.string()?.into()),
            Some(b'-' | b'0'..=b'9') => Some(self.number()?.into()),
            Some(b't') => Some(self.keyword("true", true.into())?),
            Some(b'f') => Some(self.keyword("false", false.into())?),
            Some(b'n') => Some(self.keyword("null", JsValue::Null)?),
            _ => return Err(self.unexpected()),
        })
    }

    /// What follows `value` in the container it belongs to.
    fn after(&mut self, container: Open, value: JsValue) -> Result<After, Thrown> {
        match container {
            Open::Array(mut elements) => {
                elements.push(value);
                match self.peek() {
                    Some(b',') => {
                        self.position += 1;
                        Ok(After::Next(Open::Array(elements)))
                    }
                    Some(b']') => {
                        self.position += 1;
                        Ok(After::Closed(JsArray::from_values(elements).into()))
                    }
                    _ => Err(self.expected("Expected ',' or ']' after array element in JSON")),
                }
            }
            Open::Object { object, name } => {
                object.define(name, value);
                match self.peek() {
                    Some(b',') => {
                        self.position += 1;
                        let name = self.name("Expected double-quoted property name in JSON")?;
                        Ok(After::Next(Open::Object { object, name }))
                    }
                    Some(b'}') => {
                        self.position += 1;
                        Ok(After::Closed(object.into()))
                    }
                    _ => Err(self.expected("Expected ',' or '}' after property value in JSON")),
                }
            }
        }
    }

    fn end(&mut self, value: JsValue) -> Result<JsValue, Thrown> {
        match self.peek() {
            None if self.position >= self.units.len() => Ok(value),
            _ => Err(self.expected("Unexpected non-whitespace character after JSON")),
        }
    }

    /// A property name and its colon.
    fn name(&mut self, complaint: &str) -> Result<JsString, Thrown> {
        if self.peek() != Some(b'"') {
            return Err(self.expected(complaint));
        }
        let name = self.string()?;
        if self.peek() != Some(b':') {
            return Err(self.expected("Expected ':' after property name in JSON"));
        }
        self.position += 1;
        Ok(name)
    }

    fn keyword(&mut self, word: &str, value: JsValue) -> Result<JsValue, Thrown> {
        for expected in word.bytes() {
            if self.unit() != Some(u16::from(expected)) {
                return Err(self.unexpected());
            }
            self.position += 1;
        }
        Ok(value)
    }

    fn string(&mut self) -> Result<JsString, Thrown> {
        let start = self.position + 1;
        self.position = start;
        let mut decoded: Option<Vec<u16>> = None;
        loop {
            let Some(unit) = self.unit() else {
                return Err(self.expected("Unterminated string in JSON"));
            };
            match unit {
                0x22 => break,
                0x5c => {
                    let decoded =
                        decoded.get_or_insert_with(|| self.units[start..self.position].to_vec());
                    let escaped = self.escape()?;
                    decoded.push(escaped);
                    continue;
                }
                0..0x20 => {
                    return Err(self.expected("Bad control character in string literal in JSON"));
                }
                _ => {}
            }
            if let Some(decoded) = &mut decoded {
                decoded.push(unit);
            }
            self.position += 1;
        }
        let string = JsString::from_units(
            decoded
                .as_deref()
                .unwrap_or(&self.units[start..self.position]),
        );
        self.position += 1;
        Ok(string)
    }

    /// The code unit that the escape at the cursor stands for.
    fn escape(&mut self) -> Result<u16, Thrown> {
        self.position += 1;
        let Some(unit) = self.unit() else {
            return Err(self.unexpected());
        };
        let escaped = match u8::try_from(unit).unwrap_or(0) {
            byte @ (b'"' | b'\\' | b'/') => u16::from(byte),
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => 0x0a,
            b'r' => 0x0d,
            b't' => 0x09,
            b'u' => return self.unicode_escape(),
            _ => return Err(self.expected("Bad escaped character in JSON")),
        };
        self.position += 1;
        Ok(escaped)
    }

    fn unicode_escape(&mut self) -> Result<u16, Thrown> {
        let mut value = 0;
        for _ in 0..4 {
            self.position += 1;
            let digit = self
                .unit()
                .and_then(|unit| char::from_u32(unit.into())?.to_digit(16));
            let Some(digit) = digit else {
                return Err(self.expected("Bad Unicode escape in JSON"));
            };
            value = value * 16 + digit;
        }
        self.position += 1;
        Ok(u16::try_from(value).unwrap_or(u16::MAX))
    }

    fn number(&mut self) -> Result<f64, Thrown> {
        let start = self.position;
        if self.unit() == Some(0x2d) {
            self.position += 1;
            if !self.at_digit() {
                return Err(self.expected("No number after minus sign in JSON"));
            }
        }
        if self.unit() == Some(0x30) {
            self.position += 1;
            if self.at_digit() {
                return Err(self.expected("Unexpected number in JSON"));
            }
        }
        self.digits();
        if self.unit() == Some(0x2e) {
            self.position += 1;
            if !self.at_digit() {
                return Err(self.expected("Unterminated fractional number in JSON"));
            }
            self.digits();
        }
        if matches!(self.unit(), Some(0x65 | 0x45)) {
            self.position += 1;
            if matches!(self.unit(), Some(0x2b | 0x2d)) {
                self.position += 1;
            }
            if !self.at_digit() {
                return Err(self.expected("Exponent part is missing a number in JSON"));
            }
            self.digits();
        }
        let text = String::from_utf16_lossy(&self.units[start..self.position]);
        Ok(text.parse().expect("JSON's numbers are a part of Rust's"))
    }

    fn digits(&mut self) {
        while self.at_digit() {
            self.position += 1;
        }
    }

    fn at_digit(&self) -> bool {
        self.unit()
            .is_some_and(|unit| (0x30..=0x39).contains(&unit))
    }

    fn unit(&self) -> Option<u16> {
        self.units.get(self.position).copied()
    }

    /// The next unit after white space, when it is ASCII.
    fn peek(&mut self) -> Option<u8> {
        while matches!(self.unit(), Some(0x20 | 0x09 | 0x0a | 0x0d)) {
            self.position += 1;
        }
        self.unit().and_then(|unit| u8::try_from(unit).ok())
    }

    fn expected(&self, complaint: &str) -> Thrown {
        Thrown::syntax_error(format!("{complaint} at position {}", self.position))
    }

    /// A token that cannot stand here: V8 shows it with ten characters of context on each side.
    fn unexpected(&self) -> Thrown {
        const CONTEXT: usize = 10;
        let Some(unit) = self.unit() else {
            return Thrown::syntax_error("Unexpected end of JSON input");
        };
        match unit {
            0x22 => return self.expected("Unexpected string in JSON"),
            0x2d | 0x30..=0x39 => return self.expected("Unexpected number in JSON"),
            _ => {}
        }
        if ["undefined", "NaN", "Infinity", "[object Object]"]
            .iter()
            .any(|it| self.source == it)
        {
            return Thrown::syntax_error(format!("\"{}\" is not valid JSON", self.source));
        }
        let token = JsString::from_units(&[unit]);
        let (length, position) = (self.units.len(), self.position);
        let excerpt = |start, end| self.source.range(start, end);
        let (before, start) = match position {
            _ if length <= 2 * CONTEXT => ("\"", 0),
            0..CONTEXT => ("\"", 0),
            _ => ("...\"", position - CONTEXT),
        };
        let (after, end) = if length <= 2 * CONTEXT || position + CONTEXT >= length {
            ("\"", length)
        } else {
            ("\"...", position + CONTEXT)
        };
        // The token or an end of the excerpt can be one half of a character.
        Thrown::syntax_error(JsString::concat_all(&[
            "Unexpected token '".into(),
            token,
            "', ".into(),
            before.into(),
            excerpt(start, end),
            after.into(),
            " is not valid JSON".into(),
        ]))
    }
}

/// What follows a value in its container.
enum After {
    Next(Open),
    Closed(JsValue),
}
