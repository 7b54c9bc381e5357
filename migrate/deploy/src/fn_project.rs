//! The Fn Project: `func.yaml`.

use serde_json::json;

use crate::application::Application;
use crate::environment::{self, Stores};
use crate::export::{Export, File};
use crate::names::{Names, dns_label};
use crate::timeouts::{self, Door};
use crate::yaml::{self, Comment};

const HOW: &str = "\
What the application declares, for Fn. Written by `isobar export fn`.

  isobar package fn BINARY
  cd deploy/fn
  fn deploy --app APP";

/// What a function may take.
const DOOR: Door = Door {
    usual: 60,
    most: Some(300),
};

/// <https://github.com/fnproject/docs/blob/master/fn/reference/func-file.md>
pub(crate) fn export(application: &Application) -> Export {
    let variables = environment::variables(application, Stores::default());
    let (config, mut comments) = environment::as_map(&variables, "/config");
    let mut whole = json!({
        "schema_version": 20_180_708,
        "name": dns_label(&application.name),
        "version": "0.0.1",
        "runtime": "docker",
        "memory": 512,
        "timeout": DOOR.seconds(application),
        "config": config,
    });
    comments.push(Comment::new("", HOW));
    let secrets = application.secrets.iter().map(|secret| {
        let name = &secret.name;
        format!("the secret {name} is in no file: fn config function APP FUNCTION {name} VALUE")
    });
    let mut notes: Vec<String> = secrets.collect();
    let plain = |path: &&str| !path.contains('{');
    let paths = application.routes.iter().filter(|route| !route.opaque);
    let paths: std::collections::BTreeSet<&str> = paths
        .map(|route| route.path.as_str())
        .filter(plain)
        .collect();
    if !paths.is_empty() {
        let mut labels = Names::default();
        let triggers = paths.iter().map(|path| {
            let name = labels.label(&format!("{}-{path}", application.name));
            json!({ "name": name, "type": "http", "source": path })
        });
        whole["triggers"] = triggers.collect();
    }
    let other = application
        .routes
        .iter()
        .filter(|route| route.opaque || route.path.contains('{'));
    notes.extend(other.map(|route| {
        format!(
            "the route {:?} has no trigger: Fn knows a trigger by its whole path",
            route.path
        )
    }));
    notes.extend(timeouts::notes(application, &DOOR, "Fn"));
    Export {
        files: vec![File::new("func.yaml", yaml::document(&whole, &comments))],
        notes,
    }
}
