//! What the application uses on Azure, what the identity of its function app may do with each, and what Event Grid tells.

use serde_json::json;

use super::{DATABASE, DEAD_EVENTS};
use crate::application::Application;
use crate::delivery::DELIVERIES;
use crate::environment::{LEASES, named, table, waits_for_events};
use crate::error::Result;
use crate::export::Source;
use crate::terraform::{Terraform, literal, of};

const HOW: &str = "\
What the application uses on Azure, what the identity of its function app may do with it, and what Event Grid tells it.
Written by `isobar export azure`.

  isobar package azure BINARYEVENTS
  cd deploy/azure
  terraform init
  terraform applyFIRST
  az functionapp config appsettings set --settings @appsettings.json
  az functionapp deployment source config-zip --src function.zip
SECOND
The function app, the accounts and the vault are there before. The host needs an account of its own, by
AzureWebJobsStorage.";

/// What names the functions, where anything but requests wakes them.
const EVENTS: &str = " --events-path PATH";
/// What is done at first, and what is done in the end, where Event Grid tells something.
const FIRST: &str = " -var deployed=false";
const SECOND: &str = "  echo 'deployed = true' > deployed.auto.tfvars
  terraform apply

Keep deployed.auto.tfvars with the state: without it Event Grid would no longer tell the functions.
";

/// Minutes for which Event Grid tries to tell of a blob.
const TRIED: u32 = 1_440;
/// The role of Cosmos DB by which items are read and written, under an account's id.
///
/// <https://learn.microsoft.com/azure/cosmos-db/nosql/reference-data-plane-security>
const ITEMS: &str = "sqlRoleDefinitions/00000000-0000-0000-0000-000000000002";

/// A configuration in the making, and what is in every part of it.
struct Resources<'s> {
    terraform: Terraform,
    application: &'s Application,
    /// How blocks refer to the storage account.
    storage: String,
}

pub(super) fn terraform(source: &Source<'_>) -> Result<String> {
    let application = source.application;
    let told = !application.blob_triggers.is_empty();
    let (first, second) = if told { (FIRST, SECOND) } else { ("", "") };
    let events = if waits_for_events(application) {
        EVENTS
    } else {
        ""
    };
    let how = HOW.replace("EVENTS", events);
    let how = how.replace("FIRST", first).replace("SECOND", second);
    let mut terraform = Terraform::new(&how, "azurerm", ("hashicorp/azurerm", ">= 4.35, < 5.0"));
    terraform.variable("subscription_id", "The subscription.", None);
    terraform.variable(
        "resource_group",
        "The resource group of the accounts.",
        None,
    );
    let principal = "The object id of the function app's identity: az functionapp identity assign --query principalId.";
    terraform.variable("principal_id", principal, None);
    let provider = json!({ "features": {}, "subscription_id": "${var.subscription_id}" });
    terraform.provider("azurerm", provider);
    let mut resources = Resources {
        terraform,
        application,
        storage: String::new(),
    };
    resources.storage = resources.account();
    resources.documents();
    resources.buckets();
    resources.queues();
    resources.secrets();
    if waits_for_events(application) {
        resources.blob_events(source);
    }
    resources.terraform.text()
}

impl Resources<'_> {
    fn account(&mut self) -> String {
        let what = "The storage account with the tables, containers and queues.";
        self.terraform.variable("storage_account", what, None);
        let account = json!({
            "name": "${var.storage_account}", "resource_group_name": "${var.resource_group}",
        });
        self.terraform
            .data("azurerm_storage_account", "storage", account)
    }

    /// Lets the identity do what a role has with one resource, below the account.
    fn may(&mut self, words: &str, role: &str, (below, made): (&str, Option<&str>)) {
        let mut assignment = json!({
            "scope": format!("{}/{below}", of(&self.storage, "id")),
            "role_definition_name": role,
            "principal_id": "${var.principal_id}",
        });
        if let Some(made) = made {
            assignment["depends_on"] = json!([made]);
        }
        self.terraform
            .resource("azurerm_role_assignment", words, assignment);
    }

    fn documents(&mut self) {
        let application = self.application;
        if !application.change_triggers.is_empty() {
            self.items();
            return;
        }
        for collection in &application.collections {
            let name = escaped(&table(application, &collection.name));
            // The table of an adopted collection is there before.
            let made = (!collection.adopted).then(|| {
                let table = json!({
                    "name": name, "storage_account_name": "${var.storage_account}",
                    "lifecycle": { "prevent_destroy": true },
                });
                let kind = "azurerm_storage_table";
                self.terraform.resource(kind, &collection.name, table)
            });
            let below = format!("tableServices/default/tables/{name}");
            let words = format!("table-{}", collection.name);
            let role = "Storage Table Data Contributor";
            self.may(&words, role, (&below, made.as_deref()));
        }
    }

    /// Collections in Cosmos DB, whose containers are there before, and the one of the host's leases.
    fn items(&mut self) {
        let account = "The account of Cosmos DB with the collections.";
        self.terraform.variable("cosmos_account", account, None);
        let database = format!("The database there, as in the setting {DATABASE}.");
        self.terraform.variable("cosmos_database", &database, None);
        let place = json!({
            "name": "${var.cosmos_account}", "resource_group_name": "${var.resource_group}",
        });
        let account = self
            .terraform
            .data("azurerm_cosmosdb_account", "documents", place);
        let leases = named(self.application, LEASES);
        let container = json!({
            "name": leases,
            "resource_group_name": "${var.resource_group}",
            "account_name": "${var.cosmos_account}",
            "database_name": "${var.cosmos_database}",
            "partition_key_paths": ["/id"],
        });
        let made = self
            .terraform
            .resource("azurerm_cosmosdb_sql_container", LEASES, container);
        let collections = self.application.collections.iter();
        let tables = collections.map(|one| table(self.application, &one.name));
        let tables: Vec<String> = tables.collect();
        for table in &tables {
            self.terraform
                .calls("azurerm_cosmosdb_sql_container", table);
        }
        let containers: Vec<String> = tables.into_iter().chain([leases]).collect();
        for container in containers {
            let id = of(&account, "id");
            let assignment = json!({
                "resource_group_name": "${var.resource_group}",
                "account_name": "${var.cosmos_account}",
                "role_definition_id": format!("{id}/{ITEMS}"),
                "principal_id": "${var.principal_id}",
                "scope": format!("{id}/dbs/${{var.cosmos_database}}/colls/{}", literal(&container)),
                "depends_on": [made],
            });
            let kind = "azurerm_cosmosdb_sql_role_assignment";
            self.terraform.resource(kind, &container, assignment);
        }
    }

    fn container(&mut self, words: &str, name: &str) -> String {
        let container = json!({
            "name": name,
            "storage_account_id": of(&self.storage, "id"),
            "container_access_type": "private",
            "lifecycle": { "prevent_destroy": true },
        });
        self.terraform
            .resource("azurerm_storage_container", words, container)
    }

    fn buckets(&mut self) {
        for bucket in &self.application.buckets {
            let name = literal(&named(self.application, bucket));
            let made = self.container(bucket, &name);
            let below = format!("blobServices/default/containers/{name}");
            let words = format!("bucket-{bucket}");
            self.may(
                &words,
                "Storage Blob Data Contributor",
                (&below, Some(&made)),
            );
        }
    }

    /// Who is woken by a queue also changes its messages, which the roles for reading and processing do not let: the host
    /// keeps a message longer, and gives back what failed, by Update Message. The role that does lets send as well.
    /// What fails for good the host puts into `QUEUE-poison`, by the same identity.
    ///
    /// <https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory#permissions-for-queue-service-operations>
    fn queues(&mut self) {
        let application = self.application;
        for topic in application.all_topics() {
            let name = literal(&named(application, topic));
            let queue = self.queue(topic, &name);
            let is_heard = application.subscriptions.contains(topic);
            let role = if is_heard { HEARER } else { SENDER };
            let words = format!("{topic}-{}", role.replace(' ', "-"));
            let below = format!("queueServices/default/queues/{name}");
            self.may(&words, role, (&below, Some(&queue)));
            if is_heard {
                let (words, name) = (format!("{topic}-poison"), format!("{name}-poison"));
                let poison = self.queue(&words, &name);
                let below = format!("queueServices/default/queues/{name}");
                self.may(&words, SENDER, (&below, Some(&poison)));
            }
        }
    }

    fn queue(&mut self, words: &str, name: &str) -> String {
        let queue = json!({ "name": name, "storage_account_id": of(&self.storage, "id") });
        self.terraform
            .resource("azurerm_storage_queue", words, queue)
    }

    /// The vault checks callers by roles, each of one secret.
    fn secrets(&mut self) {
        if self.application.secrets.is_empty() {
            return;
        }
        let what = "The Key Vault with the secrets, which checks callers by roles.";
        self.terraform.variable("key_vault", what, None);
        let vault = json!({
            "name": "${var.key_vault}", "resource_group_name": "${var.resource_group}",
        });
        let vault = self.terraform.data("azurerm_key_vault", "secrets", vault);
        for secret in &self.application.secrets {
            let name = super::secret_name(&secret.name);
            let assignment = json!({
                "scope": format!("{}/secrets/{name}", of(&vault, "id")),
                "role_definition_name": "Key Vault Secrets User",
                "principal_id": "${var.principal_id}",
            });
            let words = format!("secret-{name}");
            self.terraform
                .resource("azurerm_role_assignment", &words, assignment);
        }
    }

    /// Event Grid calls the function of a bucket once it is there; what it cannot tell it stores.
    fn blob_events(&mut self, source: &Source<'_>) {
        if self.application.blob_triggers.is_empty() {
            return;
        }
        let deployed =
            "Whether the functions are there: what Event Grid tells them is made after them.";
        self.terraform.flag("deployed", deployed);
        let app = "The id of the function app: az functionapp show --query id.";
        self.terraform.variable("function_app", app, None);
        let path = "The path of ISOBAR_EVENTS_PATH in appsettings.json, which is a secret.";
        let known = source.events_path.map(Into::into);
        self.terraform.secret_variable("events_path", path, known);
        let dead = named(self.application, DEAD_EVENTS);
        let dead = self.container(DEAD_EVENTS, &dead);
        for bucket in &self.application.blob_triggers {
            let name = literal(&named(self.application, bucket));
            let subscription = json!({
                "count": "${var.deployed ? 1 : 0}",
                "name": name,
                "scope": of(&self.storage, "id"),
                "event_delivery_schema": "CloudEventSchemaV1_0",
                "included_event_types": [
                    "Microsoft.Storage.BlobCreated", "Microsoft.Storage.BlobDeleted",
                ],
                "subject_filter": {
                    "subject_begins_with": format!("/blobServices/default/containers/{name}/"),
                },
                "azure_function_endpoint": {
                    "function_id": format!(
                        "${{var.function_app}}/functions/${{basename(var.events_path)}}-{}", literal(bucket)
                    ),
                },
                "retry_policy": {
                    "max_delivery_attempts": DELIVERIES, "event_time_to_live": TRIED,
                },
                "storage_blob_dead_letter_destination": {
                    "storage_account_id": of(&self.storage, "id"),
                    "storage_blob_container_name": of(&dead, "name"),
                },
            });
            let kind = "azurerm_eventgrid_event_subscription";
            self.terraform.resource(kind, bucket, subscription);
        }
    }
}

const SENDER: &str = "Storage Queue Data Message Sender";
const HEARER: &str = "Storage Queue Data Contributor";

/// The name of a table, in which what is no letter or digit is escaped, as the store of isobar-azure does.
pub(super) fn escaped(name: &str) -> String {
    let mut escaped = String::new();
    for (at, byte) in name.bytes().enumerate() {
        let is_plain = byte.is_ascii_alphabetic() || (at > 0 && byte.is_ascii_digit());
        let rest = name.as_bytes().get(at..at + 2).unwrap_or_default();
        if is_plain && !rest.eq_ignore_ascii_case(b"qz") {
            escaped.push(char::from(byte));
        } else {
            escaped.extend([format!("qz{byte:02x}")]);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_named_as_the_store_names_them() {
        let written = ["t-notes", "notes", "2notes", "qzx"].map(escaped);
        assert_eq!(written, ["tqz2dnotes", "notes", "qz32notes", "qz71zx"]);
    }
}
