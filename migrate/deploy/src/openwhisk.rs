//! Apache OpenWhisk: `manifest.yaml` of wskdeploy, and the variables of the action for its API.

use serde_json::{Value, json};

use crate::application::Application;
use crate::environment::{self, FILL_IN, STORES, Stores, Variable};
use crate::export::{Export, File};
use crate::timeouts::{self, Door};
use crate::yaml::{self, Comment};

const HOW: &str = "\
What the application declares, for Apache OpenWhisk. Written by `isobar export openwhisk`.

  isobar package openwhisk BINARY
  cd deploy/openwhisk
  docker build -t IMAGE . && docker push IMAGE
  wskdeploy -m manifest.yaml

The variables are in parameters.json, as parameters that the action has when it is initialised, and only then. Neither
wskdeploy nor wsk know such parameters, and both take them away when they create the action again: after each, fill in a copy
with the secrets, and send it to OpenWhisk's API, which keeps everything else of the action:

  curl --netrc -X PUT -H 'Content-Type: application/json' -d @FILLED-IN.json \\
    \"https://APIHOST/api/v1/namespaces/_/actions/NAME/NAME?overwrite=true\"

~/.netrc, which nobody else may read, has `machine APIHOST login USER password KEY`: what stands before and behind the colon
of what `wsk property get --auth` prints.

The application reads these variables, and nothing else of its process does: what the clients of stores read from the
environment themselves (PGPASSWORD and its like, AWS_*, AZURE_*, GOOGLE_*) belongs into the environment of the image, as ENV
in its Dockerfile, or into what the operator gives containers. With `isobar package openwhisk --with-legacy` the Dockerfile
has ENV for all that is no secret, and parameters.json is not needed.
";
const ASKED: &str = "To be filled in of parameters.json, which has no comments:";
const OF_CLIENTS: &str = "\
the clients of stores read credentials from the environment of the process (PGPASSWORD and its like, AWS_*, AZURE_*, GOOGLE_*), \
which has nothing of parameters.json: those belong into the environment of the image, or into what the operator gives containers";

/// What an action may take; operators may allow more than five minutes.
///
/// <https://github.com/apache/openwhisk/blob/master/docs/reference.md#system-limits>
const DOOR: Door = Door {
    usual: 60,
    most: Some(300),
};

/// A raw web action, whose requests arrive as they were sent.
///
/// <https://github.com/apache/openwhisk-wskdeploy/blob/master/specification/html/spec_actions.md>
pub(crate) fn export(application: &Application) -> Export {
    let name = &application.name;
    let at = format!("/packages/{name}/actions/{name}");
    let how = HOW.replace("NAME/NAME", &format!("{name}/{name}"));
    let variables = environment::variables(application, Stores::default());
    let how = format!("{how}{}", asked(application, &variables));
    let action = json!({
        "docker": FILL_IN,
        "web": "raw",
        "limits": { "timeout": DOOR.seconds(application) * 1_000, "memorySize": 512 },
    });
    let whole = json!({ "packages": { name: { "actions": { name: action } } } });
    let comments = [
        Comment::new("", how),
        Comment::new(
            format!("{at}/docker"),
            "Fill in: the image that was built from the package.",
        ),
    ];
    let manifest = File::new("manifest.yaml", yaml::document(&whole, &comments));
    let parameters = File::new("parameters.json", parameters(application, &variables));
    let mut notes = timeouts::notes(application, &DOOR, "OpenWhisk");
    let has_stores = variables.iter().any(|one| STORES.contains(&&*one.name));
    notes.extend(has_stores.then(|| OF_CLIENTS.to_owned()));
    Export {
        files: vec![manifest, parameters],
        notes,
    }
}

/// What a person should know of parameters, since JSON has no comments.
fn asked(application: &Application, variables: &[Variable]) -> String {
    let commented = variables.iter().filter_map(|variable| {
        let comment = variable.comment.as_ref()?;
        Some(format!("  {}: {comment}", variable.name))
    });
    let secrets = application.secrets.iter();
    let secrets =
        secrets.map(|secret| format!("  {}: Fill in a secret, in the copy.", secret.name));
    let lines: Vec<String> = commented.chain(secrets).collect();
    format!("\n{ASKED}\n\n{}", lines.join("\n"))
}

/// What the action is told when it is initialised, as a change of it.
///
/// The invoker takes parameters for the initialisation out of those of an activation, and exports them as `env` of `/init`
/// (`partitionArguments` in `ContainerProxy.scala`): <https://github.com/apache/openwhisk/blob/master/docs/actions-new.md#initialization>
fn parameters(application: &Application, variables: &[Variable]) -> String {
    let told = |name: &str, value: &str| json!({ "key": name, "value": value, "init": true });
    let variables = variables.iter().map(|one| told(&one.name, &one.value));
    let secrets = application.secrets.iter();
    let secrets = secrets.map(|one| told(&one.name, FILL_IN));
    let parameters: Vec<Value> = variables.chain(secrets).collect();
    format!("{:#}\n", json!({ "parameters": parameters }))
}
