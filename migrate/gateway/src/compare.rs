//! The fourth phase: whether two answers to the same request are the same, and if not, where they differ.
//!
//! Equal means: the same status, the same header fields with the same values, the same bytes. What may differ is what
//! the handler's own code says will differ (ids, times, tokens: [`NoiseMark`]), and even that must differ in the way its
//! kind allows. A pair of values that was let pass once is remembered in [`Pairs`], so that later answers may repeat it
//! and only it.
//!
//! The stack trace on an error page of Express is not compared: it tells of the legacy source, and production has none.
//!
//! Fields that say nothing about the application are not compared: `connection`, `keep-alive` and `transfer-encoding`
//! belong to one connection, `date` is the time of the answer, `x-request-id` is added by isobar's own server.

mod fields;
mod json;
mod noise;
mod stack;
mod text;

#[cfg(test)]
mod tests;

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};

pub use noise::{NoiseKind, NoiseMark, Pairs};

/// One side's answer, whole.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its header fields.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

/// One place in which two answers differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// Where: `status`, `header etag`, `body`, or a place in a JSON body such as `body notes[0].title`.
    pub place: String,
    /// What the legacy side says there; absent where it says nothing.
    pub legacy: Option<String>,
    /// What the ported side says there; absent where it says nothing.
    pub ported: Option<String>,
}

/// Compares two answers; `pairs` learns the values that were let pass.
pub fn compare(
    legacy: &Answer,
    ported: &Answer,
    marks: &[NoiseMark],
    pairs: &mut Pairs,
) -> Vec<Difference> {
    let mut differences = Vec::new();
    if legacy.status != ported.status {
        differences.push(Difference::new(
            "status",
            legacy.status.as_str(),
            ported.status.as_str(),
        ));
    }
    let before = differences.len();
    let same_bytes = legacy.body == ported.body;
    if !same_bytes {
        compare_bodies(legacy, ported, marks, pairs, &mut differences);
    }
    let noisy_body = !same_bytes && differences.len() == before;
    differences.extend(fields::compare(legacy, ported, pairs, noisy_body));
    differences
}

fn compare_bodies(
    legacy: &Answer,
    ported: &Answer,
    marks: &[NoiseMark],
    pairs: &mut Pairs,
    differences: &mut Vec<Difference>,
) {
    let parse = |answer: &Answer| serde_json::from_slice::<serde_json::Value>(&answer.body).ok();
    if let (Some(left), Some(right)) = (parse(legacy), parse(ported)) {
        let found = json::compare(&left, &right, marks, pairs);
        let unexplained = found.is_empty() && !json::same_spelling(&legacy.body, &ported.body);
        differences.extend(found);
        if unexplained {
            differences.push(Difference::bodies(
                "body (the same JSON, spelled differently)",
                legacy,
                ported,
            ));
        }
        return;
    }
    let texts = (
        std::str::from_utf8(&legacy.body),
        std::str::from_utf8(&ported.body),
    );
    let same = match texts {
        (Ok(left), Ok(right)) => {
            let left = stack::without(legacy, left);
            text::same(&left, right, marks, pairs)
        }
        _ => false,
    };
    if !same {
        differences.push(Difference::bodies("body", legacy, ported));
    }
}

impl Difference {
    fn new(place: impl Into<String>, legacy: &str, ported: &str) -> Self {
        Self {
            place: place.into(),
            legacy: Some(shown(legacy)),
            ported: Some(shown(ported)),
        }
    }

    fn bodies(place: &str, legacy: &Answer, ported: &Answer) -> Self {
        let text = |answer: &Answer| String::from_utf8_lossy(&answer.body).into_owned();
        Self::new(place, &text(legacy), &text(ported))
    }
}

/// A value as it is shown: its beginning, since a difference names a place, not a page.
fn shown(value: &str) -> String {
    const LONGEST: usize = 200;
    match value.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}… ({} bytes)", &value[..end], value.len()),
        None => value.to_owned(),
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
        write!(
            f,
            "{}: legacy {}, ported {}",
            self.place,
            said(&self.legacy),
            said(&self.ported)
        )
    }
}
