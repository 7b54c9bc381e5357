//! Applications that the gateway starts: when they are needed, watched, restarted, and never left behind.

use std::path::{Path, PathBuf};
use std::time::Duration;

use isobar_migrate_gateway::state::Side;

use crate::harness::{Running, assert_refused, nobody, status, within};

/// Starts a gateway before `script`, which is run by Node from a folder of its own.
async fn before(script: &str, settings: &str) -> Running {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("app.js"), script).unwrap();
    let ported = nobody().await;
    let text = format!(
        "format = 1\nported = {{ url = \"http://{ported}\" }}\n[legacy]\ncommand = [\"node\", \"app.js\"]\n{settings}\n"
    );
    std::fs::write(folder.path().join("migration.toml"), text).unwrap();
    Running::start_in(folder).await
}

const PID_SERVER: &str = "
    require('http').createServer((req, res) => {
        if (req.url === '/crash') process.exit(3);
        res.end(`pid ${process.pid} on ${req.socket.localAddress}`);
    }).listen(80, '0.0.0.0');
";

fn pid(answer: &str) -> &str {
    answer
        .split("pid ")
        .nth(1)
        .and_then(|rest| rest.split(' ').next())
        .unwrap_or(answer)
}

fn is_alive(pid: &str) -> bool {
    // A process that has ended and was not waited for yet is a zombie, which does nothing any more.
    let status = std::fs::read_to_string(PathBuf::from("/proc").join(pid).join("status"));
    status.is_ok_and(|status| !status.contains("State:\tZ"))
}

async fn gone(pid: &str) {
    within(async {
        while is_alive(pid) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn an_application_is_started_when_it_is_needed_whatever_port_it_asks_for() {
    let gateway = before(PID_SERVER, "").await;
    let answer = gateway.get("/").await;
    assert_eq!(status(&answer), "200", "{answer}");
    assert!(answer.ends_with("on 127.0.0.1"), "{answer}");
}

#[tokio::test]
async fn an_application_that_died_is_started_again() {
    let gateway = before(PID_SERVER, "").await;
    let first = gateway.get("/").await;
    let crashed = gateway.get("/crash").await;
    assert_refused(&crashed, "502", "broken_answer", "legacy");
    let again = within(answered(&gateway)).await;
    assert_ne!(pid(&first), pid(&again));
}

/// Asks until the application answers again.
async fn answered(gateway: &Running) -> String {
    loop {
        let answer = gateway.get("/").await;
        if status(&answer) == "200" {
            return answer;
        }
        assert!(matches!(status(&answer), "502" | "503"), "{answer}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn the_applications_end_with_the_gateway() {
    let gateway = before(PID_SERVER, "").await;
    let answer = gateway.get("/").await;
    gateway.stop().await;
    gone(pid(&answer)).await;
}

#[tokio::test]
async fn an_application_that_is_busy_for_good_ends_too() {
    let script = "
        require('http').createServer((req, res) => {
            res.end(`pid ${process.pid} `);
            setTimeout(() => { for (;;); }, 50);
        }).listen(80);
    ";
    let gateway = before(script, "").await;
    let answer = gateway.get("/").await;
    gateway.stop().await;
    gone(pid(&answer)).await;
}

#[tokio::test]
async fn an_application_that_never_listens() {
    let gateway = before("setInterval(() => {}, 1000);", "ready-timeout = \"500ms\"").await;
    let answer = gateway.get("/").await;
    assert_refused(&answer, "503", "never_listened", "legacy");
    assert!(answer.contains("retry-after: 1\r\n"), "{answer}");
}

#[tokio::test]
async fn an_application_that_ends_before_it_listens_is_quoted_to_its_operator_only() {
    let gateway = before("throw new Error('no database')", "").await;
    let answer = gateway.get("/").await;
    assert_refused(&answer, "503", "ended_early", "legacy");
    assert!(!answer.contains("no database"), "{answer}");
    let error = gateway
        .handle
        .start(Side::Legacy)
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("Error: no database"), "{error}");
}

#[tokio::test]
async fn a_program_that_does_not_exist() {
    let folder = tempfile::tempdir().unwrap();
    let text = "format = 1\nported = { url = \"http://127.0.0.1:1\" }\nlegacy = { command = [\"no-such-program\"] }\n";
    std::fs::write(folder.path().join("migration.toml"), text).unwrap();
    let gateway = Running::start_in(folder).await;
    assert_refused(&gateway.get("/").await, "503", "cannot_start", "legacy");
    let error = gateway
        .handle
        .start(Side::Legacy)
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("cannot run no-such-program"), "{error}");
}

#[tokio::test]
async fn an_application_of_any_kind_is_found_at_its_address() {
    let address = nobody().await;
    let script = format!(
        "require('net').createServer((socket) => socket.on('data', () => socket.end('HTTP/1.1 200 OK\\r\\ncontent-length: 3\\r\\n\\r\\nany'))).listen({}, '127.0.0.1');",
        address.port()
    );
    let gateway = before(&script, &format!("url = \"http://{address}\"")).await;
    let answer = gateway.get("/").await;
    assert!(answer.ends_with("any"), "{answer}");
}

#[tokio::test]
async fn an_address_at_which_another_process_listens_is_no_applications() {
    let other = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = other.local_addr().unwrap();
    let gateway = before(PID_SERVER, &format!("url = \"http://{address}\"")).await;
    let answer = gateway.get("/").await;
    assert_refused(&answer, "503", "address_taken", "legacy");
}

/// The packages of the example, which the tests share with it.
fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/legacy-notes")
}

/// Runs `script` with the example's Express.
async fn express(script: &str) -> Running {
    let gateway = before(script, "").await;
    let packages = gateway.folder.path().join("node_modules");
    std::os::unix::fs::symlink(example().join("node_modules"), packages).unwrap();
    gateway
}

#[tokio::test]
async fn an_application_that_is_exported_and_never_listens_is_served() {
    isobar_migrate_gateway::install::ensure(
        &example(),
        isobar_migrate_gateway::install::Permission::Install,
        |_| (),
    )
    .await
    .unwrap();
    let application = "
        const express = require('express');
        const app = express();
        app.get('/', (req, res) => res.send('served'));
    ";
    for export in [
        "module.exports = app;",
        "exports.app = app;",
        "exports.handler = ((app) => async (event) => app)(app);",
        "setInterval(() => {}, 1000); module.exports = { handler: () => app };",
        "require('https').createServer({}, app).listen(443);",
    ] {
        let gateway = express(&format!("{application}\n{export}")).await;
        let answer = gateway.get("/").await;
        assert!(answer.ends_with("served"), "{export}\n{answer}");
    }
}

#[tokio::test]
async fn the_first_command_with_which_an_application_listens_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("server.js", "require('./gone')");
    write("app.js", PID_SERVER);
    let commands = isobar_migrate_gateway::start_commands(folder.path(), None).unwrap();
    let works = |commands| async {
        isobar_migrate_gateway::command_that_works(folder.path(), commands, &[], folder.path())
            .await
    };
    assert_eq!(works(commands.clone()).await.unwrap(), ["node", "app.js"]);
    let error = works(commands[..1].to_vec()).await.unwrap_err().to_string();
    assert!(
        error.contains("`node server.js`") && error.contains("./gone"),
        "{error}"
    );
}
