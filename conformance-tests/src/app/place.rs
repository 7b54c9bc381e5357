//! The combinations of a door and stores at which an application is proven.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use isobar::document::{CollectionSpec, Value};
use isobar::driver::Clock;
use isobar::driver::blob::BlobDriver;
use isobar::driver::document::DocumentDriver;
use isobar::{Bucket, Collection};
use isobar_local::LocalStore;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use super::declared::Declared;
use super::scenario::Action;
use crate::Provider;
use crate::door::application::{Application, Way};
use crate::door::openwhisk::OpenWhiskDoors;
use crate::harness::gcp::PROJECT;
use crate::harness::{self, Options, aws_doors};

/// The combinations, by name.
pub(crate) const PROVIDERS: [&str; 19] = [
    "local",
    "postgres",
    "aws",
    "aws-stream",
    "aws-http-api",
    "aws-rest",
    "aws-alb",
    "aws-alb-multi",
    "gcp",
    "azure",
    "azure-functions-invoked",
    "alibaba-fc",
    "tencent-scf",
    "knative",
    "openfaas",
    "fission",
    "fn",
    "openwhisk",
    "openwhisk-loop",
];
/// Those at which schedules come by the clock alone, and messages from within, or neither at all.
const REQUESTS_ALONE: [&str; 5] = ["local", "postgres", "fn", "openwhisk", "openwhisk-loop"];

/// How long a killed process may take to end.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(20);
/// What goes before all tables and buckets.
const PREFIX: &str = "app-";
const REGION: &str = "us-east-1";
const AZURE_ACCOUNT: &str = "devstoreaccount1";

/// A provider that is ready for an application.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) way: Way,
    documents: Store,
    blobs: Store,
    variables: Vec<(&'static str, String)>,
    directory: TempDir,
}

/// A store that an application uses, and that is read after it.
#[derive(Debug)]
enum Store {
    /// In the directory, which has one owner at a time.
    Local,
    /// Behind a URL, with what was started for it.
    Served {
        url: String,
        provider: Arc<Provider>,
    },
}

/// The stores, open.
#[derive(Debug)]
pub(super) struct Open {
    documents: Arc<dyn DocumentDriver>,
    blobs: Arc<dyn BlobDriver>,
    clock: Arc<dyn Clock>,
}

/// The names as they are asked for, each known and there once.
pub(super) fn names(asked: &[String]) -> Result<Vec<&'static str>> {
    let mut names = Vec::new();
    for name in asked {
        let mut known = PROVIDERS.into_iter();
        let Some(known) = known.find(|known| known == name) else {
            let all = PROVIDERS.join(", ");
            bail!("an application is not proven on {name:?}, only on {all}");
        };
        if names.contains(&known) {
            bail!("{known} is named twice");
        }
        names.push(known);
    }
    Ok(names)
}

/// Whether what happens in a step can be made to happen at a provider.
pub(super) fn brings(provider: &str, action: &Action) -> bool {
    match action {
        Action::Request(_) => true,
        Action::Tick(_) | Action::Message(_) => !REQUESTS_ALONE.contains(&provider),
    }
}

impl Place {
    /// Starts what stands behind the application.
    pub(super) async fn start(name: &'static str) -> Result<Self> {
        let directory = TempDir::with_prefix("isobar-app-").context("no temporary directory")?;
        let place = |way, documents, blobs, variables| Self {
            way,
            documents,
            blobs,
            variables,
            directory,
        };
        Ok(match name {
            "postgres" => {
                let documents = served("postgres", str::to_owned).await?;
                place(Way::Local, documents, Store::Local, Vec::new())
            }
            "gcp" => {
                let url = |url: &str| format!("firestore://{PROJECT}?endpoint={url}");
                let documents = served("gcp", url).await?;
                place(
                    Way::Contract("cloud-run"),
                    documents,
                    Store::Local,
                    Vec::new(),
                )
            }
            "azure" | "azure-functions-invoked" => {
                let account = |scheme: &str, url: &str| {
                    format!("{scheme}://{AZURE_ACCOUNT}?endpoint={url}/{AZURE_ACCOUNT}")
                };
                let tables = served("azure-tables", |url| account("azure-tables", url)).await?;
                let blobs = served("azure-blob", |url| account("azure-blob", url)).await?;
                let contract = if name == "azure" {
                    "azure-functions"
                } else {
                    name
                };
                place(Way::Contract(contract), tables, blobs, Vec::new())
            }
            name if name.starts_with("aws") => {
                let (documents, blobs) = amazon().await?;
                place(
                    Way::Lambda(aws_doors::named(name)),
                    documents,
                    blobs,
                    credentials(),
                )
            }
            name => place(way(name), Store::Local, Store::Local, Vec::new()),
        })
    }

    /// Makes tables and buckets as a deployment would. A local store needs none.
    pub(super) async fn prepare(&self, declared: &Declared) -> Result<()> {
        let clock: Arc<dyn Clock> = Arc::new(isobar_local::clock());
        if let Store::Served { provider, .. } = &self.documents
            && let Some(driver) = &provider.documents
        {
            for spec in &declared.collections {
                let name = spec.name();
                let collection = bound(driver, &clock, spec);
                let made = collection.ensure().await;
                made.with_context(|| format!("the collection {name} cannot be made"))?;
            }
        }
        if let Store::Served { provider, .. } = &self.blobs
            && let Some(driver) = &provider.blobs
        {
            for name in &declared.buckets {
                let bucket = Bucket::new(Arc::clone(driver), Arc::clone(&clock), prefixed(name));
                let made = bucket.ensure().await;
                made.with_context(|| format!("the bucket {name} cannot be made"))?;
            }
        }
        Ok(())
    }

    /// The application as it is started here.
    pub(super) fn application(
        &self,
        program: &Path,
        variables: BTreeMap<String, String>,
    ) -> Application {
        let local = format!("local:{}", self.store_directory().display());
        let url = |store: &Store| match store {
            Store::Local => local.clone(),
            Store::Served { url, .. } => url.clone(),
        };
        let own = [
            ("ISOBAR_DOCUMENTS", url(&self.documents)),
            ("ISOBAR_BLOBS", url(&self.blobs)),
            ("ISOBAR_TOPICS", local.clone()),
            ("ISOBAR_PREFIX", PREFIX.to_owned()),
        ];
        let own = own.into_iter().chain(self.variables.iter().cloned());
        let own = own.map(|(name, value)| (name.to_owned(), value));
        Application {
            program: program.to_owned(),
            variables: own.chain(variables).collect(),
            log: self.directory.path().join("application.log"),
        }
    }

    /// Opens the stores. An application that was killed holds a local one until it has ended.
    pub(super) async fn open(&self) -> Result<Open> {
        let start = Instant::now();
        loop {
            match self.try_open() {
                Err(_) if start.elapsed() < PATIENCE => sleep(PAUSE).await,
                opened => return opened,
            }
        }
    }

    fn try_open(&self) -> Result<Open> {
        let mut local = None;
        let mut opened = || -> Result<LocalStore> {
            if local.is_none() {
                local = Some(LocalStore::open(self.store_directory())?);
            }
            local.clone().context("a store")
        };
        let documents = match &self.documents {
            Store::Local => opened()?.documents(),
            Store::Served { provider, .. } => {
                provider.documents.clone().context("no documents' store")?
            }
        };
        let blobs = match &self.blobs {
            Store::Local => opened()?.blobs(),
            Store::Served { provider, .. } => provider.blobs.clone().context("no blobs' store")?,
        };
        let clock = Arc::new(isobar_local::clock());
        Ok(Open {
            documents,
            blobs,
            clock,
        })
    }

    fn store_directory(&self) -> std::path::PathBuf {
        self.directory.path().join("store")
    }
}

impl Open {
    /// A collection as the application has it.
    pub(super) fn collection(&self, spec: &CollectionSpec<Value>) -> Collection<Value> {
        bound(&self.documents, &self.clock, spec)
    }

    /// A bucket as the application has it.
    pub(super) fn bucket(&self, name: &str) -> Bucket {
        let (blobs, clock) = (Arc::clone(&self.blobs), Arc::clone(&self.clock));
        Bucket::new(blobs, clock, prefixed(name))
    }
}

fn bound(
    driver: &Arc<dyn DocumentDriver>,
    clock: &Arc<dyn Clock>,
    spec: &CollectionSpec<Value>,
) -> Collection<Value> {
    Collection::new(Arc::clone(driver), Arc::clone(clock), spec, PREFIX)
}

fn prefixed(name: &str) -> String {
    format!("{PREFIX}{name}")
}

/// A store of the suite, by the URL that names it to an application.
async fn served(name: &str, url: impl Fn(&str) -> String) -> Result<Store> {
    let provider = Arc::new(started(name).await?);
    let emulator = provider.emulator.as_ref().context("no emulator")?;
    let url = url(&emulator.url);
    Ok(Store::Served { url, provider })
}

async fn started(name: &str) -> Result<Provider> {
    let started = harness::start(name, &Options::default()).await;
    started.map_err(|failure| anyhow::anyhow!("{name} cannot be started: {failure}"))
}

/// Documents and blobs on one MiniStack.
async fn amazon() -> Result<(Store, Store)> {
    let provider = Arc::new(started("aws").await?);
    let emulator = provider.emulator.as_ref().context("no emulator")?;
    let store = |scheme: &str| Store::Served {
        url: format!("{scheme}://{REGION}?endpoint={}", emulator.url),
        provider: Arc::clone(&provider),
    };
    Ok((store("dynamodb"), store("s3")))
}

/// What emulators take for the account's root.
fn credentials() -> Vec<(&'static str, String)> {
    let test = |name| (name, "test".to_owned());
    vec![
        test("AWS_ACCESS_KEY_ID"),
        test("AWS_SECRET_ACCESS_KEY"),
        ("AWS_REGION", REGION.to_owned()),
    ]
}

/// The way to an application whose stores are local.
fn way(name: &'static str) -> Way {
    match name {
        "local" => Way::Local,
        "fn" => Way::Fn,
        "openwhisk" => Way::OpenWhisk(OpenWhiskDoors::Container),
        "openwhisk-loop" => Way::OpenWhisk(OpenWhiskDoors::ActionLoop),
        contract => Way::Contract(contract),
    }
}
