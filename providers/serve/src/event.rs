//! Events over HTTP: CloudEvents 1.0 in all three modes, and the forms of senders that do not speak it.
//!
//! What reaches an application is told by marks that senders put there, never by trying shapes: the content type and the
//! `ce-` fields of a CloudEvent, its type, and for other senders what their documents name. Whatever has no known mark is
//! refused as `Unsupported`, with its type, and its sender keeps it.
//!
//! <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md>

mod binary;
mod cloud_event;
mod delivery;
mod own;
mod path;
mod source;
mod structured;

pub use cloud_event::{CloudEvent, instant};
pub use delivery::{Arrived, Delivery, cloud_events, read};
pub use own::OWN as OWN_EVENTS;
pub use path::EVENTS_VARIABLE;
pub(crate) use path::{Address, EventsPath};
pub use source::{EventFacts, EventForm, EventSource};
