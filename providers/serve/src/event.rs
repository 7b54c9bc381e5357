//! Events over HTTP: CloudEvents 1.0 in all three modes, and the forms of senders that do not speak it.
//!
//! What reaches an application is told by marks that senders put there, never by trying shapes: the content type and the
//! `ce-` fields of a CloudEvent, its type, and for other senders what their documents name. Whatever has no known mark is
//! refused as `Unsupported`, with its type, and its sender keeps it.
//!
//! CloudEvents of Isobar's own types, which any broker may deliver:
//!
//! | type | source | subject | data |
//! |---|---|---|---|
//! | `isobar.topic.messages` | `topic/NAME` | | `{"messages": [{"id", "body" or "bodyBase64", "attributes", "group", "sentAt"}]}` |
//! | `isobar.schedule.tick` | `schedule/NAME` | | none; `time` says when it was due |
//! | `isobar.blob.stored`, `.deleted`, `.attributes-changed` | `bucket/NAME` | the key | `{"size", "version", "versionId"}`, all optional |
//!
//! A name is `NAME` or `PREFIX-NAME`. A CloudEvent of a type that nobody knows is a message where its path names a topic.
//!
//! <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md>

mod accounts;
mod binary;
mod cloud_event;
mod delivery;
mod elements;
mod members;
mod own;
mod path;
pub(crate) mod reply;
mod sender;
mod source;
mod structured;

pub use accounts::{ACCOUNTS_VARIABLE, Accounts};
pub use cloud_event::{CloudEvent, instant};
pub use delivery::{Arrivals, Arrived, Delivery, cloud_events, read, read_each};
pub use elements::elements;
pub use members::{is_object, members};
pub use own::OWN as OWN_EVENTS;
pub(crate) use path::{Address, EventsPath};
pub use path::{EVENTS_VARIABLE, check_events_path};
pub(crate) use sender::expected as expected_sender;
pub use sender::{AUDIENCE_VARIABLE, ISSUER_VARIABLE, SENDER_VARIABLE};
pub use source::{EventCalls, EventFacts, EventForm, EventSource};
