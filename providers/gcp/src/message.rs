//! What those who send messages by Pub/Sub and those who receive them must agree on.

/// The attributes by which Google's own clients tell the trace of the sender, where they are asked to: names that no
/// attribute of a sender has.
///
/// <https://cloud.google.com/pubsub/docs/open-telemetry-tracing>
pub(crate) const TRACE: [&str; 2] = ["googclient_traceparent", "googclient_tracestate"];
