//! A `function.json` for everything that wakes the application, with how often what failed comes again.

use serde_json::{Map, Value, json};

use super::{COSMOS, DATABASE, STORAGE};
use crate::application::{Application, Collection};
use crate::cron::Cron;
use crate::delivery::{FIRST_PAUSE, LONGEST_PAUSE, RETRIES, clock};
use crate::environment::LEASES;
use crate::error::{Error, Result};

/// What the host calls all requests; no route of the application has a name of its own here.
const REQUESTS: &str = "requests";

/// The host makes paths of the names of functions, so that those of events begin with the last part
/// of the path to which events are sent.
pub(super) fn functions(application: &Application, path: &str) -> Result<Map<String, Value>> {
    let mut functions = Map::new();
    let secret = path.rsplit('/').next().unwrap_or(path);
    let named = |name: &str| format!("{secret}-{name}");
    let mut add = |name: &str, function: Value| {
        if !is_function_name(name) {
            return Err(Error::unsupported(format!(
                "{name:?} is no name of a function of Azure, which has letters, digits, `_` and `-`, a letter first: \
                 begin the last part of --events-path with a letter, as in /events-…"
            )));
        }
        match functions.insert(name.to_owned(), function) {
            None => Ok(()),
            Some(_) => Err(Error::unsupported(format!(
                "two of what wakes the application are called {name:?}, and so a function of Azure would be"
            ))),
        }
    };
    if !application.routes.is_empty() {
        add(REQUESTS, json!({ "bindings": requests() }))?;
    }
    for schedule in &application.schedules {
        let cron = Cron::parse(schedule)?.azure()?;
        let timer =
            json!({ "type": "timerTrigger", "direction": "in", "name": "timer", "schedule": cron });
        add(&named(&schedule.name), tried_again(&timer))?;
    }
    for topic in &application.subscriptions {
        let queue = json!({
            "type": "queueTrigger", "direction": "in", "name": "queue",
            "queueName": format!("%ISOBAR_PREFIX%{topic}"), "connection": STORAGE,
        });
        add(&named(topic), json!({ "bindings": [queue] }))?;
    }
    for bucket in &application.blob_triggers {
        // A blob trigger would tell no deletes, and read each blob.
        let event = json!({ "type": "eventGridTrigger", "direction": "in", "name": "eventGrid" });
        add(&named(bucket), json!({ "bindings": [event] }))?;
    }
    let watched = |one: &&Collection| application.change_triggers.contains(&one.name);
    for collection in application.collections.iter().filter(watched) {
        // The platform knows a collection by the name of its table.
        add(&named(&collection.table), tried_again(&changes(collection)))?;
    }
    Ok(functions)
}

/// Of a change feed the host keeps how far it is in another container, for each function by itself.
///
/// <https://learn.microsoft.com/azure/azure-functions/functions-bindings-cosmosdb-v2-trigger>
fn changes(collection: &Collection) -> Value {
    let prefix = if collection.named {
        ""
    } else {
        "%ISOBAR_PREFIX%"
    };
    let (table, container) = (&collection.table, format!("{prefix}{}", collection.table));
    json!({
        "type": "cosmosDBTrigger", "direction": "in", "name": "documents",
        "connection": COSMOS, "databaseName": format!("%{DATABASE}%"), "containerName": container,
        "leaseContainerName": format!("%ISOBAR_PREFIX%{LEASES}"), "leaseContainerPrefix": table,
    })
}

/// A function whose trigger tries nothing again by itself, unlike those of queues and of Event Grid.
///
/// <https://learn.microsoft.com/azure/azure-functions/functions-bindings-error-pages#retry-policies>
fn tried_again(binding: &Value) -> Value {
    json!({
        "bindings": [binding],
        "retry": {
            "strategy": "exponentialBackoff",
            "maxRetryCount": RETRIES,
            "minimumInterval": clock(FIRST_PAUSE),
            "maximumInterval": clock(LONGEST_PAUSE),
        },
    })
}

/// Functions with other names are left out by the host, which says so in its logs alone.
///
/// <https://github.com/Azure/azure-functions-host/blob/dev/src/WebJobs.Script/Utility.cs>
fn is_function_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    name.len() <= 128
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(plain)
}

/// Every path and method, for the application to answer 404 and 405 itself.
fn requests() -> [Value; 2] {
    let methods = ["delete", "get", "head", "options", "patch", "post", "put"];
    [
        json!({
            "type": "httpTrigger", "direction": "in", "name": "req",
            "authLevel": "anonymous", "methods": methods, "route": "{*path}",
        }),
        json!({ "type": "http", "direction": "out", "name": "res" }),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_feed_is_known_by_the_table_and_read_from_where_the_prefix_says() {
        let application = Application::parse(
            br#"{"name": "shop", "buckets": [], "settings": [], "secrets": [], "routes": [], "schedules": [],
                "collections": [
                    {"name": "notes", "table": "old-notes", "named": true, "adopted": true, "change_feed": true},
                    {"name": "orders", "table": "orders2", "adopted": false, "change_feed": true},
                    {"name": "unheard", "table": "unheard", "adopted": false, "change_feed": true}
                ], "changeTriggers": ["notes", "orders"]}"#,
        )
        .unwrap();
        let functions = functions(&application, "/events-x").unwrap();
        let container = |name: &str| functions[name]["bindings"][0]["containerName"].clone();
        assert_eq!(functions.len(), 2);
        assert_eq!(container("events-x-old-notes"), "old-notes");
        assert_eq!(container("events-x-orders2"), "%ISOBAR_PREFIX%orders2");
    }
}
