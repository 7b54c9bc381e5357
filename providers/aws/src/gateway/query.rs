//! The query of a request: as the client sent it, or rebuilt where a door tells only keys and values.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::FrontDoor;
use super::event::{HttpEvent, Members, Multi, Single, Text};

/// The query, and whether it was rebuilt (rule N2).
pub(super) struct Query<'e> {
    pub(super) text: Cow<'e, str>,
    pub(super) rebuilt: bool,
}

/// What stands for itself in keys and values whatever reads them.
const IN_PAIR: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'*')
    .remove(b'/')
    .remove(b':')
    .remove(b',');

pub(super) fn query<'e>(door: FrontDoor, event: &'e HttpEvent<'_>) -> Query<'e> {
    if matches!(door, FrontDoor::FunctionUrl | FrontDoor::HttpApi) {
        let raw = event.raw_query_string.as_ref().map(|query| &*query.0);
        return Query {
            text: Cow::Borrowed(raw.unwrap_or_default()),
            rebuilt: false,
        };
    }
    let mut text = String::new();
    let multi = event.multi_value_query_string_parameters.as_ref();
    let single = event.query_string_parameters.as_ref();
    for (key, value) in pairs(multi, single) {
        if !text.is_empty() {
            text.push('&');
        }
        push(door, &mut text, key);
        text.push('=');
        push(door, &mut text, &value.0);
    }
    Query {
        rebuilt: !text.is_empty(),
        text: Cow::Owned(text),
    }
}

/// Load balancers do not decode what they read between `&` and `=`; API Gateway does.
fn push(door: FrontDoor, text: &mut String, part: &str) {
    match door {
        FrontDoor::LoadBalancer | FrontDoor::LoadBalancerMulti => text.push_str(part),
        _ => text.extend(utf8_percent_encode(part, IN_PAIR)),
    }
}

/// The values of the multi-value member, and of the other those whose names are absent from it (rule N3).
pub(super) fn pairs<'m>(
    multi: Option<&'m Multi<'_>>,
    single: Option<&'m Single<'_>>,
) -> impl Iterator<Item = (&'m str, &'m Text<'m>)> {
    let all = members(multi);
    let rest = members(single).iter().enumerate();
    let rest = rest.filter(move |(nth, (name, _))| {
        // Almost always both members have the same names in the same order.
        let mut known = all.iter().skip(*nth).chain(all.iter().take(*nth));
        !known.any(|(known, _)| known.0.eq_ignore_ascii_case(&name.0))
    });
    let all = all.iter().flat_map(|(name, values)| {
        let values = values.iter();
        values.map(|value| (&*name.0, value))
    });
    all.chain(rest.map(|(_, (name, value))| (&*name.0, value)))
}

fn members<'m, V>(members: Option<&'m Members<'_, V>>) -> &'m [(Text<'m>, V)] {
    members.map_or(&[], |members| &members.0)
}
