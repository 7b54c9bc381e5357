//! Names of Kubernetes: what its objects may be called, and who has to be called otherwise.

use crate::application::{Application, Schedule};
use crate::error::Result;
use crate::names::{Called, Rule, dns_label, is_lower};

/// <https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names>
const SECRET: Rule = Rule {
    kind: "Secret of Kubernetes",
    takes: |name| is_lower(name, (1, 253), "-"),
    words: "1 to 253 lower-case letters, digits and `-`",
};
/// The same, by which an application knows its schedule.
const SOURCE: Rule = Rule {
    kind: "PingSource",
    takes: |name| is_lower(name, (1, 253), "-") && dns_label(name) == name,
    words: "at most 253 lower-case letters, digits and single dashes, the name of the application among them",
};

/// What the source of a schedule is called.
pub(super) fn source_name(application: &Application, schedule: &Schedule) -> String {
    dns_label(&format!("{}-{}", application.name, schedule.name))
}

/// Refuses what could not be made, by the name that the application gives it.
pub(super) fn check(application: &Application) -> Result<()> {
    let mut called = Called::default();
    for secret in &application.secrets {
        let name = dns_label(&secret.name);
        SECRET.check(("secret", &secret.name), &name)?;
        called.add(SECRET.kind, name);
    }
    for schedule in &application.schedules {
        let declared = ("schedule", &*schedule.name);
        SOURCE.check(declared, &schedule.name)?;
        let name = source_name(application, schedule);
        SOURCE.check(declared, &name)?;
        called.add(SOURCE.kind, name);
    }
    called.check()
}
