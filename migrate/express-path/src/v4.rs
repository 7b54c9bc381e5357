//! Express 4: `path-to-regexp` 0.1.x rewrites a path string into a regular expression, piece by piece.

use std::sync::LazyLock;

use regress::{Match, Regex};

use crate::error::PathError;
use crate::options::{Extent, Options};
use crate::pattern::{Pattern, RegexSource};
use crate::regex::{self, Key, NamedRegex};

/// Compiles `pattern` as `path-to-regexp` 0.1.13 does.
pub(crate) fn compile(pattern: &Pattern, options: Options) -> Result<NamedRegex, PathError> {
    if let Pattern::Regex(literal) = pattern {
        return compile_literal(literal);
    }
    let mut keys = Vec::new();
    let source = source_of(pattern, options, &mut keys);
    let regex = regex::compile(&pattern.to_string(), &source, options.case_sensitive)?;
    Ok(NamedRegex { regex, keys })
}

fn compile_literal(literal: &RegexSource) -> Result<NamedRegex, PathError> {
    let groups = regex::groups_v4(&literal.source);
    let keys = regex::name_groups(groups.into_iter().map(|(_, name)| name));
    Ok(NamedRegex {
        regex: regex::compile_literal(literal)?,
        keys,
    })
}

/// The source for a pattern inside a list; a literal there loses its flags, as in Express.
fn source_of(pattern: &Pattern, options: Options, keys: &mut Vec<Key>) -> String {
    match pattern {
        Pattern::Text(text) => {
            let (source, own) = text_source(text, options);
            keys.extend(own);
            source
        }
        Pattern::Regex(literal) => {
            let groups = regex::groups_v4(&literal.source);
            keys.extend(regex::name_groups(groups.into_iter().map(|(_, name)| name)));
            literal.source.clone()
        }
        Pattern::List(members) => {
            let sources: Vec<String> = members
                .iter()
                .map(|member| source_of(member, options, keys))
                .collect();
            sources.join("|")
        }
    }
}

fn text_source(path: &str, options: Options) -> (String, Vec<Key>) {
    let mut rewriter = Rewriter::default();
    let mut source = rewriter.rewrite(path);
    let keys = name_unnamed(&source, rewriter.keys);
    if !options.strict {
        source.push_str(if source.ends_with('/') { "?" } else { "/?" });
    }
    match options.extent {
        Extent::Whole => source.push('$'),
        Extent::Prefix if source.ends_with('/') => {}
        Extent::Prefix => source.push_str("(?=/|$)"),
    }
    (format!("^{source}"), keys)
}

/// A named key and where its group stands in the rewritten source.
#[derive(Debug)]
struct PlacedKey {
    name: String,
    offset: usize,
}

/// Puts a number for each group that no `:name` stands for, in the order of the groups.
fn name_unnamed(source: &str, named: Vec<PlacedKey>) -> Vec<Key> {
    let mut named = named.into_iter().peekable();
    let mut unnamed = 0_usize;
    let mut keys = Vec::new();
    for (offset, _) in regex::groups_v4(source) {
        let name = named
            .next_if(|key| key.offset <= offset)
            .map(|key| key.name);
        let name = name.unwrap_or_else(|| {
            unnamed += 1;
            (unnamed - 1).to_string()
        });
        keys.push(Key::plain(name));
    }
    keys.extend(named.map(|key| Key::plain(key.name)));
    keys
}

/// The pieces of a path string that mean something, as the original's one regular expression finds them.
pub(crate) static TOKEN: LazyLock<Regex> =
    LazyLock::new(|| regex::built_in(r"\\.|(\/)?(\.)?:(\w+)(\(.*?\))?(\*)?(\?)?|[.*]|\/\(", ""));

#[derive(Debug, Default)]
struct Rewriter {
    source: String,
    keys: Vec<PlacedKey>,
    /// Literal text since the last group or slash, which the next parameter must not run over.
    backtrack: String,
    /// Where the literal text that is not yet in `backtrack` starts.
    position: usize,
}

impl Rewriter {
    fn rewrite(&mut self, path: &str) -> String {
        let mut copied = 0;
        for token in TOKEN.find_iter(path) {
            self.source.push_str(&path[copied..token.start()]);
            self.token(path, &token);
            copied = token.end();
        }
        self.source.push_str(&path[copied..]);
        std::mem::take(&mut self.source)
    }

    fn token(&mut self, path: &str, token: &Match) {
        let text = &path[token.range()];
        if text.starts_with('\\') {
            self.backtrack.push_str(text);
            self.position += text.len();
            self.source.push_str(text);
            return;
        }
        if text == "." {
            self.backtrack.push_str("\\.");
            self.position += 1;
            self.source.push_str("\\.");
            return;
        }
        if token.group(1).is_some() || token.group(2).is_some() {
            self.backtrack.clear();
        } else {
            self.backtrack
                .push_str(path.get(self.position..token.start()).unwrap_or_default());
        }
        self.position = token.end();
        match text {
            "*" => {
                self.backtrack.clear();
                self.source.push_str("(.*)");
            }
            "/(" => {
                self.backtrack.push('/');
                self.source.push_str("/(?:");
            }
            _ => self.parameter(path, token),
        }
    }

    fn parameter(&mut self, path: &str, token: &Match) {
        let part = |group: usize| token.group(group).map_or("", |range| &path[range]);
        let slash = part(1);
        let format = if part(2).is_empty() { "" } else { "\\." };
        let capture = self.capture(part(4), format);
        self.keys.push(PlacedKey {
            name: part(3).to_owned(),
            offset: self.source.len(),
        });
        let star = match part(5) {
            "" => String::new(),
            _ => format!("((?:[/{format}].+?)?)"),
        };
        let optional = part(6);
        for part in ["(?:", format, slash, &capture, &star, ")", optional] {
            self.source.push_str(part);
        }
        self.backtrack.clear();
    }

    fn capture(&self, custom: &str, format: &str) -> String {
        if !custom.is_empty() {
            return widen_first_star(custom);
        }
        if self.backtrack.is_empty() {
            return format!("([^/{format}]+?)");
        }
        format!("((?:(?!/|{}).)+?)", self.backtrack)
    }
}

/// Replaces the first unescaped `*` by `(.*)`; the original's pattern has no `g` flag, so an escape that
/// comes first is replaced by itself and ends the search.
fn widen_first_star(custom: &str) -> String {
    static STAR: LazyLock<Regex> = LazyLock::new(|| regex::built_in(r"\\.|\*", ""));
    match STAR.find(custom) {
        Some(found) if &custom[found.range()] == "*" => {
            format!("{}(.*){}", &custom[..found.start()], &custom[found.end()..])
        }
        _ => custom.to_owned(),
    }
}
