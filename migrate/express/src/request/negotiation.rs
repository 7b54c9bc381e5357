//! `req.accepts`, `req.is`, `req.range`, and their relatives.

use super::Request;
use crate::media_type;
use crate::mime;
use crate::negotiate::{Aspect, Preferences};
use crate::profile::Profile;
use crate::range;
use crate::value::{JsArray, JsValue};

impl Request {
    /// `req.accepts(types)`: the type that the client likes best, as it was given; `false` when it likes none; all that it
    /// accepts when none are given.
    pub fn accepts(&self, types: &[&str]) -> JsValue {
        if types.is_empty() {
            return self.all_accepted(Aspect::MediaType, "accept");
        }
        self.preferred_type(types)
            .map_or(JsValue::Bool(false), JsValue::text)
    }

    /// `req.acceptsEncodings(encodings)`.
    pub fn accepts_encodings(&self, encodings: &[&str]) -> JsValue {
        self.best(Aspect::Encoding, "accept-encoding", encodings)
    }

    /// `req.acceptsCharsets(charsets)`.
    pub fn accepts_charsets(&self, charsets: &[&str]) -> JsValue {
        self.best(Aspect::Charset, "accept-charset", charsets)
    }

    /// `req.acceptsLanguages(languages)`.
    pub fn accepts_languages(&self, languages: &[&str]) -> JsValue {
        self.best(Aspect::Language, "accept-language", languages)
    }

    /// `req.is(types)`: the type that the body has, `false` when it has none of them, `null` without a body.
    pub fn is(&self, types: &[&str]) -> JsValue {
        let text = |name: &str| self.header_text(name);
        if !media_type::has_body(
            text("transfer-encoding").as_deref(),
            text("content-length").as_deref(),
        ) {
            return JsValue::Null;
        }
        let header = text("content-type").unwrap_or_default();
        let found = media_type::matching(self.settings().profile(), &header, types);
        found.map_or(JsValue::Bool(false), JsValue::from)
    }

    /// `req.range(size)`: the ranges of the header, an array with the property `type`; `undefined` without the header, −1 for
    /// ranges that cannot be satisfied, −2 for a malformed header.
    pub fn range(&self, size: f64) -> JsValue {
        match self
            .header_text("range")
            .filter(|header| !header.is_empty())
        {
            Some(header) => range::parse(size, &header, range::Overlap::Keep),
            None => JsValue::Undefined,
        }
    }

    /// `req.range(size, { combine: true })`: overlapping and adjacent ranges become one.
    pub fn range_combined(&self, size: f64) -> JsValue {
        match self
            .header_text("range")
            .filter(|header| !header.is_empty())
        {
            Some(header) => range::parse(size, &header, range::Overlap::Combine),
            None => JsValue::Undefined,
        }
    }

    /// The first of `types` that the client likes best.
    pub(crate) fn preferred_type<'t>(&self, types: &[&'t str]) -> Option<&'t str> {
        let header = self
            .header_text("accept")
            .filter(|header| !header.is_empty());
        let Some(header) = header else {
            return types.first().copied();
        };
        let profile = self.settings().profile();
        let known: Vec<(&'t str, String)> = types
            .iter()
            .filter_map(|given| full_type(profile, given).map(|full| (*given, full)))
            .collect();
        let offers: Vec<&str> = known.iter().map(|(_, full)| full.as_str()).collect();
        let preferences = Preferences::parse(profile, Aspect::MediaType, Some(&header));
        let best = offers[*preferences.choose(&offers).first()?];
        known
            .iter()
            .find(|(_, full)| full == best)
            .map(|(given, _)| *given)
    }

    fn best(&self, aspect: Aspect, header: &str, offers: &[&str]) -> JsValue {
        if offers.is_empty() {
            return self.all_accepted(aspect, header);
        }
        let header = self.header_text(header);
        let preferences = Preferences::parse(self.settings().profile(), aspect, header.as_deref());
        let best = preferences.choose(offers).first().copied();
        best.map_or(JsValue::Bool(false), |index| JsValue::text(offers[index]))
    }

    fn all_accepted(&self, aspect: Aspect, header: &str) -> JsValue {
        let header = self.header_text(header);
        let preferences = Preferences::parse(self.settings().profile(), aspect, header.as_deref());
        preferences
            .accepted()
            .into_iter()
            .map(JsValue::from)
            .collect::<JsArray>()
            .into()
    }
}

/// `extToMime` of `accepts`.
fn full_type(profile: Profile, given: &str) -> Option<String> {
    if given.contains('/') {
        return Some(given.to_owned());
    }
    let found = match profile {
        Profile::V4 => mime::lookup_old(given),
        Profile::V5 => mime::lookup_v5(given),
    };
    found.map(str::to_owned)
}
