//! Names as platforms take them.

use std::collections::BTreeSet;

use crate::error::{Error, Result};

/// What a vendor takes as the name of a kind of resource.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    /// What the vendor calls the kind, and whose it is, as in `container of Azure`.
    pub(crate) kind: &'static str,
    /// Whether it takes a name.
    pub(crate) takes: fn(&str) -> bool,
    /// The same in words.
    pub(crate) words: &'static str,
}

impl Rule {
    /// Refuses a name by what has to be called otherwise: what kind of thing an application declares, and the name it gives it.
    pub(crate) fn check(&self, (what, declared): (&str, &str), name: &str) -> Result<()> {
        if (self.takes)(name) {
            return Ok(());
        }
        let (kind, words) = (self.kind, self.words);
        Err(Error::unsupported(format!(
            "{name:?} is no name of a {kind}, which has {words}: call the {what} {declared:?} otherwise"
        )))
    }
}

/// What resources are called at a vendor, who makes one of those of a kind that are called the same.
#[derive(Debug, Default)]
pub(crate) struct Called {
    taken: BTreeSet<(String, String)>,
    /// The first kind of which two would be called the same, and how.
    twice: Option<(String, String)>,
}

impl Called {
    /// Keeps in mind how one of a kind is called.
    pub(crate) fn add(&mut self, kind: &str, name: impl Into<String>) {
        let called = (kind.to_owned(), name.into());
        if !self.taken.insert(called.clone()) {
            self.twice.get_or_insert(called);
        }
    }

    /// `Unsupported` where two of a kind would be called the same.
    pub(crate) fn check(&self) -> Result<()> {
        let Some((kind, name)) = &self.twice else {
            return Ok(());
        };
        Err(Error::unsupported(format!(
            "two of what would be made ({kind}) are called {name:?}: some names are made of those that are declared, as \
             NAME-dead is; call one of them otherwise"
        )))
    }
}

/// Whether a name has this length, and all of its characters are letters, digits or one of these.
pub(crate) fn is_of(name: &str, (least, most): (usize, usize), others: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || others.contains(c);
    (least..=most).contains(&name.len()) && name.chars().all(plain)
}

/// Whether it is of lower-case letters, digits and one of these, and begins and ends with a letter or digit.
pub(crate) fn is_lower(name: &str, (least, most): (usize, usize), others: &str) -> bool {
    let capital = |c: char| c.is_ascii_uppercase();
    let inner = |c: Option<char>| c.is_some_and(|c| others.contains(c));
    let mut chars = name.chars();
    is_of(name, (least, most), others)
        && !name.contains(capital)
        && !inner(chars.next())
        && !inner(name.chars().next_back())
}

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
