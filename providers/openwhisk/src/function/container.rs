//! A container that is an action: `POST /init` once, then `POST /run` for each activation.
//!
//! <https://github.com/apache/openwhisk/blob/master/docs/actions-new.md#action-interface>

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Response as Head, StatusCode};
use http_body_util::BodyExt as _;
use isobar::driver::function::{FunctionDescription, FunctionDriver};
use isobar::function::AppService;
use isobar::http::{Body, Response};
use isobar::{Error, ErrorKind, Result};
use isobar_serve::{BoundServer, RequestBody, Variables, process_variable};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tower::service_fn;

use super::activation::{Activations, Ended, MOST_BYTES, Settings};
use super::logs;
use crate::config::CONTAINER;
use crate::error;

/// A container that OpenWhisk initialises and activates.
#[derive(Debug)]
pub struct ActionContainer {
    server: BoundServer,
    action: Arc<Action>,
    running: Mutex<Option<Running>>,
}

/// The server's task, which ends with whoever holds it.
#[derive(Debug)]
struct Running(JoinHandle<Result<()>>);

impl Running {
    async fn ended(&mut self) -> Result<()> {
        let lost = |error| {
            let message = "the server of the action is gone";
            Error::new(ErrorKind::Internal, message).with_source(error)
        };
        (&mut self.0).await.map_err(lost)?
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What a request to the container means.
struct Action {
    initialised: AtomicBool,
    /// The variables of the initialisation, when it has come.
    told: watch::Sender<Option<BTreeMap<String, String>>>,
    /// What runs activations, when there is an application.
    activations: watch::Sender<Option<Arc<Activations>>>,
}

/// Secrets are among what was told.
impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Action").finish_non_exhaustive()
    }
}

/// The code of an action, its parameters and variables; the code is in the binary already.
#[derive(Default, Deserialize)]
struct Initialisation {
    #[serde(default)]
    value: Option<Told>,
}

#[derive(Default, Deserialize)]
struct Told {
    #[serde(default)]
    env: Option<BTreeMap<String, Value>>,
}

impl Initialisation {
    /// Text as it is, everything else as JSON, as the proxy of the Go runtime makes variables of them.
    fn variables(self) -> BTreeMap<String, String> {
        let env = self.value.unwrap_or_default().env.unwrap_or_default();
        let text = |value| match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        let env = env.into_iter();
        env.map(|(name, value)| (name, text(value))).collect()
    }
}

/// Takes port 8080, or what `ISOBAR_LISTEN` says in its place.
pub async fn bind_container(variables: &Variables<'_>) -> Result<ActionContainer> {
    let options = CONTAINER.options().with_max_body_bytes(MOST_BYTES as u64);
    let address = CONTAINER.listen_address(variables)?;
    Ok(ActionContainer {
        server: BoundServer::bind(&address, options).await?,
        action: Arc::new(Action {
            initialised: AtomicBool::new(false),
            told: watch::Sender::default(),
            activations: watch::Sender::default(),
        }),
        running: Mutex::default(),
    })
}

impl ActionContainer {
    /// The address, with the port that was chosen.
    pub fn local_addr(&self) -> std::net::SocketAddr {
        self.server.local_addr()
    }

    /// Waits for OpenWhisk's initialisation; returns the variables that it exports, for the application that is built then.
    ///
    /// The initialisation is answered when the container [serves](FunctionDriver::serve). `None` where the container is ended
    /// before, as one is that was started ahead of need: nothing has failed then, and nothing is left to serve.
    pub async fn initialised(&self) -> Result<Option<BTreeMap<String, String>>> {
        let mut running = self.take_running()?;
        let mut told = self.action.told.subscribe();
        let found = tokio::select! {
            ended = running.ended() => return ended.map(|()| None),
            told = told.wait_for(Option::is_some) => told.ok().and_then(|told| told.clone()),
        };
        let mut slot = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        *slot = Some(running);
        Ok(found)
    }

    /// The running server, started where it is not.
    fn take_running(&self) -> Result<Running> {
        let mut slot = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = slot.take() {
            return Ok(running);
        }
        let server = self.server.take()?;
        let (title, address) = (CONTAINER.title, self.local_addr());
        tracing::info!(target: "isobar", "an action listens on {address} for {title}");
        let action = Arc::clone(&self.action);
        let service = service_fn(move |request| {
            let action = Arc::clone(&action);
            async move { Ok::<_, Infallible>(action.answer(request).await) }
        });
        let run = async move { server.run(service).await.map_err(Error::from) };
        Ok(Running(tokio::spawn(run)))
    }
}

#[async_trait]
impl FunctionDriver for ActionContainer {
    fn describe(&self) -> FunctionDescription {
        FunctionDescription {
            provider: CONTAINER.name,
            capabilities: CONTAINER.capabilities,
        }
    }

    async fn serve(&self, app: AppService) -> Result<()> {
        let told = self.action.told.borrow().clone().unwrap_or_default();
        let variable = |name: &str| told.get(name).cloned().or_else(|| process_variable(name));
        let settings = Settings::from_variables(&variable)?;
        let mut running = self.take_running()?;
        let activations = Arc::new(Activations { app, settings });
        self.action.activations.send_replace(Some(activations));
        running.ended().await
    }
}

impl Action {
    async fn answer(&self, request: Request<RequestBody>) -> Response {
        let (head, body) = request.into_parts();
        let is_post = head.method == Method::POST;
        let asked = head.uri.path().to_owned();
        if !is_post || (asked != "/init" && asked != "/run") {
            let error = Error::new(ErrorKind::NotFound, "OpenWhisk posts to /init and /run");
            return failed(StatusCode::NOT_FOUND, &error);
        }
        let content = match body.collect().await {
            Ok(content) => content.to_bytes(),
            Err(error) => {
                let error = Error::invalid("the request did not arrive").with_source(error);
                return failed(StatusCode::BAD_REQUEST, &error);
            }
        };
        if asked == "/init" {
            self.init(&content).await
        } else {
            self.run(&content).await
        }
    }

    async fn init(&self, content: &[u8]) -> Response {
        let initialisation = match serde_json::from_slice::<Initialisation>(content) {
            Ok(initialisation) => initialisation,
            Err(error) => {
                let error = Error::invalid("the initialisation is malformed").with_source(error);
                return failed(StatusCode::BAD_GATEWAY, &error);
            }
        };
        if self.initialised.swap(true, Ordering::AcqRel) {
            let message = "cannot initialize the action more than once";
            return failed(StatusCode::FORBIDDEN, &Error::invalid(message));
        }
        self.told.send_replace(Some(initialisation.variables()));
        // The application is built with them; where it cannot be, the process ends, which fails the initialisation.
        let mut activations = self.activations.subscribe();
        let _built = activations.wait_for(Option::is_some).await;
        json(StatusCode::OK, Bytes::from_static(br#"{"ok":true}"#))
    }

    async fn run(&self, content: &[u8]) -> Response {
        let activations = self.activations.borrow().clone();
        let activations = activations.filter(|_| self.initialised.load(Ordering::Acquire));
        let Some(activations) = activations else {
            let error = Error::invalid("the action has not been initialized");
            return failed(StatusCode::INTERNAL_SERVER_ERROR, &error);
        };
        let ended = activations.run(content).await;
        logs::end();
        match ended {
            Ended::Done(result) => json(StatusCode::OK, result),
            Ended::Failed(result) => json(StatusCode::BAD_GATEWAY, result),
        }
    }
}

fn failed(status: StatusCode, error: &Error) -> Response {
    json(status, error::result(error).into())
}

fn json(status: StatusCode, content: Bytes) -> Response {
    let mut response = Head::new(Body::from(content));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}
