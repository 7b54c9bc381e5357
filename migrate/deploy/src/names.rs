//! Names as platforms take them.

use std::collections::BTreeSet;

/// Names of resources, each once; with a number where two differ only in what the platform does not
/// take.
#[derive(Debug, Default)]
pub(crate) struct Names {
    taken: BTreeSet<String>,
}

impl Names {
    /// The kind and the words of a name in letters and digits, as in `BucketUserPhotos`.
    pub(crate) fn logical_id(&mut self, kind: &str, name: &str) -> String {
        self.once(format!("{kind}{}", words(name)), "")
    }

    /// As [`dns_label`].
    pub(crate) fn label(&mut self, name: &str) -> String {
        self.once(dns_label(name), "-")
    }

    fn once(&mut self, name: String, before_number: &str) -> String {
        let numbered = (2..).map(|number| format!("{name}{before_number}{number}"));
        let mut all = std::iter::once(name.clone()).chain(numbered);
        let free = all.find(|name| !self.taken.contains(name)).unwrap_or(name);
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
        let mut ids = Names::default();
        let labels = ["a/b", "a-b", "c"].map(|name| ids.label(name));
        assert_eq!(labels, ["a-b", "a-b-2", "c"]);
        let names = ["user-photos", "user_photos", "API_KEY", "été"];
        let given = names.map(|name| ids.logical_id("X", name));
        assert_eq!(dns_label("API_KEY-/a/"), "api-key-a");
        assert_eq!(given, ["XUserPhotos", "XUserPhotos2", "XApiKey", "XT"]);
    }
}
