//! `isobar migrate DIR`: from an Express application to a gateway before both sides, in one command.
//!
//! install -> scan and port -> build -> start legacy, ported and gateway -> verify -> where each route stands and how to
//! go on. What can fail soon goes before what takes long.

mod build;
mod invocation;
mod json;
mod plan;
mod standing;
mod step;
mod text;

use std::path::{Path, PathBuf};

use clap::Args;
use isobar_migrate_gateway::config::Migration;
use isobar_migrate_gateway::state::Side;
use isobar_migrate_gateway::verify::{Report, Requests, Sources, VerifyOptions, verify};
use isobar_migrate_gateway::{ErrorKind, Gateway, GatewayOptions, Places, words_in_code};
use tokio::signal::unix::{SignalKind, signal};

use crate::exit::{Exit, Failure};
use crate::logging;
use crate::port::{PortArguments, Ported, port};
use crate::printer::Printer;
use crate::runtime::{block_on, failed};
use crate::verify::Asking;
use plan::Written;
use standing::{Known, Standing, standings};
use step::Step;

/// Arguments of `isobar migrate`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Exit status: 0 every route is ported and answers the same on both sides, 1 a route stays with the \
legacy application or could not be verified, 2 wrong usage or input, 3 something needed is missing or does not start, \
4 a ported route answers differently, 70 a fault of isobar itself, 130 interrupted before the verdict."
)]
pub struct MigrateArguments {
    /// The directory that holds the application's package.json.
    pub directory: PathBuf,

    /// The directory of the ported crate and of migration.toml; by default beside the application, with `-ported` behind
    /// its name.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// How the application is started, in place of what its package.json says.
    #[arg(long, value_name = "COMMAND")]
    pub start: Option<String>,

    /// End after the verdict instead of serving.
    #[arg(long)]
    pub once: bool,

    /// Fail when packages of the application are missing, instead of running npm.
    #[arg(long)]
    pub no_install: bool,

    /// Where the gateway listens, in place of what migration.toml says; port 0 takes a free one.
    #[arg(long, value_name = "HOST:PORT")]
    pub listen: Option<String>,

    /// Print the verdict as JSON.
    #[arg(long)]
    pub json: bool,

    /// A variable of the environment that the application is started in. Of the variables that the code reads, all others
    /// are taken to be absent, except for `NODE_ENV=development`.
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = crate::scan::parse_variable)]
    pub environment: Vec<(String, String)>,
}

/// Where an application stands after all steps.
struct Migrated {
    ported: Ported,
    routes: Vec<Standing>,
    places: Places,
    /// Absent where no route was ported.
    report: Option<Report>,
    /// Present where it goes on to serve.
    gateway: Option<Gateway>,
}

/// Runs the command.
pub fn run(arguments: &MigrateArguments, printer: &Printer) -> Result<Exit, Failure> {
    let out = out_folder(arguments)?;
    block_on(async {
        let migrated = tokio::select! {
            migrated = migrate(arguments, &out, printer) => migrated?,
            interrupted = interruption() => {
                interrupted?;
                printer.note("interrupted");
                return Ok(Exit::Interrupted);
            }
        };
        let exit = exit_of(&migrated.routes);
        if arguments.json {
            printer.data(&json::report(&migrated)?);
        } else {
            printer.data(&text::report(&migrated, printer.width()));
        }
        if let Some(gateway) = migrated.gateway {
            logging::install();
            gateway.run().await.map_err(failed)?;
        }
        Ok(exit)
    })
}

async fn migrate(
    arguments: &MigrateArguments,
    out: &Path,
    printer: &Printer,
) -> Result<Migrated, Failure> {
    plan::install(arguments, printer).await?;
    let ported = translated(arguments, out, printer).await?;
    let places = Places::of(&out.join("migration.toml"));
    places.make().map_err(failed)?;
    if standing::ported(&ported.application) == 0 {
        let routes = standings(&ported.application, &Known::default());
        return Ok(Migrated {
            ported,
            routes,
            places,
            report: None,
            gateway: None,
        });
    }
    let legacy = plan::legacy(arguments, &ported.application, &places, printer).await?;
    let program = build::build(out, &places.running, printer).await?;
    let written = plan::write(arguments, &ported, legacy, &program, &places)?;
    if let Written::Beside(proposal) = written {
        let (file, proposal) = (&places.configuration, invocation::path(&proposal));
        let file = invocation::path(file);
        printer.note(&format!(
            "{file} was changed by hand and stays; {proposal} is what it would be"
        ));
    }
    let migration = Migration::read(&places.configuration).map_err(failed)?;
    let gateway = open(arguments, &places, printer).await?;
    let report = verified(&migration, &ported, &places, printer).await?;
    let known = Known::of(&migration, &report, &places)?;
    let routes = standings(&ported.application, &known);
    let gateway = if arguments.once {
        gateway.run_until(std::future::ready(())).await;
        None
    } else {
        Some(gateway)
    };
    Ok(Migrated {
        ported,
        routes,
        places,
        report: Some(report),
        gateway,
    })
}

/// Scans and ports; the crate is in `out` afterwards.
async fn translated(
    arguments: &MigrateArguments,
    out: &Path,
    printer: &Printer,
) -> Result<Ported, Failure> {
    let step = Step::begin("porting", printer);
    let wanted = PortArguments {
        directory: arguments.directory.clone(),
        routes: Vec::new(),
        out: out.to_owned(),
        overwrite: false,
        json: false,
        environment: arguments.environment.clone(),
    };
    // It reads, writes and waits for rustfmt; Ctrl-C is heard meanwhile.
    let ported = tokio::task::spawn_blocking(move || port(&wanted)).await;
    let ported = ported.map_err(Failure::bug)??;
    let routes = &ported.application.routes;
    if routes.is_empty() {
        let place = arguments.directory.display();
        return Err(
            Failure::usage(anyhow::anyhow!("no route was found in {place}"))
                .with_hint("name the directory of an Express server, where its package.json is"),
        );
    }
    let moved = standing::ported(&ported.application);
    step.done(&format!("ported {moved} of {} routes", routes.len()));
    Ok(ported)
}

/// The gateway with both applications running behind it.
async fn open(
    arguments: &MigrateArguments,
    places: &Places,
    printer: &Printer,
) -> Result<Gateway, Failure> {
    let step = Step::begin("starting both applications", printer);
    let mut options = GatewayOptions::default();
    options.listen = match (&arguments.listen, arguments.once) {
        (Some(listen), _) => Some(listen.clone()),
        // Nobody is told where it listens.
        (None, true) => Some(FREE_PORT.to_owned()),
        (None, false) => None,
    };
    let opened = Gateway::open(places, options.clone()).await;
    let gateway = match opened {
        // A port that nobody has asked for is not worth the failure of all that went before.
        Err(error) if error.kind() == ErrorKind::InUse && options.listen.is_none() => {
            options.listen = Some(FREE_PORT.to_owned());
            Gateway::open(places, options).await
        }
        opened => opened,
    };
    let gateway = gateway.map_err(failed)?;
    let handle = gateway.handle();
    for side in [Side::Legacy, Side::Ported] {
        step.show(side.name());
        handle.start(side).await.map_err(failed)?;
    }
    step.done("started both applications and the gateway");
    Ok(gateway)
}

const FREE_PORT: &str = "127.0.0.1:0";

async fn verified(
    migration: &Migration,
    ported: &Ported,
    places: &Places,
    printer: &Printer,
) -> Result<Report, Failure> {
    let step = Step::begin("asking both applications", printer);
    let options = VerifyOptions::new(&places.running.join("verify"));
    std::fs::create_dir_all(&options.logs).map_err(Failure::environment)?;
    let words = words_in_code(&ported.port.program);
    let requests = Requests::Derived(Sources {
        application: Some(&ported.application),
        words: &words,
    });
    let mut progress = Asking(step.spinner());
    let report = verify(migration, requests, &options, &mut progress).await;
    let report = report.map_err(failed)?;
    step.done(&format!(
        "compared both answers to {} requests",
        report.requests
    ));
    Ok(report)
}

fn exit_of(routes: &[Standing]) -> Exit {
    use standing::Verdict;
    let has = |verdict| routes.iter().any(|route| route.verdict == verdict);
    if has(Verdict::Different) {
        Exit::Different
    } else if routes.iter().all(|route| route.verdict == Verdict::Equal) {
        Exit::Done
    } else {
        Exit::Findings
    }
}

/// Resolves when somebody wants this to end.
async fn interruption() -> Result<(), Failure> {
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::environment)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Failure::environment)?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

fn out_folder(arguments: &MigrateArguments) -> Result<PathBuf, Failure> {
    if let Some(out) = &arguments.out {
        return std::path::absolute(out).map_err(Failure::usage);
    }
    let directory = arguments.directory.canonicalize().map_err(|error| {
        let place = arguments.directory.display().to_string();
        Failure::usage(anyhow::Error::from(error).context(format!("cannot read {place}")))
    })?;
    let name = directory
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let name = format!(
        "{}-ported",
        name.unwrap_or_else(|| "application".to_owned())
    );
    Ok(directory.parent().unwrap_or(Path::new(".")).join(name))
}
