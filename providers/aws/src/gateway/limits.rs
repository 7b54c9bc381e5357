//! What the front doors let through.

use std::time::Duration;

use super::FrontDoor;

/// What a front door lets through, in bytes, and how long it waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DoorLimits {
    /// The content of a request, before Base64.
    pub content: u64,
    /// The names and values of a request's header fields with its method and target; `None` where no limit is published.
    pub head: Option<u64>,
    /// The answer of the function as JSON.
    pub answer: u64,
    /// How long it waits for the answer.
    pub time: Duration,
}

const MEGABYTE: u64 = 1_024 * 1_024;

impl FrontDoor {
    /// What the door lets through: Lambda's 6 MB for a synchronous invocation, the load balancers' 1 MB each way, the
    /// 10,240 bytes of header fields of API Gateway. A REST API waits 29 s, an HTTP API 30 s, the others
    /// as long as a function may run, 15 minutes.
    ///
    /// "Lambda quotas", "Quotas for configuring and running a REST API in API Gateway", "Quotas for configuring and
    /// running an HTTP API", "Lambda functions as targets".
    pub const fn limits(self) -> DoorLimits {
        let lambda = DoorLimits {
            content: 6 * MEGABYTE,
            head: None,
            answer: 6 * MEGABYTE,
            time: Duration::from_mins(15),
        };
        match self {
            Self::FunctionUrl => lambda,
            Self::HttpApi | Self::HttpApiV1 => DoorLimits {
                head: Some(10_240),
                time: Duration::from_secs(30),
                ..lambda
            },
            Self::RestApi => DoorLimits {
                head: Some(10_240),
                time: Duration::from_secs(29),
                ..lambda
            },
            Self::LoadBalancer | Self::LoadBalancerMulti => DoorLimits {
                content: MEGABYTE,
                answer: MEGABYTE,
                ..lambda
            },
        }
    }
}
