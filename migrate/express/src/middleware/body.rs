//! `express.json`, `express.urlencoded`, `express.text`, `express.raw`, which are those of the package `body-parser`: 1.20 in
//! Express 4, 2.4 in Express 5.

mod charset;
mod form;
mod inflate;
mod json;
mod read;

use std::sync::Arc;

use bytes::Bytes;

use self::read::Parsing;
use super::options::{self, Common, Refusal};
use crate::handler::{Handler, OnRequest};
use crate::profile::Profile;
use crate::value::{JsValue, Thrown};

/// Turns the bytes of a body into the value of `req.body`.
pub(super) trait Parse: Send + Sync + 'static {
    /// The charset of the body: the one that the header names, or a default. `None` leaves it as bytes.
    ///
    /// # Errors
    /// The name of a charset that is refused.
    fn charset(&self, profile: Profile, named: Option<String>) -> Result<Option<String>, String>;

    /// The value of a body that has been read; `charset` is the one that [`Parse::charset`] gave.
    fn parse(&self, profile: Profile, body: Body, charset: &str) -> Result<JsValue, Thrown>;
}

/// A body that has been read whole.
#[derive(Debug, Clone)]
pub(super) enum Body {
    Bytes(Bytes),
    Text(String),
}

/// `express.json(options)`: objects and arrays of `application/json`.
///
/// Options: `limit` (a number of bytes or a text such as `100kb`), `type` (a text or a list of them), `inflate`, `strict`;
/// and one that the original has not, `oldMessages`: the wording of body-parser before 1.20.2 (Express before 4.18.3).
/// Not supported: `reviver`, `verify`, a function as `type`.
pub fn json<S: 'static>(options: impl Into<JsValue>) -> Handler<S> {
    let options = options.into();
    handler(
        "application/json",
        &options,
        json::JsonParser::new(&options),
    )
}

/// `express.urlencoded(options)`: forms. `extended` is on by default in Express 4, off in Express 5.
///
/// Options: those of [`json`] without `strict`, `extended`, `parameterLimit`, `depth`; in Express 5 also `defaultCharset`,
/// `charsetSentinel`, `interpretNumericEntities`. Not supported: `verify`, a function as `type`.
pub fn urlencoded<S: 'static>(options: impl Into<JsValue>) -> Handler<S> {
    let options = options.into();
    handler(
        "application/x-www-form-urlencoded",
        &options,
        form::FormParser::new(&options),
    )
}

/// `express.text(options)`: bodies of `text/plain` as a string.
///
/// Options: those of [`json`] without `strict`, and `defaultCharset`.
pub fn text<S: 'static>(options: impl Into<JsValue>) -> Handler<S> {
    let options = options.into();
    handler("text/plain", &options, TextParser::new(&options))
}

/// `express.raw(options)`: bodies of `application/octet-stream` as bytes.
///
/// Options: those of [`json`] without `strict`.
pub fn raw<S: 'static>(options: impl Into<JsValue>) -> Handler<S> {
    handler("application/octet-stream", &options.into(), Ok(RawParser))
}

fn handler<S: 'static>(
    kind: &str,
    options: &JsValue,
    parser: Result<impl Parse, Refusal>,
) -> Handler<S> {
    let (common, parser) = match (Common::new(options, kind), parser) {
        (Ok(common), Ok(parser)) => (common, parser),
        (Err(refusal), _) | (_, Err(refusal)) => return Handler::refused(refusal.0),
    };
    let parsing = Arc::new(Parsing { common, parser });
    let handler: OnRequest<S> = Arc::new(move |req, _, _| {
        let parsing = Arc::clone(&parsing);
        Box::pin(async move { parsing.run(&req).await })
    });
    Handler::on_request(handler)
}

struct TextParser {
    default_charset: String,
}

impl TextParser {
    fn new(options: &JsValue) -> Result<Self, Refusal> {
        let default_charset = options::text(options, "defaultCharset")?;
        Ok(Self {
            default_charset: default_charset.unwrap_or_else(|| "utf-8".to_owned()),
        })
    }
}

impl Parse for TextParser {
    fn charset(&self, _: Profile, named: Option<String>) -> Result<Option<String>, String> {
        Ok(Some(named.unwrap_or_else(|| self.default_charset.clone())))
    }

    fn parse(&self, _: Profile, body: Body, _: &str) -> Result<JsValue, Thrown> {
        Ok(body.into_value())
    }
}

struct RawParser;

impl Parse for RawParser {
    fn charset(&self, _: Profile, _: Option<String>) -> Result<Option<String>, String> {
        Ok(None)
    }

    fn parse(&self, _: Profile, body: Body, _: &str) -> Result<JsValue, Thrown> {
        Ok(body.into_value())
    }
}

impl Body {
    fn into_value(self) -> JsValue {
        match self {
            Self::Bytes(bytes) => JsValue::from(bytes),
            Self::Text(text) => text.into(),
        }
    }

    /// The text; bytes stand for themselves as UTF-8.
    fn into_text(self) -> String {
        match self {
            Self::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Self::Text(text) => text,
        }
    }
}
