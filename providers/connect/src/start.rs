//! From the configuration to an application that serves.

use std::sync::Arc;

use isobar::driver::function::FunctionDriver;
use isobar::function::Description;
use isobar::{App, Environment, Error, ErrorKind, Result};

use crate::config::{BLOBS, Config, DOCUMENTS};
use crate::platform::{self, Platform};
use crate::store::Stores;

/// Where documents and blobs go on this machine unless a variable says otherwise.
const LOCAL_STORE: &str = "local:.isobar";
/// An environment and the platform it belongs to.
pub(crate) struct Connected {
    pub(crate) environment: Environment,
    platform: Arc<dyn FunctionDriver>,
}

pub(crate) async fn serve<S>(app: App<S>, config: &Config) -> Result<()>
where
    S: Clone + Send + Sync + 'static,
{
    let Connected {
        environment,
        platform,
    } = connect(&app.describe(), config).await?;
    let service = app.build(&environment)?;
    // What the state does not hold is closed before the first request.
    drop(environment);
    platform.serve(service).await
}

pub(crate) async fn connect(description: &Description, config: &Config) -> Result<Connected> {
    let kind = platform::detect(config)?;
    let declared = &description.declarations;
    let mut stores = Stores::default();
    let documents = match store(config, DOCUMENTS, kind, declared.collections.is_empty())? {
        Some(url) => Some(stores.documents(url)?),
        None => None,
    };
    let blobs = match store(config, BLOBS, kind, declared.buckets.is_empty())? {
        Some(url) => Some(stores.blobs(url)?),
        None => None,
    };
    let (platform, clock) = open(kind, config).await?;
    let mut builder = Environment::builder(platform.describe(), clock)
        .prefix(config.prefix())
        .settings(config.settings.clone());
    if let Some(driver) = documents {
        builder = builder.documents(driver);
    }
    if let Some(driver) = blobs {
        builder = builder.blobs(driver);
    }
    Ok(Connected {
        environment: builder.build(),
        platform,
    })
}

/// The URL of a store that the application needs.
fn store<'c>(
    config: &'c Config,
    variable: &str,
    platform: Platform,
    unused: bool,
) -> Result<Option<&'c str>> {
    match (config.get(variable), platform) {
        _ if unused => Ok(None),
        (Some(url), _) => Ok(Some(url)),
        (None, Platform::Local) => Ok(Some(LOCAL_STORE)),
        (None, Platform::Lambda) => {
            let message = format!(
                "{variable} is not set, and this platform has no store of its own: \
                 set it to the URL of one, such as dynamodb://REGION or s3://REGION"
            );
            Err(Error::new(ErrorKind::InvalidArgument, message))
        }
    }
}

async fn open(
    kind: Platform,
    config: &Config,
) -> Result<(Arc<dyn FunctionDriver>, Arc<dyn isobar::driver::Clock>)> {
    match kind {
        #[cfg(feature = "local")]
        Platform::Local => {
            let platform = isobar_local::LocalPlatform::bind(config.listen()).await?;
            Ok((Arc::new(platform), Arc::new(isobar_local::clock())))
        }
        #[cfg(not(feature = "local"))]
        Platform::Local => Err(platform::not_linked("this machine", "local")),
        Platform::Lambda => Err(platform::not_linked("AWS Lambda", "lambda")),
    }
}

#[cfg(all(test, feature = "local"))]
mod tests;
