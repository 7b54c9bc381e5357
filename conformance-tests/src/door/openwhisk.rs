//! Through an action of OpenWhisk, as its controller, its invoker and the proxy of its ActionLoop runtimes do by their
//! sources.
//!
//! <https://github.com/apache/openwhisk/blob/master/docs/actions-new.md>,
//! <https://github.com/apache/openwhisk-runtime-go/blob/master/openwhisk/executor.go>

mod container;
mod proxy;
mod web_action;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use isobar::Capabilities;
use isobar_openwhisk::function::{ACTION_LOOP, CONTAINER};
use serde_json::{Value, json};
use uuid::Uuid;

use super::application::Application;
use super::{Damage, Door, Doors, SizeLimit, WireRequest, WireResponse};
use crate::{Evidence, Failure};
use container::Container;
use proxy::Proxy;

/// Doors to an action.
#[derive(Debug, Clone, Copy)]
pub enum OpenWhiskDoors {
    /// In a container of its own.
    Container,
    /// Below the proxy of an ActionLoop runtime.
    ActionLoop,
}

#[derive(Debug)]
struct OpenWhiskDoor<A>(A);

/// What runs activations, one at a time; where OpenWhisk would start another container the others wait.
#[async_trait]
trait Activates: std::fmt::Debug + Send + Sync {
    /// The result of an activation, which has an `error` where that failed.
    async fn activate(&self, activation: &Value) -> Result<Value, Failure>;

    /// The lines with this text that it has logged.
    async fn logged(&self, text: &str) -> Result<Vec<String>, Failure>;
}

/// How long an action may take to be there, and to answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// "Per activation payload size".
const MOST_CONTENT: usize = 1_000_000;

#[async_trait]
impl Doors for OpenWhiskDoors {
    fn capabilities(&self) -> Capabilities {
        match self {
            Self::Container => CONTAINER.capabilities,
            Self::ActionLoop => ACTION_LOOP.capabilities,
        }
    }

    fn evidence(&self) -> Evidence {
        Evidence::ContractOnly
    }

    fn scheme(&self) -> Option<&'static str> {
        Some("http")
    }

    fn most_content(&self) -> usize {
        MOST_CONTENT
    }

    fn deadline(&self) -> Option<Duration> {
        Some(PATIENCE)
    }

    fn content_limit(&self) -> SizeLimit {
        SizeLimit::exactly(1_024 * 1_024)
    }

    fn target_limit(&self) -> Option<SizeLimit> {
        Some(SizeLimit::REWRITTEN_TARGET)
    }

    fn tells_host(&self) -> bool {
        false
    }

    fn tells_base_path(&self) -> bool {
        false
    }

    fn one_at_a_time(&self) -> bool {
        true
    }

    fn counts_deliveries(&self) -> bool {
        // No messages come this way.
        false
    }

    async fn open(&self) -> Result<Box<dyn Door>, Failure> {
        self.start(None).await
    }
}

impl OpenWhiskDoors {
    /// The door to somebody's application in place of the probe.
    pub(super) async fn open_application(
        self,
        application: &Application,
    ) -> Result<Box<dyn Door>, Failure> {
        self.start(Some(application)).await
    }

    async fn start(self, application: Option<&Application>) -> Result<Box<dyn Door>, Failure> {
        Ok(match self {
            Self::Container => Box::new(OpenWhiskDoor(Container::start(application).await?)),
            Self::ActionLoop => Box::new(OpenWhiskDoor(Proxy::start(application).await?)),
        })
    }
}

#[async_trait]
impl<A: Activates> Door for OpenWhiskDoor<A> {
    async fn send(&self, request: &WireRequest) -> Result<WireResponse, Failure> {
        let id = Uuid::new_v4().simple().to_string();
        let result = self.result(&web_action::arguments(request), &id).await?;
        let response = web_action::response(&result, &request.method)?;
        let filed = response.joined("x-request-id");
        if filed != id {
            let what = format!("the activation is {id:?}, the response says {filed:?}");
            return Err(Failure::new(what));
        }
        Ok(response)
    }

    async fn bring_damaged(&self, damage: Damage) -> Result<String, Failure> {
        if damage != Damage::Content {
            return Err(damage.not_brought());
        }
        let id = Uuid::new_v4().simple().to_string();
        let result = self.result(&web_action::damaged(), &id).await?;
        let error = result.get("error").and_then(Value::as_str);
        error
            .map(str::to_owned)
            .ok_or_else(|| damage.was_taken(&result.to_string()))
    }

    async fn logged(&self, text: &str) -> Result<Vec<String>, Failure> {
        self.0.logged(text).await
    }
}

impl<A: Activates> OpenWhiskDoor<A> {
    async fn result(&self, arguments: &Value, id: &str) -> Result<Value, Failure> {
        let activation = activation(arguments, id);
        let result = tokio::time::timeout(PATIENCE, self.0.activate(&activation)).await;
        result.unwrap_or_else(|_| Err(Failure::new("no result in 30 s")))
    }
}

/// What the invoker posts to `/run` (`ContainerProxy.scala`).
fn activation(arguments: &Value, id: &str) -> Value {
    let deadline = SystemTime::now() + PATIENCE;
    let deadline = deadline.duration_since(UNIX_EPOCH).unwrap_or_default();
    json!({
        "value": arguments,
        "namespace": "guest",
        "action_name": "/guest/demo/probe",
        "action_version": "0.0.1",
        "activation_id": id,
        "transaction_id": "HDpxHhHkYQ3fNRmMlc6SLRKOmjGVmBhb",
        "api_key": "23bc46b1-71f6-4ed5-8c54-816aa4f8c502:no",
        "deadline": deadline.as_millis().to_string(),
    })
}
