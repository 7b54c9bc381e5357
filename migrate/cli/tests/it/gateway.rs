//! `isobar gateway`: it serves, and nothing of it is left when it ends, however it ends.

use crate::migration::{Migration, assert_gone, get, pid, stderr};

/// Starts a gateway and both applications; returns it with their processes.
fn with_both_applications(
    migration: &Migration,
) -> (crate::migration::Running, String, [String; 2]) {
    let (gateway, address) = migration.gateway();
    let legacy = pid(&get(&address, "/who"));
    assert!(migration.run(&["promote", "GET /who"]).status.success());
    let ported = pid(&get(&address, "/who"));
    assert_ne!(legacy, ported);
    (gateway, address, [legacy, ported])
}

#[test]
fn it_ends_with_success_when_asked_to_and_takes_its_applications_along() {
    for signal in ["-TERM", "-INT"] {
        let migration = Migration::new("a", "b");
        let (mut gateway, _, applications) = with_both_applications(&migration);
        gateway.signal(signal);
        assert!(gateway.0.wait().unwrap().success(), "{signal}");
        for application in &applications {
            assert_gone(application);
        }
    }
}

#[test]
fn killed_it_leaves_no_application_behind_and_the_next_one_starts_where_it_was() {
    let migration = Migration::new("a", "b");
    let (gateway, _, applications) = with_both_applications(&migration);
    gateway.signal("-KILL");
    for application in &applications {
        assert_gone(application);
    }
    drop(gateway);
    let (_gateway, address) = migration.gateway();
    assert!(get(&address, "/who").ends_with('b'));
}

#[test]
fn without_its_file_it_names_it() {
    let migration = Migration::new("a", "b");
    let output = migration.run(&["gateway", "--config", "elsewhere.toml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).starts_with("error: there is no elsewhere.toml"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn missing_packages_are_an_error_where_npm_may_not_run() {
    let migration = Migration::new("a", "b");
    let package = r#"{"dependencies": {"express": "4"}}"#;
    std::fs::write(migration.folder.path().join("package.json"), package).unwrap();
    for command in ["gateway", "verify"] {
        let output = migration.run(&[command, "--no-install"]);
        assert_eq!(output.status.code(), Some(3));
        let said = stderr(&output);
        assert!(
            said.contains("are not installed (express); run `npm install` there"),
            "{said}"
        );
    }
}
