//! The first phase: which side answers a request. A pure function of the route, its state, and the client.

#[cfg(test)]
mod tests;

use crate::config::Effects;
use crate::state::{Percent, RouteState, Side};
use crate::table::{RouteId, States, Table};

/// What is known of a request when it is decided on.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The method.
    pub method: &'a str,
    /// The path as it came, without the query.
    pub path: &'a str,
    /// Whether it asks for a tunnel (a WebSocket).
    pub upgrade: bool,
    /// Whether it has a body, which cannot be sent a second time.
    pub has_body: bool,
    /// Where its client stands among all clients.
    pub client: ClientShare,
}

/// A client's fixed place between 0 and 9,999, the same for each of its requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientShare(u64);

/// What is to be done with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The route it was found to be for.
    pub route: Option<RouteId>,
    /// Who answers.
    pub side: Side,
    /// What else happens.
    pub beside: Beside,
}

/// What happens beside the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// Nothing.
    Nothing,
    /// The other side gets a copy, and the answers are compared.
    Shadow,
    /// The legacy side answers if the ported one cannot be reached or breaks off before its answer.
    Fallback,
    /// The side that answers may make a tunnel of the connection.
    Tunnel,
}

const SHARES: u64 = 10_000;

impl ClientShare {
    /// The place of the client that `key` names: a hash that never changes, so that a client stays where it is over
    /// restarts and versions (FNV-1a, with the finalizer of MurmurHash3 for even shares).
    pub fn of(key: &[u8]) -> Self {
        let fnv = key.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        let mut mixed = fnv ^ (fnv >> 33);
        mixed = mixed.wrapping_mul(0xff51_afd7_ed55_8ccd);
        mixed ^= mixed >> 33;
        mixed = mixed.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        mixed ^= mixed >> 33;
        Self(mixed % SHARES)
    }

    fn is_within(self, percent: Percent) -> bool {
        self.0 < u64::from(percent.get()) * 100
    }
}

/// Decides on one request.
///
/// What is not listed belongs to the legacy application, and so do tunnels, but for those to a route with effects that has
/// moved: the legacy application might answer without a tunnel, and write.
pub fn decide(table: &Table, states: &States, facts: &Facts<'_>) -> Decision {
    let legacy = |route| Decision {
        route,
        side: Side::Legacy,
        beside: if facts.upgrade {
            Beside::Tunnel
        } else {
            Beside::Nothing
        },
    };
    let Some(id) = table.find(facts.method, facts.path) else {
        return legacy(None);
    };
    let repeatable = table.route(id).effects == Effects::None;
    if facts.upgrade && repeatable {
        return legacy(Some(id));
    }
    let ported = || {
        let beside = if repeatable && !facts.has_body {
            Beside::Fallback
        } else {
            Beside::Nothing
        };
        Decision {
            route: Some(id),
            side: Side::Ported,
            beside,
        }
    };
    match states.of(id) {
        RouteState::Shadow if repeatable => Decision {
            beside: Beside::Shadow,
            ..legacy(Some(id))
        },
        RouteState::Legacy | RouteState::Shadow => legacy(Some(id)),
        RouteState::Canary(percent) if !facts.client.is_within(percent) => legacy(Some(id)),
        RouteState::Canary(_) | RouteState::Ported => ported(),
    }
}
