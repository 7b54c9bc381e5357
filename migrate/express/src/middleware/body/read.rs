//! Reads a body and hands it to a parser: `body-parser/lib/read.js` and the package `raw-body`.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;

use super::super::options::Common;
use super::inflate::{Compression, Failure, inflate};
use super::{Body, Parse, charset};
use crate::content_type::ContentType;
use crate::flow::{Flow, Handled};
use crate::http_error::{http_error, with_status};
use crate::media_type;
use crate::profile::Profile;
use crate::request::Request;
use crate::value::{ErrorClass, JsObject, JsValue, Thrown};

pub(super) struct Parsing<P> {
    pub(super) common: Common,
    pub(super) parser: P,
}

impl<P: Parse> Parsing<P> {
    pub(super) async fn run(&self, req: &Request) -> Handled {
        let profile = req.settings().profile();
        if req.read(|state| state.body.is_none()) {
            return Ok(Flow::Next);
        }
        // Express 4 gives every request a body as soon as a parser has seen it.
        if profile == Profile::V4 && !req.body().truthy() {
            req.set_body(JsObject::new());
        }
        if !self.takes(req, profile) {
            return Ok(Flow::Next);
        }
        match self.read_and_parse(req, profile).await {
            Ok(value) => {
                req.set_body(value);
                Ok(Flow::Next)
            }
            Err(error) => Ok(Flow::Error(error)),
        }
    }

    fn takes(&self, req: &Request, profile: Profile) -> bool {
        let header = |name: &str| req.header_text(name);
        let (transfer, length) = (header("transfer-encoding"), header("content-length"));
        if !media_type::has_body(transfer.as_deref(), length.as_deref()) {
            return false;
        }
        let types: Vec<&str> = self.common.types.iter().map(String::as_str).collect();
        // An empty list of types matches every type in `type-is`.
        media_type::matching(profile, &header("content-type").unwrap_or_default(), &types).is_some()
    }

    async fn read_and_parse(&self, req: &Request, profile: Profile) -> Result<JsValue, Thrown> {
        let charset = self
            .parser
            .charset(profile, named_charset(req, profile))
            .map_err(|charset| unsupported_charset(&charset))?;
        let compression = self.compression(req, profile)?;
        let bytes = self.read(req, compression).await?;
        let (body, charset) = match charset {
            None => (Body::Bytes(bytes), String::new()),
            Some(charset) => {
                let text = charset::decode(&bytes, &charset);
                (
                    Body::Text(text.ok_or_else(|| unsupported_charset(&charset))?),
                    charset,
                )
            }
        };
        let shown = body.clone();
        self.parser
            .parse(profile, body, &charset)
            .map_err(|error| parse_failed(error, shown))
    }

    fn compression(&self, req: &Request, profile: Profile) -> Result<Option<Compression>, Thrown> {
        let header = req
            .header_text("content-encoding")
            .unwrap_or_default()
            .to_lowercase();
        if header.is_empty() || header == "identity" {
            return Ok(None);
        }
        let refused = |message: String| {
            let error = http_error(415, Some(&message));
            error.define("encoding", JsValue::text(&header));
            error.define("type", "encoding.unsupported");
            Thrown::new(error)
        };
        if !self.common.inflate {
            return Err(refused("content encoding unsupported".to_owned()));
        }
        match (header.as_str(), profile) {
            ("deflate", _) => Ok(Some(Compression::Deflate)),
            ("gzip", _) => Ok(Some(Compression::Gzip)),
            ("br", Profile::V5) => Ok(Some(Compression::Brotli)),
            _ => Err(refused(format!(
                "unsupported content encoding \"{header}\""
            ))),
        }
    }

    async fn read(&self, req: &Request, compression: Option<Compression>) -> Result<Bytes, Thrown> {
        let limit = self.common.limit;
        let Some(mut incoming) = req.take_body() else {
            return Ok(Bytes::new());
        };
        let announced = announced_length(req).filter(|_| compression.is_none());
        let mut error = announced
            .filter(|length| *length > limit)
            .map(|length| too_large(&[("expected", length), ("length", length), ("limit", limit)]));
        // A stream of empty blocks could go on for ever without giving a byte.
        let most = if compression.is_some() {
            limit.mul_add(2.0, 65_536.0)
        } else {
            limit
        };
        let mut read = BytesMut::new();
        // What is too large is read to its end nevertheless, so that the connection can be used again.
        while let Some(frame) = incoming.frame().await {
            let frame = frame.map_err(|_| aborted(announced, read.len()))?;
            if error.is_some() {
                continue;
            }
            read.extend_from_slice(frame.data_ref().map_or(&[], |data| data));
            if number(read.len()) > most {
                let received = number(std::mem::take(&mut read).len());
                error = Some(too_large(&[("limit", limit), ("received", received)]));
            }
        }
        match (error, compression) {
            (Some(error), _) => Err(error),
            (None, None) => Ok(read.freeze()),
            (None, Some(compression)) => inflated(compression, &read, limit),
        }
    }
}

fn inflated(compression: Compression, bytes: &[u8], limit: f64) -> Result<Bytes, Thrown> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the cast saturates"
    )]
    let most = limit as u64;
    inflate(compression, bytes, most)
        .map(Bytes::from)
        .map_err(|failure| match failure {
            Failure::TooLarge => too_large(&[("limit", limit), ("received", limit + 1.0)]),
            Failure::Invalid(fault) => {
                let error = JsObject::error(ErrorClass::Error, fault.message.into());
                error.define("errno", fault.errno);
                error.define("code", fault.code);
                Thrown::new(with_status(400, Thrown::new(error)))
            }
        })
}

/// The charset that `Content-Type` names, in lower case.
fn named_charset(req: &Request, profile: Profile) -> Option<String> {
    let header = req.header_text("content-type")?;
    let parsed = ContentType::parse(profile, &header).ok()?;
    let charset = parsed.parameter("charset")?.to_lowercase();
    (!charset.is_empty()).then_some(charset)
}

fn unsupported_charset(charset: &str) -> Thrown {
    let message = format!("unsupported charset \"{}\"", charset.to_uppercase());
    let error = http_error(415, Some(&message));
    error.define("charset", JsValue::text(charset));
    error.define("type", "charset.unsupported");
    Thrown::new(error)
}

fn announced_length(req: &Request) -> Option<f64> {
    let header = JsValue::from(req.header_text("content-length")?);
    header.to_number().ok().filter(|length| !length.is_nan())
}

fn too_large(details: &[(&'static str, f64)]) -> Thrown {
    let error = http_error(413, Some("request entity too large"));
    for (name, value) in details {
        error.define(*name, *value);
    }
    error.define("type", "entity.too.large");
    Thrown::new(error)
}

fn aborted(announced: Option<f64>, received: usize) -> Thrown {
    let error = http_error(400, Some("request aborted"));
    error.define("code", "ECONNABORTED");
    error.define("expected", announced);
    error.define("length", announced);
    error.define("received", number(received));
    error.define("type", "request.aborted");
    Thrown::new(error)
}

/// `createError(400, error, { body, type })`; an error that has a status keeps it.
fn parse_failed(error: Thrown, body: Body) -> Thrown {
    let has_status = error
        .value()
        .get("status")
        .is_ok_and(|status| status.truthy());
    let kind = error.value().get("type").unwrap_or_default();
    let error = if has_status {
        error.into_value()
    } else {
        with_status(400, error)
    };
    if let Some(object) = error.as_object() {
        object.define("body", body.into_value());
        object.define(
            "type",
            if kind.truthy() {
                kind
            } else {
                "entity.parse.failed".into()
            },
        );
    }
    Thrown::new(error)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a body has far fewer than 2^53 bytes"
)]
fn number(length: usize) -> f64 {
    length as f64
}
