//! `isobar package --with-legacy` on the example application and its port: unpacked, started as the platform starts it,
//! and asked for routes of both sides.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use isobar_conformance::emulator::{Emulator, PythonEmulator, free_port};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::ministack::{call, printed};
use super::{isobar, python, repository};
use crate::legacy_notes::copy_into;
use crate::migration::{assert_gone, children, get, stderr, stdout};

/// The example, ported and built, and its configuration.
struct Migrated {
    _folder: TempDir,
    configuration: PathBuf,
    program: PathBuf,
    gateway: PathBuf,
}

impl Migrated {
    /// With every route that can move on the ported side.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let example = folder.path().join("bundled-notes");
        copy_into(&repository("examples/legacy-notes"), &example);
        let own = Path::new(env!("CARGO_BIN_EXE_isobar"));
        let mut migrate = isobar(&["migrate", "--once"]);
        migrate.arg(&example);
        migrate.env("CARGO_TARGET_DIR", own.ancestors().nth(2).unwrap());
        let output = migrate.output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        let configuration = folder.path().join("bundled-notes-ported/migration.toml");
        change("promote", &configuration);
        let text = fs::read_to_string(&configuration).unwrap();
        let table: toml::Table = text.parse().unwrap();
        let program = table["ported"]["command"][0].as_str().unwrap().to_owned();
        let front = own.with_file_name("isobar-front");
        Self {
            program: stripped(Path::new(&program), folder.path(), "bundled-notes-port"),
            gateway: stripped(&front, folder.path(), "isobar-front"),
            _folder: folder,
            configuration,
        }
    }

    fn package(&self, target: &str, out: &Path) -> Command {
        let mut command = isobar(&["package", target]);
        command
            .arg(format!("--with-legacy={}", self.configuration.display()))
            .arg(&self.program)
            .arg("--gateway")
            .arg(&self.gateway)
            .arg("--out")
            .arg(out);
        command
    }
}

/// Debug information is half of what a platform takes.
fn stripped(program: &Path, folder: &Path, name: &str) -> PathBuf {
    assert!(
        program.is_file(),
        "not run: cargo build --workspace makes {}",
        program.display()
    );
    let copy = folder.join(name);
    let strip = Command::new("strip")
        .arg("-o")
        .arg(&copy)
        .arg(program)
        .status();
    assert!(strip.unwrap().success());
    copy
}

fn change(what: &str, configuration: &Path) {
    let mut command = isobar(&[what, "all", "--config"]);
    let output = command.arg(configuration).output().unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        stdout(&output),
        stderr(&output)
    );
}

/// The bundle as Cloud Run starts it.
struct Instance {
    process: Child,
    address: String,
    states: TempDir,
    _store: TempDir,
}

impl Instance {
    fn start(bundle: &Path) -> Self {
        let (states, store) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let port = free_port().unwrap();
        let address = format!("127.0.0.1:{port}");
        let process = Command::new(bundle.join("isobar-front"))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("K_SERVICE", "notes")
            .env("PORT", port.to_string())
            .env("ISOBAR_LISTEN", &address)
            .env(
                "ISOBAR_DOCUMENTS",
                format!("local:{}", store.path().display()),
            )
            .env("ISOBAR_GATEWAY_STATES", states.path())
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut instance = Self {
            process,
            address,
            states,
            _store: store,
        };
        let begun = Instant::now();
        while std::net::TcpStream::connect(&instance.address).is_err() {
            let ended = instance.process.try_wait().unwrap();
            let late = begun.elapsed() > Duration::from_secs(20);
            assert!(ended.is_none() && !late, "{}", instance.said());
            std::thread::sleep(Duration::from_millis(20));
        }
        instance
    }

    fn get(&self, target: &str) -> String {
        get(&self.address, target)
    }

    /// The processes that it has started, which this word is in the command of.
    fn started(&self, word: &str) -> Vec<String> {
        children(self.process.id(), word)
    }

    /// Asks until it is answered so.
    #[track_caller]
    fn becomes(&self, target: &str, head: &str) {
        let begun = Instant::now();
        loop {
            let answer = self.get(target);
            if answer.starts_with(head) {
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "{answer}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Ends as the platform ends it; returns its log.
    fn end(mut self) -> String {
        let started = [
            self.started("server.js"),
            self.started("bundled-notes-port"),
        ]
        .concat();
        send("-TERM", &self.process.id().to_string());
        let status = self.process.wait().unwrap();
        let said = self.said();
        assert!(status.success(), "{status}: {said}");
        for process in started {
            assert_gone(&process);
        }
        said
    }

    fn said(&mut self) -> String {
        let mut said = String::new();
        // It is killed first where it still runs.
        let _ = self.process.kill();
        let mut errors = self.process.stderr.take().unwrap();
        errors.read_to_string(&mut said).unwrap();
        said
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        if self.process.kill().is_ok() {
            let _ = self.process.wait();
        }
    }
}

fn send(signal: &str, process: &str) {
    let sent = Command::new("kill").args([signal, process]).status();
    assert!(sent.unwrap().success());
}

/// A note that only one side knows.
fn write_note(address: &str) {
    let base = format!("http://{address}");
    let note = json!({ "title": "by the port", "body": "moved" });
    let (status, answer) = call(&base, "POST", "/notes", Some(&note));
    assert_eq!(status, 201, "{answer}");
}

fn the_container(migrated: &Migrated) {
    let bundle = tempfile::tempdir().unwrap();
    let output = migrated.package("gcp", bundle.path()).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("at most one instance"),
        "{}",
        stderr(&output)
    );
    let instance = Instance::start(bundle.path());
    both_start_once_and_again(&instance);
    write_note(&instance.address);
    assert!(instance.get("/notes").contains("by the port"));
    change("rollback", &instance.states.path().join("migration.toml"));
    let back = instance.get("/notes");
    assert!(
        back.starts_with("HTTP/1.1 200") && !back.contains("by the port"),
        "{back}"
    );
    let said = instance.end();
    assert!(
        said.contains("listening on port"),
        "the log lacks what the legacy application says: {said}"
    );
    one_that_cannot_start_is_told(bundle.path());
}

/// Each with the first request for it, and again when it has died.
fn both_start_once_and_again(instance: &Instance) {
    assert_eq!(
        instance.started("").len(),
        0,
        "nothing is started before a request"
    );
    assert!(instance.get("/health").ends_with("ok"));
    let ported = instance.started("bundled-notes-port");
    assert_eq!((ported.len(), instance.started("server.js").len()), (1, 0));

    // Several at once start one.
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert!(instance.get("/help").starts_with("HTTP/1.1 200")));
        }
    });
    let legacy = instance.started("server.js");
    assert_eq!(legacy.len(), 1);

    send("-KILL", &legacy[0]);
    instance.becomes("/help", "HTTP/1.1 200");
    let healed = instance.started("server.js");
    assert_eq!(healed.len(), 1);
    assert_ne!(healed, legacy);
}

/// And asked for again.
fn one_that_cannot_start_is_told(bundle: &Path) {
    fs::write(
        bundle.join("legacy/server.js"),
        "console.error('no disk'); process.exit(1)",
    )
    .unwrap();
    let instance = Instance::start(bundle);
    let refused = instance.get("/help");
    assert!(
        refused.starts_with("HTTP/1.1 503") && refused.contains("retry-after: "),
        "{refused}"
    );
    assert!(instance.get("/health").ends_with("ok"));
    assert!(instance.end().contains("no disk"));
}

const MINISTACK: PythonEmulator = PythonEmulator::MINISTACK_WITH_FUNCTIONS;

/// Deploys an archive as a function with a URL; returns the emulator's form of that.
fn deployed(emulator: &Emulator, archive: &Path) -> String {
    const DEPLOY: &str = "
import boto3, json, sys
client = boto3.client('lambda', endpoint_url=sys.argv[1], region_name='us-east-1',
                      aws_access_key_id='test', aws_secret_access_key='test')
client.create_function(FunctionName='notes', Runtime='provided.al2023', Handler='bootstrap', Timeout=60,
    Role='arn:aws:iam::000000000000:role/notes', Code={'ZipFile': open(sys.argv[2], 'rb').read()},
    Environment={'Variables': {'ISOBAR_DOCUMENTS': 'local:' + sys.argv[3]}})
url = client.create_function_url_config(FunctionName='notes', AuthType='NONE')['FunctionUrl']
print(json.dumps(url.split('://')[1].split('.')[0]))";
    let store = archive.with_file_name("store");
    let mut deploy = python();
    deploy
        .args(["-c", DEPLOY, &emulator.url])
        .arg(archive)
        .arg(store);
    let id: Value = printed(&mut deploy);
    format!("{}/_aws/lambda-url/{}", emulator.url, id.as_str().unwrap())
}

async fn the_function(migrated: &Migrated) {
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("function.zip");
    let output = migrated.package("aws", &archive).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let again = fs::read(&archive).unwrap();
    let output = migrated
        .package("aws", &archive)
        .arg("--force")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        fs::read(&archive).unwrap() == again,
        "the same bundle has other bytes"
    );

    let emulator = Emulator::start(&MINISTACK).await.unwrap();
    let base = deployed(&emulator, &archive);
    let (status, health) = call(&base, "GET", "/health", None);
    assert_eq!(status, 200, "{health}");
    // A route that the port has not.
    assert_eq!(call(&base, "GET", "/help", None).0, 200);
    let (status, answer) = call(
        &base,
        "POST",
        "/notes",
        Some(&json!({ "title": "by the port", "body": "moved" })),
    );
    assert_eq!(status, 201, "{answer}");
    let (status, notes) = call(&base, "GET", "/notes", None);
    assert_eq!(status, 200);
    assert!(notes.to_string().contains("by the port"), "{notes}");
}

/// One test, since all of it needs the same crate to be built.
#[tokio::test(flavor = "multi_thread")]
async fn a_migration_leaves_its_server_with_both_applications() {
    let migrated = Migrated::new();
    tokio::task::block_in_place(|| the_container(&migrated));
    the_function(&migrated).await;
}

#[test]
fn what_cannot_be_packed_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    };
    let refused = |configuration: &str, target: &str, told: &str| {
        let file = write("migration.toml", configuration);
        let mut command = isobar(&["package", target, "/bin/cat"]);
        command.arg(format!("--with-legacy={}", file.display()));
        command.args([
            "--gateway",
            "/bin/cat",
            "--target",
            "x86_64-unknown-linux-gnu",
            "--out",
        ]);
        let output = command.arg(folder.path().join("out")).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(stderr(&output).contains(told), "{}", stderr(&output));
    };
    let sides = |legacy: &str| {
        format!("format = 1\nported = {{ command = [\"./p\"] }}\nlegacy = {legacy}\n")
    };
    write("old/server.js", "");
    let local = sides("{ command = [\"node\", \"server.js\"], dir = \"old\" }");
    refused(&local, "azure", "custom handlers have no Node");
    refused(&local, "tencent", "which Node its custom runtime has");
    refused(
        &sides("{ url = \"http://127.0.0.1:1\" }"),
        "aws",
        "nothing to pack",
    );
    std::os::unix::fs::symlink(folder.path(), folder.path().join("old/up")).unwrap();
    refused(&local, "gcp", "up is a link to what lies outside");
}
