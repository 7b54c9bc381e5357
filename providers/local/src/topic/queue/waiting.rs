//! Which messages of a topic were seen and are still there, by when each is due: their rows need not be read for that.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::time::Duration;

use isobar::document::Timestamp;

/// A clock that is set back by less does no harm.
const SET_BACK: Duration = Duration::from_secs(1);

/// The messages that a search has passed and that are not settled; about 100 bytes of memory each.
///
/// Only the first of a group is found by its time, since the others wait for it.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    /// Every message below this number is here, or is not in the topic.
    passed: u64,
    /// The latest time of a search.
    seen: Option<Timestamp>,
    rows: BTreeMap<u64, (Timestamp, Option<String>)>,
    /// Of those without a group, and of the first of each group.
    due: BTreeSet<(Timestamp, u64)>,
    groups: HashMap<String, BTreeSet<u64>>,
}

impl Waiting {
    /// Begins a search at this time; where the clock was set back since the last one, nothing is known any more.
    pub(super) fn begin(&mut self, now: Timestamp) {
        if self.seen.is_some_and(|seen| now.plus(SET_BACK) < seen) {
            *self = Self::default();
        }
        self.seen = self.seen.max(Some(now));
    }

    pub(super) fn passed(&self) -> u64 {
        self.passed
    }

    /// Says that a search has seen this message, and all before it.
    pub(super) fn pass(&mut self, number: u64) {
        self.passed = self.passed.max(number.saturating_add(1));
    }

    pub(super) fn contains(&self, number: u64) -> bool {
        self.rows.contains_key(&number)
    }

    /// Adds a message, or changes when it is due.
    pub(super) fn insert(&mut self, number: u64, due: Timestamp, group: Option<String>) {
        self.remove(number);
        if let Some(group) = &group {
            let of_group = self.groups.entry(group.clone()).or_default();
            let first = of_group.first().copied();
            of_group.insert(number);
            match first {
                Some(first) if first < number => {
                    self.rows.insert(number, (due, Some(group.clone())));
                    return;
                }
                Some(first) => self.hide(first),
                None => {}
            }
        }
        self.due.insert((due, number));
        self.rows.insert(number, (due, group));
    }

    fn hide(&mut self, number: u64) {
        if let Some((due, _)) = self.rows.get(&number) {
            self.due.remove(&(*due, number));
        }
    }

    /// Removes a message; the next of its group is found by its own time from now on.
    pub(super) fn remove(&mut self, number: u64) {
        let Some((due, group)) = self.rows.remove(&number) else {
            return;
        };
        self.due.remove(&(due, number));
        let Some(group) = group else { return };
        let Some(of_group) = self.groups.get_mut(&group) else {
            return;
        };
        of_group.remove(&number);
        let next = of_group.first().copied();
        match next.and_then(|next| Some((self.rows.get(&next)?.0, next))) {
            Some(next) => {
                self.due.insert(next);
            }
            None => {
                self.groups.remove(&group);
            }
        }
    }

    /// The message that is due next after this entry, up to `now`, and needs to wait for no other.
    pub(super) fn due_after(
        &self,
        entry: Option<(Timestamp, u64)>,
        now: Timestamp,
    ) -> Option<(Timestamp, u64)> {
        let from = entry.map_or(Bound::Unbounded, Bound::Excluded);
        let until = Bound::Included((now, u64::MAX));
        // A range that begins behind its end panics.
        if entry.is_some_and(|entry| entry >= (now, u64::MAX)) {
            return None;
        }
        self.due.range((from, until)).next().copied()
    }

    /// The next of its group, where that is due too.
    pub(super) fn follower(&self, number: u64, now: Timestamp) -> Option<u64> {
        let (_, group) = self.rows.get(&number)?;
        let of_group = self.groups.get(group.as_deref()?)?;
        let behind = (Bound::Excluded(number), Bound::Unbounded);
        let next = of_group.range(behind).next().copied()?;
        let (due, _) = self.rows.get(&next)?;
        (*due <= now).then_some(next)
    }

    /// Whether one of the group that is before this number waits, others than those that `is_taken` names.
    pub(super) fn blocks(
        &self,
        group: Option<&str>,
        number: u64,
        is_taken: impl Fn(u64) -> bool,
    ) -> bool {
        let of_group = group.and_then(|group| self.groups.get(group));
        of_group.is_some_and(|numbers| numbers.range(..number).any(|before| !is_taken(*before)))
    }

    /// When the first is due of those that are not.
    pub(super) fn next(&self, now: Timestamp) -> Option<Timestamp> {
        let later = (Bound::Excluded((now, u64::MAX)), Bound::Unbounded);
        self.due.range(later).next().map(|(due, _)| *due)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_micros(second * 1_000_000)
    }

    /// Each number is of one group for good, the even ones of none.
    fn group_of(number: u64) -> Option<String> {
        (number % 2 == 1).then(|| (number % 4).to_string())
    }

    fn due(waiting: &Waiting, now: i64) -> Vec<u64> {
        let first = waiting.due_after(None, at(now));
        let entries =
            std::iter::successors(first, |entry| waiting.due_after(Some(*entry), at(now)));
        entries.map(|(_, number)| number).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_found_is_what_looking_at_all_would_find(
            steps in prop::collection::vec((0..8_u64, prop::option::weighted(0.7, 0..9_i64)), 0..40),
        ) {
            let mut waiting = Waiting::default();
            let mut all = BTreeMap::new();
            for (number, second) in steps {
                if let Some(second) = second {
                    waiting.insert(number, at(second), group_of(number));
                    all.insert(number, second);
                } else {
                    waiting.remove(number);
                    all.remove(&number);
                }
                let leads = |number: u64| {
                    let group = group_of(number);
                    group.is_none() || !all.range(..number).any(|(before, _)| group_of(*before) == group)
                };
                let leading = all.iter().filter(|(number, _)| leads(**number));
                let mut leading: Vec<_> = leading.map(|(number, second)| (*second, *number)).collect();
                leading.sort_unstable();
                let found = leading.iter().filter(|(second, _)| *second <= 4);
                let found: Vec<_> = found.map(|(_, number)| *number).collect();
                prop_assert_eq!(due(&waiting, 4), found);
                let next = leading.iter().find(|(second, _)| *second > 4);
                prop_assert_eq!(waiting.next(at(4)), next.map(|(second, _)| at(*second)));
            }
        }
    }

    #[test]
    fn only_the_first_of_a_group_is_found_by_its_time_whatever_the_order_in_which_they_come() {
        let red = || Some("red".to_owned());
        let (a, b, c) = ((1, 9), (2, 2), (3, 2));
        for order in [[a, b, c], [c, a, b], [b, c, a]] {
            let mut waiting = Waiting::default();
            for (number, second) in order {
                waiting.insert(number, at(second), red());
            }
            waiting.insert(4, at(3), None);
            assert_eq!(due(&waiting, 5), [4], "{order:?}");
            assert_eq!(waiting.next(at(5)), Some(at(9)));
            assert_eq!(due(&waiting, 9), [4, 1]);
            assert_eq!(waiting.follower(1, at(9)), Some(2));
            waiting.remove(1);
            assert_eq!(due(&waiting, 5), [2, 4], "{order:?}");
            waiting.insert(2, at(7), red());
            assert_eq!(due(&waiting, 5), [4], "{order:?}");
            assert!(waiting.blocks(Some("red"), 3, |_| false));
            assert!(!waiting.blocks(Some("red"), 3, |number| number == 2));
            for number in [2, 3, 4] {
                waiting.remove(number);
            }
            assert!(waiting.groups.is_empty() && waiting.due.is_empty());
        }
    }
}
