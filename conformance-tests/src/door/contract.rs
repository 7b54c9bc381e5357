//! Through the port of a platform that is an HTTP server, as its front end does by the published contract: the same
//! variables, the same port, the same fields, the same questions before the first request.

mod damaged;
mod front_ends;
mod invoked;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use async_trait::async_trait;
use isobar::{Capabilities, Capability};
use isobar_serve::event::EVENTS_VARIABLE;
use isobar_serve::{BasePathSource, HostSource, LogReader, PlatformFacts};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::application::Application;
use super::brought::{self, Events, Tried};
use super::{
    Damage, Door, Doors, ProbeProcess, SizeLimit, WireChange, WireMessage, WireRequest,
    WireResponse, WireStream, WireWrite, http1,
};
use crate::{Evidence, Failure, emulator, probe};

pub use front_ends::CONTRACTS;

/// What a front end does.
#[derive(Debug, Clone, Copy)]
pub struct Contract {
    /// The name of its provider, where that is not the platform's.
    name: Option<&'static str>,
    facts: &'static PlatformFacts,
    /// The variables of a process that has this port, and this directory for temporary files.
    variables: fn(port: u16, temporary: &Path) -> Vec<(&'static str, String)>,
    ready: Ready,
    /// Adds the front end's fields to a request whose id is this; says under which id the process should file it.
    fields: fn(request: &mut WireRequest, id: &Uuid) -> String,
    /// What stands around requests and responses of clients, where anything does.
    around: Option<&'static Around>,
    /// What brings events.
    events: &'static Events,
}

/// What a front end writes around a request, and what it makes of the answer.
#[derive(Debug)]
struct Around {
    call: fn(&WireRequest) -> WireRequest,
    /// Takes from a call what its content promises: the content is not the Base64 that its type asks for.
    damage: fn(&mut WireRequest),
    response: fn(&WireResponse) -> Result<WireResponse, Failure>,
}

/// What a front end does before the first request.
#[derive(Debug, Clone, Copy)]
enum Ready {
    /// It connects.
    Connects,
    /// It sends GET for this path until it is answered 200.
    Asks(&'static str),
    /// It sends GET for `/` until anything is answered.
    AsksForAnything,
    /// It asks for health, then makes the process a function.
    Specializes,
}

/// Doors to one platform.
#[derive(Debug)]
pub struct ContractDoors(pub &'static Contract);

#[derive(Debug)]
pub(crate) struct ContractDoor {
    contract: &'static Contract,
    address: SocketAddr,
    process: ProbeProcess,
    /// Whether it is the probe, and not somebody's application, whose logs are elsewhere.
    is_probe: bool,
    _temporary: TempDir,
}

/// How long the process may take to be there; Cloud Run gives it four minutes, Azure Functions one.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(20);
/// How long a request has, where its front end says so.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The address of every client.
const CLIENT: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 7);

impl Contract {
    /// The name of its provider.
    pub fn name(&self) -> &'static str {
        self.name.unwrap_or(self.facts.name)
    }
}

#[async_trait]
impl Doors for ContractDoors {
    fn capabilities(&self) -> Capabilities {
        self.0.facts.capabilities
    }

    fn evidence(&self) -> Evidence {
        Evidence::ContractOnly
    }

    fn client(&self) -> Option<IpAddr> {
        let told = self.0.facts.trusted_hops > 0;
        Some(if told { CLIENT } else { Ipv4Addr::LOCALHOST }.into())
    }

    fn scheme(&self) -> Option<&'static str> {
        let told = self.0.facts.trusted_hops > 0;
        Some(if told { "https" } else { "http" })
    }

    fn reserved(&self) -> Vec<(&'static str, &'static str)> {
        let reserved = self.0.facts.reserved();
        reserved.map(|call| (call.method, call.path)).collect()
    }

    fn is_server(&self) -> bool {
        self.0.around.is_none()
    }

    fn has_stages(&self) -> bool {
        matches!(self.0.facts.location.base_path, BasePathSource::Field(_))
    }

    fn tells_host(&self) -> bool {
        self.0.facts.location.host == HostSource::Host
    }

    fn tells_base_path(&self) -> bool {
        let source = self.0.facts.location.base_path;
        matches!(source, BasePathSource::Target | BasePathSource::Field(_))
    }

    fn counts_hops(&self) -> bool {
        true
    }

    fn deadline(&self) -> Option<Duration> {
        // By a variable, or with each request.
        let tells = ["cloud-run", "alibaba-fc", "tencent-scf"].contains(&self.0.name());
        let fixed = self.0.facts.deadline.fixed;
        if tells { Some(TIMEOUT) } else { fixed }
    }

    fn content_limit(&self) -> SizeLimit {
        let limit = self.0.facts.limits.request;
        let limit = limit.and_then(|most| usize::try_from(most).ok());
        let limit = limit.map_or(SizeLimit::SERVER_CONTENT, SizeLimit::exactly);
        match self.0.around {
            None => limit,
            // In Base64, with the rest of the request.
            Some(_) => SizeLimit {
                passed: limit.passed / 4 * 3 - 64 * 1_024,
                ..limit
            },
        }
    }

    fn most_message(&self) -> usize {
        self.0.events.most
    }

    fn counts_deliveries(&self) -> bool {
        self.0.events.counts
    }

    async fn open_with(
        &self,
        variables: &[(&'static str, String)],
    ) -> Result<Box<dyn Door>, Failure> {
        Ok(Box::new(self.start(variables).await?))
    }

    async fn open_broken(&self) -> Result<(String, ExitStatus), Failure> {
        let broken = [(probe::BROKEN, "yes".to_owned())];
        let door = self.launch(None, &broken)?;
        door.process.failed(probe::NO_START).await
    }

    async fn open(&self) -> Result<Box<dyn Door>, Failure> {
        Ok(Box::new(self.start(&[]).await?))
    }
}

impl ContractDoors {
    /// Starts the probe and does what the front end does before the first request.
    pub(crate) async fn start(
        &self,
        more: &[(&'static str, String)],
    ) -> Result<ContractDoor, Failure> {
        self.start_to(None, more).await
    }

    /// The same for somebody's application in place of the probe.
    pub(super) async fn open_application(
        &self,
        application: &Application,
    ) -> Result<Box<dyn Door>, Failure> {
        Ok(Box::new(self.start_to(Some(application), &[]).await?))
    }

    async fn start_to(
        &self,
        application: Option<&Application>,
        more: &[(&'static str, String)],
    ) -> Result<ContractDoor, Failure> {
        let door = self.launch(application, more)?;
        door.get_ready().await?;
        Ok(door)
    }

    /// Starts the process, whatever becomes of it.
    fn launch(
        &self,
        application: Option<&Application>,
        more: &[(&'static str, String)],
    ) -> Result<ContractDoor, Failure> {
        let failed =
            |error: std::io::Error| Failure::new(format!("no place for the probe: {error}"));
        let temporary = TempDir::new().map_err(failed)?;
        let port = emulator::free_port().map_err(failed)?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut variables = (self.0.variables)(address.port(), temporary.path());
        if variables.iter().all(|(name, _)| *name != LISTEN) {
            // The platform's port, and no other machine can reach it.
            variables.push((LISTEN, address.ip().to_string()));
        }
        variables.push((EVENTS_VARIABLE, brought::PATH.to_owned()));
        if self.capabilities().has(Capability::ChangeEvents) {
            variables.push((probe::CHANGES, "watched".to_owned()));
        }
        variables.extend_from_slice(more);
        Ok(ContractDoor {
            contract: self.0,
            address,
            process: match application {
                Some(application) => ProbeProcess::start_application(application, &variables)?,
                None => ProbeProcess::start_alone(&variables)?,
            },
            is_probe: application.is_none(),
            _temporary: temporary,
        })
    }
}

const LISTEN: &str = isobar_serve::LISTEN_VARIABLE;
/// How often an event is tried that is not done.
const ATTEMPTS: u32 = 3;

impl ContractDoor {
    /// Brings an event that was made elsewhere, once; whether it is done.
    pub(crate) async fn brings(&self, request: &WireRequest) -> Result<bool, Failure> {
        let response = self.plainly(request).await?;
        Ok((200..300).contains(&response.status))
    }

    /// Where the probe listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    async fn get_ready(&self) -> Result<(), Failure> {
        match self.contract.ready {
            Ready::Connects => self.connects().await,
            Ready::Asks(path) => {
                self.connects().await?;
                self.answers("GET", path, "", 200).await
            }
            Ready::AsksForAnything => {
                self.connects().await?;
                self.plainly(&WireRequest::new("GET", "/")).await.map(drop)
            }
            Ready::Specializes => {
                self.connects().await?;
                self.answers("GET", "/healthz", "", 200).await?;
                self.answers("GET", "/", "", 500).await?;
                self.answers("POST", "/v2/specialize", "no JSON", 400)
                    .await?;
                let told =
                    "{\"filepath\":\"/userfunc/deployarchive\",\"functionName\":\"\",\"url\":\"\"}";
                self.answers("POST", "/v2/specialize", told, 200).await
            }
        }
    }

    async fn connects(&self) -> Result<(), Failure> {
        let start = Instant::now();
        while TcpStream::connect(self.address).await.is_err() {
            if start.elapsed() > PATIENCE {
                return Err(Failure::new("the probe does not listen"));
            }
            sleep(PAUSE).await;
        }
        Ok(())
    }

    /// A request of the platform itself, which has no fields of a client's.
    async fn answers(
        &self,
        method: &str,
        path: &str,
        body: &str,
        expected: u16,
    ) -> Result<(), Failure> {
        let request = WireRequest::new(method, path).body(body);
        let status = self.plainly(&request).await?.status;
        if status == expected {
            return Ok(());
        }
        Err(Failure::new(format!(
            "{method} {path} of the platform is answered {status}, not {expected}"
        )))
    }

    /// Function Compute finds what was logged for a request between two lines, and not without.
    async fn is_marked(&self, id: &str) -> Result<(), Failure> {
        for what in ["Start", "End"] {
            let line = format!("FC Invoke {what} RequestId: {id}");
            let found = self.process.logged(&line).await?;
            if !matches!(&found[..], [only] if *only == line) {
                return Err(Failure::new(format!("{line:?} is logged as {found:?}")));
            }
        }
        Ok(())
    }

    async fn plainly(&self, request: &WireRequest) -> Result<WireResponse, Failure> {
        let exchange = http1::exchange(self.address, request).await;
        exchange.map_err(|error| Failure::new(format!("no answer over HTTP: {error}")))
    }
}

/// What the server says where there was no request that could have an id.
const WITHOUT_ID: [u16; 3] = [400, 408, 431];
/// What it says of requests that it does not look into.
const TOO_LARGE: [u16; 2] = [413, 414];

#[async_trait]
impl Door for ContractDoor {
    async fn send(&self, request: &WireRequest) -> Result<WireResponse, Failure> {
        let mut passed = request.clone();
        let id = (self.contract.fields)(&mut passed, &Uuid::new_v4());
        let response = match self.contract.around {
            None => self.plainly(&passed).await?,
            Some(around) => {
                let answer = self.plainly(&(around.call)(&passed)).await?;
                (around.response)(&answer)?
            }
        };
        let mut own = self.contract.facts.reserved();
        let is_own = own.any(|call| call.path == request.target);
        let filed = response.joined("x-request-id");
        // The trace, by which some platforms know a request, is looked for later.
        let names = self.contract.facts.request_id_headers;
        let is_early = names.is_empty() && TOO_LARGE.contains(&response.status);
        if filed != id && !is_own && !is_early && !WITHOUT_ID.contains(&response.status) {
            let what = format!("the platform calls the request {id:?}, the response {filed:?}");
            return Err(Failure::new(what));
        }
        let reader = self.contract.facts.logs;
        let reached_it = filed == id && !is_own && !TOO_LARGE.contains(&response.status);
        if self.is_probe && reader == LogReader::FunctionCompute && reached_it {
            self.is_marked(&id).await?;
        }
        Ok(response)
    }

    async fn stream(&self, request: &WireRequest) -> Result<WireStream, Failure> {
        let declared = self.contract.facts.capabilities;
        if !declared.has(Capability::ResponseStreaming) {
            return Err(isobar::Error::unsupported(Capability::ResponseStreaming).into());
        }
        let mut passed = request.clone();
        (self.contract.fields)(&mut passed, &Uuid::new_v4());
        let opened = http1::open(self.address, &passed).await;
        opened.map_err(|error| Failure::new(format!("no answer over HTTP: {error}")))
    }

    async fn bring(
        &self,
        name: Option<&str>,
        request: &WireRequest,
    ) -> Result<WireResponse, Failure> {
        let request = WireRequest {
            target: (self.contract.events.path)(name),
            ..request.clone()
        };
        self.plainly(&request).await
    }

    async fn bring_damaged(&self, damage: Damage) -> Result<String, Failure> {
        self.refusal(damage).await
    }

    async fn deliver(&self, messages: &[WireMessage]) -> Result<(), Failure> {
        self.deliver_to(probe::TOPIC.name(), messages).await
    }

    async fn deliver_to(&self, topic: &str, messages: &[WireMessage]) -> Result<(), Failure> {
        for message in messages {
            let id = Uuid::new_v4().to_string();
            self.try_until_done(|attempt| {
                let tried = Tried { id: &id, attempt };
                (self.contract.events.message)(topic, message, tried)
            })
            .await?;
        }
        Ok(())
    }

    async fn change(&self, changes: &[WireChange]) -> Result<(), Failure> {
        for (at, change) in changes.iter().enumerate() {
            let earlier = changes[..at].iter().rev();
            let mut earlier = earlier.filter(|earlier| earlier.key == change.key);
            let replaces = earlier
                .next()
                .is_some_and(|earlier| earlier.content.is_some());
            if let Some(replaced) = self.contract.events.replaced
                && replaces
                && change.content.is_some()
            {
                let id = Uuid::new_v4().to_string();
                self.try_until_done(|attempt| replaced(change, Tried { id: &id, attempt }))
                    .await?;
            }
            let id = Uuid::new_v4().to_string();
            self.try_until_done(|attempt| {
                let tried = Tried { id: &id, attempt };
                (self.contract.events.change)(change, tried)
            })
            .await?;
        }
        Ok(())
    }

    async fn write(&self, writes: &[WireWrite]) -> Result<(), Failure> {
        let Some(written) = self.contract.events.write else {
            return Err(isobar::Error::unsupported(Capability::ChangeEvents).into());
        };
        for (at, write) in writes.iter().enumerate() {
            let mut earlier = writes[..at].iter().rev();
            let before = earlier
                .find(|earlier| earlier.owner == write.owner && earlier.id == write.id)
                .and_then(|earlier| earlier.content.as_ref());
            let id = Uuid::new_v4().to_string();
            self.try_until_done(|attempt| written(write, before, Tried { id: &id, attempt }))
                .await?;
        }
        Ok(())
    }

    async fn tick(&self, schedule: &str) -> Result<(), Failure> {
        let id = Uuid::new_v4().to_string();
        self.try_until_done(|attempt| {
            let tried = Tried { id: &id, attempt };
            (self.contract.events.tick)(schedule, tried)
        })
        .await
    }

    fn process(&self) -> Option<&ProbeProcess> {
        Some(&self.process)
    }

    async fn logged(&self, text: &str) -> Result<Vec<String>, Failure> {
        self.process.logged(text).await
    }
}

impl ContractDoor {
    /// Sends what an attempt brings until it is answered with a success, as senders do; fails where it never is.
    async fn try_until_done(&self, request: impl Fn(u32) -> WireRequest) -> Result<(), Failure> {
        let mut status = 0;
        for attempt in 1..=ATTEMPTS {
            let response = self.plainly(&request(attempt)).await?;
            status = response.status;
            if (self.contract.events.is_done)(&response) {
                return (self.contract.events.done)(&response);
            }
        }
        Err(Failure::new(format!(
            "an event was tried {ATTEMPTS} times, and the last was answered {status}"
        )))
    }
}
