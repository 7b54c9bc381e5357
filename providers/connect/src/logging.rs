//! The one place that installs a subscriber: text for people, JSON for platforms.

use tracing_subscriber::EnvFilter;

use crate::config::Config;
use crate::platform::{self, Platform};

/// Logs to standard error; an earlier subscriber of the application stays.
pub(crate) fn install(config: &Config) {
    let filter = EnvFilter::try_new(config.log_filter()).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let installed = match platform::detect(config) {
        Ok(Platform::Local) | Err(_) => builder.try_init(),
        Ok(Platform::Lambda) => builder.json().without_time().try_init(),
        Ok(Platform::Http(_)) => builder.json().try_init(),
    };
    if installed.is_err() {
        tracing::debug!("the application has installed its own subscriber");
    }
}
