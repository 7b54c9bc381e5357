//! `isobar promote`: routes take a step towards the ported application.

use clap::Args;
use comfy_table::{ContentArrangement, Table, presets};
use isobar_migrate_gateway::Places;
use isobar_migrate_gateway::control::{self, RouteReport};
use isobar_migrate_gateway::state::{Percent, RouteState};
use serde_json::json;

use crate::change::{ChangeArguments, change};
use crate::exit::{Exit, Failure};
use crate::printer::Printer;
use crate::runtime::{block_on, failed};

/// Arguments of `isobar promote`.
#[derive(Debug, Args)]
#[command(
    after_help = "Without a route, shows where each stands. A route that shares written state takes along the \
routes it shares it with."
)]
pub struct PromoteArguments {
    /// What all changes need.
    #[command(flatten)]
    pub change: ChangeArguments,

    /// The ported application only gets copies, and the answers are compared.
    #[arg(long, conflicts_with = "canary")]
    pub shadow: bool,

    /// The ported application answers this share of the clients, from 1 to 99.
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub canary: Option<Percent>,
}

/// Runs the command.
pub fn run(arguments: PromoteArguments, printer: &Printer) -> Result<Exit, Failure> {
    if arguments.change.routes.is_empty() {
        return show(&arguments.change, printer);
    }
    let state = match arguments.canary {
        Some(percent) => RouteState::Canary(percent),
        None if arguments.shadow => RouteState::Shadow,
        None => RouteState::Ported,
    };
    change(arguments.change, state, printer)
}

fn show(arguments: &ChangeArguments, printer: &Printer) -> Result<Exit, Failure> {
    let places = Places::of(&arguments.config);
    block_on(async {
        let (routes, running) = control::report(&places).await.map_err(failed)?;
        if arguments.json {
            printer.data(&json!({ "running": running, "routes": routes }).to_string());
        } else {
            printer.data(&table(&routes, printer.width()));
            printer.note(if running {
                "a gateway is running"
            } else {
                "no gateway is running"
            });
        }
        Ok(Exit::Done)
    })
}

fn table(routes: &[RouteReport], width: usize) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    for route in routes {
        let shadow = route.shadow;
        let compared = shadow.equal + shadow.different + shadow.not_compared;
        let shadow = (compared > 0).then(|| {
            format!(
                "{} equal, {} different, {} not compared",
                shadow.equal, shadow.different, shadow.not_compared
            )
        });
        let stays = route
            .legacy_only
            .as_ref()
            .map(|reason| format!("stays: {reason}"));
        let group = route.group.as_ref().map(|group| format!("with {group}"));
        table.add_row(vec![
            route.state.to_string(),
            route.route.clone(),
            group.unwrap_or_default(),
            shadow.or(stays).unwrap_or_default(),
        ]);
    }
    table.trim_fmt()
}

fn percent(text: &str) -> Result<Percent, String> {
    let number = text
        .trim_end_matches('%')
        .parse()
        .ok()
        .and_then(Percent::new);
    number.ok_or_else(|| format!("`{text}` is not a share from 1 to 99"))
}
