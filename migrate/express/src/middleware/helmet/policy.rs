//! The headers that helmet's options ask for.

use crate::value::{JsObject, JsString, JsValue, number_to_string};

/// What helmet does to a response.
#[derive(Debug)]
pub(super) enum Setting {
    Header(&'static str, JsString),
    HidePoweredBy,
}

type Refusable<T> = Result<T, String>;

/// The settings in helmet's order.
pub(super) fn settings(options: &JsValue) -> Refusable<Vec<Setting>> {
    let same_origin = Some("same-origin");
    let embedder = ["require-corp", "credentialless", "unsafe-none"];
    let opener = [
        "same-origin",
        "same-origin-allow-popups",
        "noopener-allow-popups",
        "unsafe-none",
    ];
    let resource = ["same-origin", "same-site", "cross-origin"];
    let flash = ["none", "master-only", "by-content-type", "all"];
    let wanted = |names: &[&str]| Wanted::of(options, names);
    let settings = [
        content_security_policy(&wanted(&["contentSecurityPolicy"])?)?,
        match wanted(&["crossOriginEmbedderPolicy"])? {
            Wanted::Default => None,
            given => given.one_of(
                "Cross-Origin-Embedder-Policy",
                "policy",
                &embedder,
                Some("require-corp"),
            )?,
        },
        wanted(&["crossOriginOpenerPolicy"])?.one_of(
            "Cross-Origin-Opener-Policy",
            "policy",
            &opener,
            same_origin,
        )?,
        wanted(&["crossOriginResourcePolicy"])?.one_of(
            "Cross-Origin-Resource-Policy",
            "policy",
            &resource,
            same_origin,
        )?,
        wanted(&["originAgentCluster"])?.fixed("Origin-Agent-Cluster", "?1"),
        referrer_policy(&wanted(&["referrerPolicy"])?)?,
        strict_transport_security(&wanted(&["strictTransportSecurity", "hsts"])?)?,
        wanted(&["xContentTypeOptions", "noSniff"])?.fixed("X-Content-Type-Options", "nosniff"),
        dns_prefetch_control(&wanted(&["xDnsPrefetchControl", "dnsPrefetchControl"])?),
        wanted(&["xDownloadOptions", "ieNoOpen"])?.fixed("X-Download-Options", "noopen"),
        frame_options(&wanted(&["xFrameOptions", "frameguard"])?)?,
        wanted(&[
            "xPermittedCrossDomainPolicies",
            "permittedCrossDomainPolicies",
        ])?
        .one_of(
            "X-Permitted-Cross-Domain-Policies",
            "permittedPolicies",
            &flash,
            Some("none"),
        )?,
        match wanted(&["xPoweredBy", "hidePoweredBy"])? {
            Wanted::Off => None,
            _ => Some(Setting::HidePoweredBy),
        },
        wanted(&["xXssProtection", "xssFilter"])?.fixed("X-XSS-Protection", "0"),
    ];
    Ok(settings.into_iter().flatten().collect())
}

/// How one header's option is set.
enum Wanted {
    /// Not at all.
    Default,
    Off,
    On,
    With(JsObject),
}

impl Wanted {
    /// The option by its names; only one of them may be given.
    fn of(options: &JsValue, names: &[&str]) -> Refusable<Self> {
        let Some(options) = options.as_object() else {
            return Ok(Self::Default);
        };
        let given: Vec<&&str> = names
            .iter()
            .filter(|name| options.has_own(**name))
            .collect();
        if given.len() > 1 {
            return Err(format!("helmet: the option {} is given twice", names[0]));
        }
        match given.first().map(|name| options.get(**name)) {
            None | Some(JsValue::Undefined) => Ok(Self::Default),
            Some(JsValue::Bool(false)) => Ok(Self::Off),
            Some(JsValue::Bool(true)) => Ok(Self::On),
            Some(JsValue::Object(object)) if !object.is_function() => Ok(Self::With(object)),
            Some(_) => Err(format!("helmet: the option {} is not supported", names[0])),
        }
    }

    /// A member of the option's object.
    fn member(&self, name: &str) -> JsValue {
        match self {
            Self::With(object) => object.get(name),
            Self::Default | Self::Off | Self::On => JsValue::Undefined,
        }
    }

    fn header(&self, name: &'static str, value: impl Into<JsString>) -> Option<Setting> {
        let off = matches!(self, Self::Off);
        (!off).then(|| Setting::Header(name, value.into()))
    }

    fn fixed(&self, name: &'static str, value: &'static str) -> Option<Setting> {
        self.header(name, value)
    }

    /// A header whose value is one of a few.
    fn one_of(
        &self,
        name: &'static str,
        member: &str,
        allowed: &[&'static str],
        default: Option<&'static str>,
    ) -> Refusable<Option<Setting>> {
        let given = self.member(member);
        let value = if given.is_undefined() {
            default
        } else {
            allowed.iter().copied().find(|one| given == **one)
        };
        let value = value.ok_or_else(|| format!("helmet: {name} does not support {given:?}"))?;
        Ok(self.header(name, value))
    }
}

fn referrer_policy(wanted: &Wanted) -> Refusable<Option<Setting>> {
    const TOKENS: [&str; 9] = [
        "no-referrer",
        "no-referrer-when-downgrade",
        "same-origin",
        "origin",
        "strict-origin",
        "origin-when-cross-origin",
        "strict-origin-when-cross-origin",
        "unsafe-url",
        "",
    ];
    let policy = wanted.member("policy").or_default(|| "no-referrer".into());
    let tokens = texts(&policy).filter(|tokens| !tokens.is_empty());
    let known = |token: &String| TOKENS.contains(&token.as_str());
    let tokens = tokens.filter(|tokens| {
        tokens.iter().all(known)
            && tokens
                .iter()
                .all(|one| tokens.iter().filter(|o| *o == one).count() == 1)
    });
    let tokens =
        tokens.ok_or_else(|| format!("helmet: Referrer-Policy does not support {policy:?}"))?;
    Ok(wanted.header("Referrer-Policy", tokens.join(",")))
}

fn strict_transport_security(wanted: &Wanted) -> Refusable<Option<Setting>> {
    const YEAR: f64 = 31_536_000.0;
    let given = wanted.member("maxAge").or_default(|| YEAR.into());
    let max_age = given
        .as_number()
        .filter(|age| *age >= 0.0 && age.is_finite());
    let max_age =
        max_age.ok_or_else(|| format!("helmet: {given:?} is not a valid value for maxAge"))?;
    let mut value = format!("max-age={}", number_to_string(max_age.floor()));
    let subdomains = wanted.member("includeSubDomains");
    if subdomains.is_undefined() || subdomains.truthy() {
        value.push_str("; includeSubDomains");
    }
    if wanted.member("preload").truthy() {
        value.push_str("; preload");
    }
    Ok(wanted.header("Strict-Transport-Security", value))
}

fn dns_prefetch_control(wanted: &Wanted) -> Option<Setting> {
    let value = if wanted.member("allow").truthy() {
        "on"
    } else {
        "off"
    };
    wanted.header("X-DNS-Prefetch-Control", value)
}

fn frame_options(wanted: &Wanted) -> Refusable<Option<Setting>> {
    let action = wanted.member("action").or_default(|| "sameorigin".into());
    let upper = action
        .as_string()
        .map(|action| action.to_text().to_uppercase());
    let value = match upper.as_deref() {
        Some("SAMEORIGIN" | "SAME-ORIGIN") => "SAMEORIGIN",
        Some("DENY") => "DENY",
        _ => {
            return Err(format!(
                "helmet: X-Frame-Options received an invalid action {action:?}"
            ));
        }
    };
    Ok(wanted.header("X-Frame-Options", value))
}

fn content_security_policy(wanted: &Wanted) -> Refusable<Option<Setting>> {
    let name = if wanted.member("reportOnly").truthy() {
        "Content-Security-Policy-Report-Only"
    } else {
        "Content-Security-Policy"
    };
    let use_defaults = wanted.member("useDefaults").or_default(|| true.into());
    let mut directives: Vec<(String, String)> = Vec::new();
    if use_defaults.truthy() {
        directives
            .extend(DEFAULT_DIRECTIVES.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
    let given = wanted.member("directives");
    for (directive, value) in given.as_object().map(JsObject::entries).unwrap_or_default() {
        let directive = dashed(&directive.to_text());
        let refused = || {
            format!("helmet: the directive {directive} of Content-Security-Policy is not supported")
        };
        if value == JsValue::Null && directive != "default-src" {
            directives.retain(|(known, _)| *known != directive);
            continue;
        }
        let words = texts(&value)
            .filter(|_| value.truthy())
            .ok_or_else(refused)?;
        if words
            .iter()
            .any(|word| word.contains([';', ',']) || lacks_quotes(word))
        {
            return Err(refused());
        }
        let value = words.join(" ");
        match directives.iter_mut().find(|(known, _)| *known == directive) {
            Some((_, known)) => *known = value,
            None => directives.push((directive, value)),
        }
    }
    if !directives.iter().any(|(name, _)| name == "default-src") {
        return Err("helmet: Content-Security-Policy needs a default-src".to_owned());
    }
    let written = directives
        .iter()
        .map(|(name, value)| format!("{name} {value}").trim_end().to_owned());
    Ok(wanted.header(name, written.collect::<Vec<_>>().join(";")))
}

const DEFAULT_DIRECTIVES: [(&str, &str); 11] = [
    ("default-src", "'self'"),
    ("base-uri", "'self'"),
    ("font-src", "'self' https: data:"),
    ("form-action", "'self'"),
    ("frame-ancestors", "'self'"),
    ("img-src", "'self' data:"),
    ("object-src", "'none'"),
    ("script-src", "'self'"),
    ("script-src-attr", "'none'"),
    ("style-src", "'self' https: 'unsafe-inline'"),
    ("upgrade-insecure-requests", ""),
];

/// Words that mean something only between quotes.
fn lacks_quotes(word: &str) -> bool {
    const KEYWORDS: [&str; 9] = [
        "none",
        "self",
        "strict-dynamic",
        "report-sample",
        "inline-speculation-rules",
        "unsafe-inline",
        "unsafe-eval",
        "unsafe-hashes",
        "wasm-unsafe-eval",
    ];
    let hashes = ["nonce-", "sha256-", "sha384-", "sha512-"];
    KEYWORDS.contains(&word) || hashes.iter().any(|prefix| word.starts_with(prefix))
}

/// `defaultSrc` as `default-src`.
fn dashed(name: &str) -> String {
    let mut dashed = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            dashed.push('-');
        }
        dashed.push(letter.to_ascii_lowercase());
    }
    dashed
}

/// A text or a list of texts.
fn texts(value: &JsValue) -> Option<Vec<String>> {
    let text = |value: &JsValue| value.as_string().map(|text| text.to_text().into_owned());
    match value.as_array() {
        Some(list) => list.to_vec().iter().map(text).collect(),
        None => text(value).map(|text| vec![text]),
    }
}
