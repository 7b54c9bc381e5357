//! Stages are those of the tables.

use std::time::Duration;

use super::*;

fn config(variables: &'static [(&'static str, &'static str)]) -> Config {
    let app = App::new("staged", |_| Ok(()));
    let variable = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    Config::new(variable, &app.describe())
}

#[test]
#[cfg(feature = "lambda")]
fn the_doors_of_lambda_are_stages_with_fresh_processes() {
    for (target, content, seconds) in [
        ("aws", 6, 30),
        ("api-gateway-rest", 6, 29),
        ("load-balancer", 1, 900),
        ("lambda", 6, 900),
    ] {
        let (stage, _) = stage(target, &config(&[])).unwrap();
        assert!(stage.fresh, "{target}");
        assert_eq!(stage.content, Some(content * 1_024 * 1_024), "{target}");
        assert_eq!(stage.time, Some(Duration::from_secs(seconds)), "{target}");
        assert!(stage.passes.is_some(), "{target}");
    }
}

#[test]
#[cfg(feature = "cloud-run")]
fn a_server_is_a_stage_by_its_table_and_its_variables() {
    for target in ["gcp", "cloud-run"] {
        let (stage, _) = stage(target, &config(&[("CLOUD_RUN_TIMEOUT_SECONDS", "7")])).unwrap();
        assert!(!stage.fresh);
        assert_eq!(stage.content, Some(32 * 1_024 * 1_024));
        assert_eq!(stage.time, Some(Duration::from_secs(7)));
    }
    let wrong = stage("gcp", &config(&[("CLOUD_RUN_TIMEOUT_SECONDS", "soon")]));
    let error = wrong.unwrap_err().to_string();
    assert!(error.contains("CLOUD_RUN_TIMEOUT_SECONDS"), "{error}");
}

#[test]
fn an_unknown_target_is_an_error_that_lists_the_known() {
    let error = stage("mainframe", &config(&[])).unwrap_err();
    assert_eq!(error.kind(), isobar::ErrorKind::InvalidArgument);
    assert!(error.to_string().contains("mainframe"), "{error}");
    for target in targets() {
        assert!(error.to_string().contains(target), "{error}");
        stage(target, &config(&[])).unwrap();
    }
}

#[tokio::test]
#[cfg(feature = "openwhisk")]
async fn what_could_not_be_woken_there_does_not_start_here() {
    use isobar::function::{Event, Outcome, Schedule};
    let app = App::new("staged", |_| Ok(()));
    let app = app.schedule("nightly", "0 3 * * *", async |(), _: Event<Schedule>| {
        Ok(Outcome::Ack)
    });
    let error = run(app, "openwhisk", config(&[]), None).await.unwrap_err();
    assert_eq!(error.kind(), isobar::ErrorKind::Unsupported);
    assert!(error.to_string().contains("openwhisk"), "{error}");
}
