//! Apache OpenWhisk: `manifest.yaml` of wskdeploy.

use serde_json::json;

use crate::application::Application;
use crate::environment::{self, FILL_IN, Stores};
use crate::export::{Export, File};
use crate::timeouts::{self, Door};
use crate::yaml::{self, Comment};

const HOW: &str = "\
What the application declares, for Apache OpenWhisk. Written by `isobar export openwhisk`.

  isobar package openwhisk BINARY
  docker build -t IMAGE deploy/openwhisk && docker push IMAGE
  wskdeploy -m manifest.yaml

OpenWhisk gives a process no variables of yours: before the image is built, write a line `ENV NAME=VALUE` into its
Dockerfile for each of these.
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
    let variables = environment::variables(application, Stores::default());
    let lines = variables
        .iter()
        .map(|variable| format!("  {}={}", variable.name, variable.value));
    let secret = |name: &str| format!("  {name}: a secret, which whoever has the image can read");
    let secrets = application.secrets.iter().map(|one| secret(&one.name));
    let lines: Vec<String> = lines.chain(secrets).collect();
    let how = format!("{HOW}\n{}", lines.join("\n"));
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
    Export {
        files: vec![File::new(
            "manifest.yaml",
            yaml::document(&whole, &comments),
        )],
        notes: timeouts::notes(application, &DOOR, "OpenWhisk"),
    }
}
