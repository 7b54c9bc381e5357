//! The handlers of parcels, which the scanners of the depots read and write too.

use axum::Json;
use axum::extract::{Path, Query, State};
use http::StatusCode;
use isobar::Result;
use isobar::document::{Filter, Query as ParcelQuery};
use serde::{Deserialize, Serialize};

use crate::Stores;

/// What this program knows of a parcel; the scanners write more, which it leaves alone.
#[derive(Debug, Serialize, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the table calls its sort key so")]
pub(crate) struct Parcel {
    depot: String,
    parcel: String,
    state: String,
    grams: i64,
}

/// What a web shop says of a parcel that it sends.
#[derive(Debug, Deserialize)]
pub(crate) struct Announcement {
    grams: i64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Selection {
    state: Option<String>,
}

/// The depot and the parcel in a path.
pub(crate) type ParcelKey = Path<(String, String)>;

/// The first hundred parcels of a depot, or of those in a state.
pub(crate) async fn list(
    State(stores): State<Stores>,
    Path(depot): Path<String>,
    Query(selection): Query<Selection>,
) -> Result<Json<Vec<Parcel>>> {
    let mut query = ParcelQuery::partition(depot).limit(100);
    if let Some(state) = selection.state {
        query = query.filter(Filter::eq("state", state));
    }
    let page = stores.parcels.query(&query).await?;
    Ok(Json(
        page.items.into_iter().map(|item| item.value).collect(),
    ))
}

pub(crate) async fn read(
    State(stores): State<Stores>,
    Path(key): ParcelKey,
) -> Result<Json<Parcel>> {
    Ok(Json(stores.parcels.fetch(key).await?.value))
}

/// A parcel that no scanner has seen yet.
pub(crate) async fn announce(
    State(stores): State<Stores>,
    Path((depot, parcel)): ParcelKey,
    Json(Announcement { grams }): Json<Announcement>,
) -> Result<(StatusCode, Json<Parcel>)> {
    let state = "announced".to_owned();
    let parcel = Parcel {
        depot,
        parcel,
        state,
        grams,
    };
    stores.parcels.create(&parcel).await?;
    Ok((StatusCode::CREATED, Json(parcel)))
}
