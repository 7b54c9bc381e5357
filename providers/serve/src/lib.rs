//! The one HTTP server under every platform that is a server on a port.
//!
//! It takes any [`tower`] service from `http::Request<RequestBody>` to `http::Response`, an `axum::Router`
//! included, and adds what every server in front of people needs and no handler should write:
//!
//! | concern | what the client sees |
//! |---|---|
//! | head too large ([`Options::max_head_bytes`], [`Options::max_headers`]) | 431, connection closed |
//! | request target too long ([`Options::max_target_bytes`]) | 414 |
//! | body too large ([`Options::max_body_bytes`]) | 413 |
//! | head too slow ([`Options::head_timeout`]), connection idle (the same, or [`Options::idle_timeout`]) | 408 if part of a head had come, connection closed |
//! | body too slow ([`Options::body_idle_timeout`], [`Options::least_body_rate`]) | 408, connection closed |
//! | response taken too slowly ([`Options::response_idle_timeout`], [`Options::least_response_rate`]) | connection reset |
//! | panic in the handler | 500 and one log line with the request's id |
//! | stop requested (SIGTERM, SIGINT, the supervisor has gone) | requests under way are finished, see [`Options::grace`] |
//!
//! Each response carries `x-request-id`. Refusals have an RFC 9457 body, see [`Problem`]; those that the HTTP parser
//! makes (400, 431) have none.
//!
//! [`HttpPlatform`] is the platform of every vendor whose functions are HTTP servers on a port; what differs between them
//! is a table, [`PlatformFacts`], and what they ask of a process beside the requests of clients, [`PlatformCalls`].
//!
//! Events come to the same port, at a path that only their senders know: see [`event`].
//!
//! ```no_run
//! use isobar_serve::{Options, Server};
//!
//! # async fn example() -> Result<(), isobar_serve::Error> {
//! let router: axum::Router = axum::Router::new();
//! let server = Server::bind("127.0.0.1:0", Options::default()).await?;
//! println!("listening on http://{}", server.local_addr());
//! server.run(router).await
//! # }
//! ```

mod answer;
mod body;
mod bound;
mod config;
mod connection;
mod counted;
mod error;
pub mod event;
#[cfg(test)]
mod hostile;
mod options;
mod pace;
mod platform;
mod pulse;
mod response;
mod server;
mod socket;
mod stop;
mod supervisor;
mod told;

pub use body::{Arrival, BodyError, RequestBody};
pub use bound::BoundServer;
pub use config::{
    LISTEN_VARIABLE, SUPERVISOR_VARIABLE, TIMEOUT_VARIABLE, TRUSTED_HOPS_VARIABLE, Variables,
    listen_address, process_variable,
};
pub use error::{Error, ErrorKind};
pub use isobar::driver::Problem;
pub use isobar::driver::function::LogReader;
pub use options::{Options, Protocol};
pub use platform::{
    BasePathSource, ClientsOnly, DeadlineRule, Envelope, FrontDoorClaims, FrontLimits, HostSource,
    HttpPlatform, Interface, Load, LocationFacts, Marker, OwnCall, PlatformCalls, PlatformFacts,
    PlatformSetup, Taken, TraceHeader, Unit, base64_claims, base64_json, client_address,
    client_scheme, clock, go_duration, hand_over, head_bytes, instant, malformed_request,
    response_not_passed_on, told_address, told_time, too_large, trusted_hops,
};
pub use server::Server;
pub use stop::StopSignals;
pub use supervisor::announced;
pub use told::{
    ToldFields, ToldHead, ToldMembers, ToldRequest, ToldText, add_told_field, told_query,
    told_target,
};
