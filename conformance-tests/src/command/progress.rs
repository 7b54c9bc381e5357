//! What goes to the terminal: progress on standard error, results on standard output.

use std::io::{self, IsTerminal as _, Write as _};

use crate::{Case, CaseResult, Outcome};

/// Counts the cases of one provider.
#[derive(Debug)]
pub(crate) struct Progress {
    provider: &'static str,
    total: usize,
    done: usize,
}

impl Progress {
    /// Nothing done yet.
    pub(crate) fn start(provider: &'static str, (total, race_width): (usize, usize)) -> Self {
        say(&format!("{provider}: {total} cases, races of {race_width}"));
        Self {
            provider,
            total,
            done: 0,
        }
    }

    /// One more; failures are told at once.
    pub(crate) fn step(&mut self, case: &Case, result: &CaseResult) {
        self.done += 1;
        let (done, total, provider) = (self.done, self.total, self.provider);
        if result.outcome == Outcome::Failed {
            clear();
            say(&format!(
                "{provider}: {} failed: {}",
                case.id, result.detail
            ));
        }
        if io::stderr().is_terminal() {
            let text = format!("\r[{done}/{total}] {provider} {:<8}", case.id);
            let _ = io::stderr().write_all(text.as_bytes());
            if done == total {
                clear();
            }
        }
    }
}

/// A line on standard error.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Text on standard output; a reader that has gone away is no error.
pub(crate) fn print(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
}

fn clear() {
    if io::stderr().is_terminal() {
        let _ = io::stderr().write_all(b"\r\x1b[K");
    }
}
