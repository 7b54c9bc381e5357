//! Doors to somebody's own application in place of the probe.

use std::fs::File;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use async_trait::async_trait;
use isobar_serve::{LISTEN_VARIABLE, SUPERVISOR_VARIABLE, announced};
use tokio::net::{UnixListener, UnixStream};
use tokio::process::Command;
use tokio::time::sleep;

use super::contract::{CONTRACTS, ContractDoors};
use super::lambda::LambdaDoors;
use super::openwhisk::OpenWhiskDoors;
use super::process::ProbeProcess;
use super::{Door, WireRequest, WireResponse, fn_agent, http1};
use crate::Failure;

/// A program, and what it is started with.
#[derive(Debug)]
pub(crate) struct Application {
    pub(crate) program: PathBuf,
    /// All that its environment has beside what finds programs and temporary files.
    pub(crate) variables: Vec<(String, String)>,
    /// Where its output goes.
    pub(crate) log: PathBuf,
}

/// A way to an application.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Way {
    /// The local platform's own server.
    Local,
    /// Lambda behind a front door.
    Lambda(LambdaDoors),
    /// A platform that is an HTTP server, by its name.
    Contract(&'static str),
    /// Fn.
    Fn,
    /// An action of OpenWhisk.
    OpenWhisk(OpenWhiskDoors),
}

/// What every process gets of this one's environment.
const PASSED_ON: [&str; 5] = ["PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH"];
/// How long an application may take until it takes requests.
const PATIENCE: Duration = Duration::from_secs(30);

impl Application {
    /// Starts it behind a door, and waits until it takes requests.
    pub(crate) async fn open(&self, way: Way) -> Result<Box<dyn Door>, Failure> {
        match way {
            Way::Local => Ok(Box::new(LocalDoor::open(self).await?)),
            Way::Lambda(doors) => doors.open_application(self).await,
            Way::Contract(name) => {
                let mut all = CONTRACTS.iter();
                let contract = all.find(|contract| contract.name() == name);
                let missing = || Failure::new(format!("there is no contract {name:?}"));
                let doors = ContractDoors(contract.ok_or_else(missing)?);
                doors.open_application(self).await
            }
            Way::Fn => fn_agent::open_application(self).await,
            Way::OpenWhisk(doors) => doors.open_application(self).await,
        }
    }

    /// Where its output goes.
    pub(super) fn output(&self) -> Result<File, Failure> {
        let output = File::options().append(true).create(true).open(&self.log);
        output.map_err(|error| Failure::new(format!("no log: {error}")))
    }

    pub(super) fn not_started(&self, error: &std::io::Error) -> Failure {
        let program = self.program.display();
        Failure::new(format!("{program} cannot be started: {error}"))
    }

    /// Gives the command that starts it its own variables and those of a platform.
    pub(super) fn prepare<'c>(
        &self,
        command: &'c mut Command,
        platform: &[(&str, String)],
    ) -> &'c mut Command {
        let kept = PASSED_ON.into_iter();
        let kept = kept.filter_map(|name| Some((name, std::env::var_os(name)?)));
        command
            .env_clear()
            .envs(kept)
            .envs(platform.iter().map(|(name, value)| (name, value)))
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .kill_on_drop(true)
    }
}

/// The local platform's server, with nothing of the suite before it.
#[derive(Debug)]
struct LocalDoor {
    address: SocketAddr,
    _process: ProbeProcess,
    /// As long as it is open, the application knows that it is wanted.
    _supervision: UnixStream,
}

impl LocalDoor {
    async fn open(application: &Application) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| Failure::new(format!("no socket: {error}"));
        let socket = application.log.with_extension("sock");
        let listener = UnixListener::bind(&socket).map_err(failed)?;
        let variables = [
            (LISTEN_VARIABLE, "127.0.0.1:0".to_owned()),
            (SUPERVISOR_VARIABLE, socket.to_string_lossy().into_owned()),
        ];
        let mut process = ProbeProcess::start_application(application, &variables)?;
        let (supervision, address) = tokio::select! {
            announced = announced(&listener) => {
                announced.map_err(|error| Failure::new(format!("it does not say where: {error}")))?
            }
            status = process.ended() => {
                return Err(Failure::new(format!("it ended before it took requests: {status}")));
            }
            () = sleep(PATIENCE) => return Err(Failure::new("it does not take requests")),
        };
        Ok(Self {
            address,
            _process: process,
            _supervision: supervision,
        })
    }
}

#[async_trait]
impl Door for LocalDoor {
    async fn send(&self, request: &WireRequest) -> Result<WireResponse, Failure> {
        let exchange = http1::exchange(self.address, request).await;
        exchange.map_err(|error| Failure::new(format!("no answer over HTTP: {error}")))
    }
}
