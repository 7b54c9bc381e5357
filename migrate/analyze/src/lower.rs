//! Turns functions of the source into the code of the model, or says what cannot be ported, and where.
//!
//! What a construct means is decided here once. Anything that is not modelled exactly is refused: a route stays on the
//! legacy side rather than being ported by a guess.

mod arguments;
mod call;
mod class;
mod comments;
mod control;
mod expression;
mod function;
mod loops;
mod member;
mod names;
mod pattern;
mod refusal;
mod response;
mod scope;
mod statement;
mod target;
mod text;
mod unpack;

pub(crate) use class::{ClassSource, Making, Parent, constructor_of, lower_constructor};
pub(crate) use comments::before as comments_before;
pub(crate) use function::{Body, FunctionSource, lower, lower_constant};
pub(crate) use names::{Callable, ClassInfo, Handle, Named, Names, Role, This};
pub(crate) use refusal::{Obstacle, Refusal};

use oxc_ast::ast::Comment;

/// The file that a function stands in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SourceFile<'a> {
    /// Path relative to the scanned directory.
    pub(crate) path: &'a str,
    pub(crate) text: &'a str,
    pub(crate) comments: &'a [Comment],
    /// Offsets at which lines begin.
    pub(crate) line_starts: &'a [u32],
}

impl SourceFile<'_> {
    /// The line, from 1, that holds the byte at `offset`.
    pub(crate) fn line(&self, offset: u32) -> u32 {
        let line = self.line_starts.partition_point(|start| *start <= offset);
        u32::try_from(line).unwrap_or(u32::MAX)
    }
}
