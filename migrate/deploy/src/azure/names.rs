//! Names of Azure: what its resources may be called, and who has to be called otherwise.

use super::resources::escaped;
use super::{DEAD_EVENTS, secret_name};
use crate::application::Application;
use crate::environment::{named, table};
use crate::error::{Error, Result};

/// What a kind of resource may be called.
struct Rule {
    /// What Azure calls the kind.
    kind: &'static str,
    is_taken: fn(&str) -> bool,
    /// The same in words.
    words: &'static str,
}

/// <https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata>
///
/// Names of event subscriptions, which are those of their containers, may have capitals and one character more.
const CONTAINER: Rule = Rule {
    kind: "container",
    is_taken: is_container,
    words: "3 to 63 lower-case letters, digits and single `-`, a letter or digit first and last",
};
/// <https://learn.microsoft.com/rest/api/storageservices/naming-queues-and-metadata>
const QUEUE: Rule = Rule {
    kind: "queue",
    ..CONTAINER
};
/// <https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model#table-names>
const TABLE: Rule = Rule {
    kind: "table",
    is_taken: |name| (3..=63).contains(&name.len()),
    words: "3 to 63 letters and digits, of which any other takes four",
};
/// <https://learn.microsoft.com/azure/cosmos-db/concepts-limits#per-database-and-container>
const ITEMS: Rule = Rule {
    kind: "container of Cosmos DB",
    is_taken: |name| (1..=255).contains(&name.len()) && !name.contains(['/', '\\', '#', '?']),
    words: "1 to 255 characters, none of them `/`, `\\`, `#` or `?`",
};
/// <https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#objects-identifiers>
const SECRET: Rule = Rule {
    kind: "secret of a Key Vault",
    is_taken: is_secret,
    words: "1 to 127 letters, digits and `-`",
};

/// Refuses what could not be made, by the name that the application gives it.
pub(super) fn check(application: &Application) -> Result<()> {
    for bucket in &application.buckets {
        refuse(&CONTAINER, ("bucket", bucket), &named(application, bucket))?;
    }
    if !application.blob_triggers.is_empty() {
        let dead = named(application, DEAD_EVENTS);
        refuse(&CONTAINER, ("application", &application.name), &dead)?;
    }
    for topic in application.all_topics() {
        let queue = named(application, topic);
        refuse(&QUEUE, ("topic", topic), &queue)?;
        if application.subscriptions.contains(topic) {
            refuse(&QUEUE, ("topic", topic), &format!("{queue}-poison"))?;
        }
    }
    for collection in &application.collections {
        let name = table(application, &collection.name);
        let declared = ("collection", &*collection.name);
        if application.change_triggers.is_empty() {
            refuse(&TABLE, declared, &escaped(&name))?;
        } else {
            refuse(&ITEMS, declared, &name)?;
        }
    }
    for secret in &application.secrets {
        let name = secret_name(&secret.name);
        refuse(&SECRET, ("secret", &secret.name), &name)?;
    }
    Ok(())
}

fn refuse(rule: &Rule, (what, declared): (&str, &str), name: &str) -> Result<()> {
    if (rule.is_taken)(name) {
        return Ok(());
    }
    let (kind, words) = (rule.kind, rule.words);
    Err(Error::unsupported(format!(
        "{name:?} is no name of a {kind} of Azure, which has {words}: call the {what} {declared:?} otherwise"
    )))
}

fn is_container(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (3..=63).contains(&name.len())
        && name.chars().all(plain)
        && !name.contains("--")
        && !name.starts_with('-')
        && !name.ends_with('-')
}

fn is_secret(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    (1..=127).contains(&name.len()) && name.chars().all(plain)
}
