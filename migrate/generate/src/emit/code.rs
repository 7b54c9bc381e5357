//! A piece of an expression in Rust, and the forms it can take.

use crate::kind::Kind;
use crate::literal;

/// How an expression holds its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// It gives the value away.
    Owned,
    /// It names a variable or field that owns the value.
    Place,
    /// It names a static that holds the value behind a `LazyLock`.
    Static,
    /// It is a reference to the value.
    Reference,
    /// It is a literal: a `&'static str` for text.
    Literal,
}

/// How tightly an expression binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Anything can follow it.
    Atom,
    /// A prefix operator is its outermost part.
    Prefix,
    /// An infix operator is its outermost part.
    Infix,
    /// A block-like expression that needs parentheses nearly everywhere.
    Open,
}

/// An expression.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    pub(crate) text: String,
    pub(crate) kind: Kind,
    pub(crate) form: Form,
    pub(crate) level: Level,
}

impl Code {
    /// An expression that gives its value away.
    pub(crate) fn owned(text: impl Into<String>, kind: Kind) -> Self {
        Self {
            text: text.into(),
            kind,
            form: Form::Owned,
            level: Level::Atom,
        }
    }

    /// A variable or field that owns a value.
    pub(crate) fn place(text: impl Into<String>, kind: Kind) -> Self {
        Self {
            form: Form::Place,
            ..Self::owned(text, kind)
        }
    }

    /// A static that is made when it is first used.
    pub(crate) fn lazy(text: impl Into<String>, kind: Kind) -> Self {
        Self {
            form: Form::Static,
            ..Self::owned(text, kind)
        }
    }

    pub(crate) fn reference(text: impl Into<String>, kind: Kind) -> Self {
        Self {
            form: Form::Reference,
            ..Self::owned(text, kind)
        }
    }

    pub(crate) fn literal(text: impl Into<String>, kind: Kind) -> Self {
        Self {
            form: Form::Literal,
            ..Self::owned(text, kind)
        }
    }

    pub(crate) fn infix(text: impl Into<String>, kind: Kind) -> Self {
        Self {
            level: Level::Infix,
            ..Self::owned(text, kind)
        }
    }

    pub(crate) fn open(text: impl Into<String>, kind: Kind) -> Self {
        Self {
            level: Level::Open,
            ..Self::owned(text, kind)
        }
    }

    /// A call that can fail.
    pub(crate) fn tried(text: impl AsRef<str>, kind: Kind) -> Self {
        Self::owned(format!("{}?", text.as_ref()), kind)
    }

    /// The expression as the receiver of a method.
    pub(crate) fn receiver(&self) -> String {
        if self.level == Level::Atom {
            self.text.clone()
        } else {
            format!("({})", self.text)
        }
    }

    /// The expression as an operand.
    pub(crate) fn operand(&self) -> String {
        if self.level <= Level::Prefix {
            self.text.clone()
        } else {
            format!("({})", self.text)
        }
    }

    /// The expression with `*` before it where it is a reference, to be compared.
    pub(crate) fn compared(&self) -> String {
        match self.form {
            Form::Reference | Form::Static => format!("*{}", self.operand()),
            _ => self.operand(),
        }
    }

    /// The value itself, of the Rust type of its kind.
    pub(crate) fn into_owned(self) -> String {
        match (self.kind, self.form) {
            (Kind::Text, Form::Literal) => format!("JsString::literal({})", self.text),
            (Kind::Bool | Kind::Number | Kind::Undefined, _) | (_, Form::Owned | Form::Literal) => {
                self.text
            }
            (_, Form::Place | Form::Reference | Form::Static) => {
                format!("{}.clone()", self.receiver())
            }
        }
    }

    /// The value as a `JsValue`.
    pub(crate) fn into_value(self) -> String {
        match self.kind {
            Kind::Value | Kind::Unseen => self.into_owned(),
            Kind::Undefined => self.then("JsValue::Undefined"),
            _ => format!("JsValue::from({})", self.into_argument()),
        }
    }

    /// Whether this is `undefined` that a call gives, which must be made even so. A variable of that kind is not written.
    fn is_effect(&self) -> bool {
        let is_call = self.text.contains('(') && self.text != "()";
        self.kind == Kind::Undefined && (is_call || self.level == Level::Open)
    }

    /// `value`, which stands for this `undefined`, after what works it out.
    pub(crate) fn then(&self, value: &str) -> String {
        if self.is_effect() && self.level == Level::Open {
            format!("{{ {} {value} }}", self.text)
        } else if self.is_effect() {
            format!("{{ {}; {value} }}", self.text)
        } else {
            value.to_owned()
        }
    }

    /// The value where anything is taken that becomes a `JsValue`.
    pub(crate) fn into_argument(self) -> String {
        match (self.kind, self.form) {
            (Kind::Undefined, _) if self.is_effect() => self.text,
            (Kind::Undefined, _) => "()".to_owned(),
            (Kind::Number, Form::Literal) => self
                .text
                .parse()
                .ok()
                .and_then(literal::integer)
                .unwrap_or(self.text),
            (Kind::Bool | Kind::Number, _) | (_, Form::Owned | Form::Literal | Form::Reference) => {
                self.text
            }
            (_, Form::Place) => format!("&{}", self.text),
            (_, Form::Static) => format!("&*{}", self.text),
        }
    }

    /// The value as a `&JsValue`.
    pub(crate) fn into_value_reference(self) -> String {
        match (self.kind, self.form) {
            (Kind::Value | Kind::Unseen, Form::Reference) => self.text,
            (Kind::Value | Kind::Unseen, Form::Static) => format!("&{}", self.text),
            (Kind::Value | Kind::Unseen, _) => format!("&{}", self.operand()),
            _ => format!("&{}", self.into_value()),
        }
    }

    /// The value as a reference to the Rust type of its kind.
    pub(crate) fn into_reference(self) -> String {
        match (self.kind, self.form) {
            (Kind::Bool | Kind::Number | Kind::Undefined, _) | (_, Form::Reference) => self.text,
            (Kind::Text, Form::Literal) => format!("&JsString::literal({})", self.text),
            _ => format!("&{}", self.operand()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_borrowed_where_that_is_enough_and_cloned_where_it_is_not() {
        let title = || Code::place("title", Kind::Text);
        assert_eq!(title().into_argument(), "&title");
        assert_eq!(title().into_owned(), "title.clone()");
        assert_eq!(title().into_value(), "JsValue::from(&title)");
        assert_eq!(
            Code::reference("note", Kind::Value).into_value_reference(),
            "note"
        );
        assert_eq!(
            Code::owned("f()", Kind::Value).into_value_reference(),
            "&f()"
        );
        assert_eq!(
            Code::literal("\"a\"", Kind::Text).into_owned(),
            "JsString::literal(\"a\")"
        );
        assert_eq!(Code::literal("2.0", Kind::Number).into_argument(), "2");
        assert_eq!(Code::literal("2.5", Kind::Number).into_argument(), "2.5");
    }

    #[test]
    fn a_call_that_gives_undefined_is_made_where_its_value_is_used() {
        let call = || Code::tried("note()", Kind::Undefined);
        assert_eq!(call().into_value(), "{ note()?; JsValue::Undefined }");
        assert_eq!(call().into_argument(), "note()?");
        assert_eq!(call().then("false"), "{ note()?; false }");
        let undefined = || Code::literal("()", Kind::Undefined);
        assert_eq!(undefined().into_value(), "JsValue::Undefined");
        assert_eq!(undefined().then("false"), "false");
    }
}
