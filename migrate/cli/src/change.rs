//! What `promote` and `rollback` share: a change of states, and what people are told about it.

use std::path::PathBuf;

use clap::Args;
use isobar_migrate_gateway::change::{Change, Wish};
use isobar_migrate_gateway::control::{self, InForce};
use isobar_migrate_gateway::state::RouteState;
use isobar_migrate_gateway::{Occasion, Places};
use serde_json::json;

use crate::exit::{Exit, Failure};
use crate::printer::Printer;
use crate::runtime::{block_on, failed};

/// Arguments that both commands have.
#[derive(Debug, Args)]
pub struct ChangeArguments {
    /// Routes as in "GET /notes/:id", names of groups, or `all` for every route that can move.
    #[arg(value_name = "ROUTE")]
    pub routes: Vec<String>,

    /// The file that says how requests move.
    #[arg(long, value_name = "FILE", default_value = "migration.toml")]
    pub config: PathBuf,

    /// Why, for the journal.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub why: String,

    /// Print what changed as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Moves the routes to `state`, through a running gateway where there is one.
pub(crate) fn change(
    arguments: ChangeArguments,
    state: RouteState,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let places = Places::of(&arguments.config);
    let wish = Wish {
        routes: arguments.routes,
        to: state,
    };
    let occasion = Occasion {
        who: control::this_user(),
        why: arguments.why,
    };
    block_on(async {
        let (change, in_force) = control::change(&places, wish, occasion)
            .await
            .map_err(failed)?;
        if arguments.json {
            let now = in_force == InForce::Now;
            let told =
                json!({ "steps": change.steps, "leftBehind": change.left_behind, "inForce": now });
            printer.data(&told.to_string());
        } else {
            printer.data(&text(&change, in_force));
        }
        Ok(Exit::Done)
    })
}

fn text(change: &Change, in_force: InForce) -> String {
    if change.steps.is_empty() {
        return "nothing to change\n".to_owned();
    }
    let steps = change
        .steps
        .iter()
        .map(|step| format!("{}: {} -> {}\n", step.route, step.from, step.to));
    let notes = change
        .left_behind
        .iter()
        .map(|note| format!("note: {note}\n"));
    let when = match in_force {
        InForce::Now => "in force\n",
        InForce::AtNextStart => "no gateway is running: in force when it starts\n",
    };
    steps.chain(notes).chain([when.to_owned()]).collect()
}
