//! The local platform: an application as an HTTP server, its schedules by this machine's clock.

#[cfg(feature = "_store")]
mod control;
#[cfg(feature = "_store")]
mod delivery;
#[cfg(feature = "_store")]
mod ended;
#[cfg(feature = "_store")]
mod feed;
mod schedule;
mod ticks;
mod wakers;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use futures_util::future::{BoxFuture, Either};
use isobar::driver::Clock;
use isobar::driver::function::{FunctionDescription, FunctionDriver};
use isobar::function::{Answer, AppService, IdField, Origin};
use isobar::http::Response;
use isobar::{Capabilities, Capability, Error, Result};
use isobar_serve::{
    BoundServer, DeadlineRule, Options, RequestBody, Variables, client_scheme, told_address,
    trusted_hops,
};
use tower::Service;

/// Whoever calls this server tells no deadline; the variable may give every request one.
const DEADLINE: DeadlineRule = DeadlineRule {
    variable: None,
    fixed: None,
    header: None,
};
/// How long handlers of events may go on when the platform ends.
const GRACE: Duration = Duration::from_secs(10);
/// How long a handler of an event has, as the longest function of AWS Lambda: what waits for ever would hold up all that comes
/// after it.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html>
const EVENT_TIME: Duration = Duration::from_mins(15);

/// What a process has to know behind another server, which limits its requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Behind {
    /// The time that each request and each event has, so that handlers end 250 ms before; handlers of events have as long when
    /// the process ends, 10 s where there is none.
    pub time: Option<Duration>,
    /// Whether that server streams responses.
    pub streams: bool,
    /// Whether what it stands for brings events again after the time that their handlers ask for.
    pub waits: bool,
    /// The instant from which schedules count.
    pub since: SystemTime,
}

impl Behind {
    /// Behind a server that streams, from now on.
    pub fn new(time: Option<Duration>) -> Self {
        Self {
            time,
            streams: true,
            waits: true,
            since: SystemTime::now(),
        }
    }

    /// Behind one that streams responses, or does not.
    #[must_use]
    pub fn streaming(mut self, streams: bool) -> Self {
        self.streams = streams;
        self
    }

    /// Standing for a platform that waits as handlers ask, or does not: this one does all the same, and tells.
    #[must_use]
    pub fn waiting(mut self, waits: bool) -> Self {
        self.waits = waits;
        self
    }

    /// With schedules that count from an instant, such as the end of the process before.
    #[must_use]
    pub fn since(mut self, since: SystemTime) -> Self {
        self.since = since;
        self
    }
}

/// Serves one application on one address until SIGTERM or SIGINT.
#[derive(Debug)]
pub struct LocalPlatform {
    server: BoundServer,
    clock: Arc<dyn Clock>,
    behind: Option<Behind>,
    event_time: Duration,
    requests: Requests,
    #[cfg(feature = "blob")]
    blobs: Option<crate::SignedBlobs>,
    #[cfg(feature = "_store")]
    sources: delivery::Sources,
}

/// What is said of all requests.
#[derive(Debug, Clone, Copy, Default)]
struct Requests {
    /// The time that each has.
    time: Option<Duration>,
    /// How many proxies before the server are trusted.
    hops: Option<usize>,
}

impl LocalPlatform {
    /// Takes an address: `host:port`, where port 0 takes a free one.
    pub async fn bind(address: &str) -> Result<Self> {
        Self::bind_with(address, Options::default()).await
    }

    /// Takes an address, to serve there with other limits and timeouts.
    pub async fn bind_with(address: &str, options: Options) -> Result<Self> {
        Ok(Self {
            server: BoundServer::bind(address, options).await?,
            clock: Arc::new(crate::clock()),
            behind: None,
            event_time: EVENT_TIME,
            requests: Requests::default(),
            #[cfg(feature = "blob")]
            blobs: None,
            #[cfg(feature = "_store")]
            sources: delivery::Sources::default(),
        })
    }

    /// Wakes schedules by another clock than this machine's, such as one that a test turns.
    ///
    /// A tick that fails comes again with the same id, after a second or the time that its handler asks for, and once more
    /// after two; not where the next one is due before the time that was asked for. Of several that were due while one ran, or
    /// while the machine slept, the first comes and the others do not.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Behind proxies of one's own, as variables say: `ISOBAR_TRUSTED_HOPS`, how many append to `X-Forwarded-For` and tell the
    /// scheme, and `ISOBAR_TIMEOUT`, the time that a request has; `InvalidArgument` where one is wrong.
    ///
    /// [`Behind::time`] goes before the latter.
    pub fn with_variables(mut self, variables: &Variables<'_>) -> Result<Self> {
        self.requests = Requests {
            time: DEADLINE.limit(variables)?,
            hops: trusted_hops(variables)?,
        };
        Ok(self)
    }

    /// Gives a handler of events so much time, 15 minutes where nobody says so; it ends 250 ms before, and its event fails.
    ///
    /// [`Behind::time`] goes before it.
    #[must_use]
    pub fn with_event_time(mut self, time: Duration) -> Self {
        self.event_time = time;
        self
    }

    /// Behind another server, which limits the size of requests.
    #[must_use]
    pub fn behind(mut self, behind: Behind) -> Self {
        self.behind = Some(behind);
        self.server.change_options(|options| {
            options
                .with_max_body_bytes(u64::MAX)
                .with_max_target_bytes(usize::MAX)
        });
        self
    }

    /// Answers the requests that a store has signed, before the application sees them; what they may
    /// send is limited by their signature and the store, not by the limit of the application's bodies.
    #[cfg(feature = "blob")]
    #[must_use]
    pub fn with_signed_blobs(mut self, blobs: crate::SignedBlobs) -> Self {
        self.blobs = Some(blobs);
        let below = crate::blob::sign::PATH;
        self.server
            .change_options(|options| options.with_unlimited_bodies_below(below));
        self
    }

    /// Delivers the messages of a store to the application's subscriptions.
    ///
    /// A message that fails comes again after a second, then after two, four and eight; what fails
    /// five times is put into the topic `NAME-dead`.
    #[cfg(feature = "_store")]
    #[must_use]
    pub fn with_messages(mut self, store: crate::LocalStore) -> Self {
        self.sources.messages = Some(store);
        self
    }

    /// Wakes the application by what happens to the blobs of a store, while it serves.
    ///
    /// What an application asks for with [`on_blob`](isobar::App::on_blob) is written together with
    /// the change itself, so that no event is lost. One that fails comes again as messages do, those
    /// of the same blob after it; what fails five times is put into the topic `BUCKET-dead`.
    #[cfg(feature = "blob")]
    #[must_use]
    pub fn with_blob_events(mut self, store: crate::LocalStore) -> Self {
        self.sources.blobs = Some(store);
        self
    }

    /// Wakes the application by the changes of the documents of a store.
    ///
    /// What an application asks for with [`on_change`](isobar::App::on_change) begins when a platform
    /// first serves it, and goes on from there at the next start: what other programs change while no
    /// application serves is told then, as far back as the store keeps changes (65,536 at least). A
    /// change that fails comes again as messages do, those of the same document after it; what fails
    /// five times is put into the topic `TABLE-dead`.
    #[cfg(feature = "document")]
    #[must_use]
    pub fn with_document_changes(mut self, store: crate::LocalStore) -> Self {
        self.sources.documents = Some(store);
        self
    }

    /// The address, with the port that was chosen.
    pub fn local_addr(&self) -> SocketAddr {
        self.server.local_addr()
    }
}

#[async_trait]
impl FunctionDriver for LocalPlatform {
    fn describe(&self) -> FunctionDescription {
        let capabilities = [
            self.behind
                .is_none_or(|behind| behind.streams)
                .then_some(Capability::ResponseStreaming),
            Some(Capability::Schedules),
            self.behind
                .is_none_or(|behind| behind.waits)
                .then_some(Capability::DelayedRetry),
            #[cfg(feature = "_store")]
            self.sources.messages.as_ref().map(|_| Capability::Messages),
            #[cfg(feature = "_store")]
            self.sources.blobs.as_ref().map(|_| Capability::BlobEvents),
        ];
        #[cfg_attr(
            not(feature = "_store"),
            expect(unused_mut, reason = "no document changes without a store")
        )]
        let mut capabilities: Vec<_> = capabilities.into_iter().flatten().collect();
        #[cfg(feature = "_store")]
        if self.sources.documents.is_some() {
            capabilities.extend([
                Capability::ChangeEvents,
                Capability::OrderedChangeEvents,
                Capability::DeleteChangeEvents,
            ]);
        }
        #[cfg(feature = "_store")]
        if self.sources.of_ticks().is_some() {
            capabilities.push(Capability::EventReplay);
        }
        FunctionDescription {
            provider: "local",
            capabilities: Capabilities::of(&capabilities),
        }
    }

    async fn serve(&self, app: AppService) -> Result<()> {
        let since = self
            .behind
            .map_or_else(|| self.clock.now(), |behind| behind.since);
        let time = self.behind.and_then(|behind| behind.time);
        let (grace, event_time) = (time.unwrap_or(GRACE), time.unwrap_or(self.event_time));
        #[cfg(feature = "_store")]
        let ticks = ticks::Ticks::of(self.sources.of_ticks());
        #[cfg(not(feature = "_store"))]
        let ticks = ticks::Ticks::default();
        let schedules = schedule::start(
            &app,
            since.try_into().unwrap_or_else(|_| jiff::Timestamp::now()),
            (&self.clock, &ticks, event_time),
        )?;
        let server = self.server.take()?;
        #[cfg(feature = "_store")]
        let deliveries = delivery::start(&app, &self.sources, (&self.clock, event_time)).await?;
        if self.behind.is_none() {
            tracing::info!(target: "isobar", "{} listens on http://{}", app.name(), self.local_addr());
        }
        let result = server
            .run(Front {
                app,
                requests: Requests {
                    time: time.or(self.requests.time),
                    ..self.requests
                },
                #[cfg(feature = "blob")]
                blobs: self.blobs.clone(),
            })
            .await;
        #[cfg(feature = "_store")]
        tokio::join!(deliveries.finish(grace), schedules.finish(grace));
        #[cfg(not(feature = "_store"))]
        schedules.finish(grace).await;
        result.map_err(Error::from)
    }
}

/// Takes a request from the server into the application.
#[derive(Debug, Clone)]
struct Front {
    app: AppService,
    requests: Requests,
    #[cfg(feature = "blob")]
    blobs: Option<crate::SignedBlobs>,
}

impl Service<http::Request<RequestBody>> for Front {
    type Response = Response;
    type Error = Infallible;
    type Future = Either<Answer, BoxFuture<'static, std::result::Result<Response, Infallible>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<std::result::Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<RequestBody>) -> Self::Future {
        let arrival = request.body().arrival();
        let Requests { time, hops } = self.requests;
        let headers = request.headers();
        let client = told_address(headers, hops, Some(arrival.peer.ip()));
        let origin = Origin::default()
            .with_id(arrival.request_id.clone())
            .with_remote_address(client)
            .with_scheme(hops.and_then(|hops| client_scheme(headers, hops)))
            .with_deadline(DEADLINE.of(headers, time))
            .with_id_field(IdField::ByServer);
        let request = request.map(RequestBody::into_body);
        #[cfg(feature = "blob")]
        if let Some(blobs) = &self.blobs
            && crate::SignedBlobs::is_for(request.uri().path())
        {
            let blobs = blobs.clone();
            let answer = async move { Ok(blobs.answer(request).await) };
            return Either::Right(Box::pin(answer));
        }
        Either::Left(self.app.respond(request, origin))
    }
}
