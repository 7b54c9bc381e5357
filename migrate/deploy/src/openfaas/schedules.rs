//! A CronJob of Kubernetes for each schedule, which sends the function a tick.

use serde_json::{Value, json};

use crate::cron::Cron;
use crate::environment;
use crate::error::Result;
use crate::export::Source;
use crate::names::{Names, dns_label};
use crate::yaml::{self, Comment};

const HOW: &str = "\
What sends the application its ticks. Written by `isobar export openfaas`.

  kubectl apply --namespace openfaas-fn -f schedules.yaml";

/// OpenFaaS's own connector calls `/` of the function as any client may, so that nobody could tell its ticks from forged ones:
/// <https://docs.openfaas.com/reference/cron/>.
pub(super) const NOTE: &str = "schedules.yaml has a CronJob of Kubernetes for each schedule, which sends a tick to the secret path of events; where there \
is no Kubernetes, as on faasd, something else has to send what it sends";

/// The smallest image with curl and a shell; its versions are those of curl.
const IMAGE: &str = "docker.io/curlimages/curl:8.11.1";
/// Where functions are called within the cluster: <https://docs.openfaas.com/architecture/gateway/>.
const GATEWAY: &str = "http://gateway.openfaas:8080/function";

/// A CronJob's name has 52 characters at most, of which two or three may tell it from another.
const MOST_BYTES: usize = 49;

/// What a job runs; a tick that fails is sent again with the same id, since its time is that of the job and not of the attempt.
const SEND: &str = "\
set -eu
due=$(date -u -d \"@$(( $(date +%s) / 60 * 60 ))\" +%Y-%m-%dT%H:%M:%SZ)
exec curl --fail --silent --show-error --retry 3 --retry-all-errors --max-time 300 --output /dev/null \\
  --header 'content-type: application/json' --header 'ce-specversion: 1.0' --header 'ce-type: isobar.schedule.tick' \\
  --header \"ce-id: $SCHEDULE@$due\" --header \"ce-source: schedule/$SCHEDULE\" --header \"ce-time: $due\" \\
  --data '{}' \"$FUNCTION$EVENTS_PATH\"
";

/// The jobs of an application whose function has this name.
pub(super) fn jobs(source: &Source<'_>, function: &str) -> Result<String> {
    let application = source.application;
    let mut labels = Names::default();
    let mut text = String::new();
    let mut comments = vec![Comment::new("", HOW)];
    for schedule in &application.schedules {
        let name = dns_label(&format!("{function}-{}", schedule.name));
        let label = labels.label(name.get(..MOST_BYTES).unwrap_or(&name));
        let cron = Cron::parse(schedule)?.unix();
        let variables = json!([
            { "name": "SCHEDULE", "value": schedule.name },
            { "name": "FUNCTION", "value": format!("{GATEWAY}/{function}") },
            { "name": "EVENTS_PATH", "value": environment::events_path(source) },
        ]);
        if !text.is_empty() {
            text.push_str("---\n");
        }
        text.push_str(&yaml::document(&job(&label, &cron, &variables), &comments));
        comments.clear();
    }
    Ok(text)
}

/// <https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/>
fn job(label: &str, cron: &str, variables: &Value) -> Value {
    let container = json!({
        "name": "tick",
        "image": IMAGE,
        "command": ["sh", "-c", SEND],
        "env": variables,
    });
    json!({
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": { "name": label },
        "spec": {
            "schedule": cron,
            "timeZone": "Etc/UTC",
            "concurrencyPolicy": "Allow",
            "jobTemplate": { "spec": {
                "backoffLimit": 0,
                "template": { "spec": { "restartPolicy": "Never", "containers": [container] } },
            } },
        },
    })
}
