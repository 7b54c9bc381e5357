//! A compiled pattern: what `Layer.match` of Express answers for a path.

use regress::Match as Found;

use crate::decode::decode_uri_component;
use crate::error::{MatchError, PathError};
use crate::options::{Extent, Grammar, Options};
use crate::params::{ParamValue, Params};
use crate::pattern::Pattern;
use crate::regex::{Key, NamedRegex};
use crate::segments::Segments;
use crate::{v4, v5};

/// A compiled pattern. Cheap to use from many threads; compile once, when the route is registered.
#[derive(Debug, Clone)]
pub struct Matcher {
    grammar: Grammar,
    strategy: Strategy,
    keys: Vec<String>,
}

/// What matched.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Match {
    path: String,
    params: Params,
}

#[derive(Debug, Clone)]
enum Strategy {
    /// `use` at `/`: every path, nothing of it consumed.
    Everything,
    /// The Express 4 path `*`: every path, and all of it is the parameter `0`.
    Star,
    /// Plain segments and parameters that fill a segment, without a regular expression.
    Segments(Segments),
    /// The regular expressions that Express builds; the first that matches decides.
    Regexes(Vec<NamedRegex>),
}

impl Matcher {
    /// Compiles `pattern`.
    ///
    /// # Errors
    /// What Express throws when the route is registered; see [`PathErrorKind`](crate::PathErrorKind).
    pub fn new(grammar: Grammar, pattern: &Pattern, options: Options) -> Result<Self, PathError> {
        let strategy = Strategy::new(grammar, pattern, options)?;
        let keys = strategy.keys();
        Ok(Self {
            grammar,
            strategy,
            keys,
        })
    }

    /// Matches `path`, the part of `req.url` before the query.
    ///
    /// # Errors
    /// What Express throws while it collects the parameters: the request is answered 400 or 500.
    pub fn find(&self, path: &str) -> Result<Option<Match>, MatchError> {
        match &self.strategy {
            Strategy::Everything => Ok(Some(Match::default())),
            Strategy::Star => {
                let mut params = Params::default();
                params.set("0", ParamValue::Text(decode_uri_component(path)?));
                Ok(Some(Match {
                    path: path.to_owned(),
                    params,
                }))
            }
            Strategy::Segments(segments) => segments
                .find(path)
                .map(|(matched, values)| self.collect_segments(matched, &values))
                .transpose(),
            Strategy::Regexes(regexes) => self.find_by_regexes(regexes, path),
        }
    }

    /// Whether `path` matches, parameters aside.
    pub fn is_match(&self, path: &str) -> bool {
        match &self.strategy {
            Strategy::Everything | Strategy::Star => true,
            Strategy::Segments(segments) => segments.find(path).is_some(),
            Strategy::Regexes(regexes) => {
                regexes.iter().any(|named| named.regex.find(path).is_some())
            }
        }
    }

    /// The grammar that it was compiled from.
    pub fn grammar(&self) -> Grammar {
        self.grammar
    }

    /// The names of all parameters that a match can have, in the order of the pattern.
    pub fn keys(&self) -> &[String] {
        &self.keys
    }

    fn find_by_regexes(
        &self,
        regexes: &[NamedRegex],
        path: &str,
    ) -> Result<Option<Match>, MatchError> {
        for named in regexes {
            if let Some(found) = named.regex.find(path) {
                return self.collect(path, &named.keys, &found).map(Some);
            }
        }
        Ok(None)
    }

    fn collect(&self, path: &str, keys: &[Key], found: &Found) -> Result<Match, MatchError> {
        let mut params = Params::default();
        for (index, range) in found.groups().skip(1).enumerate() {
            let value = range.map(|range| &path[range]);
            if value.is_none() && self.grammar == Grammar::V5 && keys.get(index).is_some() {
                continue;
            }
            let key = keys.get(index).ok_or_else(MatchError::unnamed_group)?;
            match value {
                Some(text) => params.set(&key.name, decode(key, text)?),
                None if params.get(&key.name).is_none() => {
                    params.set(&key.name, ParamValue::Missing);
                }
                None => {}
            }
        }
        Ok(Match {
            path: path[found.range()].to_owned(),
            params,
        })
    }

    fn collect_segments(&self, matched: &str, values: &[&str]) -> Result<Match, MatchError> {
        let mut params = Params::default();
        for (name, value) in self.keys.iter().zip(values) {
            params.set(name, ParamValue::Text(decode_uri_component(value)?));
        }
        Ok(Match {
            path: matched.to_owned(),
            params,
        })
    }
}

impl Strategy {
    fn new(grammar: Grammar, pattern: &Pattern, options: Options) -> Result<Self, PathError> {
        if let Pattern::Text(text) = pattern {
            if text == "/" && options.extent == Extent::Prefix {
                return Ok(Self::Everything);
            }
            if text == "*" && grammar == Grammar::V4 {
                return Ok(Self::Star);
            }
            if let Some(segments) = Segments::new(grammar, text, options) {
                return Ok(Self::Segments(segments));
            }
        }
        let regexes = match grammar {
            Grammar::V4 => vec![v4::compile(pattern, options)?],
            Grammar::V5 => v5::compile(pattern, options)?,
        };
        Ok(Self::Regexes(regexes))
    }

    fn keys(&self) -> Vec<String> {
        match self {
            Self::Everything => Vec::new(),
            Self::Star => vec!["0".to_owned()],
            Self::Segments(segments) => segments.names().map(str::to_owned).collect(),
            Self::Regexes(regexes) => regexes
                .iter()
                .flat_map(|named| &named.keys)
                .map(|key| key.name.clone())
                .collect(),
        }
    }
}

impl Match {
    /// The part of the path that matched: for `use`, what is stripped from `req.url`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The decoded parameters.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// The decoded parameters, by value.
    pub fn into_params(self) -> Params {
        self.params
    }
}

fn decode(key: &Key, text: &str) -> Result<ParamValue, MatchError> {
    if !key.splat {
        return decode_uri_component(text).map(ParamValue::Text);
    }
    text.split('/')
        .map(decode_uri_component)
        .collect::<Result<_, _>>()
        .map(ParamValue::List)
}
