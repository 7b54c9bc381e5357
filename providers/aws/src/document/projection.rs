//! Projections as DynamoDB's projection expressions.

use isobar::document::{CollectionSchema, FieldPath, IndexSchema, Projection};

use super::expression::Placeholders;
use super::row::{EXP, FORMAT, REV};

/// The attributes to be sent; nothing where all are needed.
///
/// The order of map entries is recorded for the whole item, so that a part of one would lose it.
pub(super) fn expression(
    schema: &CollectionSchema,
    (projection, index): (&Projection, Option<&IndexSchema>),
    placeholders: &mut Placeholders,
) -> Option<String> {
    let Projection::Fields(paths) = projection else {
        return None;
    };
    if schema.preserve_order {
        return None;
    }
    let mut whole: Vec<&str> = vec![&schema.partition];
    whole.extend(schema.sort.iter().map(|(name, _)| name.as_str()));
    if let Some(index) = index {
        whole.extend(index.partition.as_deref());
        whole.extend(index.sort.iter().map(|(name, _)| name.as_str()));
    }
    if !schema.adopted {
        whole.extend([REV, EXP, FORMAT]);
    }
    whole.sort_unstable();
    whole.dedup();
    // DynamoDB refuses paths that lead through one another.
    let is_more = |path: &&FieldPath| {
        let top = path.names().first().map(String::as_str);
        top.is_some_and(|top| !whole.contains(&top))
    };
    let more: Vec<&FieldPath> = paths.iter().filter(is_more).collect();
    let mut attributes: Vec<String> = whole.iter().map(|name| placeholders.name(name)).collect();
    attributes.extend(more.iter().map(|path| placeholders.path(path.names())));
    Some(attributes.join(", "))
}
