//! What a line looks like to whoever reads it.

use std::io::IsTerminal as _;

use isobar::driver::function::LogReader;
use serde_json::{Map, Value, json};
use tracing::Level;

use super::line::Line;
use super::text;
use crate::config::{Config, LOG_FORMAT};
use crate::platform::{self, Platform};

/// The shape of lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    /// For people.
    Text { colours: bool },
    /// JSON whose names no platform prescribes.
    Plain,
    /// Lambda's own JSON, whose `level` and `timestamp` it filters by.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html>
    Lambda,
    /// Structured logs of Google Cloud, whose traces belong to a project where one is known.
    ///
    /// <https://docs.cloud.google.com/logging/docs/structured-logging>
    Google { project: Option<String> },
    /// Plain JSON, of which the Functions host takes standard output for information, and standard error for warnings
    /// where the line has that word, else for errors.
    Azure,
    /// Plain JSON on standard output, which is what Function Compute reads.
    Alibaba,
}

/// How Lambda is told to have logs written, in `JSON` or `Text`.
const LAMBDA_FORMAT: &str = "AWS_LAMBDA_LOG_FORMAT";
/// The project whose traces these are; Cloud Run itself does not set it.
const GOOGLE_PROJECT: &str = "GOOGLE_CLOUD_PROJECT";
/// An event of CloudWatch Logs, less the 26 bytes that it counts beside the text; an entry of Cloud Logging holds as much.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>
/// <https://docs.cloud.google.com/logging/quotas>
const MOST_BYTES: usize = 256 * 1024 - 26;
/// A message of Application Insights.
///
/// <https://learn.microsoft.com/azure/azure-monitor/app/data-model-complete#trace>
const MOST_AZURE_BYTES: usize = 32_768;
/// What a line may have beside its message when everything else was cut.
const HEAD_BYTES: usize = 2_048;
/// The longest that one byte of a message becomes, as in `\u0001`.
const ESCAPED: usize = 6;

impl Shape {
    /// The shape for the platform, and what to say of a variable that was not understood.
    pub(super) fn of(config: &Config) -> (Self, Option<String>) {
        let own = Self::of_platform(config);
        let asked = config.get(LOG_FORMAT).map(|format| format.to_lowercase());
        match asked.as_deref() {
            Some("text") => (Self::text(), None),
            Some("json") => match own {
                Self::Text { .. } if is_lambda(config) => (Self::Lambda, None),
                Self::Text { .. } => (Self::Plain, None),
                own => (own, None),
            },
            Some(other) => {
                let ignored = format!("{LOG_FORMAT} is {other:?}, it must be json or text");
                (own, Some(ignored))
            }
            None => (own, None),
        }
    }

    fn of_platform(config: &Config) -> Self {
        let told = config.get(LAMBDA_FORMAT);
        let wants_text = told.is_some_and(|format| format.eq_ignore_ascii_case("text"));
        match platform::detect(config) {
            Ok(Platform::Local) | Err(_) => Self::text(),
            Ok(Platform::Lambda) if wants_text => Self::Text { colours: false },
            Ok(Platform::Lambda) => Self::Lambda,
            Ok(Platform::Http(served)) => match served.log_reader() {
                LogReader::CloudLogging => Self::Google {
                    project: config.get(GOOGLE_PROJECT),
                },
                LogReader::FunctionsHost => Self::Azure,
                LogReader::FunctionCompute => Self::Alibaba,
                LogReader::Anybody => Self::Plain,
            },
        }
    }

    fn text() -> Self {
        let colours = std::io::stderr().is_terminal();
        Self::Text { colours }
    }

    /// The text of a line, with its end, no longer than the platform takes.
    pub(super) fn text_of(&self, mut line: Line) -> String {
        let most = match self {
            Self::Azure => MOST_AZURE_BYTES,
            _ => MOST_BYTES,
        };
        let whole = self.whole(&mut line);
        if whole.len() <= most {
            return whole;
        }
        let kept = self.whole(&mut line.cut(most.saturating_sub(HEAD_BYTES)));
        if kept.len() <= most {
            return kept;
        }
        self.whole(&mut line.cut(most.saturating_sub(HEAD_BYTES) / ESCAPED))
    }

    /// Whether standard output is where this belongs.
    pub(super) fn is_for_output(&self, level: Level) -> bool {
        match self {
            Self::Alibaba => true,
            Self::Azure => level > Level::WARN,
            _ => false,
        }
    }

    /// Takes the fields and the spans of the line.
    fn whole(&self, line: &mut Line) -> String {
        let mut object = Map::new();
        match self {
            Self::Text { colours } => return text::line(line, *colours),
            Self::Plain | Self::Azure | Self::Alibaba => plain(line, &mut object),
            Self::Lambda => lambda(line, &mut object),
            Self::Google { project } => google(line, project.as_deref(), &mut object),
        }
        object.insert("target".to_owned(), line.target.as_str().into());
        if !line.fields.is_empty() {
            object.insert("fields".to_owned(), std::mem::take(&mut line.fields).into());
        }
        if !line.spans.is_empty() {
            object.insert("spans".to_owned(), std::mem::take(&mut line.spans).into());
        }
        format!("{}\n", Value::Object(object))
    }
}

fn is_lambda(config: &Config) -> bool {
    matches!(platform::detect(config), Ok(Platform::Lambda))
}

fn set(object: &mut Map<String, Value>, name: &str, value: impl Into<Value>) {
    object.insert(name.to_owned(), value.into());
}

fn plain(line: &Line, object: &mut Map<String, Value>) {
    set(object, "timestamp", line.time(6));
    set(object, "level", line.level.as_str().to_lowercase());
    set(object, "message", line.message.as_str());
    if let Some(invocation) = &line.invocation {
        let trace = invocation.trace();
        set(object, "request_id", invocation.id().as_str());
        set(object, "trace_id", format!("{:032x}", trace.trace_id()));
        set(object, "span_id", format!("{:016x}", trace.span_id()));
    }
}

fn lambda(line: &Line, object: &mut Map<String, Value>) {
    set(object, "timestamp", line.time(3));
    set(object, "level", line.level.as_str());
    set(object, "message", line.message.as_str());
    if let Some(invocation) = &line.invocation {
        let trace = invocation.trace();
        set(object, "requestId", invocation.id().as_str());
        set(object, "traceId", format!("{:032x}", trace.trace_id()));
        set(object, "spanId", format!("{:016x}", trace.span_id()));
    }
}

fn google(line: &Line, project: Option<&str>, object: &mut Map<String, Value>) {
    let severity = match line.level {
        Level::ERROR => "ERROR",
        Level::WARN => "WARNING",
        Level::INFO => "INFO",
        _ => "DEBUG",
    };
    set(object, "time", line.time(9));
    set(object, "severity", severity);
    set(object, "message", line.message.as_str());
    let Some(invocation) = &line.invocation else {
        return;
    };
    let trace = invocation.trace();
    let id = format!("{:032x}", trace.trace_id());
    let name = project.map_or_else(
        || id.clone(),
        |project| format!("projects/{project}/traces/{id}"),
    );
    set(object, "logging.googleapis.com/trace", name);
    set(
        object,
        "logging.googleapis.com/spanId",
        format!("{:016x}", trace.span_id()),
    );
    set(
        object,
        "logging.googleapis.com/trace_sampled",
        trace.is_sampled(),
    );
    let labels = json!({ "request_id": invocation.id().as_str(), "trace_id": id });
    set(object, "logging.googleapis.com/labels", labels);
}

#[cfg(test)]
mod tests;
