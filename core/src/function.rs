//! Applications: routes, triggers and resources, woken by whichever platform they run on.

mod answer;
mod app;
mod context;
mod delivery;
mod description;
mod event;
mod limit;
mod message;
mod origin;
mod outcome;
mod recorder;
mod reply;
mod request_id;
mod service;
mod setting;
mod timeout;
mod topic;
mod trace;
mod trigger;

pub use answer::Answer;
pub use app::App;
pub use context::Context;
pub(crate) use description::Declarations;
pub use description::Description;
pub use event::{Event, EventData, Schedule};
pub(crate) use limit::LimitLayer;
pub use message::{Message, Messages, TopicSpec};
pub use origin::{IdField, Origin};
pub use outcome::Outcome;
pub use reply::ReplyEvent;
pub use request_id::{REQUEST_ID, RequestId};
pub use service::AppService;
pub use setting::{Secret, SecretSpec, SettingSpec};
pub(crate) use timeout::TimeoutLayer;
pub use topic::{OutgoingMessage, Topic};
pub use trace::{TRACE_RESPONSE, Trace};
