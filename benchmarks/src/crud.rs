//! A ported CRUD resource on the durable local store, against the same Express application with its array in memory.

use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::server::{Server, express_package, free_port, peer};
use crate::{Load, report, wrk};

/// Notes that are there when reads are measured.
const NOTES: u32 = 100;
const MEBIBYTE: f64 = 1024.0 * 1024.0;
const NOTE: &str = r#"{"title":"Buy milk","body":"Two litres, the good one"}"#;

/// What was measured of one program; the best of all rounds.
#[derive(Debug, Default)]
struct Best {
    reads: f64,
    writes: f64,
    /// Bytes, after the reads.
    memory: f64,
}

pub(crate) fn compare(load: &Load) -> Result<()> {
    let ported = port()?;
    let (mut isobar, mut express) = (Best::default(), Best::default());
    for round in 1..=load.rounds {
        let store = tempfile::tempdir()?;
        report::progress(&format!("round {round} of {}: isobar", load.rounds));
        isobar.measure(&start_ported(&ported, store.path())?, load)?;
        report::progress(&format!("round {round} of {}: express4", load.rounds));
        express.measure(&start_express(&load.express)?, load)?;
    }
    for (name, best) in [("isobar", &isobar), ("express4", &express)] {
        report::measured(&format!("{name} GET"), "requests/s", best.reads);
        report::measured(&format!("{name} POST"), "requests/s", best.writes);
        report::measured(&format!("{name} memory"), "MiB", best.memory / MEBIBYTE);
    }
    report::ratio(
        "crud_get_isobar_over_express4",
        isobar.reads / express.reads,
    );
    report::ratio(
        "crud_post_isobar_over_express4",
        isobar.writes / express.writes,
    );
    report::ratio(
        "crud_memory_isobar_over_express4",
        isobar.memory / express.memory,
    );
    Ok(())
}

impl Best {
    fn measure(&mut self, server: &Server, load: &Load) -> Result<()> {
        for _ in 0..NOTES {
            post(&server.url)?;
        }
        let note = format!("{}/notes/{}", server.url, NOTES / 2);
        self.reads = self.reads.max(wrk::throughput(&note, load.span())?);
        let memory = server.memory()?;
        self.memory = if self.memory > 0.0 {
            self.memory.min(memory)
        } else {
            memory
        };
        let notes = format!("{}/notes", server.url);
        let writes = wrk::throughput_of(&notes, load.span(), Some(&peer("post.lua")?))?;
        self.writes = self.writes.max(writes);
        Ok(())
    }
}

/// Ports and builds the application: the program.
fn port() -> Result<PathBuf> {
    let source = peer("notes")?;
    let target = std::env::current_exe()?;
    let release = target.parent().context("a program is in a folder")?;
    let target = release.parent().context("a profile is in a folder")?;
    let crate_folder = target.join("benchmarks/notes");
    if crate_folder.exists() {
        std::fs::remove_dir_all(&crate_folder)?;
    }
    report::progress("building isobar");
    let build = ["build", "--release", "--locked", "--quiet"];
    run(Command::new("cargo").args(build).args(["-p", "isobar-cli"]))?;
    report::progress("porting and building the application");
    let port = Command::new(release.join("isobar"))
        .arg("port")
        .arg(source)
        .arg("--out")
        .arg(&crate_folder)
        .output()?;
    if !port.status.success() {
        bail!("not ported: {}", String::from_utf8_lossy(&port.stdout));
    }
    run(Command::new("cargo")
        .args(build)
        .arg("--manifest-path")
        .arg(crate_folder.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target))?;
    Ok(release.join("notes"))
}

fn run(command: &mut Command) -> Result<()> {
    let status = command.status()?;
    if !status.success() {
        bail!("{command:?}: {status}");
    }
    Ok(())
}

fn start_ported(program: &Path, store: &Path) -> Result<Server> {
    let address = format!("127.0.0.1:{}", free_port()?);
    let documents = format!("local:{}", store.display());
    let environment = [
        ("ISOBAR_LISTEN", OsString::from(&address)),
        ("ISOBAR_DOCUMENTS", documents.into()),
        ("RUST_LOG", "warn".into()),
    ];
    Server::start_at(program.as_os_str(), &[], &environment, &address)
}

fn start_express(folder: &Path) -> Result<Server> {
    let port = free_port()?;
    let environment = [
        ("PORT", OsString::from(port.to_string())),
        ("NODE_ENV", "production".into()),
        ("EXPRESS_FOLDER", express_package(folder)?.into()),
    ];
    let arguments = [
        "--require".into(),
        peer("express4.js")?.into(),
        peer("notes/server.js")?.into(),
    ];
    let address = format!("127.0.0.1:{port}");
    Server::start_at("node".as_ref(), &arguments, &environment, &address)
}

/// Adds one note.
fn post(url: &str) -> Result<()> {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://"))?;
    let length = NOTE.len();
    let head = "POST /notes HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n";
    let fields = format!("content-type: application/json\r\ncontent-length: {length}\r\n");
    stream.write_all(format!("{head}{fields}\r\n{NOTE}").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    if !answer.starts_with("HTTP/1.1 201") {
        bail!("a note was not added: {answer}");
    }
    Ok(())
}
