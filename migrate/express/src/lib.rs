//! What ported handlers link so that they answer byte for byte as Express did.
//!
//! A [`Router`] collects middleware and routes in order of registration, as `app` and `express.Router()` do. An
//! [`Express`] holds a [`Profile`] (which Express) and its settings, and makes a [`tower::Service`] of a router.
//!
//! ```
//! use isobar_express::{
//!     Express, Flow, Handled, JsValue, Profile, Reply, Request, Response, Router, Thrown, object,
//! };
//!
//! #[derive(Clone)]
//! struct State {
//!     greeting: &'static str,
//! }
//!
//! // (req, res, next) => { if (req.get('authorization')) return next(); res.status(401).json({ error: 'who?' }) }
//! async fn require_user(req: Request, res: Response, _: State) -> Handled {
//!     if req.get("authorization").truthy() {
//!         return Ok(Flow::Next);
//!     }
//!     res.status(401).json(object![("error", "who?")])
//! }
//!
//! // (req, res) => res.json({ hello: `${greeting} ${req.params.name}` })
//! async fn hello(req: Request, state: State) -> Result<Reply, Thrown> {
//!     let name = req.params().get("name")?.to_js_string()?;
//!     Ok(Reply::json(object![("hello", format!("{} {name}", state.greeting))]))
//! }
//!
//! // (err, req, res, next) => res.status(500).send(String(err))
//! async fn on_error(err: JsValue, _: Request, res: Response, _: State) -> Handled {
//!     res.status(500).send(err.to_js_string()?)
//! }
//!
//! let router = Router::new().get("/hello/:name", (require_user, hello)).middleware(on_error);
//! let service = Express::new(Profile::V4).service(router, State { greeting: "good day" })?;
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let request = http::Request::get("/hello/ada").header("authorization", "x").body(String::new())?;
//! let response = service.answer(request).await?;
//! assert_eq!(response.headers()["content-type"], "application/json; charset=utf-8");
//! let body = axum::body::to_bytes(response.into_body(), 1000).await?;
//! assert_eq!(body, r#"{"hello":"good day ada"}"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What differs from Express
//!
//! - A request that no function answers waits for ever in Express. Here it gets a bare 500, marked [`Unanswered`]; so does a
//!   request whose `async` handler throws under Express 4, see [`promise`].
//! - Outside `production`, error pages show the first line of the error's stack only.
//! - Views, `sendFile` and `express.static` stay with the legacy application, see [`legacy`] and [`legacy_files`].
//! - Header names are written in lower case, as HTTP libraries in Rust do.

mod compress;
mod content_disposition;
mod content_type;
mod cookie;
mod encode;
mod error;
mod etag;
mod exchange;
mod express;
mod final_handler;
mod flow;
mod fresh;
mod handler;
mod http_date;
mod http_error;
mod legacy;
mod media_type;
pub mod middleware;
mod mime;
mod negotiate;
mod profile;
mod query;
mod range;
mod reply;
mod request;
mod response;
mod router;
mod service;
mod settings;
pub mod state;
mod statuses;
mod trust;
mod unanswered;
mod value;
mod vary;

pub use error::{Error, ErrorKind};
pub use exchange::Encrypted;
pub use express::Express;
pub use flow::{Flow, Handled};
pub use handler::{Answer, Handler, IntoHandler, IntoHandlers, promise};
pub use isobar::http::RemoteAddress;
pub use isobar_express_path::{Pattern, RegexSource};
pub use legacy::{legacy, legacy_files};
/// The allocator for programs of ported handlers: each request makes about a hundred small objects.
#[doc(no_inline)]
pub use mimalloc::MiMalloc as Allocator;
pub use profile::Profile;
pub use reply::Reply;
pub use request::Request;
pub use response::Response;
pub use router::{IntoParamHook, ParamHook, Route, Router, RouterOptions};
pub use service::{ExpressService, ResponseFuture};
pub use unanswered::{NotMine, Unanswered};
pub use value::{
    ErrorClass, JsArray, JsClass, JsFunction, JsObject, JsString, JsValue, PropertyName, TextPart,
    Thrown, Truthy, array_from, attempt, console_debug, console_error, console_log, console_warn,
    create_error, date_now, date_parse, decode_uri_component, encode_uri_component, escape_html,
    iso_now, json_parse, json_stringify, json_stringify_pretty, math_max, math_min, math_pow,
    math_random, math_round, math_sign, new_array, new_date, new_regexp, number_is_finite,
    number_is_integer, number_is_nan, number_is_safe_integer, number_to_string, numbers,
    object_assign, object_entries, object_from_entries, object_has_own, object_keys, object_values,
    parse_float, parse_int, process_uptime, random_uuid, regex, settle_all, to_int32,
};
