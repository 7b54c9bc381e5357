//! Takes `Accept` headers apart.

use super::{Aspect, Preference};
use crate::content_type::parse_list;
use crate::profile::Profile;
use crate::value::{JsString, parse_float};

/// The members that are well-formed, and how many there were.
pub(super) fn members(profile: Profile, aspect: Aspect, header: &str) -> (Vec<Preference>, usize) {
    match profile {
        Profile::V4 => {
            let parts = match aspect {
                Aspect::MediaType => split_outside_quotes(header, ','),
                _ => header.split(',').map(str::to_owned).collect(),
            };
            let parsed = parts.iter().enumerate();
            let members = parsed.filter_map(|(index, part)| member_v4(aspect, part.trim(), index));
            (members.collect(), parts.len())
        }
        Profile::V5 => {
            let parts = parse_list(header);
            let count = parts.len();
            let members = parts.into_iter().enumerate().filter_map(|(index, part)| {
                let well_formed = match aspect {
                    Aspect::MediaType => part.kind.contains('/'),
                    _ => !part.kind.is_empty(),
                };
                let quality = part.parameter("q").filter(|text| !text.is_empty());
                let quality = quality.map_or(1.0, |text| number(Some(text)));
                let others = part.parameters.into_iter().filter(|(name, _)| name != "q");
                let parameters = others.map(|(name, value)| (name, Some(value))).collect();
                well_formed.then_some(Preference {
                    value: part.kind,
                    parameters,
                    quality,
                    index,
                })
            });
            (members.collect(), count)
        }
    }
}

/// `/^\s*([^\s;]+)\s*(?:;(.*))?$/` and its siblings.
pub(super) fn member_v4(aspect: Aspect, text: &str, index: usize) -> Option<Preference> {
    let (value, rest) = match text.split_once(';') {
        Some((value, rest)) => (value, Some(rest)),
        None => (text, None),
    };
    let value = value.trim();
    if value.is_empty() || value.contains(char::is_whitespace) || !fits(aspect, value) {
        return None;
    }
    let value = value.to_owned();
    let (parameters, quality) = match (aspect, rest.filter(|rest| !rest.is_empty())) {
        (_, None) => (Vec::new(), 1.0),
        (Aspect::MediaType, Some(rest)) => media_parameters(rest),
        (Aspect::Language, Some(rest)) => (Vec::new(), language_quality(rest)),
        (_, Some(rest)) => (Vec::new(), plain_quality(rest)),
    };
    Some(Preference {
        value,
        parameters,
        quality,
        index,
    })
}

fn fits(aspect: Aspect, value: &str) -> bool {
    match aspect {
        Aspect::MediaType => value
            .split_once('/')
            .is_some_and(|(kind, rest)| !kind.is_empty() && !rest.is_empty()),
        // The prefix has no hyphen and is not empty; neither is what follows a hyphen.
        Aspect::Language => value
            .split_once('-')
            .is_none_or(|(prefix, suffix)| !prefix.is_empty() && !suffix.is_empty()),
        Aspect::Charset | Aspect::Encoding => true,
    }
}

fn media_parameters(text: &str) -> (Vec<(String, Option<String>)>, f64) {
    let mut parameters: Vec<(String, Option<String>)> = Vec::new();
    for pair in split_outside_quotes(text, ';') {
        let (name, value) = match pair.trim().split_once('=') {
            Some((name, value)) => (name.to_lowercase(), Some(unquoted(value).to_owned())),
            None => (pair.trim().to_lowercase(), None),
        };
        if name == "q" {
            return (parameters, number(value.as_deref()));
        }
        parameters.retain(|(own, _)| *own != name);
        parameters.push((name, value));
    }
    (parameters, 1.0)
}

fn unquoted(value: &str) -> &str {
    match value.strip_prefix('"') {
        Some("") => "",
        Some(rest) => rest.strip_suffix('"').unwrap_or(value),
        None => value,
    }
}

fn plain_quality(text: &str) -> f64 {
    let pairs = text.split(';').map(|pair| pair.trim().split('='));
    for mut pair in pairs {
        if pair.next() == Some("q") {
            return number(pair.next());
        }
    }
    1.0
}

/// The original does not trim here, and the last `q` counts.
fn language_quality(text: &str) -> f64 {
    let mut quality = 1.0;
    for mut pair in text.split(';').map(|pair| pair.split('=')) {
        if pair.next() == Some("q") {
            quality = number(pair.next());
        }
    }
    quality
}

fn number(text: Option<&str>) -> f64 {
    text.map_or(f64::NAN, |text| parse_float(&JsString::new(text)))
}

/// Splits where the text before holds an even number of quotes.
fn split_outside_quotes(text: &str, separator: char) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for part in text.split(separator) {
        match parts
            .last_mut()
            .filter(|last| last.matches('"').count() % 2 == 1)
        {
            Some(last) => {
                last.push(separator);
                last.push_str(part);
            }
            None => parts.push(part.to_owned()),
        }
    }
    parts
}
