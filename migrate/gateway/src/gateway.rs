//! The gateway as a whole: the server for clients, the two applications, the socket for changes.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use http::Request;
use isobar_serve::{RequestBody, Server};
use tower::service_fn;

use crate::change::{Change, Wish};
use crate::config::Migration;
use crate::control::{Control, Controlled};
use crate::error::{Error, ErrorKind, Result};
use crate::forwarding::Trust;
use crate::ledger::{Ledger, Occasion, read_states};
use crate::places::{Hold, Places};
use crate::proxy::{Proxy, Setup};
use crate::record::{Differences, Recorder};
use crate::state::Side;
use crate::table::Table;

/// A gateway that is bound and does not accept yet.
#[derive(Debug)]
pub struct Gateway {
    proxy: Arc<Proxy>,
    controlled: Arc<Controlled>,
    control: Control,
    server: Server,
    _hold: Hold,
}

/// What a run of the gateway does beside what its configuration says.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct GatewayOptions {
    /// `host:port` in place of the configured one.
    pub listen: Option<String>,
    /// A file to which requests are written, to be replayed by a verification.
    pub record: Option<PathBuf>,
    /// Where the applications that it starts write to.
    pub output: Output,
    /// Whether only the program that it is a part of sends it requests, as a platform's front door. `X-Forwarded-For` and
    /// `X-Forwarded-Proto` are that program's then, whatever the configuration trusts.
    pub behind_own_door: bool,
}

/// Where the output of started applications goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Output {
    /// To a file for each, in `.isobar/`.
    #[default]
    Files,
    /// To standard error of this process, which a platform keeps as its log.
    Errors,
}

/// A handle on a running gateway.
#[derive(Clone, Debug)]
pub struct GatewayHandle {
    proxy: Arc<Proxy>,
    controlled: Arc<Controlled>,
}

impl Gateway {
    /// Reads the migration at `places`, holds it, and takes the port. Applications are started when they are needed.
    pub async fn open(places: &Places, options: GatewayOptions) -> Result<Self> {
        let hold = places.hold().await?;
        Self::open_held(places, hold, options).await
    }

    /// Does the same for who holds the migration already.
    pub async fn open_held(places: &Places, hold: Hold, options: GatewayOptions) -> Result<Self> {
        let migration = Migration::read(&places.configuration)?;
        let table = Table::new(&migration)?;
        let states = read_states(places, &table)?;
        let ledger = Ledger::open(places)?;
        let listen = options.listen.as_deref().unwrap_or(&migration.listen);
        let server = Server::bind(listen, server_options(&migration)).await?;
        let setup = Setup {
            states,
            logs: match options.output {
                Output::Files => Some(places.running.clone()),
                Output::Errors => None,
            },
            differences: Differences::open(&places.differences)?,
            recorder: options
                .record
                .as_deref()
                .map(Recorder::open)
                .transpose()?
                .map(Arc::new),
            trust: if options.behind_own_door {
                Trust::OwnDoor
            } else {
                Trust::Hops(migration.trusted)
            },
            table,
            migration,
        };
        let proxy = Arc::new(Proxy::new(setup)?);
        Ok(Self {
            controlled: Arc::new(Controlled::new(Arc::clone(&proxy), ledger)),
            control: Control::listen(places)?,
            proxy,
            server,
            _hold: hold,
        })
    }

    /// The address of the gateway.
    pub fn local_addr(&self) -> SocketAddr {
        self.server.local_addr()
    }

    /// A handle that outlives [`Self::run`]'s taking of the gateway.
    pub fn handle(&self) -> GatewayHandle {
        let (proxy, controlled) = (Arc::clone(&self.proxy), Arc::clone(&self.controlled));
        GatewayHandle { proxy, controlled }
    }

    /// Serves until SIGTERM, SIGINT, or the end of a supervising process; ends the applications that it started.
    pub async fn run(self) -> Result<()> {
        let Self {
            proxy,
            controlled,
            control,
            server,
            _hold,
        } = self;
        let serving = server.run(service(&proxy));
        let served = tokio::select! {
            served = serving => served,
            () = control.serve(controlled) => Ok(()),
        };
        stop(&proxy).await;
        Ok(served?)
    }

    /// Serves until `stop` resolves; ends the applications that it started.
    pub async fn run_until(self, stopped: impl Future<Output = ()>) {
        let Self {
            proxy,
            controlled,
            control,
            server,
            _hold,
        } = self;
        let serving = server.run_until(service(&proxy), stopped);
        tokio::select! {
            () = serving => {}
            () = control.serve(controlled) => {}
        }
        stop(&proxy).await;
    }
}

impl GatewayHandle {
    /// Starts an application that the gateway is to start, and waits until it listens.
    pub async fn start(&self, side: Side) -> Result<SocketAddr> {
        let failed = |message| Error::new(ErrorKind::Application, message);
        let authority = self.proxy.upstream(side).authority().await;
        let authority = authority.map_err(|unavailable| failed(unavailable.to_string()))?;
        let mut addresses = tokio::net::lookup_host(authority.as_str())
            .await
            .map_err(|error| failed(format!("cannot resolve {authority}")).with_source(error))?;
        addresses
            .next()
            .ok_or_else(|| failed(format!("{authority} has no address")))
    }

    /// Changes states as a command does.
    pub async fn change(&self, wish: &Wish, occasion: &Occasion) -> Result<Change> {
        self.controlled.change(wish, occasion).await
    }
}

fn service(
    proxy: &Arc<Proxy>,
) -> impl tower::Service<
    Request<RequestBody>,
    Response = http::Response<crate::proxy::GatewayBody>,
    Error = Infallible,
    Future: Send,
> + Clone
+ Send
+ 'static {
    let proxy = Arc::clone(proxy);
    service_fn(move |request| {
        let proxy = Arc::clone(&proxy);
        async move { Ok(proxy.answer(request).await) }
    })
}

async fn stop(proxy: &Proxy) {
    tokio::join!(
        proxy.upstream(Side::Legacy).stop(),
        proxy.upstream(Side::Ported).stop()
    );
}

fn server_options(migration: &Migration) -> isobar_serve::Options {
    isobar_serve::Options::default()
        .with_max_connections(migration.limits.connections)
        .with_max_head_bytes(migration.limits.head)
        .with_max_target_bytes(migration.limits.head)
        .with_max_body_bytes(migration.limits.body)
        .with_head_timeout(migration.timeouts.request_head)
        .with_body_idle_timeout(migration.timeouts.request_body)
        .with_response_idle_timeout(migration.timeouts.response_body)
        // Whatever the legacy application takes goes on to be taken, and given.
        .with_least_body_rate(0)
        .with_least_response_rate(0)
        .with_grace(migration.timeouts.grace)
}
