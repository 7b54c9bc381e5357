//! Parcels at depots: handlers over a table that other programs read and write, and over their own.

mod parcels;
mod receipts;

use std::process::ExitCode;

use isobar::document::SortType;
use isobar::http::Routes;
use isobar::http::routing::{get, post};
use isobar::{App, Collection, CollectionSpec, Environment};

use parcels::Parcel;
use receipts::Receipt;

/// The table of the depots' scanners, which know nothing of this program: it has the name they gave
/// it, and nothing but a parcel's own fields.
const PARCELS: CollectionSpec<Parcel> = CollectionSpec::new("parcels")
    .table("parcels")
    .partition("depot")
    .sort("parcel", SortType::Str)
    .adopt();
/// This program's own table, with versions and whatever else Isobar stores beside a document.
const RECEIPTS: CollectionSpec<Receipt> = CollectionSpec::new("receipts")
    .partition("depot")
    .sort("parcel", SortType::Str);

/// What every handler gets.
#[derive(Debug, Clone)]
struct Stores {
    parcels: Collection<Parcel>,
    receipts: Collection<Receipt>,
}

fn app() -> App<Stores> {
    let routes = Routes::new()
        .route("/depots/{depot}/parcels", get(parcels::list))
        .route(
            "/depots/{depot}/parcels/{parcel}",
            get(parcels::read).put(parcels::announce),
        )
        .route(
            "/depots/{depot}/parcels/{parcel}/receipt",
            post(receipts::hand_over).get(receipts::read),
        );
    App::new("parcels", |env: &Environment| {
        Ok(Stores {
            parcels: env.collection(&PARCELS)?,
            receipts: env.collection(&RECEIPTS)?,
        })
    })
    .collection(&PARCELS)
    .collection(&RECEIPTS)
    .routes(routes)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    isobar_connect::run(app()).await
}
