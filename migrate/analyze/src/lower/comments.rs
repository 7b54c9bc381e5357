//! Comments of the source, line by line.

use oxc_ast::ast::Comment;
use oxc_span::GetSpan;

use super::SourceFile;

/// The comments directly before the node that begins at `offset`, one entry a line, without their delimiters.
pub(crate) fn before(file: &SourceFile<'_>, offset: u32) -> Vec<String> {
    let attached = |comment: &&Comment| comment.is_leading() && comment.attached_to == offset;
    let comments = file.comments.iter().filter(attached);
    comments.flat_map(|comment| lines(file, comment)).collect()
}

fn lines(file: &SourceFile<'_>, comment: &Comment) -> Vec<String> {
    let span = comment.span();
    let text = file
        .text
        .get(span.start as usize..span.end as usize)
        .unwrap_or_default();
    if let Some(line) = text.strip_prefix("//") {
        return kept(line).into_iter().collect();
    }
    let inner = text.trim_start_matches("/*").trim_end_matches("*/");
    let lines = inner
        .lines()
        .map(|line| line.trim_start().trim_start_matches('*'));
    let mut lines: Vec<String> = lines.map(|line| line.trim().to_owned()).collect();
    let blank = |line: &String| line.is_empty();
    while lines.first().is_some_and(blank) {
        lines.remove(0);
    }
    while lines.last().is_some_and(blank) {
        lines.pop();
    }
    lines
        .into_iter()
        .filter(|line| !is_directive(line))
        .collect()
}

fn kept(line: &str) -> Option<String> {
    let line = line.trim();
    (!is_directive(line)).then(|| line.to_owned())
}

/// Comments for tools of the old language, which mean nothing in the new one.
fn is_directive(line: &str) -> bool {
    let tools = [
        "eslint",
        "istanbul ",
        "prettier-ignore",
        "@ts-",
        "jshint",
        "jslint",
        "c8 ",
    ];
    tools.iter().any(|tool| line.starts_with(tool))
}
