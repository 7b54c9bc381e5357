//! Apache OpenWhisk: `manifest.yaml` of wskdeploy, and the variables of the action for its API.

use serde_json::{Value, json};

use crate::application::Application;
use crate::environment::{self, FILL_IN, Stores};
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

  curl -u \"$AUTH\" -X PUT -H 'Content-Type: application/json' -d @FILLED-IN.json \\
    \"https://APIHOST/api/v1/namespaces/_/actions/NAME/NAME?overwrite=true\"
";

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
    let parameters = File::new("parameters.json", parameters(application));
    Export {
        files: vec![manifest, parameters],
        notes: timeouts::notes(application, &DOOR, "OpenWhisk"),
    }
}

/// What the action is told when it is initialised, as a change of it.
///
/// The invoker takes parameters for the initialisation out of those of an activation, and exports them as `env` of `/init`
/// (`partitionArguments` in `ContainerProxy.scala`): <https://github.com/apache/openwhisk/blob/master/docs/actions-new.md#initialization>
fn parameters(application: &Application) -> String {
    let told = |name: &str, value: &str| json!({ "key": name, "value": value, "init": true });
    let variables = environment::variables(application, Stores::default());
    let variables = variables.iter().map(|one| told(&one.name, &one.value));
    let secrets = application.secrets.iter();
    let secrets = secrets.map(|one| told(&one.name, FILL_IN));
    let parameters: Vec<Value> = variables.chain(secrets).collect();
    format!("{:#}\n", json!({ "parameters": parameters }))
}
