//! `res.cookie` and `res.clearCookie`.

use std::time::{SystemTime, UNIX_EPOCH};

use super::Response;
use crate::cookie::{Attributes, Expires, serialize, sign};
use crate::profile::Profile;
use crate::value::{ErrorClass, JsObject, JsString, JsValue, Thrown, json_stringify};

impl Response {
    /// `res.cookie(name, value, options)`; objects are written as JSON behind `j:`.
    ///
    /// `options` is an object with `maxAge` (milliseconds), `signed`, `path`, `domain`, `httpOnly`, `secure`, `partitioned`,
    /// `priority`, `sameSite`, `encode`; `()` for none.
    ///
    /// # Errors
    /// As [`Response::set`]; an `Error` for `signed` without the secret of a cookie parser; a `TypeError` for an invalid
    /// name, value or option.
    pub fn cookie(
        &self,
        name: &str,
        value: impl Into<JsValue>,
        options: impl Into<JsValue>,
    ) -> Result<&Self, Thrown> {
        let options = options.into();
        let others = copied(&options);
        let mut text = cookie_text(&value.into())?;
        if others.get("signed").truthy() {
            text = format!("s:{}", sign(&text.to_text(), &self.secret()?)).into();
        }
        let attributes = attributes(others)?;
        let cookie = serialize(name, &text.to_text(), &attributes)?;
        self.append("Set-Cookie", cookie)
    }

    /// `res.clearCookie(name, options)`: a cookie that has ended in 1970.
    ///
    /// # Errors
    /// As [`Response::cookie`].
    pub fn clear_cookie(&self, name: &str, options: impl Into<JsValue>) -> Result<&Self, Thrown> {
        let options = options.into();
        let mut others = JsObject::new();
        others.define("path", "/");
        others.assign(&options);
        let keeps_expiry = self.profile() == Profile::V4 && others.has("expires");
        if self.profile() == Profile::V5 {
            others.delete("maxAge");
        }
        if !keeps_expiry {
            others.delete("expires");
        }
        let mut attributes = attributes(std::mem::take(&mut others))?;
        if !keeps_expiry && attributes.expires == Expires::Never {
            attributes.expires = Expires::At(1.0);
        }
        let cookie = serialize(name, "", &attributes)?;
        self.append("Set-Cookie", cookie)
    }

    fn secret(&self) -> Result<String, Thrown> {
        let secret = self.request().property("secret");
        if !secret.truthy() {
            let message = "cookieParser(\"secret\") required for signed cookies";
            return Err(Thrown::error(ErrorClass::Error, message));
        }
        match secret.as_string() {
            Some(secret) => Ok(secret.to_text().into_owned()),
            None => Err(Thrown::type_error("Secret string must be provided.")),
        }
    }
}

fn copied(options: &JsValue) -> JsObject {
    let copy = JsObject::new();
    copy.assign(options);
    copy
}

/// `typeof value === 'object' ? 'j:' + JSON.stringify(value) : String(value)`.
fn cookie_text(value: &JsValue) -> Result<JsString, Thrown> {
    if value.type_of() == "object" {
        return Ok(format!("j:{}", json_stringify(value)?.to_js_string()?).into());
    }
    value.to_js_string()
}

/// `maxAge` in milliseconds becomes seconds and a date; the path is `/` unless one is given.
fn attributes(others: JsObject) -> Result<Attributes, Thrown> {
    let mut max_age = others.get("maxAge");
    let mut expires = if others.get("expires").truthy() {
        Expires::Invalid
    } else {
        Expires::Never
    };
    if !max_age.is_nullish() {
        let milliseconds = max_age.to_number()?;
        if !milliseconds.is_nan() {
            expires = Expires::At(now() + milliseconds);
            max_age = JsValue::Number((milliseconds / 1000.0).floor());
        }
    }
    let path = others.get("path");
    let path = if path.is_nullish() { "/".into() } else { path };
    Ok(Attributes {
        max_age,
        path,
        expires,
        others,
    })
}

/// `Date.now()`.
fn now() -> f64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    since.as_secs_f64().mul_add(1000.0, 0.0).floor()
}
