//! What a platform asks of a process beside passing on the requests of clients.

use std::fmt;

use futures_util::future::BoxFuture;
use http::Request;
use isobar::Result;
use isobar::http::Response;

use crate::body::RequestBody;

/// The requests that a platform makes on its own behalf, and what it wants done at start and end.
pub trait PlatformCalls: fmt::Debug + Send + Sync + 'static {
    /// Called once, when the port is bound and the application is there.
    fn started(&self) -> Result<()>;

    /// Takes a request that the platform makes itself; must give back every other one untouched.
    fn take(&self, request: Request<RequestBody>, load: Load) -> Taken;

    /// Called once, as soon as a stop is requested.
    fn stopping(&self);
}

/// Whose request it was.
#[expect(
    clippy::large_enum_variant,
    reason = "almost every request is a client's, and a box would cost each of them an allocation"
)]
pub enum Taken {
    /// A client's: it goes to the application.
    Client(Request<RequestBody>),
    /// The platform's, with its answer.
    Platform(BoxFuture<'static, Response>),
}

/// What a platform may want to know of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Load {
    /// Whether a stop was requested.
    pub stopping: bool,
    /// Whether as many requests are under way as may be.
    pub full: bool,
}

/// A platform that asks for nothing else.
#[derive(Debug, Clone, Copy)]
pub struct ClientsOnly;

impl PlatformCalls for ClientsOnly {
    fn started(&self) -> Result<()> {
        Ok(())
    }

    fn take(&self, request: Request<RequestBody>, _: Load) -> Taken {
        Taken::Client(request)
    }

    fn stopping(&self) {}
}

impl Taken {
    /// The platform's request, with an answer that is known already.
    pub fn answered(response: Response) -> Self {
        Self::Platform(Box::pin(std::future::ready(response)))
    }
}

impl fmt::Debug for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(request) => f.debug_tuple("Client").field(request).finish(),
            Self::Platform(_) => f.debug_tuple("Platform").finish_non_exhaustive(),
        }
    }
}
