//! The local provider on a directory of its own.

use std::sync::Arc;

use async_trait::async_trait;
use isobar::driver::function::FunctionDriver as _;
use isobar::{App, Environment};
use isobar_local::{LocalConfig, LocalPlatform, LocalStore};
use tempfile::TempDir;

use super::StartFailure;
use crate::door::local::LocalDoors;
use crate::exchange::local::LocalExchanges;
use crate::provider::ServerTask;
use crate::{BucketSettings, Evidence, Provider, SettingError};

/// Opens a store in a new directory, which goes with the provider.
pub async fn start() -> Result<Provider, StartFailure> {
    let directory = TempDir::with_prefix("isobar-conformance-")
        .map_err(|error| StartFailure::Broken(format!("no temporary directory: {error}")))?;
    let (store, server) = serve(LocalConfig::new(directory.path())).await?;
    let doors = doors().await?;
    Ok(Provider {
        documents: Some(store.documents()),
        blobs: Some(store.blobs()),
        exchanges: Some(Arc::new(LocalExchanges(store.clone()))),
        settings: Some(Arc::new(LocalSettings(store))),
        doors: Some(doors),
        server: Some(server),
        endpoint: "a temporary directory".to_owned(),
        directory: Some(directory),
        ..Provider::new("local", Evidence::Embedded)
    })
}

/// The same store in memory, for runs that break it on purpose.
pub async fn start_in_memory() -> Result<Provider, StartFailure> {
    let (store, server) = serve(LocalConfig::in_memory()).await?;
    let doors = doors().await?;
    Ok(Provider {
        documents: Some(store.documents()),
        blobs: Some(store.blobs()),
        exchanges: Some(Arc::new(LocalExchanges(store.clone()))),
        settings: Some(Arc::new(LocalSettings(store))),
        doors: Some(doors),
        server: Some(server),
        endpoint: "memory".to_owned(),
        ..Provider::new("local", Evidence::Embedded)
    })
}

/// What the store itself sets.
#[derive(Debug)]
struct LocalSettings(LocalStore);

#[async_trait]
impl BucketSettings for LocalSettings {
    async fn keep_versions(&self, bucket: &str) -> Result<(), SettingError> {
        Ok(self.0.keep_versions(bucket).await?)
    }

    async fn allow_pages(&self, _: &str) -> Result<(), SettingError> {
        // Its server lets all of them.
        Ok(())
    }
}

/// Opens the store, and answers the requests that it signs as the local platform does.
async fn serve(config: LocalConfig) -> Result<(LocalStore, ServerTask), StartFailure> {
    let broken = |error: isobar::Error| StartFailure::Broken(error.to_string());
    let platform = LocalPlatform::bind("127.0.0.1:0").await.map_err(broken)?;
    let url = format!("http://{}", platform.local_addr());
    let store = config.with_blob_url(url).open().map_err(broken)?;
    let platform = platform.with_signed_blobs(store.signed_blobs());
    let clock = Arc::new(isobar_local::clock());
    let environment = Environment::builder(platform.describe(), clock).build();
    let app = App::new("nothing", |_: &Environment| Ok(())).build(&environment);
    let app = app.map_err(broken)?;
    let serving = tokio::spawn(async move { platform.serve(app).await });
    Ok((store, ServerTask(serving.abort_handle())))
}

async fn doors() -> Result<Arc<LocalDoors>, StartFailure> {
    let doors = LocalDoors::new().await;
    let doors = doors.map_err(|error| StartFailure::Broken(error.to_string()))?;
    Ok(Arc::new(doors))
}
