//! Azure Functions: `host.json`, and a `function.json` for everything that wakes the application.

use serde_json::{Map, Value, json};

use crate::application::Application;
use crate::cron::Cron;
use crate::environment::{self, Stores};
use crate::error::{Error, ErrorKind, Result};
use crate::export::{Export, File, Source};
use crate::route_limits;

const STORES: Stores = Stores {
    documents: Some("azure-tables://FILL-IN"),
    blobs: Some("azure-blob://FILL-IN"),
    topics: Some("azure-queue://FILL-IN"),
};
/// What the application needs of each topic to which it sends, and no more.
const TOPIC_BY_HAND: &str = "the application sends to the queue NAME: make it (az storage queue create --name NAME), and \
                             give the identity of the function app the role Storage Queue Data Message Sender on it \
                             alone; the build needs the feature \"azure-queue\" of isobar-connect";
/// What the host calls all requests; no route of the application has a name of its own here.
const REQUESTS: &str = "requests";
/// The setting that holds the connection to the account with queues and blobs.
const CONNECTION: &str = "AzureWebJobsStorage";

/// What the host reads, and what `az functionapp config appsettings set` does.
pub(crate) fn export(source: &Source<'_>) -> Result<Export> {
    let application = source.application;
    let path = environment::events_path(source);
    let mut files = host(application, &application.name, path)?;
    files.push(File::new("appsettings.json", settings(source)?));
    let mut notes = vec![
        "values in appsettings.json that are FILL-IN, or hold it, are to be filled in".to_owned(),
    ];
    notes.extend(application.blob_triggers.iter().map(|bucket| {
        format!(
            "blobs of {bucket:?} are told by Event Grid: subscribe the host's blob web hook to the account by hand"
        )
    }));
    if environment::waits_for_events(application) && source.events_path.is_none() {
        notes.push(
            "the names of functions begin with the last part of ISOBAR_EVENTS_PATH: say it with --events-path".to_owned(),
        );
    }
    if !application.subscriptions.is_empty() || !application.blob_triggers.is_empty() {
        notes.push(format!(
            "queues and containers are those of the account that the setting {CONNECTION} connects to"
        ));
    }
    notes.extend(environment::topics_by_hand(application, TOPIC_BY_HAND));
    Ok(Export { files, notes })
}

/// What is packed beside the program, which `host.json` names.
///
/// Requests are forwarded as they are, to paths without a prefix.
/// <https://learn.microsoft.com/azure/azure-functions/functions-custom-handlers>,
/// <https://learn.microsoft.com/azure/azure-functions/functions-host-json>
pub(crate) fn host(application: &Application, program: &str, path: &str) -> Result<Vec<File>> {
    let mut host = json!({
        "version": "2.0",
        "customHandler": {
            "description": { "defaultExecutablePath": program },
            "enableProxyingHttpRequest": true,
        },
        "extensionBundle": {
            "id": "Microsoft.Azure.Functions.ExtensionBundle",
            "version": "[4.*, 5.0.0)",
        },
        "extensions": { "http": { "routePrefix": "" } },
    });
    if let Some(at_once) = route_limits::requests_at_once(application) {
        host["extensions"]["http"]["maxConcurrentRequests"] = at_once.into();
    }
    let mut files = vec![File::new("host.json", text(&host)?)];
    for (name, function) in functions(application, path)? {
        files.push(File::new(format!("{name}/function.json"), text(&function)?));
    }
    Ok(files)
}

/// The host makes paths of the names of functions, so that those of events begin with the last part
/// of the path to which events are sent.
fn functions(application: &Application, path: &str) -> Result<Map<String, Value>> {
    let mut functions = Map::new();
    let secret = path.rsplit('/').next().unwrap_or(path);
    let named = |name: &str| format!("{secret}-{name}");
    let mut add = |name: &str, bindings: &[Value]| {
        if !is_function_name(name) {
            return Err(Error::unsupported(format!(
                "{name:?} is no name of a function of Azure, which has letters, digits, `_` and `-`, a letter first: \
                 begin the last part of --events-path with a letter, as in /events-…"
            )));
        }
        let function = json!({ "bindings": bindings });
        match functions.insert(name.to_owned(), function) {
            None => Ok(()),
            Some(_) => Err(Error::unsupported(format!(
                "two of what wakes the application are called {name:?}, and so a function of Azure would be"
            ))),
        }
    };
    if !application.routes.is_empty() {
        add(REQUESTS, &requests())?;
    }
    for schedule in &application.schedules {
        let cron = Cron::parse(schedule)?.azure()?;
        let timer =
            json!({ "type": "timerTrigger", "direction": "in", "name": "timer", "schedule": cron });
        add(&named(&schedule.name), &[timer])?;
    }
    for topic in &application.subscriptions {
        let queue = json!({
            "type": "queueTrigger", "direction": "in", "name": "queue",
            "queueName": format!("%ISOBAR_PREFIX%{topic}"), "connection": CONNECTION,
        });
        add(&named(topic), &[queue])?;
    }
    for bucket in &application.blob_triggers {
        let blob = json!({
            "type": "blobTrigger", "direction": "in", "name": "blob", "source": "EventGrid",
            "path": format!("%ISOBAR_PREFIX%{bucket}/{{name}}"), "connection": CONNECTION,
        });
        add(&named(bucket), &[blob])?;
    }
    Ok(functions)
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

/// Secrets are references to a Key Vault.
///
/// <https://learn.microsoft.com/azure/app-service/app-service-key-vault-references>
fn settings(source: &Source<'_>) -> Result<String> {
    let application = source.application;
    let variables = environment::variables_with_events(source, STORES);
    let plain = variables
        .iter()
        .map(|variable| (variable.name.clone(), variable.value.clone()));
    let secrets = application.secrets.iter().map(|secret| {
        let name = secret.name.replace('_', "-");
        let reference = format!("@Microsoft.KeyVault(VaultName=FILL-IN;SecretName={name})");
        (secret.name.clone(), reference)
    });
    let settings = plain
        .chain([("FUNCTIONS_WORKER_RUNTIME".to_owned(), "custom".to_owned())])
        .chain(secrets)
        .map(|(name, value)| json!({ "name": name, "value": value, "slotSetting": false }));
    text(&settings.collect())
}

fn text(value: &Value) -> Result<String> {
    let text = serde_json::to_string_pretty(value).map_err(|error| {
        Error::new(ErrorKind::Internal, "the files cannot be written").with_source(error)
    })?;
    Ok(text + "\n")
}
