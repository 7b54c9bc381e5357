//! Turns the model of a legacy application into the source of a portable one.
//!
//! [`generate`] is a pure function: the same program gives the same files, and nothing is read or written. The text is
//! correct Rust that `rustfmt` has not seen yet; whoever writes the files formats them.

mod emit;
mod files;
mod hoist;
mod inference;
mod kind;
mod layout;
mod literal;
mod manifest;
mod naming;
mod router;
mod signature;
mod state;
mod used;
mod uses;

use std::collections::BTreeMap;

use isobar_migrate_model::code::Program;

use emit::{Context, write_function};

/// What the generator must know beside the program.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// Where the crates of Isobar are, as the generated manifest refers to them.
    pub isobar: String,
}

impl Options {
    /// Options with the path of a checkout of Isobar.
    pub fn new(isobar: impl Into<String>) -> Self {
        Self {
            isobar: isobar.into(),
        }
    }
}

/// The files of the generated crate, by path relative to it.
pub fn generate(program: &Program, options: &Options) -> BTreeMap<String, String> {
    let program = &hoist::out_of_callbacks(program);
    let kinds = inference::infer(program);
    let needs = uses::needs(program);
    let layout = layout::Layout::new(program);
    let fallible = fallible(program, &kinds, &needs, &layout);
    let context = Context {
        program,
        kinds: &kinds,
        needs: &needs,
        layout: &layout,
        fallible: &fallible,
    };
    let mut files = files::write(context);
    let modules = files::top_level(&files);
    files.insert("src/main.rs".to_owned(), manifest::main(&modules));
    files.insert("src/app.rs".to_owned(), manifest::app(context));
    files.insert("Cargo.toml".to_owned(), manifest::cargo(program, options));
    files.insert(
        ".cargo/config.toml".to_owned(),
        manifest::cargo_config(options),
    );
    files
}

/// Which functions can fail: first none, then all that turn out to, until nothing changes.
fn fallible(
    program: &Program,
    kinds: &inference::Kinds,
    needs: &[uses::Needs],
    layout: &layout::Layout,
) -> Vec<bool> {
    let mut fallible = vec![false; program.functions.len()];
    loop {
        let context = Context {
            program,
            kinds,
            needs,
            layout,
            fallible: &fallible,
        };
        let found: Vec<bool> = (0..program.functions.len())
            .map(|id| write_function(context, id).fails)
            .collect();
        if found == fallible {
            return fallible;
        }
        for (known, found) in fallible.iter_mut().zip(found) {
            *known |= found;
        }
    }
}
