//! What a client prefers: packages `negotiator` 0.6 (Express 4) and 1.1 (Express 5).

mod parse;
mod specify;

use std::cmp::Ordering;

use crate::profile::Profile;

/// Which `Accept` header is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aspect {
    MediaType,
    Charset,
    Encoding,
    Language,
}

/// One member of an `Accept` header.
#[derive(Debug, Clone)]
struct Preference {
    value: String,
    parameters: Vec<(String, Option<String>)>,
    quality: f64,
    index: usize,
}

/// How well something offered fits: quality, specificity, place in the header, place among the offers.
#[derive(Debug, Clone, Copy)]
struct Priority {
    quality: f64,
    specificity: u8,
    /// −1 where nothing fits.
    order: i64,
    index: usize,
}

/// What a header says.
#[derive(Debug)]
pub(crate) struct Preferences {
    profile: Profile,
    aspect: Aspect,
    members: Vec<Preference>,
}

impl Preferences {
    /// Reads a header; a missing one accepts everything (an encoding only as `identity`).
    pub(crate) fn parse(profile: Profile, aspect: Aspect, header: Option<&str>) -> Self {
        let all = match aspect {
            Aspect::MediaType => "*/*",
            Aspect::Charset | Aspect::Language => "*",
            Aspect::Encoding => "",
        };
        let (mut members, count) = parse::members(profile, aspect, header.unwrap_or(all));
        if aspect == Aspect::Encoding {
            add_identity(&mut members, count);
        }
        Self {
            profile,
            aspect,
            members,
        }
    }

    /// Everything that is accepted, best first.
    pub(crate) fn accepted(&self) -> Vec<String> {
        let mut members: Vec<&Preference> = self
            .members
            .iter()
            .filter(|member| member.quality > 0.0)
            .collect();
        members.sort_by(|a, b| by_quality(a.quality, b.quality).then(a.index.cmp(&b.index)));
        members
            .into_iter()
            .map(|member| member.value.clone())
            .collect()
    }

    /// The places of those offers that are accepted, best first.
    pub(crate) fn choose(&self, offers: &[&str]) -> Vec<usize> {
        let priorities = offers
            .iter()
            .enumerate()
            .map(|(index, offer)| self.priority(offer, index));
        let mut fitting: Vec<Priority> = priorities
            .filter(|priority| priority.quality > 0.0)
            .collect();
        fitting.sort_by(|a, b| {
            by_quality(a.quality, b.quality)
                .then(b.specificity.cmp(&a.specificity))
                .then(a.order.cmp(&b.order))
                .then(a.index.cmp(&b.index))
        });
        fitting.into_iter().map(|priority| priority.index).collect()
    }

    /// The offer that is accepted with the highest quality; among equals the first of `preferred`, then the order of
    /// [`Preferences::choose`].
    pub(crate) fn choose_preferred<'o>(
        &self,
        offers: &[&'o str],
        preferred: &[&str],
    ) -> Option<&'o str> {
        let priorities = offers
            .iter()
            .enumerate()
            .map(|(index, offer)| self.priority(offer, index));
        let fitting = priorities.filter(|priority| priority.quality > 0.0);
        let rank = |priority: &Priority| {
            let place = preferred
                .iter()
                .position(|one| *one == offers[priority.index]);
            place.unwrap_or(preferred.len())
        };
        let best = fitting.min_by(|a, b| {
            by_quality(a.quality, b.quality)
                .then(rank(a).cmp(&rank(b)))
                .then(b.specificity.cmp(&a.specificity))
                .then(a.order.cmp(&b.order))
        });
        best.map(|priority| offers[priority.index])
    }

    fn priority(&self, offer: &str, index: usize) -> Priority {
        let mut best = Priority {
            quality: 0.0,
            specificity: 0,
            order: -1,
            index,
        };
        for member in &self.members {
            let fit = specify::specificity(self.profile, self.aspect, offer, member);
            let Some(specificity) = fit else { continue };
            let order = i64::try_from(member.index).unwrap_or(i64::MAX);
            let found = Priority {
                quality: member.quality,
                specificity,
                order,
                index,
            };
            if found.beats(&best) {
                best = found;
            }
        }
        best
    }
}

impl Priority {
    /// `(p.s - s.s || p.q - s.q || p.o - s.o) < 0`; a quality that is no number decides nothing.
    fn beats(&self, other: &Self) -> bool {
        let by_quality = self
            .quality
            .partial_cmp(&other.quality)
            .unwrap_or(Ordering::Equal);
        let order = self.specificity.cmp(&other.specificity).then(by_quality);
        order.then(self.order.cmp(&other.order)) == Ordering::Greater
    }
}

fn by_quality(a: f64, b: f64) -> Ordering {
    b.partial_cmp(&a).unwrap_or(Ordering::Equal)
}

/// `identity` is always acceptable, at the lowest quality, unless the header speaks of it.
fn add_identity(members: &mut Vec<Preference>, index: usize) {
    let named =
        |member: &Preference| member.value == "*" || member.value.eq_ignore_ascii_case("identity");
    if members.iter().any(named) {
        return;
    }
    let or_one = |quality: f64| {
        if quality == 0.0 || quality.is_nan() {
            1.0
        } else {
            quality
        }
    };
    let quality = members
        .iter()
        .map(|member| or_one(member.quality))
        .fold(1.0, f64::min);
    let value = "identity".to_owned();
    members.push(Preference {
        value,
        parameters: Vec::new(),
        quality,
        index,
    });
}
