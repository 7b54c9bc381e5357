//! Who may call the service, which Cloud Run asks of every request.

use serde_json::json;

use crate::application::Application;
use crate::names::dns_label;
use crate::terraform::Terraform;

/// Of each of these one, once the service is there.
pub(super) const DEPLOYED: &str = "${var.deployed ? 1 : 0}";

/// Asks whether the service is there, and lets in whom whoever deploys names where it has routes.
pub(super) fn callers(terraform: &mut Terraform, application: &Application) {
    let deployed = "Whether the service is there: permissions to call it, and triggers of Eventarc, are made after it.";
    terraform.flag("deployed", deployed);
    if !application.routes.is_empty() {
        let who = "Who may call the routes: allUsers, or serviceAccount: and the address of the gateway's account.";
        terraform.variable("invoker", who, None);
        invoker(terraform, application, ("routes", "${var.invoker}"));
    }
}

pub(super) fn invoker(
    terraform: &mut Terraform,
    application: &Application,
    (words, member): (&str, &str),
) {
    let invoker = json!({
        "count": DEPLOYED,
        "location": "${var.region}",
        "name": dns_label(&application.name),
        "role": "roles/run.invoker",
        "member": member,
    });
    terraform.resource("google_cloud_run_v2_service_iam_member", words, invoker);
}
