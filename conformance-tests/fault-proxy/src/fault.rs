//! What can happen to a request and its answer.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::Plan;

/// What happens to one request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// It passes after so long.
    Delay(Duration),
    /// It passes when the gate is opened.
    Hold(Arc<Gate>),
    /// The connection is closed before the request arrives.
    CutBefore,
    /// The request is carried out, and the connection closed instead of an answer.
    CutAfter,
    /// The request does not arrive, and nothing is heard on this connection any more.
    HoleBefore,
    /// The request is carried out, and nothing is heard on this connection any more.
    HoleAfter,
    /// Nothing is heard on this connection any more, and so much later the request is carried out
    /// all the same.
    Late(Duration),
    /// The request does not arrive, and this is the answer.
    Refuse(Answer),
    /// The request is carried out, and this is the answer.
    Replace(Answer),
    /// The request is carried out, and the connection closed in the middle of the answer.
    Truncate,
    /// The request is carried out, and nothing is heard any more from the middle of the answer on.
    Stall,
    /// The request is carried out, and half of the content passes as all of it.
    Shorten,
    /// The request is carried out, and a bit in the middle of the content differs.
    Flip,
    /// The request is carried out, and the answer is no message of the protocol.
    Noise,
    /// The request is carried out, and the answer is a message whose content means nothing.
    Gibberish,
}

impl Fault {
    /// Once, to the next request that has `text` in it.
    pub fn on(self, text: impl Into<String>) -> Plan {
        Plan::from(self).having(text)
    }

    /// To the request after the next `requests` ones, once.
    pub fn after(self, requests: usize) -> Plan {
        Plan::from(self).after(requests)
    }

    /// To so many requests.
    pub fn times(self, requests: usize) -> Plan {
        Plan::from(self).times(requests)
    }
}

/// What a request is answered in place of the server.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Too many requests, as a service of the protocol says it, with how long to wait where the
    /// protocol can say that.
    Throttled(Duration),
    /// Service unavailable, likewise.
    Unavailable(Duration),
    /// An answer of HTTP.
    Http {
        /// The status.
        status: u16,
        /// The type of the content.
        content_type: &'static str,
        /// The content.
        body: String,
    },
    /// An error of PostgreSQL with this SQLSTATE.
    Postgres(&'static str),
}

/// Where a request is held.
#[derive(Debug, Default)]
pub struct Gate {
    reached: Notify,
    opened: Notify,
}

impl Gate {
    /// Waits until a request is held here.
    pub async fn reached(&self) {
        self.reached.notified().await;
    }

    /// Lets the request pass.
    pub fn open(&self) {
        self.opened.notify_one();
    }

    pub(crate) async fn pass(&self) {
        self.reached.notify_one();
        self.opened.notified().await;
    }
}
