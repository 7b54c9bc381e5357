//! Lambda on MiniStack, which runs the function itself and wakes it by its own tables, queues, topics, buckets and rules: a
//! second opinion on the events that the AWS provider's own door makes.

use std::sync::Arc;

use super::StartFailure;
use crate::door::Doors;
use crate::door::deployed::{DeployedDoors, SubscribedDoors};
use crate::{Evidence, Provider, Waiver};

/// By a queue and everything else that has a trigger, or by a topic.
pub const NAMES: [&str; 2] = ["aws-deployed", "aws-deployed-sns"];

/// Where MiniStack 1.5 is known to differ from Lambda's function URLs, as seen.
const OF_FUNCTION_URLS: [Waiver; 8] = [
    Waiver::fails(
        "G-200",
        "the path is \"/a/b\"",
        "MiniStack decodes the path",
    ),
    Waiver::fails(
        "G-201",
        "the values of x-forwarded-for is [\"192.0.2.7\"]",
        "MiniStack takes one header of a name only",
    ),
    Waiver::fails("G-202", "the query is \"b=2&b=1&a=1\"", QUERY),
    Waiver::fails(
        "G-205",
        ".lambda-url.us-east-1.on.aws\"",
        "the host is that of the function's URL",
    ),
    Waiver::fails(
        "G-210",
        "the status is 403",
        "MiniStack answers upgrades itself",
    ),
    Waiver::fails(
        "G-224",
        "the content type is \"application/json\"",
        "MiniStack answers with a type where there is none",
    ),
    Waiver::fails("G-402", "b=2&a=1&b=1 became b=2&b=1&a=1 in silence", QUERY),
    Waiver::varies(
        "G-430",
        &["requests were served and none refused"],
        "MiniStack may take longer for a request than the rate allows",
    ),
];
const QUERY: &str = "MiniStack puts the parameters of a query into another order";
const ONCE: &str = "MiniStack invokes a function that has subscribed once, whatever comes of it";
/// The same where SNS wakes the function.
const OF_TOPICS: [Waiver; 3] = [
    Waiver::fails("G-264", "deliveries came", ONCE),
    Waiver::fails("G-401", "deliveries came", ONCE),
    Waiver::fails("G-436", "deliveries came", ONCE),
];

const OF_BOTH: [Waiver; 11] = {
    let [a, b, c, d, e, f, g, h] = OF_FUNCTION_URLS;
    let [i, j, k] = OF_TOPICS;
    [a, b, c, d, e, f, g, h, i, j, k]
};

/// Whether this is one of them.
pub(super) fn starts(name: &str) -> bool {
    NAMES.contains(&name)
}

/// Every door starts an emulator of its own.
pub(super) fn start(name: &str) -> Result<Provider, StartFailure> {
    let known = NAMES.iter().position(|known| *known == name);
    let (name, doors, known_faults): (_, Arc<dyn Doors>, &[Waiver]) = match known {
        Some(0) => (NAMES[0], Arc::new(DeployedDoors), &OF_FUNCTION_URLS),
        Some(_) => (NAMES[1], Arc::new(SubscribedDoors), &OF_BOTH),
        None => {
            let message = format!("there is no deployed function of the name {name:?}");
            return Err(StartFailure::Broken(message));
        }
    };
    Ok(Provider {
        doors: Some(doors),
        endpoint: "an emulator of its own for each case".to_owned(),
        known_faults,
        ..Provider::new(name, Evidence::ThirdPartyEmulator)
    })
}
