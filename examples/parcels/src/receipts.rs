//! The handlers of receipts: a parcel leaves its depot once.

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use isobar::Result;
use isobar::document::{Condition, Update, UpdateOptions};
use serde::{Deserialize, Serialize};

use crate::Stores;
use crate::parcels::ParcelKey;

/// Who has taken a parcel.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Receipt {
    depot: String,
    parcel: String,
    taker: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Handover {
    taker: String,
}

/// Hands a waiting parcel over; of two who ask at the same time, one hears 412.
///
/// An adopted table has no versions, so that the field that the scanners set is what decides; the
/// write that it decides over holds all that the receipt needs, should that be lost on the way.
pub(crate) async fn hand_over(
    State(stores): State<Stores>,
    Path(key): ParcelKey,
    Json(Handover { taker }): Json<Handover>,
) -> Result<(StatusCode, Json<Receipt>)> {
    let is_waiting = Condition::equals("state", "waiting");
    let options = UpdateOptions::default().with_condition(is_waiting);
    let handed_over = Update::new()
        .set("state", "handed over")
        .set("taker", taker.as_str());
    stores
        .parcels
        .update_with(key.clone(), handed_over, options)
        .await?;
    let (depot, parcel) = key;
    let receipt = Receipt {
        depot,
        parcel,
        taker,
    };
    stores.receipts.upsert(&receipt).await?;
    Ok((StatusCode::CREATED, Json(receipt)))
}

pub(crate) async fn read(
    State(stores): State<Stores>,
    Path(key): ParcelKey,
) -> Result<Json<Receipt>> {
    Ok(Json(stores.receipts.fetch(key).await?.value))
}
