//! One process of a crowd: writes some documents at once, reads them back, and stays a moment.

use std::sync::Arc;

use isobar::document::{CollectionSpec, Map};
use isobar::driver::SystemClock;
use isobar::{Collection, Error, Result};
use isobar_postgres::config::Place;

const NOTES: CollectionSpec<Map> = CollectionSpec::new("notes");

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (url, number) = (arguments.next(), arguments.next());
    let usage = || Error::invalid("usage: crowd URL NUMBER");
    let (url, number) = url.zip(number).ok_or_else(usage)?;
    let store = Arc::new(Place::parse(&url)?.open()?);
    let clock = Arc::new(SystemClock(|span| Box::pin(tokio::time::sleep(span))));
    let notes = Collection::new(store, clock, &NOTES, "");
    let each = (0..8).map(|n| {
        let id = format!("{number}-{n}");
        let notes = notes.clone();
        async move {
            let note = Map::from([("id".to_owned(), id.clone().into())]);
            notes.create(&note).await?;
            notes.fetch(id).await.map(drop)
        }
    });
    futures_util::future::try_join_all(each).await?;
    // A process that has nothing to do does not keep a connection from others.
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    Ok(())
}
