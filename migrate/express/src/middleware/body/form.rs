//! Bodies of `application/x-www-form-urlencoded`.

use super::super::options::{Refusal, member, text};
use super::{Body, Parse};
use crate::http_error::http_error;
use crate::profile::Profile;
use crate::query::qs::{self, Charset, Fallback, Options, Version};
use crate::query::simple;
use crate::value::{JsObject, JsValue, Thrown};

pub(super) struct FormParser {
    extended: JsValue,
    parameter_limit: usize,
    depth: usize,
    default_charset: String,
    sentinel: bool,
    numeric_entities: bool,
}

impl FormParser {
    pub(super) fn new(options: &JsValue) -> Result<Self, Refusal> {
        let default_charset =
            text(options, "defaultCharset")?.unwrap_or_else(|| "utf-8".to_owned());
        if default_charset != "utf-8" && default_charset != "iso-8859-1" {
            let rule = "option defaultCharset must be either utf-8 or iso-8859-1";
            return Err(Refusal(rule.to_owned()));
        }
        let rule = "option parameterLimit must be a positive number";
        let parameter_limit = count(&member(options, "parameterLimit"), 1000, 1.0, rule)?;
        let rule = "option depth must be a zero or a positive number";
        Ok(Self {
            extended: member(options, "extended"),
            parameter_limit,
            depth: count(&member(options, "depth"), 32, 0.0, rule)?,
            default_charset,
            sentinel: member(options, "charsetSentinel").truthy(),
            numeric_entities: member(options, "interpretNumericEntities").truthy(),
        })
    }

    fn options(&self, profile: Profile, charset: &str, pairs: usize) -> Options {
        let fallback = if charset == "utf-8" {
            Fallback::Utf8
        } else {
            Fallback::Latin1
        };
        let charset = match (profile, self.sentinel, fallback) {
            (Profile::V5, true, fallback) => Charset::Sentinel(fallback),
            (_, _, Fallback::Utf8) => Charset::Utf8,
            (_, _, Fallback::Latin1) => Charset::Latin1,
        };
        let extended = self.extended(profile);
        Options {
            array_limit: if extended { pairs.max(100) } else { pairs },
            depth: if extended { self.depth } else { 0 },
            parameter_limit: self.parameter_limit,
            charset,
            numeric_entities: profile == Profile::V5 && self.numeric_entities,
            version: Version::of(profile),
        }
    }

    fn extended(&self, profile: Profile) -> bool {
        match profile {
            Profile::V4 => self.extended != false,
            Profile::V5 => self.extended.truthy(),
        }
    }
}

/// A whole number of at least `least`; infinity is as good as the largest.
fn count(value: &JsValue, default: usize, least: f64, rule: &str) -> Result<usize, Refusal> {
    if value.is_undefined() {
        return Ok(default);
    }
    let number = value.to_number().unwrap_or(f64::NAN);
    if number.is_nan() || number < least {
        return Err(Refusal(rule.to_owned()));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the cast saturates"
    )]
    Ok(number as usize)
}

impl Parse for FormParser {
    fn charset(&self, profile: Profile, named: Option<String>) -> Result<Option<String>, String> {
        let default = match profile {
            Profile::V4 => "utf-8",
            Profile::V5 => &self.default_charset,
        };
        let charset = named.unwrap_or_else(|| default.to_owned());
        let latin1 = profile == Profile::V5 && charset == "iso-8859-1";
        if latin1 || charset == "utf-8" {
            Ok(Some(charset))
        } else {
            Err(charset)
        }
    }

    fn parse(&self, profile: Profile, body: Body, charset: &str) -> Result<JsValue, Thrown> {
        let body = body.into_text();
        if body.is_empty() {
            return Ok(JsObject::new().into());
        }
        let pairs = body.matches('&').count() + 1;
        if pairs > self.parameter_limit {
            return Err(typed(413, "too many parameters", "parameters.too.many"));
        }
        if profile == Profile::V4 && !self.extended(profile) {
            return Ok(simple::parse(&body, self.parameter_limit));
        }
        let options = self.options(profile, charset, pairs);
        qs::parse_within_depth(&body, options).ok_or_else(|| {
            typed(
                400,
                "The input exceeded the depth",
                "querystring.parse.rangeError",
            )
        })
    }
}

fn typed(status: u16, message: &str, kind: &'static str) -> Thrown {
    let error = http_error(status, Some(message));
    error.define("type", kind);
    Thrown::new(error)
}
