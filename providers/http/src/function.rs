//! The platforms: what each front end's contract says, and what it asks for beside answers to clients.

mod fission;
mod knative;
mod openfaas;

use http::{Response as Head, StatusCode};
use isobar::http::{Body, Response};

pub use fission::{FISSION, bind_fission};
pub use knative::{KNATIVE, bind_knative};
pub use openfaas::{OPENFAAS, bind_openfaas};

/// An answer that only its status says.
fn status(status: StatusCode) -> Response {
    let mut response = Head::new(Body::empty());
    *response.status_mut() = status;
    response
}
