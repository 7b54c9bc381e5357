//! Names as platforms take them.

use std::collections::BTreeSet;

/// Names of resources in a template: letters and digits, each once.
#[derive(Debug, Default)]
pub(crate) struct LogicalIds {
    taken: BTreeSet<String>,
}

impl LogicalIds {
    /// The kind and the words of a name, as in `BucketUserPhotos`; with a number where two names
    /// differ in other characters only.
    pub(crate) fn of(&mut self, kind: &str, name: &str) -> String {
        let id = format!("{kind}{}", words(name));
        let numbered = (2..).map(|number| format!("{id}{number}"));
        let mut all = std::iter::once(id.clone()).chain(numbered);
        let free = all.find(|id| !self.taken.contains(id)).unwrap_or(id);
        self.taken.insert(free.clone());
        free
    }
}

/// `user-photos` and `USER_PHOTOS` as `UserPhotos`.
fn words(name: &str) -> String {
    let shouted = !name.contains(|c: char| c.is_ascii_lowercase());
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    words
        .map(|word| {
            let (first, rest) = word.split_at(word.len().min(1));
            let rest = if shouted {
                rest.to_ascii_lowercase()
            } else {
                rest.to_owned()
            };
            first.to_ascii_uppercase() + &rest
        })
        .collect()
}

/// A name as Kubernetes takes it: lower case, digits and dashes, neither first nor last.
pub(crate) fn dns_label(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    words.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_punctuation_only_are_numbered() {
        let mut ids = LogicalIds::default();
        let names = ["user-photos", "user_photos", "API_KEY", "été"];
        let given = names.map(|name| ids.of("X", name));
        assert_eq!(dns_label("API_KEY-/a/"), "api-key-a");
        assert_eq!(given, ["XUserPhotos", "XUserPhotos2", "XApiKey", "XT"]);
    }
}
