//! One step of a migration as people see it: a line when it is done, and where it is while it takes long.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use crate::printer::Printer;
use crate::progress::Spinner;

/// A step that has begun.
pub(super) struct Step<'a> {
    printer: &'a Printer,
    spinner: Spinner,
    begun: Instant,
}

/// Steps that took less are not worth a figure.
const WORTH_SAYING: Duration = Duration::from_secs(2);

impl<'a> Step<'a> {
    pub(super) fn begin(title: &str, printer: &'a Printer) -> Self {
        if !std::io::stderr().is_terminal() {
            // Nothing moves in a log, so it says what is going on before it takes its time.
            printer.note(title);
        }
        Self {
            printer,
            spinner: Spinner::start(title),
            begun: Instant::now(),
        }
    }

    pub(super) fn show(&self, detail: &str) {
        self.spinner.show(detail);
    }

    pub(super) fn spinner(&self) -> &Spinner {
        &self.spinner
    }

    /// Says what came of it.
    pub(super) fn done(self, result: &str) {
        let Self {
            printer,
            spinner,
            begun,
        } = self;
        drop(spinner);
        let took = begun.elapsed();
        if took < WORTH_SAYING {
            printer.note(result);
        } else {
            printer.note(&format!("{result} ({} s)", took.as_secs()));
        }
    }
}
