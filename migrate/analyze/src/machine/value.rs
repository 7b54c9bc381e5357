//! The values that the abstract machine computes with.
//!
//! A value is either known exactly or not at all: [`Value::Unknown`] stands for everything that
//! depends on a request, the network, the clock or code that is not read.

use std::fmt;
use std::rc::Rc;

/// Text that is shared instead of copied.
pub(crate) type Name = Rc<str>;

/// An object on the heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ObjectId(pub(crate) u32);

/// A scope of variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ScopeId(pub(crate) u32);

/// A module that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ModuleId(pub(crate) u32);

/// An application or router.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct RouterId(pub(crate) u32);

/// A position in a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Site {
    pub(crate) module: ModuleId,
    pub(crate) offset: u32,
}

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// Anything.
    Unknown,
    Undefined,
    Null,
    Boolean(bool),
    Number(f64),
    Text(Name),
    Object(ObjectId),
    /// An environment variable that the assumed environment lacks. It behaves as `undefined`,
    /// but a program that stops without it is taken to go on.
    Unset(Name),
}

/// Whether a value counts as true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Truth {
    Yes,
    No,
    /// False only because the assumed environment lacks a variable.
    UnlessSet,
    Maybe,
}

impl Value {
    pub(crate) fn text(text: impl Into<Name>) -> Self {
        Self::Text(text.into())
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub(crate) fn is_symbol(&self) -> bool {
        self.as_text().is_some_and(|text| text.starts_with(SYMBOL))
    }

    /// Equality as `includes`, `Map` and `Set` have it, where `NaN` equals itself.
    pub(crate) fn is_same_key(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => match a.partial_cmp(b) {
                Some(order) => order.is_eq(),
                None => a.is_nan() && b.is_nan(),
            },
            _ => self == other,
        }
    }

    pub(crate) fn as_object(&self) -> Option<ObjectId> {
        match self {
            Self::Object(id) => Some(*id),
            _ => None,
        }
    }

    /// `undefined` or `null`, with certainty.
    pub(crate) fn is_nullish(&self) -> bool {
        matches!(self, Self::Undefined | Self::Null | Self::Unset(_))
    }

    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// How much a value tells, to choose between the outcomes of an unknown condition.
    pub(crate) fn information(&self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::Undefined | Self::Unset(_) => 1,
            Self::Null => 2,
            Self::Boolean(_) | Self::Number(_) => 3,
            Self::Text(_) => 4,
            Self::Object(_) => 5,
        }
    }

    /// The text that string conversion makes, for primitive values.
    pub(crate) fn to_text(&self) -> Option<Name> {
        match self {
            Self::Text(text) => Some(Rc::clone(text)),
            Self::Number(number) => Some(number_text(*number).into()),
            Self::Boolean(value) => Some(if *value { "true" } else { "false" }.into()),
            Self::Undefined | Self::Unset(_) => Some("undefined".into()),
            Self::Null => Some("null".into()),
            Self::Unknown | Self::Object(_) => None,
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<Option<bool>> for Value {
    fn from(value: Option<bool>) -> Self {
        value.map_or(Self::Unknown, Self::Boolean)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "lengths stay far below 2^53")]
        Self::Number(number as f64)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_text() {
            Some(text) => f.write_str(&text),
            None => f.write_str("…"),
        }
    }
}

/// A number as JavaScript prints it.
fn number_text(number: f64) -> String {
    ryu_js::Buffer::new().format(number).to_owned()
}

/// Whether JavaScript takes a character for white space or the end of a line.
pub(crate) fn is_space(character: char) -> bool {
    character == '\u{FEFF}' || (character.is_whitespace() && character != '\u{85}')
}

/// The number that a text stands for in JavaScript, `NaN` where it stands for none.
pub(crate) fn number_of_text(text: &str) -> f64 {
    let text = text.trim_matches(is_space);
    let radix = match text.get(..2) {
        Some("0x" | "0X") => 16,
        Some("0o" | "0O") => 8,
        Some("0b" | "0B") => 2,
        _ => return decimal(text),
    };
    let digits = &text[2..];
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return f64::NAN;
    }
    let number = u64::from_str_radix(digits, radix).unwrap_or(u64::MAX);
    #[expect(
        clippy::cast_precision_loss,
        reason = "a number of JavaScript is a double"
    )]
    let number = number as f64;
    number
}

fn decimal(text: &str) -> f64 {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    match digits {
        "" => return if text.is_empty() { 0.0 } else { f64::NAN },
        "Infinity" => {}
        _ if digits.starts_with(|first: char| first.is_ascii_digit() || first == '.') => {}
        _ => return f64::NAN,
    }
    text.parse().unwrap_or(f64::NAN)
}

/// What the names of symbols start with; no text of an application does.
pub(crate) const SYMBOL: &str = "\u{F8FF}@";

/// The array index that a property's name is, where it is one: `1`, and neither `01` nor `-1`.
pub(crate) fn array_index(name: &str) -> Option<u32> {
    let canonical = name == "0" || !name.starts_with('0');
    let digits = name.bytes().all(|byte| byte.is_ascii_digit());
    let index = (canonical && digits).then(|| name.parse().ok()).flatten();
    index.filter(|index| *index < u32::MAX)
}

/// A number as an index into an array, when it is one.
pub(crate) fn index_of(number: f64) -> Option<usize> {
    let whole = number >= 0.0 && number.fract() == 0.0 && number < 4_294_967_295.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be a whole number in the range of an array index"
    )]
    whole.then_some(number as usize)
}
