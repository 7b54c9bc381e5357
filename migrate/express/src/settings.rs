//! The settings of an application, with those that Express compiles into functions.

use std::sync::Arc;

use crate::error::Error;
use crate::etag::Etag;
use crate::profile::Profile;
use crate::query::QueryParser;
use crate::trust::Trust;
use crate::value::{JsObject, JsValue, json_stringify};

/// Settings by name, below those of an application that this one is mounted in.
#[derive(Debug)]
pub(crate) struct Settings {
    profile: Profile,
    values: Vec<(String, JsValue)>,
    parent: Option<Arc<Settings>>,
    pub(crate) etag: Option<Etag>,
    pub(crate) query_parser: QueryParser,
    pub(crate) trust: Trust,
}

impl Settings {
    pub(crate) fn new(
        profile: Profile,
        given: Vec<(String, JsValue)>,
        parent: Option<&Arc<Self>>,
    ) -> Result<Self, Error> {
        let mut values = defaults(profile);
        let own_trust = given.iter().any(|(name, _)| name == "trust proxy");
        for (name, value) in given {
            refuse_unsupported(&name, &value)?;
            values.retain(|(known, _)| *known != name);
            values.push((name, value));
        }
        let get = |name: &str| {
            values
                .iter()
                .find(|(own, _)| own == name)
                .map(|(_, value)| value.clone())
                .unwrap_or_default()
        };
        let trust = match parent {
            Some(parent) if !own_trust => parent.trust.clone(),
            _ => Trust::compile(&get("trust proxy"))?,
        };
        Ok(Self {
            profile,
            etag: Etag::compile(&get("etag"))?,
            query_parser: QueryParser::compile(profile, &get("query parser"))?,
            trust,
            parent: parent.map(Arc::clone),
            values,
        })
    }

    pub(crate) fn profile(&self) -> Profile {
        self.profile
    }

    /// `app.get(name)`.
    pub(crate) fn get(&self, name: &str) -> JsValue {
        match self.values.iter().find(|(own, _)| own == name) {
            Some((_, value)) => value.clone(),
            None => self
                .parent
                .as_ref()
                .map(|parent| parent.get(name))
                .unwrap_or_default(),
        }
    }

    /// `app.enabled(name)`.
    pub(crate) fn enabled(&self, name: &str) -> bool {
        self.get(name).truthy()
    }
}

/// `app.defaultConfiguration` of `express/lib/application.js`.
fn defaults(profile: Profile) -> Vec<(String, JsValue)> {
    let query_parser = match profile {
        Profile::V4 => "extended",
        Profile::V5 => "simple",
    };
    let defaults: [(&str, JsValue); 7] = [
        ("x-powered-by", true.into()),
        ("etag", "weak".into()),
        ("env", "development".into()),
        ("query parser", query_parser.into()),
        ("subdomain offset", 2.into()),
        ("trust proxy", false.into()),
        ("jsonp callback name", "callback".into()),
    ];
    defaults
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn refuse_unsupported(name: &str, value: &JsValue) -> Result<(), Error> {
    let function = value.as_object().is_some_and(JsObject::is_function);
    match name {
        "etag" | "query parser" | "trust proxy" if function => Err(Error::setting(
            name,
            "is a function, which is not supported",
        )),
        "json replacer" if value.truthy() => Err(Error::setting(name, "is not supported")),
        "view engine" => Err(Error::setting(
            name,
            "is not supported: views stay in the legacy application",
        )),
        _ => Ok(()),
    }
}

/// A value that Express has no meaning for.
pub(crate) fn unknown(name: &str, value: &JsValue) -> Error {
    let shown = json_stringify(value)
        .ok()
        .and_then(|text| text.as_string().cloned());
    let shown = shown.map_or_else(
        || value.type_of().to_owned(),
        |text| text.to_text().into_owned(),
    );
    Error::setting(name, format_args!("does not take the value {shown}"))
}
