//! The attributes of items of DynamoDB in events, as JSON.
//!
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_AttributeValue.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Deserializer, de};

use crate::stored::attribute::{Attribute, Attributes, Opened};

/// An attribute as an event tells it.
#[derive(Debug, Deserialize)]
pub(super) enum Told {
    #[serde(rename = "NULL")]
    #[expect(
        dead_code,
        reason = "it is there to be read from the event, and always true"
    )]
    Null(bool),
    #[serde(rename = "BOOL")]
    Bool(bool),
    #[serde(rename = "N")]
    Number(String),
    #[serde(rename = "S")]
    Text(String),
    #[serde(rename = "B")]
    Bytes(Base64),
    #[serde(rename = "L")]
    List(Vec<Self>),
    #[serde(rename = "M")]
    Map(Attributes<Self>),
    #[serde(rename = "SS")]
    Texts(Vec<String>),
    #[serde(rename = "NS")]
    Numbers(Vec<String>),
    #[serde(rename = "BS")]
    ManyBytes(Vec<Base64>),
}

/// Bytes that are told in Base64.
#[derive(Debug)]
pub(super) struct Base64(Bytes);

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = STANDARD.decode(text).map_err(de::Error::custom)?;
        Ok(Self(bytes.into()))
    }
}

impl Attribute for Told {
    fn opened(self) -> Opened<Self> {
        match self {
            Self::Null(_) => Opened::Null,
            Self::Bool(flag) => Opened::Bool(flag),
            Self::Number(digits) => Opened::Number(digits),
            Self::Text(text) => Opened::Text(text),
            Self::Bytes(Base64(bytes)) => Opened::Bytes(bytes),
            Self::List(items) => Opened::List(items),
            Self::Map(entries) => Opened::Map(entries),
            Self::Texts(items) => Opened::Texts(items),
            Self::Numbers(items) => Opened::Numbers(items),
            Self::ManyBytes(items) => {
                Opened::ManyBytes(items.into_iter().map(|Base64(bytes)| bytes).collect())
            }
        }
    }

    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    fn number(&self) -> Option<&str> {
        match self {
            Self::Number(digits) => Some(digits),
            _ => None,
        }
    }

    fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(Base64(bytes)) => Some(bytes),
            _ => None,
        }
    }
}
