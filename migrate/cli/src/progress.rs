//! Progress on stderr, for work that takes longer than two seconds.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Work that ends sooner shows nothing.
const PATIENCE: Duration = Duration::from_secs(2);
const TICK: Duration = Duration::from_millis(120);

/// A line that appears when the work turns out to be long, and goes away when it ends.
#[derive(Debug)]
pub struct Spinner {
    title: String,
    bar: ProgressBar,
    /// Dropped with the spinner, so that one that was not needed never appears.
    _appear: Sender<()>,
}

impl Spinner {
    /// Work that begins now.
    pub fn start(title: impl Into<String>) -> Self {
        let title = title.into();
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg} {elapsed_precise}") {
            bar.set_style(style);
        }
        bar.set_message(title.clone());
        let (appear, ended) = channel();
        let later = bar.clone();
        std::thread::spawn(move || {
            if ended.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                later.set_draw_target(ProgressDrawTarget::stderr());
                later.enable_steady_tick(TICK);
            }
        });
        Self {
            title,
            bar,
            _appear: appear,
        }
    }

    /// Tells what is being worked on.
    pub fn show(&self, detail: &str) {
        self.bar.set_message(format!("{}: {detail}", self.title));
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl isobar_migrate_analyze::Progress for Spinner {
    fn file(&self, path: &str, files: usize) {
        self.show(&format!("{path}, {files} files"));
    }
}
