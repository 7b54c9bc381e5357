//! Notes with photos and attachments: documents, blobs and a schedule, on whichever platform this is started.

mod attachments;
mod notes;
mod photos;

use std::process::ExitCode;

use isobar::document::SortType;
use isobar::function::{Event, Outcome, Schedule};
use isobar::http::Routes;
use isobar::http::routing::{get, put};
use isobar::{App, Bucket, BucketSpec, Collection, CollectionSpec, Environment, Result};

use notes::{Note, Owner};

const NOTES: CollectionSpec<Note> = CollectionSpec::new("notes")
    .partition("owner")
    .sort("id", SortType::Str);
/// A table of an older application, in which nothing but its own fields may stand.
const OWNERS: CollectionSpec<Owner> = CollectionSpec::new("owners").partition("name").adopt();
const PHOTOS: BucketSpec = BucketSpec::new("photos");
const ATTACHMENTS: BucketSpec = BucketSpec::new("attachments");

/// What every handler gets.
#[derive(Debug, Clone)]
struct Stores {
    notes: Collection<Note>,
    owners: Collection<Owner>,
    photos: Bucket,
    attachments: Bucket,
}

fn app() -> App<Stores> {
    let routes = Routes::new()
        .route("/notes/{owner}", get(notes::list).post(notes::create))
        .route(
            "/notes/{owner}/{id}",
            get(notes::read).patch(notes::change).delete(notes::delete),
        )
        .route(
            "/notes/{owner}/{id}/photo",
            put(photos::store).get(photos::read),
        )
        .route("/notes/{owner}/{id}/attachments", get(attachments::page))
        .route(
            "/notes/{owner}/{id}/attachments/files",
            get(attachments::list).post(attachments::sign),
        )
        .route(
            "/notes/{owner}/{id}/attachments/files/{name}",
            get(attachments::read),
        );
    App::new("notes", |env: &Environment| {
        Ok(Stores {
            notes: env.collection(&NOTES)?,
            owners: env.collection(&OWNERS)?,
            photos: env.bucket(&PHOTOS)?,
            attachments: env.bucket(&ATTACHMENTS)?,
        })
    })
    .collection(&NOTES)
    .collection(&OWNERS)
    .bucket(&PHOTOS)
    .bucket(&ATTACHMENTS)
    .routes(routes)
    .schedule("nightly", "0 3 * * *", clean_up)
}

/// Photos whose note was deleted while they were uploaded.
async fn clean_up(stores: Stores, _: Event<Schedule>) -> Result<Outcome> {
    photos::delete_orphans(&stores).await?;
    Ok(Outcome::Ack)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    isobar_connect::run(app()).await
}
