//! Express 5: `path-to-regexp` 8.x as `router` 2.x calls it, one matcher for each member of a list.

mod source;
mod token;

use crate::error::PathError;
use crate::options::{Extent, Options};
use crate::pattern::Pattern;
use crate::regex::{self, NamedRegex};

pub(crate) use token::{Token, parse};

/// Compiles each string or regular expression in `pattern`.
pub(crate) fn compile(pattern: &Pattern, options: Options) -> Result<Vec<NamedRegex>, PathError> {
    pattern
        .leaves()
        .into_iter()
        .map(|leaf| compile_leaf(leaf, options))
        .collect()
}

fn compile_leaf(leaf: &Pattern, options: Options) -> Result<NamedRegex, PathError> {
    let text = match leaf {
        Pattern::Text(text) => text,
        Pattern::Regex(literal) => {
            let keys = regex::name_groups(regex::groups_v5(&literal.source));
            return Ok(NamedRegex {
                regex: regex::compile_literal(literal)?,
                keys,
            });
        }
        Pattern::List(_) => unreachable!("leaves are not lists"),
    };
    let path = if options.strict { text } else { loosen(text) };
    let (alternatives, keys) = source::alternatives(path)?;
    let trailing = if options.strict { "" } else { "(?:\\/$)?" };
    let end = match options.extent {
        Extent::Whole => "$",
        Extent::Prefix => "(?=\\/|$)",
    };
    let source = format!("^(?:{alternatives}){trailing}{end}");
    Ok(NamedRegex {
        regex: regex::compile(text, &source, options.case_sensitive)?,
        keys,
    })
}

/// `router` drops the slashes at the end of a path unless it is just `/` or routing is strict.
pub(crate) fn loosen(path: &str) -> &str {
    if path == "/" {
        path
    } else {
        path.trim_end_matches('/')
    }
}
