//! From the configuration to an application that serves.

use std::sync::Arc;

use isobar::driver::function::FunctionDriver;
use isobar::function::Description;
use isobar::{App, Environment, Error, ErrorKind, Result};

use crate::callers;
use crate::config::{BLOBS, Config, DOCUMENTS, TOPICS};
use crate::machine::Machine;
#[cfg(feature = "openwhisk")]
use crate::platform::ToldLate;
use crate::platform::{self, Platform, Platformed};
use crate::store::{self, Opened, Stores};
use crate::telemetry::Telemetry;

/// Where documents, blobs and messages go on this machine unless a variable says otherwise.
const LOCAL_STORE: &str = "local:.isobar";
/// An environment and the platform it belongs to.
pub(crate) struct Connected {
    pub(crate) environment: Environment,
    platform: Arc<dyn FunctionDriver>,
}

pub(crate) async fn serve<S>(
    app: App<S>,
    config: &Config,
    telemetry: Option<&Telemetry>,
) -> Result<()>
where
    S: Clone + Send + Sync + 'static,
{
    let ready = async {
        let Some(connected) = initialised(&app.describe(), config).await? else {
            return Ok(None);
        };
        let service = app.build(&connected.environment)?;
        Ok(Some((service, connected.platform)))
    };
    match ready.await {
        Ok(None) => Ok(()),
        Ok(Some((service, platform))) => {
            let service = match telemetry {
                Some(telemetry) => telemetry.over(service),
                None => service,
            };
            platform.serve(service).await
        }
        Err(error) => {
            tell_platform(config, &error).await;
            Err(error)
        }
    }
}

/// A platform that waits for a function should hear that it will not come.
#[cfg(feature = "lambda")]
async fn tell_platform(config: &Config, error: &Error) {
    if matches!(platform::detect(config), Ok(Platform::Lambda)) {
        isobar_aws::function::report_init_error(error).await;
    }
}

#[cfg(not(feature = "lambda"))]
async fn tell_platform(_: &Config, _: &Error) {
    std::future::ready(()).await;
}

/// The environment of a process that serves, when its platform has told all its variables; `None` where the platform ends the
/// process before.
#[cfg(feature = "openwhisk")]
async fn initialised(description: &Description, config: &Config) -> Result<Option<Connected>> {
    let kind = platform::detect(config)?;
    let Platform::Http(served) = kind else {
        return connect(description, config).await.map(Some);
    };
    match served.told(config).await? {
        ToldLate::Nothing => connect(description, config).await.map(Some),
        ToldLate::Variables(opened, told) => {
            let config = config.under(told, description);
            let connected = connected(description, &config, (kind, Some(opened))).await;
            connected.map(Some)
        }
        ToldLate::End => Ok(None),
    }
}

#[cfg(not(feature = "openwhisk"))]
async fn initialised(description: &Description, config: &Config) -> Result<Option<Connected>> {
    connect(description, config).await.map(Some)
}

/// The environment by the variables of the process alone, which waits for no platform.
pub(crate) async fn connect(description: &Description, config: &Config) -> Result<Connected> {
    let kind = platform::detect(config)?;
    connected(description, config, (kind, None)).await
}

/// The environment on a platform, which may have been opened for what it tells.
async fn connected(
    description: &Description,
    config: &Config,
    (kind, opened): (Platform, Option<Platformed>),
) -> Result<Connected> {
    let declared = &description.declarations;
    let machine = match kind {
        Platform::Local => Some(Machine::bind(config).await?),
        Platform::Lambda | Platform::Http(_) => None,
    };
    let blob_url = machine.as_ref().map(|machine| machine.blob_url(config));
    let stores = Stores::signing_for(blob_url);
    #[cfg(feature = "local")]
    let stores = stores.with_event_limits(config.event_limits()?);
    let mut stores = stores;
    let documents = match store_url(config, DOCUMENTS, kind, declared.collections.is_empty())? {
        Some(url) => Some(stores.documents(&url).await?),
        None => None,
    };
    let blobs = match store_url(config, BLOBS, kind, declared.buckets.is_empty())? {
        Some(url) => Some(stores.blobs(&url).await?),
        None => None,
    };
    // What is published elsewhere is delivered by that platform itself.
    let delivers = machine.is_some() && !description.subscriptions.is_empty();
    let unused = declared.topics.is_empty() && !delivers;
    let topics = match store_url(config, TOPICS, kind, unused)? {
        Some(url) => Some(stores.topics(&url).await?),
        None => None,
    };
    let (platform, clock) = match (machine, opened, kind) {
        (Some(machine), _, _) => machine.answering(&stores),
        (None, Some(opened), _) => opened,
        (None, None, Platform::Http(served)) => served.open(config).await?,
        (None, None, _) => lambda()?,
    };
    let builder = Environment::builder(platform.describe(), Arc::clone(&clock));
    let mut builder = callers::checked(builder, clock, (config, kind))?;
    let settings = config.settings.clone();
    let prefixed = |own: Option<String>| own.unwrap_or_else(|| config.prefix());
    if let Some(Opened { driver, prefix }) = documents {
        builder = builder.documents(driver).document_prefix(prefixed(prefix));
    }
    if let Some(Opened { driver, prefix }) = blobs {
        builder = builder.blobs(driver).blob_prefix(prefixed(prefix));
    }
    if let Some(Opened { driver, prefix }) = topics {
        builder = builder.topics(driver).topic_prefix(prefixed(prefix));
    }
    let environment = builder.settings(settings).build();
    Ok(Connected {
        environment,
        platform,
    })
}

/// The tables that the application needs, as the vendor of its store of documents defines them.
pub(crate) fn definition(description: &Description, config: &Config) -> Result<String> {
    let url = config.get(DOCUMENTS);
    let url = url.as_deref().unwrap_or(LOCAL_STORE);
    let collections = &description.declarations.collections;
    store::definition(url, collections, &config.prefix())
}

/// The URL of a store that the application needs.
fn store_url(
    config: &Config,
    variable: &str,
    platform: Platform,
    unused: bool,
) -> Result<Option<String>> {
    match (config.get(variable), platform) {
        _ if unused => Ok(None),
        (Some(url), _) => Ok(Some(url)),
        (None, Platform::Local) => Ok(Some(LOCAL_STORE.to_owned())),
        (None, Platform::Lambda | Platform::Http(_)) => {
            let some = match variable {
                BLOBS => "s3://REGION, gs://PROJECT or azure-blob://ACCOUNT",
                TOPICS => "sqs://REGION, pubsub://PROJECT or azure-queue://ACCOUNT",
                _ => "dynamodb://REGION, firestore://PROJECT or cosmos://ACCOUNT/DATABASE",
            };
            let message = format!(
                "{variable} is not set, and this platform has no store of its own: set it to the URL \
                 of one, such as {some}"
            );
            Err(Error::new(ErrorKind::InvalidArgument, message))
        }
    }
}

#[cfg(feature = "lambda")]
fn lambda() -> Result<Platformed> {
    let platform = isobar_aws::LambdaPlatform::from_environment()?;
    Ok((Arc::new(platform), Arc::new(isobar_aws::function::clock())))
}

#[cfg(not(feature = "lambda"))]
fn lambda() -> Result<Platformed> {
    Err(platform::not_linked("AWS Lambda", "lambda"))
}

#[cfg(all(test, feature = "local"))]
mod tests;
