//! The shards of a stream, and which of them follow which.
//!
//! A stream has a shard for each partition of its table. Each is closed after some hours, or when
//! its partition is divided, and what is written then is in its children. The changes of one item
//! are in order within a shard, and those in a shard come before those in its children.

use std::collections::HashSet;

use aws_sdk_dynamodbstreams::types::Shard;

/// The shards that a stream still has.
#[derive(Debug, Default)]
pub(super) struct Shards(Vec<Shard>);

impl Shards {
    pub(super) fn extend(&mut self, shards: Vec<Shard>) {
        self.0.extend(shards);
    }

    /// Those that follow none: the oldest of each line.
    pub(super) fn oldest(&self) -> impl Iterator<Item = &str> {
        let known: HashSet<_> = self.ids().collect();
        let follows = move |shard: &&Shard| {
            let parent = shard.parent_shard_id();
            parent.is_some_and(|parent| known.contains(parent))
        };
        let oldest = self.0.iter().filter(move |shard| !follows(shard));
        oldest.filter_map(Shard::shard_id)
    }

    /// Those that none follows yet: what is written from now on is in them or in what will follow
    /// them. Also a closed one may be among them, whose children are not told yet.
    pub(super) fn newest(&self) -> impl Iterator<Item = &str> {
        let parents: HashSet<_> = self.0.iter().filter_map(Shard::parent_shard_id).collect();
        self.ids().filter(move |id| !parents.contains(id))
    }

    /// Those that follow a shard.
    pub(super) fn after<'s>(&'s self, parent: &'s str) -> impl Iterator<Item = &'s str> {
        let of_parent = move |shard: &&Shard| shard.parent_shard_id() == Some(parent);
        self.0.iter().filter(of_parent).filter_map(Shard::shard_id)
    }

    /// Whether what is written now may still go into a shard.
    pub(super) fn is_open(&self, id: &str) -> bool {
        let mut shards = self.0.iter();
        let shard = shards.find(|shard| shard.shard_id() == Some(id));
        let range = shard.and_then(Shard::sequence_number_range);
        range.is_some_and(|range| range.ending_sequence_number().is_none())
            && self.after(id).next().is_none()
    }

    fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(Shard::shard_id)
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodbstreams::types::SequenceNumberRange;

    use super::*;

    /// Shards as pairs of their id and that of their parent.
    fn shards(pairs: &[(&str, &str)]) -> Shards {
        let shard = |(id, parent): &(&str, &str)| {
            let parent = (!parent.is_empty()).then(|| (*parent).to_owned());
            let shard = Shard::builder().shard_id(*id);
            shard.set_parent_shard_id(parent).build()
        };
        Shards(pairs.iter().map(shard).collect())
    }

    fn list<'s>(ids: impl Iterator<Item = &'s str>) -> Vec<&'s str> {
        ids.collect()
    }

    #[test]
    fn a_line_is_read_from_its_oldest_shard_that_is_left_and_followed_to_all_its_children() {
        // `gone` is older than what a stream keeps; `b` was divided.
        let shards = shards(&[("c", "b"), ("a", "gone"), ("b", "a"), ("d", "b"), ("x", "")]);
        assert_eq!(list(shards.oldest()), ["a", "x"]);
        assert_eq!(list(shards.newest()), ["c", "d", "x"]);
        assert_eq!(list(shards.after("b")), ["c", "d"]);
        assert_eq!(list(shards.after("c")), [""; 0]);
    }

    #[test]
    fn a_shard_is_open_that_has_no_end_and_is_followed_by_none() {
        let range = |end: Option<&str>| {
            let range = SequenceNumberRange::builder().starting_sequence_number("1");
            let range = range.set_ending_sequence_number(end.map(str::to_owned));
            range.build()
        };
        let shard = |id: &str, parent: Option<&str>, end| {
            let shard = Shard::builder()
                .shard_id(id)
                .sequence_number_range(range(end));
            shard.set_parent_shard_id(parent.map(str::to_owned)).build()
        };
        let shards = Shards(vec![
            shard("a", None, None),
            shard("b", Some("a"), Some("9")),
            shard("c", None, None),
        ]);
        let open = ["a", "b", "c", "d"].map(|id| shards.is_open(id));
        assert_eq!(open, [false, false, true, false]);
    }

    #[test]
    fn every_shard_is_reached_from_the_oldest_once() {
        let tree = shards(&[
            ("f", "c"),
            ("b", "a"),
            ("a", ""),
            ("e", "b"),
            ("c", "a"),
            ("d", "b"),
            ("g", "f"),
        ]);
        let mut waiting: Vec<_> = tree.oldest().collect();
        let mut seen = Vec::new();
        while let Some(next) = waiting.pop() {
            seen.push(next);
            waiting.extend(tree.after(next));
        }
        seen.sort_unstable();
        assert_eq!(seen, ["a", "b", "c", "d", "e", "f", "g"]);
    }
}
