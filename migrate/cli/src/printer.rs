//! The only place that prints: data to stdout, everything else to stderr.

use std::io::{self, IsTerminal, Write};

use crate::exit::Failure;

/// Writes for the person or the program that reads.
///
/// A reader that goes away, as `head` does, is not an error.
#[derive(Debug)]
pub struct Printer {
    width: usize,
    terminal: bool,
}

impl Default for Printer {
    fn default() -> Self {
        Self::new()
    }
}

impl Printer {
    /// A printer for this process.
    pub fn new() -> Self {
        let terminal = io::stdout().is_terminal();
        let width = if terminal { 120 } else { 200 };
        Self { width, terminal }
    }

    /// The columns that a table may take.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Whether data goes to a terminal.
    pub fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// Data: what the command was asked for.
    pub fn data(&self, text: &str) {
        let mut stdout = io::stdout().lock();
        let written = stdout.write_all(text.as_bytes()).and_then(|()| {
            let ends = text.ends_with('\n');
            if ends {
                Ok(())
            } else {
                stdout.write_all(b"\n")
            }
        });
        drop(written.and_then(|()| stdout.flush()));
    }

    /// A line beside the data.
    pub fn note(&self, text: &str) {
        drop(writeln!(io::stderr().lock(), "{text}"));
    }

    /// A failure, with its hint.
    pub fn failure(&self, failure: &Failure) {
        self.note(&format!("error: {failure}"));
        if let Some(hint) = &failure.hint {
            self.note(&format!("hint: {hint}"));
        }
    }

    /// A fault of isobar itself.
    pub fn bug(&self) {
        self.note("error: isobar failed inside; this is a bug of isobar, not of your application");
        self.note("hint: please report it with the lines above");
    }
}
