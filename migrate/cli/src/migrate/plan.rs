//! `migration.toml` of an application: written once, kept when somebody has changed it.

use std::path::{Path, PathBuf};

use isobar_migrate_gateway::draft::{Draft, StartedIn};

use isobar_migrate_gateway::{Places, command_that_works, noise_in_code, start_commands};
use isobar_migrate_model::{Application, Layer, Route, Verdict};

use super::MigrateArguments;
use super::step::Step;
use crate::exit::Failure;
use crate::gateway::install_in;
use crate::port::Ported;
use crate::printer::Printer;
use crate::runtime::failed;

/// Makes sure that the packages of the application are there; the scan reads their versions.
pub(super) async fn install(
    arguments: &MigrateArguments,
    printer: &Printer,
) -> Result<(), Failure> {
    install_in(&arguments.directory, arguments.no_install, printer).await
}

/// Finds out how the application is started.
pub(super) async fn legacy(
    arguments: &MigrateArguments,
    application: &Application,
    places: &Places,
    printer: &Printer,
) -> Result<StartedIn, Failure> {
    let step = Step::begin("trying how the legacy application starts", printer);
    let folder = arguments.directory.canonicalize().map_err(Failure::usage)?;
    let commands = match &arguments.start {
        Some(start) => vec![start.split_whitespace().map(str::to_owned).collect()],
        None => start_commands(&folder, making_file(application)).map_err(unknown_start)?,
    };
    let environment = &arguments.environment;
    let command = command_that_works(&folder, commands, environment, &places.running).await;
    let command = command.map_err(unknown_start)?;
    step.done(&format!(
        "the legacy application starts with `{}`",
        command.join(" ")
    ));
    Ok(StartedIn {
        command,
        dir: folder.to_string_lossy().into_owned(),
        environment: environment.iter().cloned().collect(),
    })
}

fn unknown_start(error: isobar_migrate_gateway::Error) -> Failure {
    failed(error).with_hint("say how it starts, for example --start \"node src/app.js\"")
}

/// The file that makes the application: where its own middleware is registered, or else its first route.
fn making_file(application: &Application) -> Option<&str> {
    let layers = application
        .routes
        .iter()
        .flat_map(|route| &route.middleware);
    let mut own = layers.filter(|middleware| middleware.layer == Layer::Application);
    let first = application.routes.first().map(|route| route.file.as_str());
    own.next()
        .map(|middleware| middleware.file.as_str())
        .or(first)
}

/// What became of a new `migration.toml`.
pub(super) enum Written {
    Now,
    /// Somebody has changed the file, so the new one lies here.
    Beside(PathBuf),
}

/// Writes `migration.toml`.
pub(super) fn write(
    arguments: &MigrateArguments,
    ported: &Ported,
    legacy: StartedIn,
    program: &Path,
    places: &Places,
) -> Result<Written, Failure> {
    let routes = &ported.application.routes;
    let staying = routes
        .iter()
        .filter(|route| route.verdict == Verdict::Blocked);
    let draft = Draft {
        application: &ported.application,
        legacy,
        ported: StartedIn {
            command: vec![program.to_string_lossy().into_owned()],
            dir: ".".to_owned(),
            environment: arguments.environment.iter().cloned().collect(),
        },
        staying: staying.map(|route| (route.key(), reasons(route))).collect(),
        noise: noise_in_code(&ported.port.program, &ported.application),
    };
    let text = draft.text().map_err(failed)?;
    replace(places, &text).map_err(|error| {
        let place = places.configuration.display();
        Failure::environment(anyhow::Error::from(error).context(format!("cannot write {place}")))
    })
}

/// Why a route stays, in one line.
fn reasons(route: &Route) -> String {
    let reasons: Vec<String> = route.reasons.iter().map(ToString::to_string).collect();
    reasons.join("; ")
}

/// Writes the file, unless somebody has changed it since it was written last.
fn replace(places: &Places, text: &str) -> std::io::Result<Written> {
    let path = &places.configuration;
    let proposal = places.running.join("migration.written.toml");
    let read = |path: &Path| std::fs::read_to_string(path).ok();
    let current = read(path);
    let is_ours = current.is_none() || current == read(&proposal);
    if is_ours {
        std::fs::write(path, text)?;
    }
    // What would be there now: what a person may want to take over, and what tells a change of theirs.
    std::fs::write(&proposal, text)?;
    Ok(if is_ours {
        Written::Now
    } else {
        Written::Beside(proposal)
    })
}
