//! Lambda behind each of its front doors, whose parts the suite plays by their documents.

use std::sync::Arc;

use isobar_aws::FrontDoor;
use isobar_aws::function::InvokeMode;

use super::StartFailure;
use crate::door::lambda::LambdaDoors;
use crate::{Evidence, Provider, Waiver};

/// A function URL; where a case needs a stage, an HTTP API. It is the way of the provider `aws`.
pub(crate) const FUNCTION_URL: LambdaDoors = LambdaDoors {
    door: FrontDoor::FunctionUrl,
    mode: InvokeMode::Buffered,
};

/// The doors beside that, by the names of their providers.
pub const NAMES: [&str; 6] = [
    "aws-stream",
    "aws-http-api",
    "aws-http-api-v1",
    "aws-rest",
    "aws-alb",
    "aws-alb-multi",
];

const DECODED_PATH: Waiver = Waiver::fails(
    "G-200",
    "the path is \"/a/b\", it must be \"/a%2Fb\"",
    "HTTP APIs decode paths, and end them at a question mark",
);
const DECODED_BYTES: Waiver = Waiver::fails(
    "G-452",
    "the path is \"/%25zz\", it must be \"/%zz\"",
    "HTTP APIs decode paths, so that a stray percent sign becomes an escape",
);
const UNTOLD_CLIENTS: Waiver = Waiver::fails(
    "G-456",
    "the handler goes on",
    "Lambda does not tell the function that its client is gone",
);
const SEVEN_METHODS: Waiver = Waiver::passes(
    "G-453",
    "API Gateway takes GET, POST, PUT, DELETE, HEAD, PATCH and OPTIONS",
);
const QUERY_IN_MAPS: Waiver = Waiver::fails(
    "G-202",
    "the query is \"b=2&b=1&a=1\", it must be \"b=2&a=1&b=1\"",
    "the door tells queries as keys, each with its values",
);
const QUERY_IN_MAP: Waiver = Waiver::fails(
    "G-202",
    "the query is \"a=2\", it must be \"a=1&a=2\"",
    "the door tells queries as keys, each with its last value",
);

/// What each door does to requests before the function sees them.
const REWRITTEN: [&[Waiver]; 6] = [
    &[UNTOLD_CLIENTS],
    &[DECODED_PATH, DECODED_BYTES, SEVEN_METHODS],
    &[DECODED_PATH, DECODED_BYTES, SEVEN_METHODS, QUERY_IN_MAPS],
    &[SEVEN_METHODS, QUERY_IN_MAPS],
    &[
        QUERY_IN_MAP,
        Waiver::fails(
            "G-100",
            "the cookies of two headers is \"c=3\"",
            "of headers of one name it passes the last",
        ),
        Waiver::fails(
            "G-201",
            "the values of x-list is [\"c\", \"d\"]",
            "of headers of one name it passes the last",
        ),
        Waiver::fails(
            "G-402",
            "the parameters of a=1&a=2 is [(\"a\", \"2\")]",
            "of parameters of one name it passes the last",
        ),
    ],
    &[QUERY_IN_MAPS],
];

/// Whether there is a door of this name.
pub(super) fn starts(name: &str) -> bool {
    NAMES.contains(&name)
}

/// The doors of the provider of this name; a function URL where it has no other.
pub(crate) fn named(name: &str) -> LambdaDoors {
    let door = match name {
        "aws-http-api" => FrontDoor::HttpApi,
        "aws-http-api-v1" => FrontDoor::HttpApiV1,
        "aws-rest" => FrontDoor::RestApi,
        "aws-alb" => FrontDoor::LoadBalancer,
        "aws-alb-multi" => FrontDoor::LoadBalancerMulti,
        _ => FrontDoor::FunctionUrl,
    };
    let mode = if name == "aws-stream" {
        InvokeMode::ResponseStream
    } else {
        InvokeMode::Buffered
    };
    LambdaDoors { door, mode }
}

/// Nothing has to be started but the probe behind each door.
pub(super) fn start(name: &str) -> Result<Provider, StartFailure> {
    let found = NAMES.into_iter().zip(REWRITTEN);
    let mut found = found.filter(|(own, _)| *own == name);
    let Some((name, known_faults)) = found.next() else {
        let message = format!("there is no front door of the name {name:?}");
        return Err(StartFailure::Broken(message));
    };
    Ok(Provider {
        doors: Some(Arc::new(named(name))),
        endpoint: "a runtime API of its own for each case".to_owned(),
        known_faults,
        ..Provider::new(name, Evidence::ContractOnly)
    })
}
