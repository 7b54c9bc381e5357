//! Values as DynamoDB attributes: plain where DynamoDB has the type, marked where it has not.
//!
//! The format is described in `docs/storage-format.md`.

use std::borrow::Cow;
use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use isobar::document::Value;
use isobar::{Error, ErrorKind, Result};

use crate::stored::attribute::attribute_of_client;
pub(super) use crate::stored::value::TIMESTAMP;
use crate::stored::value::looks_like_mark;

/// Whether anything was encoded that a plain reader would take for something else (rule R24).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Encoding {
    #[default]
    Plain,
    Marked,
}

/// A value as an attribute; `encoding` is raised where it needs a mark.
pub(super) fn encode(value: &Value, encoding: &mut Encoding) -> Result<AttributeValue> {
    Ok(match value {
        Value::Null => AttributeValue::Null(true),
        Value::Bool(flag) => AttributeValue::Bool(*flag),
        Value::Int(number) => AttributeValue::N(number.to_string()),
        Value::Float(number) => AttributeValue::N(float_text(*number)),
        Value::String(text) => AttributeValue::S(text.clone()),
        Value::Bytes(bytes) => AttributeValue::B(Blob::new(bytes.to_vec())),
        Value::Timestamp(at) => {
            *encoding = Encoding::Marked;
            let micros = AttributeValue::N(at.as_micros().to_string());
            AttributeValue::M(HashMap::from([(TIMESTAMP.to_owned(), micros)]))
        }
        Value::List(items) => {
            let items = items.iter().map(|item| encode(item, encoding));
            AttributeValue::L(items.collect::<Result<_>>()?)
        }
        Value::Map(fields) => AttributeValue::M(
            fields
                .iter()
                .map(|(name, value)| {
                    let stored = escape(name);
                    if matches!(stored, Cow::Owned(_)) {
                        *encoding = Encoding::Marked;
                    }
                    Ok((stored.into_owned(), encode(value, encoding)?))
                })
                .collect::<Result<_>>()?,
        ),
        // `Value` may grow; a kind without an encoding must not be stored as something else.
        other => {
            let kind = other.kind_name();
            let message = format!("the format of DynamoDB items has no {kind}");
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
    })
}

/// The name of a nested field as it is stored: one that looks like our mark gets one more `$`.
pub(super) fn escape(name: &str) -> Cow<'_, str> {
    if looks_like_mark(name) {
        Cow::Owned(format!("${name}"))
    } else {
        Cow::Borrowed(name)
    }
}

/// The shortest decimal that reads back as the same number.
fn float_text(number: f64) -> String {
    if (1e-5..1e17).contains(&number.abs()) {
        format!("{number}")
    } else {
        format!("{number:e}")
    }
}

attribute_of_client!(AttributeValue, Blob);

#[cfg(test)]
mod tests;
