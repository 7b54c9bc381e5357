//! How exactly a member of an `Accept` header names what is offered.

use super::parse::member_v4;
use super::{Aspect, Preference};
use crate::content_type::ContentType;
use crate::profile::Profile;

/// A number that is larger the more exact the match; `None` where it does not match.
pub(super) fn specificity(
    profile: Profile,
    aspect: Aspect,
    offer: &str,
    member: &Preference,
) -> Option<u8> {
    match aspect {
        Aspect::MediaType => media_type(&offered(profile, aspect, offer)?, member),
        Aspect::Language => language(&offered(profile, aspect, offer)?.value, &member.value),
        Aspect::Charset | Aspect::Encoding => {
            let same = member.value.to_lowercase() == offer.to_lowercase();
            (same || member.value == "*").then_some(u8::from(same))
        }
    }
}

/// What is offered, taken apart in the same way as a header.
fn offered(profile: Profile, aspect: Aspect, offer: &str) -> Option<Preference> {
    match profile {
        Profile::V4 => member_v4(aspect, offer, 0),
        Profile::V5 => {
            let parsed = ContentType::parse(profile, offer).ok()?;
            let well_formed =
                aspect == Aspect::Language && !parsed.kind.is_empty() || parsed.kind.contains('/');
            let others = parsed
                .parameters
                .into_iter()
                .filter(|(name, _)| name != "q");
            let parameters = others.map(|(name, value)| (name, Some(value))).collect();
            let (value, quality, index) = (parsed.kind, 1.0, 0);
            well_formed.then_some(Preference {
                value,
                parameters,
                quality,
                index,
            })
        }
    }
}

fn media_type(offer: &Preference, member: &Preference) -> Option<u8> {
    let (kind, subtype) = member.value.split_once('/')?;
    let (offered_kind, offered_subtype) = offer.value.split_once('/')?;
    let part = |wanted: &str, offered: &str, weight: u8| {
        let same = wanted.to_lowercase() == offered.to_lowercase();
        (same || wanted == "*").then_some(if same { weight } else { 0 })
    };
    let specificity = part(kind, offered_kind, 4)? + part(subtype, offered_subtype, 2)?;
    if member.parameters.is_empty() {
        return Some(specificity);
    }
    let all = member.parameters.iter().all(|(name, wanted)| {
        let offered = offer.parameters.iter().find(|(own, _)| own == name);
        let offered = offered
            .and_then(|(_, value)| value.clone())
            .unwrap_or_default();
        let wanted = wanted.clone().unwrap_or_default();
        wanted == "*" || wanted.to_lowercase() == offered.to_lowercase()
    });
    all.then_some(specificity + 1)
}

fn language(offer: &str, member: &str) -> Option<u8> {
    let (offer, wanted) = (offer.to_lowercase(), member.to_lowercase());
    let prefix = |full: &str| full.split('-').next().unwrap_or_default().to_owned();
    if wanted == offer {
        Some(4)
    } else if prefix(&wanted) == offer {
        Some(2)
    } else if wanted == prefix(&offer) {
        Some(1)
    } else {
        (member == "*").then_some(0)
    }
}
