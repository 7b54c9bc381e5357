//! OpenFaaS: `stack.yml`, and `schedules.yaml` for the Kubernetes below it.

mod schedules;

use serde_json::json;

use crate::application::Application;
use crate::environment::{self, FILL_IN, Kind, Stores};
use crate::error::Result;
use crate::export::{Export, File, Source};
use crate::names::dns_label;
use crate::route_limits;
use crate::timeouts::Door;
use crate::unexpanded::for_envsubst;
use crate::yaml::{self, Comment};

const HOW: &str = "\
What the application declares, for OpenFaaS. Written by `isobar export openfaas`.

  isobar package openfaas BINARY
  cd deploy/openfaas
  faas-cli up";

/// What the watchdog gives a request; what the gateway gives it is its operator's affair.
const DOOR: Door = Door {
    usual: 30,
    most: None,
};

/// <https://docs.openfaas.com/reference/yaml/>
pub(crate) fn export(source: &Source<'_>) -> Result<Export> {
    let application = source.application;
    let name = dns_label(&application.name);
    let at = format!("/functions/{name}");
    let variables = environment::variables_with_events(source, Stores::default());
    let (mut environment, mut comments) =
        environment::as_map(&variables, &format!("{at}/environment"));
    environment.insert("ISOBAR_PLATFORM".to_owned(), "openfaas".into());
    if let Some(at_once) = route_limits::at_once(application) {
        environment.insert("max_inflight".to_owned(), at_once.to_string().into());
    }
    let timeout = format!("{}s", DOOR.seconds(application));
    for variable in ["exec_timeout", "write_timeout"] {
        environment.insert(variable.to_owned(), timeout.as_str().into());
    }
    let mut function = json!({
        "lang": "dockerfile",
        "handler": ".",
        "image": FILL_IN,
        "environment": environment,
    });
    comments.push(Comment::new("", HOW));
    comments.push(Comment::new(
        format!("{at}/image"),
        "Fill in: where the image is pushed to.",
    ));
    if !application.secrets.is_empty() {
        // Secrets of OpenFaaS are files, and an application reads variables.
        function["environment_file"] = json!(["secrets.yml"]);
        let names: Vec<&str> = application
            .secrets
            .iter()
            .map(|secret| secret.name.as_str())
            .collect();
        let comment = format!(
            "Write it, and keep it out of the repository: `environment:` with the values of {}.",
            names.join(", ")
        );
        comments.push(Comment::new(format!("{at}/environment_file"), comment));
    }
    let whole = json!({
        "version": "1.0",
        "provider": { "name": "openfaas" },
        "functions": { name.as_str(): function },
    });
    let mut notes = environment::unexported(application, &[Kind::Topics, Kind::Buckets]);
    notes.extend(gateway(application, &timeout));
    let stack = for_envsubst(&yaml::document(&whole, &comments));
    let mut files = vec![File::new("stack.yml", stack)];
    if !application.schedules.is_empty() {
        files.push(File::new("schedules.yaml", schedules::jobs(source, &name)?));
        notes.push(schedules::NOTE.to_owned());
    }
    Ok(Export { files, notes })
}

/// What is to be known of the gateway, which has a time of its own.
fn gateway(application: &Application, timeout: &str) -> Option<String> {
    let mut routes = application.routes.iter();
    routes.any(|route| route.timeout.is_some()).then(|| {
        format!("the gateway of OpenFaaS has a time of its own for requests (upstream_timeout), which has to be above {timeout}")
    })
}
