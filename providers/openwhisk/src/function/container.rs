//! A container that is an action: `POST /init` once, then `POST /run` for each activation.
//!
//! <https://github.com/apache/openwhisk/blob/master/docs/actions-new.md#action-interface>

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Response as Head, StatusCode};
use http_body_util::BodyExt as _;
use isobar::driver::function::{FunctionDescription, FunctionDriver};
use isobar::function::AppService;
use isobar::http::{Body, Response};
use isobar::{Error, ErrorKind, Result};
use isobar_serve::{BoundServer, RequestBody, Variables};
use serde::Deserialize;
use serde::de::IgnoredAny;
use tower::service_fn;

use super::activation::{Activations, Ended, MOST_BYTES, Settings};
use super::logs;
use crate::config::CONTAINER;
use crate::error;

/// A container that OpenWhisk initialises and activates.
#[derive(Debug)]
pub struct ActionContainer {
    server: BoundServer,
    settings: Settings,
}

/// What a request to the container means.
#[derive(Debug)]
struct Action {
    activations: Activations,
    initialised: AtomicBool,
}

/// The code of an action, its parameters and variables; this one is in the binary already.
#[derive(Debug, Deserialize)]
struct Initialisation {
    #[serde(default, rename = "value")]
    _value: Option<IgnoredAny>,
}

/// Takes port 8080, or what `ISOBAR_LISTEN` says in its place.
pub async fn bind_container(variables: &Variables<'_>) -> Result<ActionContainer> {
    let options = CONTAINER.options().with_max_body_bytes(MOST_BYTES as u64);
    let address = CONTAINER.listen_address(variables)?;
    Ok(ActionContainer {
        server: BoundServer::bind(&address, options).await?,
        settings: Settings::from_variables(variables)?,
    })
}

impl ActionContainer {
    /// The address, with the port that was chosen.
    pub fn local_addr(&self) -> std::net::SocketAddr {
        self.server.local_addr()
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
        let server = self.server.take()?;
        let (title, address) = (CONTAINER.title, self.local_addr());
        tracing::info!(target: "isobar", "{} listens on {address} for {title}", app.name());
        let action = Arc::new(Action {
            activations: Activations {
                app,
                settings: self.settings,
            },
            initialised: AtomicBool::new(false),
        });
        let service = service_fn(move |request| {
            let action = Arc::clone(&action);
            async move { Ok::<_, Infallible>(action.answer(request).await) }
        });
        server.run(service).await.map_err(Error::from)
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
            self.init(&content)
        } else {
            self.run(&content).await
        }
    }

    fn init(&self, content: &[u8]) -> Response {
        if let Err(error) = serde_json::from_slice::<Initialisation>(content) {
            let error = Error::invalid("the initialisation is no JSON").with_source(error);
            return failed(StatusCode::BAD_GATEWAY, &error);
        }
        if self.initialised.swap(true, Ordering::AcqRel) {
            let message = "cannot initialize the action more than once";
            return failed(StatusCode::FORBIDDEN, &Error::invalid(message));
        }
        json(StatusCode::OK, Bytes::from_static(br#"{"ok":true}"#))
    }

    async fn run(&self, content: &[u8]) -> Response {
        if !self.initialised.load(Ordering::Acquire) {
            let error = Error::invalid("the action has not been initialized");
            return failed(StatusCode::INTERNAL_SERVER_ERROR, &error);
        }
        let ended = self.activations.run(content).await;
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
