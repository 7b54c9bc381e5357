//! This machine as another platform would be, by the tables of that platform.

use std::process::Command;
use std::time::{Duration, SystemTime};

use isobar::{App, Capabilities, Capability, Error, Result};
use isobar_local::Behind;
use isobar_local::rehearsal::{INSTANCE_VARIABLE, Rehearsal, Stage};
#[cfg(feature = "_platforms")]
use isobar_serve::PlatformFacts;

use crate::config::{BLOB_URL, Config, PLATFORM};
#[cfg(feature = "_platforms")]
use crate::platform::SERVED;
use crate::telemetry::Telemetry;
use crate::{machine, start};

/// What exports call the platforms whose names are others.
#[cfg(feature = "_platforms")]
const EXPORTED: [(&str, &str); 4] = [
    ("gcp", "cloud-run"),
    ("azure", "azure-functions"),
    ("alibaba", "alibaba-fc"),
    ("tencent", "tencent-scf"),
];

/// Starts processes of this program behind the limits of the target, or serves as one of them.
pub(crate) async fn run<S>(
    app: App<S>,
    target: &str,
    config: Config,
    telemetry: Option<&Telemetry>,
) -> Result<()>
where
    S: Clone + Send + Sync + 'static,
{
    let (stage, capabilities) = stage(target, &config)?;
    app.check_platform(capabilities).map_err(|error| {
        let message = format!("the application cannot run as {target}");
        Error::new(error.kind(), message).with_source(error)
    })?;
    if let Some(since) = config.get(INSTANCE_VARIABLE) {
        let behind = Behind::new(stage.time).streaming(stage.passes.is_none());
        let waits = capabilities.has(Capability::DelayedRetry);
        let behind = behind.waiting(waits).since(instant(&since));
        return start::serve(app, &config.rehearsing(behind), telemetry).await;
    }
    let name = app.describe().name;
    let program = std::env::current_exe().map_err(|error| {
        let message = "the program of this process is not known";
        Error::new(isobar::ErrorKind::Internal, message).with_source(error)
    })?;
    let fresh = stage.fresh;
    let rehearsal = Rehearsal::bind(&config.listen(), stage).await?;
    let address = rehearsal.local_addr();
    let lives = if fresh {
        "a process for each request"
    } else {
        "one process"
    };
    tracing::info!(target: "isobar", "{name} listens on http://{address} as {target}: {lives}");
    let blob_url = machine::blob_url(&config, address);
    rehearsal
        .run(move || {
            let mut command = Command::new(&program);
            command.args(std::env::args_os().skip(1));
            command.env(PLATFORM, "local").env(BLOB_URL, &blob_url);
            command
        })
        .await
}

/// The instant so many microseconds after 1970; now, where it is none.
fn instant(micros: &str) -> SystemTime {
    let micros = micros.parse().ok().map(Duration::from_micros);
    let instant = micros.and_then(|micros| SystemTime::UNIX_EPOCH.checked_add(micros));
    instant.unwrap_or_else(SystemTime::now)
}

/// What the target lets through, how its instances live, and what the platform can do.
fn stage(target: &str, config: &Config) -> Result<(Stage, Capabilities)> {
    #[cfg(feature = "lambda")]
    if let Some(door) = door(target) {
        use isobar_aws::function::InvokeMode;
        let stage = of_lambda(door, config)?;
        return Ok((stage, InvokeMode::Buffered.capabilities()));
    }
    #[cfg(feature = "_platforms")]
    if let Some(facts) = facts(target) {
        return Ok((of_server(facts, config)?, facts.capabilities));
    }
    let _ = config;
    let known = targets().join(", ");
    Err(Error::invalid(format!(
        "--as {target:?} names no platform that this build knows, which are {known}"
    )))
}

/// What can be asked for: the names that exports have, those of doors of Lambda, and those in `ISOBAR_PLATFORM`.
pub(crate) fn targets() -> Vec<&'static str> {
    let mut names = Vec::new();
    #[cfg(feature = "lambda")]
    {
        use isobar::driver::gateway::GatewayDriver as _;
        let doors = isobar_aws::FrontDoor::ALL.into_iter();
        names.extend(["aws", "lambda"]);
        names.extend(doors.map(|door| door.provider()));
    }
    #[cfg(feature = "_platforms")]
    {
        let known = SERVED.iter().filter_map(crate::platform::Served::facts);
        let known: Vec<&str> = known.map(|facts| facts.name).collect();
        let exported = EXPORTED.iter().filter(|(_, name)| known.contains(name));
        names.extend(exported.map(|(exported, _)| *exported));
        names.extend(known);
    }
    names
}

/// `aws` is the HTTP API that is exported.
#[cfg(feature = "lambda")]
fn door(target: &str) -> Option<isobar_aws::FrontDoor> {
    use isobar::driver::gateway::GatewayDriver as _;
    use isobar_aws::FrontDoor;
    match target {
        "aws" => Some(FrontDoor::HttpApi),
        "lambda" => Some(FrontDoor::FunctionUrl),
        _ => {
            let mut doors = FrontDoor::ALL.into_iter();
            doors.find(|door| door.provider() == target)
        }
    }
}

/// An instance has one request at a time, and nobody may count on its having had others.
#[cfg(feature = "lambda")]
fn of_lambda(door: isobar_aws::FrontDoor, config: &Config) -> Result<Stage> {
    use isobar::driver::gateway::GatewayDriver as _;
    let limits = door.limits();
    let time = isobar_aws::function::request_time(door, &config.lookup())?;
    Ok(Stage {
        // Nothing is published of a target alone: the function takes as much as a server.
        target: None,
        head: limits.head,
        content: Some(limits.content),
        admits: Some(std::sync::Arc::new(move |request| {
            door.check_event(request)
        })),
        time: Some(time),
        passes: Some(std::sync::Arc::new(move |response| {
            door.encode(response).map(drop)
        })),
        fresh: true,
        ..Stage::default()
    })
}

#[cfg(feature = "_platforms")]
fn facts(target: &str) -> Option<&'static PlatformFacts> {
    let exported = EXPORTED.iter().find(|(exported, _)| *exported == target);
    let name = exported.map_or(target, |(_, name)| name);
    let mut known = SERVED.iter().filter_map(crate::platform::Served::facts);
    known.find(|facts| facts.name == name)
}

/// Its instances go on for as long as there are requests.
#[cfg(feature = "_platforms")]
fn of_server(facts: &PlatformFacts, config: &Config) -> Result<Stage> {
    let limits = facts.limits;
    Ok(Stage {
        target: limits.target,
        fields: limits.request_head,
        content: limits.request,
        time: facts.deadline.limit(&config.lookup())?,
        response_fields: limits.response_head,
        passes: limits.response.map(isobar_local::rehearsal::up_to),
        ..Stage::default()
    })
}

#[cfg(test)]
mod tests;
