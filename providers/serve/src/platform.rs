//! The platform of every vendor whose functions are HTTP servers on a port.

mod calls;
mod claims;
mod client;
mod deadline;
mod envelope;
mod events;
mod facts;
mod front;
mod held;
mod invoked;
mod location;
mod marks;
mod refusal;
mod trace;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use isobar::driver::SystemClock;
use isobar::driver::function::{FunctionDescription, FunctionDriver};
use isobar::function::AppService;
use isobar::{Error, Result};

use crate::bound::BoundServer;
use crate::config::Variables;
use crate::event::{Accounts, EventsPath, expected_sender};
use crate::options::Options;

pub use calls::{ClientsOnly, Load, PlatformCalls, Taken};
pub use claims::{FrontDoorClaims, base64_claims, base64_json};
pub use client::{client_address, client_scheme, told_address, trusted_hops};
pub use deadline::{DeadlineRule, Unit, go_duration, instant, told_time};
pub use envelope::Envelope;
pub use facts::{FrontLimits, Interface, Marker, OwnCall, PlatformFacts, TraceHeader};
use front::{Front, Shared};
pub use held::head_bytes;
pub use invoked::hand_over;
pub use location::{BasePathSource, HostSource, LocationFacts};
pub use refusal::{malformed_request, response_not_passed_on, too_large};

/// Whether the field of a platform tells a trace.
#[cfg(test)]
pub(crate) fn completed_trace(headers: &mut http::HeaderMap, form: TraceHeader) -> bool {
    trace::complete(headers, form, &[]).is_some()
}

/// Serves one application where and as a platform's front end expects it, until SIGTERM or SIGINT.
#[derive(Debug)]
pub struct HttpPlatform {
    server: BoundServer,
    shared: Arc<Shared>,
}

/// What goes into an [`HttpPlatform`] beside its facts.
#[derive(Debug, Clone)]
pub struct PlatformSetup {
    facts: &'static PlatformFacts,
    calls: Arc<dyn PlatformCalls>,
    envelope: Option<Arc<dyn Envelope>>,
    options: Options,
    most_under_way: Option<usize>,
}

/// The clock of the runtime under the server.
pub fn clock() -> SystemClock {
    SystemClock(|span| Box::pin(tokio::time::sleep(span)))
}

impl PlatformSetup {
    /// A platform that asks for nothing but answers to clients.
    pub fn new(facts: &'static PlatformFacts) -> Self {
        Self {
            facts,
            calls: Arc::new(ClientsOnly),
            envelope: None,
            options: facts.options(),
            most_under_way: None,
        }
    }

    /// What the platform asks for beside that.
    #[must_use]
    pub fn with_calls(mut self, calls: impl PlatformCalls) -> Self {
        self.calls = Arc::new(calls);
        self
    }

    /// What the platform writes around requests and responses of clients; its events come without.
    #[must_use]
    pub fn with_envelope(mut self, envelope: impl Envelope) -> Self {
        self.envelope = Some(Arc::new(envelope));
        self
    }

    /// The time after SIGTERM: first with new connections, then for what is under way.
    #[must_use]
    pub fn with_end(mut self, drain_delay: Duration, grace: Duration) -> Self {
        self.options = self.options.with_drain_delay(drain_delay).with_grace(grace);
        self
    }

    /// The longest time between two pieces of a request's content; 30 seconds unless it is set.
    #[must_use]
    pub fn with_body_idle_timeout(mut self, timeout: Duration) -> Self {
        self.options = self.options.with_body_idle_timeout(timeout);
        self
    }

    /// The longest time for which a client may take nothing of what it is sent; a minute unless it is set.
    #[must_use]
    pub fn with_response_idle_timeout(mut self, timeout: Duration) -> Self {
        self.options = self.options.with_response_idle_timeout(timeout);
        self
    }

    /// How many requests may be under way; more are answered with 429.
    #[must_use]
    pub fn with_most_under_way(mut self, most: Option<usize>) -> Self {
        self.most_under_way = most;
        self
    }

    /// Takes the port that the platform's variables tell; `ISOBAR_LISTEN` may name another host, or host and port.
    ///
    /// Fails with `InvalidArgument` where a variable is wrong, naming it.
    pub async fn bind(self, variables: &Variables<'_>) -> Result<HttpPlatform> {
        let address = self.facts.listen_address(variables)?;
        let shared = Shared {
            facts: self.facts,
            calls: self.calls,
            envelope: self.envelope,
            id_headers: self.options.request_id_headers.clone(),
            trusted_hops: trusted_hops(variables)?.unwrap_or(self.facts.trusted_hops),
            limit: self.facts.deadline.limit(variables)?,
            events: EventsPath::from_variables(variables, self.facts.events.before_name)?,
            accounts: accounts(self.facts, variables)?,
            sender: expected_sender(variables, self.facts.events.issuer)?,
            front_door: FrontDoorClaims::named(self.facts.front_doors, variables)?,
            most_under_way: self.most_under_way,
            under_way: AtomicUsize::new(0),
            stopping: AtomicBool::new(false),
        };
        Ok(HttpPlatform {
            server: BoundServer::bind(&address, self.options).await?,
            shared: Arc::new(shared),
        })
    }
}

/// Whose events are taken, which cannot be told where the platform does not say whose the function is.
fn accounts(facts: &PlatformFacts, variables: &Variables<'_>) -> Result<Accounts> {
    let accounts = Accounts::from_variables(variables)?;
    match facts.events.account {
        Some(_) => Ok(accounts),
        None => accounts.none_named(facts.title),
    }
}

impl HttpPlatform {
    /// What is known of the platform.
    pub fn facts(&self) -> &'static PlatformFacts {
        self.shared.facts
    }

    /// The address, with the port that was chosen.
    pub fn local_addr(&self) -> SocketAddr {
        self.server.local_addr()
    }
}

#[async_trait]
impl FunctionDriver for HttpPlatform {
    fn describe(&self) -> FunctionDescription {
        FunctionDescription {
            provider: self.shared.facts.name,
            capabilities: self.shared.facts.capabilities,
        }
    }

    async fn serve(&self, app: AppService) -> Result<()> {
        events::check(&app, &self.shared)?;
        let server = self.server.take()?;
        let (title, address) = (self.shared.facts.title, self.local_addr());
        tracing::info!(target: "isobar", "{} listens on {address} for {title}", app.name());
        self.shared.calls.started()?;
        let shared = Arc::clone(&self.shared);
        let stopping = || {
            shared.stopping.store(true, Ordering::Release);
            shared.calls.stopping();
        };
        let front = Front {
            shared: Arc::clone(&self.shared),
            takes_events: events::waits(&app),
            app,
        };
        server
            .run_noting_stop(front, stopping)
            .await
            .map_err(Error::from)
    }
}
