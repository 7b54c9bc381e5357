//! Names of Azure: what its resources may be called, and who has to be called otherwise.

use super::resources::escaped;
use super::{DEAD_EVENTS, secret_name};
use crate::application::Application;
use crate::environment::{named, table};
use crate::error::Result;
use crate::names::{Rule, is_lower, is_of};

/// <https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata>
///
/// Names of event subscriptions, which are those of their containers, may have capitals and one character more.
const CONTAINER: Rule = Rule {
    kind: "container of Azure",
    takes: is_container,
    words: "3 to 63 lower-case letters, digits and single `-`, a letter or digit first and last",
};
/// <https://learn.microsoft.com/rest/api/storageservices/naming-queues-and-metadata>
const QUEUE: Rule = Rule {
    kind: "queue of Azure",
    ..CONTAINER
};
/// <https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model#table-names>
const TABLE: Rule = Rule {
    kind: "table of Azure",
    takes: |name| (3..=63).contains(&name.len()),
    words: "3 to 63 letters and digits, of which any other takes four",
};
/// <https://learn.microsoft.com/azure/cosmos-db/concepts-limits#per-database-and-container>
const ITEMS: Rule = Rule {
    kind: "container of Cosmos DB",
    takes: |name| (1..=255).contains(&name.len()) && !name.contains(['/', '\\', '#', '?']),
    words: "1 to 255 characters, none of them `/`, `\\`, `#` or `?`",
};
/// <https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#objects-identifiers>
const SECRET: Rule = Rule {
    kind: "secret of a Key Vault",
    takes: is_secret,
    words: "1 to 127 letters, digits and `-`",
};

/// Refuses what could not be made, by the name that the application gives it.
pub(super) fn check(application: &Application) -> Result<()> {
    for bucket in &application.buckets {
        CONTAINER.check(("bucket", bucket), &named(application, bucket))?;
    }
    if !application.blob_triggers.is_empty() {
        let dead = named(application, DEAD_EVENTS);
        CONTAINER.check(("application", &application.name), &dead)?;
    }
    for topic in application.all_topics() {
        let queue = named(application, topic);
        QUEUE.check(("topic", topic), &queue)?;
        if application.subscriptions.contains(topic) {
            QUEUE.check(("topic", topic), &format!("{queue}-poison"))?;
        }
    }
    for collection in &application.collections {
        let name = table(application, &collection.name);
        let declared = ("collection", &*collection.name);
        if application.change_triggers.is_empty() {
            TABLE.check(declared, &escaped(&name))?;
        } else {
            ITEMS.check(declared, &name)?;
        }
    }
    for secret in &application.secrets {
        let name = secret_name(&secret.name);
        SECRET.check(("secret", &secret.name), &name)?;
    }
    Ok(())
}

fn is_container(name: &str) -> bool {
    is_lower(name, (3, 63), "-") && !name.contains("--")
}

fn is_secret(name: &str) -> bool {
    is_of(name, (1, 127), "-")
}
