//! What a platform's tables say of the events that reach an application there.

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use isobar::function::EventData;
use isobar::{Capabilities, Capability, Result};

use super::{Arrivals, Arrived, CloudEvent, Delivery};

/// The events that a platform takes, beside CloudEvents of Isobar's own types.
#[derive(Debug, Clone, Copy)]
pub struct EventFacts {
    /// Who sends them, and in which form, in the order in which they are asked.
    pub sources: &'static [EventSource],
    /// What stands between the events' path, or only its last segment, and the name of a trigger: a slash, or a dash
    /// where the platform itself makes a path of a function's name.
    pub before_name: char,
    /// Who signs the tokens that its senders can send along, as their `iss` has it.
    pub issuer: Option<&'static str>,
    /// The JSON that says of events that they are done, or nothing in a 200; where there is none, 204.
    pub done: Option<&'static str>,
    /// The field in which the platform tells the account that the function is of.
    pub account: Option<&'static str>,
    /// The accounts that a CloudEvent names as those that it is of, whichever way it came.
    pub owners: fn(&CloudEvent) -> Vec<String>,
    /// How the platform itself brings them, where it calls the process for each.
    pub calls: Option<EventCalls>,
}

/// Calls of a platform itself that bring events, so that no path has to be a secret between it and the process.
#[derive(Debug, Clone, Copy)]
pub struct EventCalls {
    /// Whether a request of this method, path and fields is one; must be told by what no client can send.
    pub is_call: fn(&Method, &str, &HeaderMap) -> bool,
    /// The field of an answer in which the platform looks for what became of the event.
    pub told_in: &'static str,
    /// What that field says where it is done; the status is 200 then.
    pub done: &'static str,
    /// What it says where it is not, so that the platform brings the event again as far as it does.
    pub failed: &'static str,
    /// The status beside that.
    pub failed_status: StatusCode,
}

/// One kind of event from one sender.
#[derive(Debug, Clone, Copy)]
pub struct EventSource {
    /// The trigger that it wakes.
    pub wakes: Capability,
    /// Who sends it.
    pub sender: &'static str,
    /// How it is told and read.
    pub form: EventForm,
}

/// How an event comes.
#[derive(Debug, Clone, Copy)]
pub enum EventForm {
    /// As a CloudEvent of one of these types.
    CloudEvents {
        /// The types.
        types: &'static [&'static str],
        /// What it says; `InvalidArgument` where it is malformed.
        read: fn(&CloudEvent) -> Result<EventData>,
    },
    /// As a CloudEvent of one of these types about a document, which the schema of its collection reads.
    Changes {
        /// The types.
        types: &'static [&'static str],
        /// What it says, by the [collection](Delivery::collection) that the application watches; `InvalidArgument` where
        /// it is malformed.
        read: fn(&CloudEvent, &Delivery) -> Result<EventData>,
    },
    /// In a request of the sender's own form.
    Request {
        /// What tells it, in words.
        mark: &'static str,
        /// What it says, which may be nothing that wakes anybody; `None` where it has another's mark, `InvalidArgument`
        /// where it is malformed.
        read: fn(&Delivery) -> Result<Option<Vec<Arrived>>>,
    },
    /// The same, where the request brings several that are read each for itself: one that cannot be read does not keep the
    /// others from the application, and the request fails.
    Items {
        /// What tells it, in words.
        mark: &'static str,
        /// As of a request.
        read: fn(&Delivery) -> Result<Option<Arrivals>>,
    },
}

impl EventCalls {
    /// Says in the fields of an answer what became of the event: [`done`](Self::done) or [`failed`](Self::failed).
    pub(crate) fn note(&self, headers: &mut HeaderMap, said: &'static str) {
        let told_in = HeaderName::from_static(self.told_in);
        headers.insert(told_in, HeaderValue::from_static(said));
    }
}

impl EventFacts {
    /// Isobar's own types alone.
    pub const OWN: Self = Self {
        sources: &[],
        before_name: '/',
        issuer: None,
        done: None,
        account: None,
        owners: |_| Vec::new(),
        calls: None,
    };
    /// What a platform can do that takes events, whichever these are.
    pub const CAPABILITIES: Capabilities = Capabilities::of(&[
        Capability::Schedules,
        Capability::Messages,
        Capability::BlobEvents,
        Capability::CloudEvents,
    ]);
}
