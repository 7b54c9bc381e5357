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
const OF_FUNCTION_URLS: [Waiver; 9] = [
    Waiver::fails("G-200", "?", "MiniStack decodes the path"),
    Waiver::fails("G-201", "?", "MiniStack takes one header of a name only"),
    Waiver::fails("G-202", "?", QUERY),
    Waiver::fails("G-205", "?", "the host is that of the function's URL"),
    Waiver::fails("G-210", "?", "MiniStack answers upgrades itself"),
    Waiver::fails(
        "G-224",
        "?",
        "MiniStack answers with a type where there is none",
    ),
    Waiver::fails("G-402", "?", QUERY),
    Waiver::fails(
        "G-403",
        "?",
        "MiniStack refuses so many header fields itself",
    ),
    Waiver::varies(
        "G-430",
        "?",
        "MiniStack may take longer for a request than the rate allows",
    ),
];
const QUERY: &str = "MiniStack puts the parameters of a query into another order";
/// The same where SNS wakes the function.
const OF_TOPICS: [Waiver; 2] = [
    Waiver::fails(
        "G-264",
        "?",
        "MiniStack invokes a function that has subscribed once, whatever comes of it",
    ),
    Waiver::fails("G-401", "?", "a topic that wakes a function keeps no order"),
];

const OF_BOTH: [Waiver; 11] = {
    let [a, b, c, d, e, f, g, h, i] = OF_FUNCTION_URLS;
    let [j, k] = OF_TOPICS;
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
