//! What a platform knows of a request beside the request itself.

use std::net::IpAddr;
use std::time::SystemTime;

use http::HeaderValue;
use http::uri::Scheme;

use super::{RequestId, Trace};

/// Where a request comes from; for platforms, which hand it to [`AppService::respond`](super::AppService::respond).
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Origin {
    /// The platform's id of the request; without one, the request's own headers tell (rule N9).
    pub id: Option<RequestId>,
    /// The trace, where the platform tells more of it than the request's header fields can.
    pub trace: Option<Trace>,
    /// When the platform cuts the request.
    pub deadline: Option<SystemTime>,
    /// The address that it came from, a proxy's where there is one in front.
    pub remote_address: Option<IpAddr>,
    /// The scheme by which the client came, where the platform or a proxy that is trusted tells it.
    pub scheme: Option<Scheme>,
    /// The host by which the client came.
    pub host: ClientHost,
    /// What stood before the path as the client sent it.
    pub base_path: BasePath,
    /// Who tells the client the id.
    pub id_field: IdField,
}

/// How a platform tells the host by which a client came.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ClientHost {
    /// It is that of the request.
    #[default]
    OfRequest,
    /// It is this one, in the form of `Host`; that of the request is the platform's own.
    Told(HeaderValue),
    /// It is not told; that of the request is the platform's own.
    Untold,
}

/// How a platform tells what it has taken from before the path of a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum BasePath {
    /// It is what the original target ([`OriginalUri`](axum::extract::OriginalUri)) has more than that of the request.
    #[default]
    InTarget,
    /// It is this: empty, or `/` and a name.
    Told(String),
    /// It is not told.
    Untold,
}

/// Who puts the request's id into the response, as `x-request-id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum IdField {
    /// The application.
    #[default]
    ByApplication,
    /// The server around it, which does so for the answers that it gives itself too.
    ByServer,
}

impl Origin {
    /// With the platform's id.
    #[must_use]
    pub fn with_id(mut self, id: RequestId) -> Self {
        self.id = Some(id);
        self
    }

    /// With the trace that the platform tells, where that is not all in the header fields.
    #[must_use]
    pub fn with_trace(mut self, trace: Option<Trace>) -> Self {
        self.trace = trace;
        self
    }

    /// With the platform's deadline, where it has one.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Option<SystemTime>) -> Self {
        self.deadline = deadline;
        self
    }

    /// With the client's address, where it is known.
    #[must_use]
    pub fn with_remote_address(mut self, address: Option<IpAddr>) -> Self {
        self.remote_address = address;
        self
    }

    /// With the scheme by which the client came, where it is known.
    #[must_use]
    pub fn with_scheme(mut self, scheme: Option<Scheme>) -> Self {
        self.scheme = scheme;
        self
    }

    /// With the host by which the client came.
    #[must_use]
    pub fn with_host(mut self, host: ClientHost) -> Self {
        self.host = host;
        self
    }

    /// With what the platform has taken from before the path.
    #[must_use]
    pub fn with_base_path(mut self, base_path: BasePath) -> Self {
        self.base_path = base_path;
        self
    }

    /// With a server around the application that tells the client the id.
    #[must_use]
    pub fn with_id_field(mut self, id_field: IdField) -> Self {
        self.id_field = id_field;
        self
    }
}
