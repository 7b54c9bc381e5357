//! The PostgreSQL provider on a server of its own, or on one that was named.

use std::sync::Arc;

use isobar::driver::document::DocumentDriver;
use isobar_fault_proxy::Protocol;
use isobar_postgres::config::Place;

use super::{Options, StartFailure};
use crate::emulator::Emulator;
use crate::{Evidence, Provider, Wire};

/// Starts a server from the packages of this machine, or uses the one whose URL was given.
pub async fn start(options: &Options) -> Result<Provider, StartFailure> {
    let emulator = match &options.endpoint {
        Some(_) => None,
        None => Some(Emulator::start_postgres().await?),
    };
    let started = emulator.as_ref().map(|server| server.url.clone());
    let endpoint = options.endpoint.clone().or(started).unwrap_or_default();
    let broken = |error: isobar::Error| StartFailure::Broken(error.to_string());
    Ok(Provider {
        documents: Some(open(&endpoint).map_err(broken)?),
        document_wire: Wire::new(Protocol::Postgres, &endpoint, open),
        endpoint: without_password(&endpoint),
        emulator,
        ..Provider::new("postgres", Evidence::Server)
    })
}

fn open(url: &str) -> isobar::Result<Arc<dyn DocumentDriver>> {
    Ok(Arc::new(Place::parse(url)?.open()?))
}

/// The URL without what only its owner should read.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let server = rest.rsplit_once('@').map_or(rest, |(_, server)| server);
    let server = server.split('?').next().unwrap_or(server);
    format!("{scheme}://{server}")
}
