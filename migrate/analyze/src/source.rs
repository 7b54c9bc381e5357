//! Reads and parses one source file, and says where in it an offset is.

use std::path::{Path, PathBuf};

use oxc_allocator::Allocator;
use oxc_ast::ast::Program;
use oxc_parser::{ParseOptions, Parser};
use oxc_span::SourceType;

mod nesting;

/// Files above this size are left out: generated bundles that hold no routes of their own.
pub(crate) const MAX_SOURCE_BYTES: u64 = 32 * 1024 * 1024;

/// A parsed file. The tree lives as long as the allocator that the scan owns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a> {
    pub(crate) program: &'a Program<'a>,
    pub(crate) text: &'a str,
}

/// Why a file has no tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    pub(crate) message: String,
    pub(crate) offset: u32,
}

/// A tree, and the first error when the parser had to repair the file.
pub(crate) type Parsed<'a> = (Option<Source<'a>>, Option<SyntaxError>);

/// Parses `text` as the language that the extension of `path` names.
pub(crate) fn parse<'a>(allocator: &'a Allocator, path: &Path, text: &str) -> Parsed<'a> {
    if let Some(offset) = nesting::too_deep(text) {
        let message = "nested too deeply to be read".to_owned();
        return (None, Some(SyntaxError { message, offset }));
    }
    let text: &'a str = allocator.alloc_str(text);
    let mut first_error = None;
    for source_type in source_types(path) {
        let options = ParseOptions {
            allow_return_outside_function: true,
            preserve_parens: false,
            ..ParseOptions::default()
        };
        let parsed = Parser::new(allocator, text, source_type)
            .with_options(options)
            .parse();
        let error = parsed
            .diagnostics
            .errors()
            .next()
            .map(|diagnostic| SyntaxError {
                message: diagnostic.message.to_string(),
                offset: diagnostic
                    .labels
                    .iter()
                    .map(oxc_span::LabeledSpan::offset)
                    .next()
                    .unwrap_or(0),
            });
        let usable = !parsed.panicked;
        if error.is_none() && usable {
            return (
                Some(Source {
                    program: allocator.alloc(parsed.program),
                    text,
                }),
                None,
            );
        }
        if first_error.is_none() {
            let source = usable.then(|| Source {
                program: &*allocator.alloc(parsed.program),
                text,
            });
            first_error = Some((source, error));
        }
    }
    first_error.unwrap_or((None, None))
}

/// The readings to try in turn: most `.js` files do not say which of the two kinds they are.
fn source_types(path: &Path) -> Vec<SourceType> {
    let declared = SourceType::from_path(path).unwrap_or_else(|_| SourceType::unambiguous());
    if declared.is_typescript() {
        return vec![declared];
    }
    vec![
        SourceType::unambiguous().with_jsx(true),
        SourceType::cjs(),
        SourceType::ts(),
    ]
}

/// The name under which reports show `path`: relative to `root`, with `/` between names.
pub(crate) fn display_path(root: &Path, path: &Path) -> String {
    let relative: PathBuf = match path.strip_prefix(root) {
        Ok(inside) => inside.to_owned(),
        Err(_) => outside(root, path),
    };
    let names: Vec<_> = relative
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    names.join("/")
}

fn outside(root: &Path, path: &Path) -> PathBuf {
    let shared = root
        .components()
        .zip(path.components())
        .take_while(|(a, b)| a == b)
        .count();
    let up = root.components().count() - shared;
    let mut relative: PathBuf = std::iter::repeat_n("..", up).collect();
    relative.extend(path.components().skip(shared));
    relative
}

/// Offsets at which lines begin.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines(Vec<u32>);

impl Lines {
    /// Offsets at which lines begin.
    pub(crate) fn starts(&self) -> &[u32] {
        &self.0
    }

    pub(crate) fn new(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = breaks.map(|(at, _)| u32::try_from(at + 1).unwrap_or(u32::MAX));
        Self(std::iter::once(0).chain(starts).collect())
    }

    /// The line, from 1, that holds the byte at `offset`.
    pub(crate) fn line(&self, offset: u32) -> u32 {
        u32::try_from(self.0.partition_point(|start| *start <= offset)).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_begins_after_its_break() {
        let lines = Lines::new("a\nbc\n");
        assert_eq!(
            [0, 1, 2, 4, 5].map(|offset| lines.line(offset)),
            [1, 1, 2, 2, 3]
        );
    }

    #[test]
    fn a_file_outside_the_root_is_shown_from_the_root() {
        let shown = display_path(Path::new("/repo/app"), Path::new("/repo/lib/x.js"));
        assert_eq!(shown, "../lib/x.js");
    }
}
