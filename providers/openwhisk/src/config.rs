//! What is known of OpenWhisk's two ways to run a binary.

use std::time::Duration;

use isobar::Capabilities;
use isobar_serve::event::EventFacts;
use isobar_serve::{
    BasePathSource, DeadlineRule, FrontLimits, HostSource, Interface, LocationFacts, LogReader,
    Marker, OwnCall, PlatformFacts, Protocol, TraceHeader, Unit,
};

/// Set where an action has to say that it is ready.
pub(crate) const WAIT_FOR_ACK: &str = "__OW_WAIT_FOR_ACK";

/// "Per activation payload size" and "Per activation result size", in bytes: both fixed.
pub(crate) const ENTITY_BYTES: u64 = 1_024 * 1_024;

/// What both ways have in common.
///
/// An activation tells its id and its `deadline`, in milliseconds since 1970. Of a web action's request each field has one
/// value, and the controller writes path and query anew (`WebActions.scala`). The content of a request, and the result as a
/// whole, have at most 1 MB ("Per activation payload size", "Per activation result size"). Who appends to
/// `X-Forwarded-For` is known to the operator alone. The proxy before the controllers puts the name of their group into `Host`
/// (`proxy_pass` in `ansible/roles/nginx/templates/nginx.conf.j2`), and `/api/v1/web/NAMESPACE/PACKAGE/ACTION`, or what a host of
/// its own or an API stands for it, is told nowhere: `__ow_path` begins behind it (`Context` in `WebActions.scala`).
const ACTIVATIONS: PlatformFacts = PlatformFacts {
    name: "openwhisk",
    title: "OpenWhisk",
    markers: &[],
    interface: Interface::All,
    port_variables: &[],
    default_port: None,
    protocol: Protocol::Http1,
    request_id_headers: &["activation_id"],
    trace: TraceHeader::TraceParent,
    deadline: DeadlineRule {
        variable: None,
        fixed: None,
        header: Some(("deadline", Unit::Instant)),
    },
    trusted_hops: 0,
    location: LocationFacts {
        host: HostSource::ForwardedHost,
        base_path: BasePathSource::Untold,
    },
    limits: FrontLimits {
        request: Some(ENTITY_BYTES),
        response: Some(ENTITY_BYTES),
        ..FrontLimits::NONE
    },
    idle: None,
    // The least time limit of an action that is not said to have another one.
    grace: Duration::from_mins(1),
    runs_between: false,
    logs: LogReader::Anybody,
    own_calls: &[],
    events: EventFacts::OWN,
    front_doors: &[],
    capabilities: Capabilities::of(&[]),
    sources: &[
        "https://github.com/apache/openwhisk/blob/master/docs/actions-new.md",
        "https://github.com/apache/openwhisk/blob/master/docs/webactions.md",
        "https://github.com/apache/openwhisk/blob/master/docs/reference.md",
    ],
};

/// What OpenWhisk's documents say of a container that is an action (`--docker`).
///
/// It listens on port 8080, is initialised once by `POST /init`, and activated by `POST /run`; after each activation a mark
/// ends its logs. Containers are started with `__OW_API_HOST`; what else an activation's context has comes in `/init` and
/// `/run`.
pub const CONTAINER: PlatformFacts = PlatformFacts {
    name: "openwhisk",
    title: "OpenWhisk container",
    markers: &[Marker {
        set: &["__OW_API_HOST"],
        unset: &["__OW_ACTION_NAME", "__OW_PROXY_VERSION"],
    }],
    default_port: Some(8080),
    // What the invoker keeps has not been looked up: a guess on the safe side.
    idle: Some(Duration::from_mins(15)),
    own_calls: &[
        OwnCall {
            method: "POST",
            path: "/init",
            mark: Some("the port, which clients do not reach"),
        },
        OwnCall {
            method: "POST",
            path: "/run",
            mark: Some("the port, which clients do not reach"),
        },
    ],
    ..ACTIVATIONS
};

/// What OpenWhisk's documents say of an action below the proxy of the ActionLoop runtimes (`--native`, Go, Rust, Swift).
///
/// Each line of standard input is an activation, each line that is written to descriptor 3 its result; the proxy ends the
/// logs. It sets `__OW_PROXY_VERSION`, and what `/init` has told, `__OW_ACTION_NAME` among it.
pub const ACTION_LOOP: PlatformFacts = PlatformFacts {
    name: "openwhisk-loop",
    title: "OpenWhisk ActionLoop",
    markers: &[
        Marker {
            set: &["__OW_ACTION_NAME"],
            unset: &[],
        },
        Marker {
            set: &["__OW_PROXY_VERSION"],
            unset: &[],
        },
    ],
    interface: Interface::Pipes,
    sources: &[
        "https://github.com/apache/openwhisk/blob/master/docs/actions-actionloop.md",
        "https://github.com/apache/openwhisk-runtime-go/blob/master/openwhisk/executor.go",
    ],
    ..ACTIVATIONS
};
