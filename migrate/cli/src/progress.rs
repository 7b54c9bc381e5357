//! Progress on stderr, for work that takes longer than two seconds.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Work that ends sooner shows nothing.
const PATIENCE: Duration = Duration::from_secs(2);

/// A line that appears when the work turns out to be long, and goes away when it ends.
#[derive(Debug)]
pub struct Spinner {
    started: Instant,
    title: &'static str,
    bar: Mutex<Option<ProgressBar>>,
}

impl Spinner {
    /// Work that begins now.
    pub fn start(title: &'static str) -> Self {
        Self {
            started: Instant::now(),
            title,
            bar: Mutex::new(None),
        }
    }

    /// Tells what is being worked on.
    pub fn show(&self, detail: &str) {
        if self.started.elapsed() < PATIENCE {
            return;
        }
        let Ok(mut bar) = self.bar.lock() else { return };
        let bar = bar.get_or_insert_with(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        bar.set_message(format!("{} {detail}", self.title));
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        if let Ok(Some(bar)) = self.bar.lock().map(|mut bar| bar.take()) {
            bar.finish_and_clear();
        }
    }
}

impl isobar_migrate_analyze::Progress for Spinner {
    fn file(&self, path: &str, files: usize) {
        self.show(&format!("{path}, {files} files"));
    }
}
