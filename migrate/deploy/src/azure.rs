//! Azure Functions: `host.json`, a `function.json` for everything that wakes the application, and what it uses.

mod functions;
mod names;
mod resources;

use serde_json::{Value, json};

use crate::application::Application;
use crate::delivery::{DELIVERIES, FIRST_PAUSE, clock};
use crate::environment::{self, Stores, Variable};
use crate::error::{Error, ErrorKind, Result};
use crate::export::{Export, File, Source};
use crate::route_limits;
use crate::timeouts::{self, Door};

const STORES: Stores = Stores {
    documents: Some("azure-tables://FILL-IN"),
    blobs: Some("azure-blob://FILL-IN"),
    topics: Some("azure-queue://FILL-IN"),
};
/// Azure Tables tell no changes.
const WITH_CHANGES: Stores = Stores {
    documents: Some("cosmos://FILL-IN/FILL-IN"),
    ..STORES
};
/// The load balancer gives up then, whatever `host.json` says.
///
/// <https://learn.microsoft.com/azure/azure-functions/functions-scale#timeout>
const DOOR: Door = Door {
    usual: 230,
    most: Some(230),
};
/// The connection to the account with the queues that wake the application, by the identity of the function app.
///
/// It is not the host's own (`AzureWebJobsStorage`), which needs more than a queue.
/// <https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger#identity-based-connections>
const STORAGE: &str = "IsobarStorage";
/// The connection to the account of Cosmos DB with the collections whose changes wake it.
const COSMOS: &str = "IsobarDocuments";
/// The container, behind the prefix, with what Event Grid could not tell.
const DEAD_EVENTS: &str = "dead-events";
/// The setting with the database there.
const DATABASE: &str = "ISOBAR_CHANGES_DATABASE";

/// What the host reads, and what `az functionapp config appsettings set` does.
pub(crate) fn export(source: &Source<'_>) -> Result<Export> {
    let application = source.application;
    names::check(application)?;
    let path = environment::events_path(source);
    let mut files = host(application, &application.name, path)?;
    files.push(File::new("appsettings.json", settings(source)?));
    files.push(File::new(
        "resources.tf.json",
        resources::terraform(source)?,
    ));
    Ok(Export {
        files,
        notes: notes(source),
    })
}

fn notes(source: &Source<'_>) -> Vec<String> {
    let application = source.application;
    let mut notes = vec![
        "values in appsettings.json that are FILL-IN, or hold it, are to be filled in".to_owned(),
    ];
    if environment::waits_for_events(application) && source.events_path.is_none() {
        notes.push(
            "the names of functions begin with the last part of ISOBAR_EVENTS_PATH: say it with --events-path".to_owned(),
        );
    }
    if !application.topics.is_empty() {
        let built =
            "the build needs the feature \"azure-queue\" of isobar-connect to send to topics";
        notes.push(built.to_owned());
    }
    notes.extend(application.change_triggers.iter().map(|name| {
        format!(
            "changes of {name:?} are told without deletes, and by Cosmos DB alone: its container is made by hand as \
             isobar_azure::document::cosmos::containers describes it, and the build needs the feature \"cosmos\" of \
             isobar-connect; a change that fails {DELIVERIES} times is passed over, and put aside by nobody"
        )
    }));
    notes.extend(application.schedules.iter().map(|schedule| {
        let name = &schedule.name;
        format!("a tick of {name:?} that fails {DELIVERIES} times is put aside by nobody: timers have no dead letters")
    }));
    notes.extend(timeouts::notes(
        application,
        &DOOR,
        "the load balancer of Azure Functions",
    ));
    notes
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
        "extensions": {
            "http": { "routePrefix": "" },
            "queues": {
                "maxDequeueCount": DELIVERIES,
                "visibilityTimeout": clock(FIRST_PAUSE),
                "messageEncoding": "base64",
            },
        },
    });
    if let Some(at_once) = route_limits::requests_at_once(application) {
        host["extensions"]["http"]["maxConcurrentRequests"] = at_once.into();
    }
    let mut files = vec![File::new("host.json", text(&host)?)];
    for (name, function) in functions::functions(application, path)? {
        files.push(File::new(format!("{name}/function.json"), text(&function)?));
    }
    Ok(files)
}

fn stores(application: &Application) -> Stores {
    if application.change_triggers.is_empty() {
        STORES
    } else {
        WITH_CHANGES
    }
}

/// Where the triggers connect to, without a key: the identity of the function app signs in.
fn connections(application: &Application) -> Vec<Variable> {
    let variable = |name: String, value: &str| Variable {
        name,
        value: value.to_owned(),
        comment: None,
    };
    let mut connections = Vec::new();
    if !application.subscriptions.is_empty() {
        let queues = "https://FILL-IN.queue.core.windows.net";
        connections.push(variable(format!("{STORAGE}__queueServiceUri"), queues));
    }
    if !application.change_triggers.is_empty() {
        let account = "https://FILL-IN.documents.azure.com:443/";
        connections.push(variable(format!("{COSMOS}__accountEndpoint"), account));
        connections.push(variable(DATABASE.to_owned(), environment::FILL_IN));
    }
    connections
}

/// Secrets are references to a Key Vault.
///
/// <https://learn.microsoft.com/azure/app-service/app-service-key-vault-references>
fn settings(source: &Source<'_>) -> Result<String> {
    let application = source.application;
    let mut variables = environment::variables_with_events(source, stores(application));
    variables.extend(connections(application));
    let plain = variables
        .iter()
        .map(|variable| (variable.name.clone(), variable.value.clone()));
    let secrets = application.secrets.iter().map(|secret| {
        let name = secret_name(&secret.name);
        let reference = format!("@Microsoft.KeyVault(VaultName=FILL-IN;SecretName={name})");
        (secret.name.clone(), reference)
    });
    let settings = plain
        .chain([("FUNCTIONS_WORKER_RUNTIME".to_owned(), "custom".to_owned())])
        .chain(secrets)
        .map(|(name, value)| json!({ "name": name, "value": value, "slotSetting": false }));
    text(&settings.collect())
}

/// Names in a Key Vault have letters, digits and dashes.
fn secret_name(variable: &str) -> String {
    variable.replace('_', "-")
}

fn text(value: &Value) -> Result<String> {
    let text = serde_json::to_string_pretty(value).map_err(|error| {
        Error::new(ErrorKind::Internal, "the files cannot be written").with_source(error)
    })?;
    Ok(text + "\n")
}
