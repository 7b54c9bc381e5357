//! Which fields of a document a read asks for.

use super::{CollectionSchema, FieldPath, Map, Value};
use crate::error::Result;

/// All fields of a document, or some of them and those of its key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Projection {
    /// The whole document.
    #[default]
    Whole,
    /// These fields, where they are there, and the key fields; no path leads through another.
    Fields(Vec<FieldPath>),
}

impl Projection {
    /// These fields and the key fields.
    pub fn fields<P: Into<FieldPath>>(paths: impl IntoIterator<Item = P>) -> Self {
        Self::Fields(paths.into_iter().map(Into::into).collect())
    }

    /// The same with `paths` added.
    #[must_use]
    pub(super) fn with<'p>(&'p self, paths: impl Iterator<Item = &'p FieldPath>) -> Self {
        match self {
            Self::Whole => Self::Whole,
            Self::Fields(fields) => Self::Fields(distinct(fields.iter().chain(paths))),
        }
    }

    /// Refuses malformed paths, and leaves out those that lead through another.
    pub(super) fn checked(&self) -> Result<Self> {
        match self {
            Self::Whole => Ok(Self::Whole),
            Self::Fields(fields) => {
                fields.iter().try_for_each(FieldPath::check)?;
                Ok(Self::Fields(distinct(fields.iter())))
            }
        }
    }

    /// What is left of a document.
    pub(super) fn apply(&self, schema: &CollectionSchema, fields: Map) -> Map {
        let Self::Fields(paths) = self else {
            return fields;
        };
        let asked: Vec<&[String]> = paths.iter().map(FieldPath::names).collect();
        fields
            .into_iter()
            .filter_map(|(name, value)| {
                if schema.is_key_field(&name) {
                    return Some((name, value));
                }
                part(&name, value, &asked)
            })
            .collect()
    }
}

/// The part of a field that the paths ask for.
fn part(name: &str, value: Value, asked: &[&[String]]) -> Option<(String, Value)> {
    let mut deeper: Vec<&[String]> = Vec::new();
    for path in asked {
        match path.split_first() {
            Some((first, [])) if first == name => return Some((name.to_owned(), value)),
            Some((first, rest)) if first == name => deeper.push(rest),
            _ => {}
        }
    }
    if deeper.is_empty() {
        return None;
    }
    let Value::Map(inner) = value else {
        return None;
    };
    let kept: Map = inner
        .into_iter()
        .filter_map(|(name, value)| part(&name, value, &deeper))
        .collect();
    (!kept.is_empty()).then(|| (name.to_owned(), Value::Map(kept)))
}

fn distinct<'p>(paths: impl Iterator<Item = &'p FieldPath>) -> Vec<FieldPath> {
    let mut kept: Vec<FieldPath> = Vec::new();
    for path in paths {
        if kept
            .iter()
            .any(|other| path.names().starts_with(other.names()))
        {
            continue;
        }
        kept.retain(|other| !other.names().starts_with(path.names()));
        kept.push(path.clone());
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::CollectionSpec;

    #[test]
    fn only_what_was_asked_for_and_the_key_is_left() {
        let schema = CollectionSpec::<()>::new("notes").schema("");
        let inner = Map::from_iter([("b", 1), ("c", 2)].map(|(n, v)| (n.to_owned(), v.into())));
        let fields = Map::from_iter([
            ("x".to_owned(), Value::Int(1)),
            ("m".to_owned(), Value::Map(inner.clone())),
            ("id".to_owned(), "k".into()),
            ("other".to_owned(), Value::Map(inner)),
        ]);
        let asked = Projection::fields(["m.b", "other.gone", "X", "x", "x.y"]);
        let kept = asked.checked().unwrap().apply(&schema, fields);
        let names: Vec<&str> = kept.keys().map(String::as_str).collect();
        assert_eq!(names, ["x", "m", "id"]);
        let b = Map::from_iter([("b".to_owned(), Value::Int(1))]);
        assert_eq!(kept["m"], Value::Map(b));
    }

    #[test]
    fn a_path_through_another_is_left_out() {
        let asked = Projection::fields(["a.b", "a", "a.c", "d.e", "d.e"]);
        let expected = Projection::fields(["a", "d.e"]);
        assert_eq!(asked.checked().unwrap(), expected);
    }
}
