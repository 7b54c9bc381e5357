//! Fission, whose fetcher makes a process that waits in a pool into a function.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use isobar::http::Response;
use isobar::{Capabilities, Capability, Result};
use isobar_serve::event::EventFacts;
use isobar_serve::{
    BasePathSource, DeadlineRule, FrontLimits, HostSource, HttpPlatform, Interface, Load,
    LocationFacts, LogReader, OwnCall, PlatformCalls, PlatformFacts, PlatformSetup, Problem,
    Protocol, RequestBody, Taken, TraceHeader, Variables,
};

use super::status;

const HEALTH: &str = "/healthz";
const SPECIALIZE: &str = "/specialize";
const SPECIALIZE_V2: &str = "/v2/specialize";
const UNTIL: &str = "until it has been made a function";

/// What Fission's environments do.
///
/// Port, paths and the 500 before the function is there: `go/server.go` of the environments and `SpecializePod` of the
/// fetcher. The router numbers requests in `X-Fission-Request-ID` (`pkg/utils/correlation`), puts its own host into
/// `Host`, the client's into `X-Forwarded-Host` unless the client has written that or `Forwarded`, and keeps the path only of
/// triggers with a prefix (`pkg/router/rewrite.go`); the whole target is always in `X-Fission-Full-Url`
/// (`pkg/router/requesthHeader.go`). It tells no deadline. Pods carry no mark of their own: `ISOBAR_PLATFORM=fission` belongs
/// into the environment's container. It is its operator who knows the proxies before the router, which keeps idle connections
/// for 90 s where it keeps any (`pkg/router/functionHandler.go`).
pub const FISSION: PlatformFacts = PlatformFacts {
    name: "fission",
    title: "Fission",
    markers: &[],
    interface: Interface::All,
    port_variables: &[],
    default_port: Some(8888),
    protocol: Protocol::Http1,
    request_id_headers: &["x-fission-request-id"],
    trace: TraceHeader::TraceParent,
    deadline: DeadlineRule::UNTOLD,
    trusted_hops: 0,
    location: LocationFacts {
        host: HostSource::ForwardedHost,
        base_path: BasePathSource::Field("x-fission-full-url"),
    },
    limits: FrontLimits::NONE,
    idle: Some(Duration::from_mins(2)),
    grace: Duration::from_secs(30),
    runs_between: true,
    logs: LogReader::Anybody,
    own_calls: &[
        OwnCall {
            method: "GET",
            path: HEALTH,
            mark: None,
        },
        OwnCall {
            method: "POST",
            path: SPECIALIZE,
            mark: Some(UNTIL),
        },
        OwnCall {
            method: "POST",
            path: SPECIALIZE_V2,
            mark: Some(UNTIL),
        },
    ],
    events: EventFacts::OWN,
    front_doors: &[],
    capabilities: EventFacts::CAPABILITIES
        .union(Capabilities::of(&[Capability::ResponseStreaming])),
    sources: &[
        "https://github.com/fission/environments/blob/master/go/server.go",
        "https://github.com/fission/fission/blob/main/pkg/fetcher/fetcher.go",
        "https://github.com/fission/fission/blob/main/pkg/router/rewrite.go",
        "https://github.com/fission/fission/blob/main/pkg/router/requesthHeader.go",
    ],
};

/// Takes Fission's port, and waits there to be made a function.
pub async fn bind_fission(variables: &Variables<'_>) -> Result<HttpPlatform> {
    let generic = Pool(Arc::new(AtomicBool::new(false)));
    PlatformSetup::new(&FISSION)
        .with_calls(generic)
        .bind(variables)
        .await
}

/// A process of the pool; the flag says whether it has become a function.
#[derive(Debug)]
struct Pool(Arc<AtomicBool>);

/// More than any request of the fetcher has: two names and a path.
const MOST_BYTES: usize = 64 * 1_024;

impl PlatformCalls for Pool {
    fn started(&self) -> Result<()> {
        Ok(())
    }

    fn take(&self, request: Request<RequestBody>, _: Load) -> Taken {
        let is_get = request.method() == Method::GET;
        if is_get && request.uri().path() == HEALTH {
            return Taken::answered(status(StatusCode::OK));
        }
        if self.0.load(Ordering::Acquire) {
            return Taken::Client(request);
        }
        let is_post = request.method() == Method::POST;
        match request.uri().path() {
            SPECIALIZE if is_post => {
                self.0.store(true, Ordering::Release);
                Taken::answered(status(StatusCode::OK))
            }
            SPECIALIZE_V2 if is_post => Taken::Platform(specialize(request, Arc::clone(&self.0))),
            _ => Taken::answered(not_yet(&request)),
        }
    }

    fn stopping(&self) {}
}

/// The application is in the binary already; what is asked for must only be a request of the fetcher.
fn specialize(
    request: Request<RequestBody>,
    done: Arc<AtomicBool>,
) -> BoxFuture<'static, Response> {
    Box::pin(async move {
        let whole = Limited::new(request.into_body(), MOST_BYTES)
            .collect()
            .await;
        let told = whole.ok().and_then(|whole| {
            let told: serde_json::Value = serde_json::from_slice(&whole.to_bytes()).ok()?;
            told.is_object().then_some(told)
        });
        let Some(told) = told else {
            return status(StatusCode::BAD_REQUEST);
        };
        tracing::info!(target: "isobar", function = %told["functionName"], "made a function");
        done.store(true, Ordering::Release);
        status(StatusCode::OK)
    })
}

fn not_yet(request: &Request<RequestBody>) -> Response {
    let detail = "this process waits in Fission's pool and has not been made a function";
    let problem = Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "not_specialized",
        "server",
        detail,
    );
    let id = &request.body().arrival().request_id;
    problem.into_response(id)
}
