//! Keys and tokens in a query or a header field without which an application lets nobody in, found by trying.

use std::collections::BTreeSet;

use http::{Method, StatusCode};
use isobar_migrate_model::Contract;

use crate::verify::request::{Request, field};

/// A value that a request carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pass {
    /// A parameter of the query, its value encoded.
    Query(String, String),
    /// A header field.
    Header(String, String),
}

/// What is known to open doors.
#[derive(Debug, Default)]
pub(super) struct Passes {
    known: Vec<Pass>,
    /// What was refused without a pass.
    refused: BTreeSet<(String, String)>,
}

const USUAL_VALUES: [&str; 3] = ["verify", "1", ""];

impl Pass {
    fn name(&self) -> &str {
        let (Self::Query(name, _) | Self::Header(name, _)) = self;
        name
    }

    /// `None` where the value cannot be sent.
    pub(super) fn put_on(&self, mut request: Request) -> Option<Request> {
        match self {
            Self::Query(name, value) => Some(request.with_query(&format!("{name}={value}"))),
            Self::Header(name, value) => {
                request.headers.push(field(name, value).ok()?);
                Some(request)
            }
        }
    }

    fn is_read_by(&self, contract: &Contract) -> bool {
        let names = match self {
            Self::Query(..) => &contract.query,
            Self::Header(..) => &contract.headers,
        };
        names.iter().any(|name| name == self.name())
    }
}

impl Passes {
    /// Takes the answer to a request that carried `tried`, or nothing.
    pub(super) fn learn(&mut self, request: &Request, status: StatusCode, tried: Option<Pass>) {
        let door = |method: &Method, path: &str| (method.to_string(), path.to_owned());
        let door = door(&request.method, request.path());
        match tried {
            None if status.is_client_error() => {
                self.refused.insert(door);
            }
            Some(pass) if !status.is_client_error() && self.refused.contains(&door) => {
                self.keep(pass);
            }
            _ => {}
        }
    }

    fn keep(&mut self, pass: Pass) {
        if self.known.iter().all(|known| known.name() != pass.name()) {
            self.known.push(pass);
        }
    }

    /// The request with the passes that its route reads.
    pub(super) fn put_on(&self, request: Request, contract: &Contract) -> Request {
        let read = self.known.iter().filter(|pass| pass.is_read_by(contract));
        read.fold(request, |request, pass| {
            pass.put_on(request.clone()).unwrap_or(request)
        })
    }
}

/// Values for a header field that the code reads.
pub(super) fn header_values(name: &str, words: &[String]) -> Vec<String> {
    let words = words.iter().map(String::as_str).chain(USUAL_VALUES);
    if name.eq_ignore_ascii_case("authorization") {
        return words.map(|word| format!("Bearer {word}")).collect();
    }
    words.map(str::to_owned).collect()
}
