//! The names of tables, which have letters and digits only.

use isobar::document::CollectionSchema;
use isobar::{Error, ErrorKind, Result};

/// Introduces two hexadecimal digits; whoever has it in a name has its `q` written so too.
const ESCAPE: &str = "qz";
/// Characters of a name ("Understanding the Table service data model").
const SHORTEST: usize = 3;
const LONGEST: usize = 63;
/// The one name that the service keeps for itself.
const RESERVED: &str = "tables";

/// The table of a collection.
pub(super) fn table(schema: &CollectionSchema) -> Result<String> {
    let name = stored(&schema.table);
    if name.len() > LONGEST {
        let what = format!("the length of {name:?}, the name of a table in Azure Tables,");
        let (limit, measured) = (LONGEST as u64, name.len() as u64);
        let kind = ErrorKind::InvalidArgument;
        return Err(Error::over_limit(kind, &what, limit, measured));
    }
    if schema.table.is_empty() {
        return Err(Error::invalid("the name of a table is empty"));
    }
    Ok(name)
}

/// The name in what the service allows: a letter first, then letters and digits.
fn stored(name: &str) -> String {
    let folded = name.to_ascii_lowercase();
    let mut stored = String::with_capacity(name.len());
    for (at, byte) in name.bytes().enumerate() {
        let is_plain = if at == 0 {
            byte.is_ascii_alphabetic() && folded != RESERVED
        } else {
            byte.is_ascii_alphanumeric()
        };
        let is_escape = folded.as_bytes()[at..].starts_with(ESCAPE.as_bytes());
        if is_plain && !is_escape {
            stored.push(char::from(byte));
        } else {
            stored.extend([format!("{ESCAPE}{byte:02x}")]);
        }
    }
    if stored.len() < SHORTEST {
        stored.push_str(ESCAPE);
    }
    stored
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_names_stay_and_others_are_escaped() {
        for (name, expected) in [
            ("notes", "notes"),
            ("TodoItems2", "TodoItems2"),
            ("t-notes", "tqz2dnotes"),
            ("2notes", "qz32notes"),
            ("tables", "qz74ables"),
            ("qzx", "qz71zx"),
            ("a", "aqz"),
            ("é", "qzc3qza9"),
        ] {
            assert_eq!(stored(name), expected);
        }
    }

    proptest! {
        #[test]
        fn no_two_names_are_one_table(names in prop::collection::vec("[aqz2-]{1,6}", 1..60)) {
            let mut seen = BTreeMap::new();
            for name in names {
                let stored = stored(&name);
                prop_assert!(stored.len() >= SHORTEST);
                prop_assert!(stored.bytes().all(|byte| byte.is_ascii_alphanumeric()));
                prop_assert!(!stored.starts_with(|first: char| first.is_ascii_digit()));
                let earlier = seen.entry(stored).or_insert_with(|| name.clone());
                prop_assert_eq!(&*earlier, &name);
            }
        }
    }
}
