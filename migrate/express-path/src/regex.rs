//! The regular expressions that Express builds, run by the ECMAScript engine.

use std::sync::LazyLock;

use regress::{Flags, Regex};

use crate::error::{PathError, PathErrorKind};
use crate::pattern::RegexSource;

/// A compiled source with the names of its groups, in order.
#[derive(Debug, Clone)]
pub(crate) struct NamedRegex {
    pub(crate) regex: Regex,
    pub(crate) keys: Vec<Key>,
}

/// The name that Express gives to one capture group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) name: String,
    /// An Express 5 wildcard, whose value is split at slashes.
    pub(crate) splat: bool,
}

impl Key {
    pub(crate) fn plain(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            splat: false,
        }
    }
}

/// Compiles `source` with the flag `i` or none.
pub(crate) fn compile(
    pattern: &str,
    source: &str,
    case_sensitive: bool,
) -> Result<Regex, PathError> {
    refuse_equal_names(pattern, source)?;
    let flags = Flags {
        icase: !case_sensitive,
        ..Flags::default()
    };
    Regex::with_flags(source, flags).map_err(|error| PathError::regex(pattern, error))
}

/// Compiles a literal with its own flags.
pub(crate) fn compile_literal(literal: &RegexSource) -> Result<Regex, PathError> {
    let shown = format!("/{}/{}", literal.source, literal.flags);
    if literal.flags.contains(['g', 'y']) {
        let detail = "has the flag g or y, so its answer would depend on the request before";
        return Err(PathError::new(PathErrorKind::Stateful, &shown, detail));
    }
    let known = |flag: char| "imsuvd".contains(flag);
    if !literal.flags.chars().all(known) {
        return Err(PathError::new(
            PathErrorKind::Syntax,
            &shown,
            "has an unknown flag",
        ));
    }
    refuse_equal_names(&shown, &literal.source)?;
    Regex::with_flags(&literal.source, literal.flags.as_str())
        .map_err(|error| PathError::regex(&shown, error))
}

/// V8 allows two groups of one name in different alternatives only since Node 24.
fn refuse_equal_names(pattern: &str, source: &str) -> Result<(), PathError> {
    let mut names: Vec<String> = groups_v4(source)
        .into_iter()
        .filter_map(|(_, name)| name)
        .collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        let detail = "has two groups of one name";
        return Err(PathError::new(PathErrorKind::Syntax, pattern, detail));
    }
    Ok(())
}

/// Compiles a source of our own that is known to be valid.
pub(crate) fn built_in(source: &str, flags: &str) -> Regex {
    Regex::with_flags(source, flags).expect("a constant source is covered by the tests")
}

/// The unescaped `(` that open a capture group, as Express 4 counts them: byte offset and group name.
pub(crate) fn groups_v4(source: &str) -> Vec<(usize, Option<String>)> {
    static GROUP: LazyLock<Regex> = LazyLock::new(|| built_in(r"\\.|\((?:\?<(.*?)>)?(?!\?)", ""));
    GROUP
        .find_iter(source)
        .filter(|found| !source[found.range()].starts_with('\\'))
        .map(|found| (found.start(), named(source, &found)))
        .collect()
}

/// The `(` that open a capture group, as Express 5 counts them: escaped ones are counted too.
pub(crate) fn groups_v5(source: &str) -> Vec<Option<String>> {
    static GROUP: LazyLock<Regex> = LazyLock::new(|| built_in(r"\((?:\?<(.*?)>)?(?!\?)", ""));
    GROUP
        .find_iter(source)
        .map(|found| named(source, &found))
        .collect()
}

fn named(source: &str, found: &regress::Match) -> Option<String> {
    // An empty name counts as none in JavaScript (`m[1] || name++`).
    found
        .group(1)
        .map(|range| source[range].to_owned())
        .filter(|name| !name.is_empty())
}

/// Names for groups that have none: 0, 1, 2, … in order of the unnamed ones.
pub(crate) fn name_groups(groups: impl IntoIterator<Item = Option<String>>) -> Vec<Key> {
    let mut unnamed = 0..;
    groups
        .into_iter()
        .map(|name| {
            name.unwrap_or_else(|| {
                unnamed
                    .next()
                    .map(|n: u32| n.to_string())
                    .unwrap_or_default()
            })
        })
        .map(Key::plain)
        .collect()
}
