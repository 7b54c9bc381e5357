//! What a case works with: a provider, a namespace of its own, a clock and random numbers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use isobar::document::{CollectionSpec, Timestamp};
use isobar::driver::Clock;
use isobar::driver::blob::BlobDriver;
use isobar::driver::document::DocumentDriver;
use isobar::driver::function::FunctionDescription;
use isobar::{Bucket, Capabilities, Capability, Collection, Environment};
use isobar_fault_proxy::{Protocol, Proxy};

use crate::door::{Door, Doors};
use crate::exchange::{Exchange, Exchanges};
use crate::probe::TOPIC;
use crate::{BucketSettings, Case, Failure, ManualClock, Provider, Wire, expect};

/// How long an operation may take: the cases are not about the speed of an emulator on a busy
/// machine.
const PATIENCE: Duration = Duration::from_secs(40);

/// What makes a run repeatable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where random keys and values come from.
    pub seed: u64,
    /// How many writers race in the cases about races.
    pub race_width: usize,
    /// Goes before the names of all tables and buckets of the run; lower case, at most 8 letters
    /// and digits.
    pub prefix: String,
}

/// What a case works with.
#[derive(Debug, Clone)]
pub struct Context {
    provider: Arc<Provider>,
    clock: Arc<ManualClock>,
    settings: Arc<Settings>,
    case: &'static str,
}

impl Context {
    /// The surroundings of one run of one case.
    pub fn new(provider: Arc<Provider>, settings: Arc<Settings>, case: &Case) -> Self {
        Self {
            provider,
            clock: Arc::new(ManualClock::start()),
            settings,
            case: case.id,
        }
    }

    /// A collection that no other case sees, ready for use.
    pub(crate) async fn collection<T>(
        &self,
        spec: &CollectionSpec<T>,
    ) -> Result<Collection<T>, Failure> {
        let collection = self.declared(spec)?;
        collection.ensure().await?;
        Ok(collection)
    }

    /// The name of the document store in errors and spans.
    pub(crate) fn provider_name(&self) -> Result<&'static str, Failure> {
        let driver = self.provider.documents.as_ref();
        Ok(expect::some("the document store", driver)?
            .describe()
            .provider)
    }

    /// Whether the document store says what each request consumes.
    pub(crate) fn names_units(&self) -> bool {
        self.provider.names_units
    }

    /// A collection that is not there, only declared.
    pub(crate) fn declared<T>(&self, spec: &CollectionSpec<T>) -> Result<Collection<T>, Failure> {
        let driver = self.provider.documents.clone();
        let driver = expect::some("the document store", driver)?;
        Ok(self.over(driver, spec, PATIENCE))
    }

    /// The same collection through a driver of its own with a proxy before the store, under a time
    /// budget; it must have been made ready.
    pub(crate) async fn behind_a_proxy<T>(
        &self,
        spec: &CollectionSpec<T>,
        budget: Duration,
    ) -> Result<(Collection<T>, Proxy), Failure> {
        let (driver, proxy) = self.document_wire()?.behind_a_proxy().await?;
        Ok((self.over(driver, spec, budget), proxy))
    }

    /// The same collection of a store at another address.
    pub(crate) fn at_address<T>(
        &self,
        spec: &CollectionSpec<T>,
        address: SocketAddr,
        budget: Duration,
    ) -> Result<Collection<T>, Failure> {
        let driver = self.document_wire()?.open(address)?;
        Ok(self.over(driver, spec, budget))
    }

    /// How long a driver is told to wait by a service that wants it to; nothing where the protocol
    /// cannot say it.
    pub(crate) fn heard_of(&self, wait: Duration) -> Duration {
        let protocol = self.provider.document_wire.as_ref().map(Wire::protocol);
        if protocol == Some(Protocol::Postgres) {
            return Duration::ZERO;
        }
        wait
    }

    fn document_wire(&self) -> Result<&Wire<dyn DocumentDriver>, Failure> {
        let wire = self.provider.document_wire.as_ref();
        expect::some("the way to the store", wire)
    }

    fn blob_wire(&self) -> Result<&Wire<dyn BlobDriver>, Failure> {
        let wire = self.provider.blob_wire.as_ref();
        expect::some("the way to the store", wire)
    }

    fn over<T>(
        &self,
        driver: Arc<dyn DocumentDriver>,
        spec: &CollectionSpec<T>,
        budget: Duration,
    ) -> Collection<T> {
        let clock: Arc<dyn Clock> = Arc::clone(&self.clock) as _;
        Collection::new(driver, clock, spec, &self.namespace()).with_budget(budget)
    }

    /// A bucket that no other case sees, ready for use.
    pub(crate) async fn bucket(&self) -> Result<Bucket, Failure> {
        self.bucket_named("files").await
    }

    /// Another bucket of the same store.
    pub(crate) async fn second_bucket(&self) -> Result<Bucket, Failure> {
        self.bucket_named("other").await
    }

    /// A bucket that nobody has made.
    pub(crate) fn bucket_that_is_missing(&self) -> Result<Bucket, Failure> {
        let driver = self.provider.blobs.clone();
        let driver = expect::some("the blob store", driver)?;
        let clock: Arc<dyn Clock> = Arc::clone(&self.clock) as _;
        Ok(Bucket::new(
            driver,
            clock,
            format!("{}missing", self.namespace()),
        ))
    }

    /// A bucket that keeps versions, where the store has such buckets.
    pub(crate) async fn bucket_with_versions(&self) -> Result<Bucket, Failure> {
        let bucket = self.bucket().await?;
        if bucket.capabilities().has(Capability::BlobVersions) {
            let set = self.settings()?.keep_versions(bucket.name()).await;
            set.map_err(|error| Failure::new(format!("the bucket keeps no versions: {error:?}")))?;
        }
        Ok(bucket)
    }

    /// A bucket to which pages may send requests, where the store signs any.
    pub(crate) async fn bucket_for_pages(&self) -> Result<Bucket, Failure> {
        let bucket = self.bucket().await?;
        if bucket.capabilities().has(Capability::PresignedRequests) {
            let set = self.settings()?.allow_pages(bucket.name()).await;
            set.map_err(|error| Failure::new(format!("no page may send requests: {error:?}")))?;
        }
        Ok(bucket)
    }

    fn settings(&self) -> Result<&dyn BucketSettings, Failure> {
        let settings = self.provider.settings.as_deref();
        expect::some("the way to set up a bucket", settings)
    }

    async fn bucket_named(&self, name: &str) -> Result<Bucket, Failure> {
        let bucket = self.bucket_over(self.blobs()?, &format!("{}{name}", self.namespace()));
        bucket.ensure().await?;
        Ok(bucket)
    }

    /// A bucket through a driver of its own with a proxy before the store, under a time budget.
    pub(crate) async fn bucket_behind_a_proxy(
        &self,
        bucket: &Bucket,
        budget: Duration,
    ) -> Result<(Bucket, Proxy), Failure> {
        let (driver, proxy) = self.blobs_behind_a_proxy().await?;
        let behind = self.bucket_over(driver, bucket.name());
        Ok((behind.with_budget(budget), proxy))
    }

    /// A driver of the blob store with connections of its own, and the proxy that they go through.
    pub(crate) async fn blobs_behind_a_proxy(
        &self,
    ) -> Result<(Arc<dyn BlobDriver>, Proxy), Failure> {
        self.blob_wire()?.behind_a_proxy().await
    }

    /// The blob store itself.
    pub(crate) fn blobs(&self) -> Result<Arc<dyn BlobDriver>, Failure> {
        expect::some("the blob store", self.provider.blobs.clone())
    }

    /// A bucket of a store at another address.
    pub(crate) fn bucket_at_address(
        &self,
        address: SocketAddr,
        budget: Duration,
    ) -> Result<Bucket, Failure> {
        let driver = self.blob_wire()?.open(address)?;
        Ok(self.bucket_over(driver, "files").with_budget(budget))
    }

    /// A bucket of a store.
    pub(crate) fn bucket_over(&self, driver: Arc<dyn BlobDriver>, name: &str) -> Bucket {
        let clock: Arc<dyn Clock> = Arc::clone(&self.clock) as _;
        Bucket::new(driver, clock, name)
    }

    /// A fresh probe behind the provider's front door.
    pub(crate) async fn door(&self) -> Result<Box<dyn Door>, Failure> {
        self.doors()?.open().await
    }

    /// The same, with more variables in its environment.
    pub(crate) async fn door_with(
        &self,
        variables: &[(&'static str, String)],
    ) -> Result<Box<dyn Door>, Failure> {
        self.doors()?.open_with(variables).await
    }

    /// The provider's front door itself.
    pub(crate) fn doors(&self) -> Result<&dyn Doors, Failure> {
        let doors = self.provider.doors.as_deref();
        expect::some("the front door", doors)
    }

    /// A topic that no other case sees, which is there and has a subscriber.
    pub(crate) async fn exchange(&self) -> Result<Box<dyn Exchange>, Failure> {
        self.exchanges()?.open(&self.namespace()).await
    }

    /// What sends messages, and what receives them.
    pub(crate) fn exchanges(&self) -> Result<&dyn Exchanges, Failure> {
        let exchanges = self.provider.exchanges.as_deref();
        expect::some("the way to topics", exchanges)
    }

    /// The topic of the case, whether it is there or not.
    pub(crate) fn topic(&self) -> Result<isobar::function::Topic, Failure> {
        let platform = FunctionDescription {
            provider: self.provider.name,
            capabilities: Capabilities::default(),
        };
        let clock: Arc<dyn Clock> = Arc::clone(&self.clock) as _;
        let environment = Environment::builder(platform, clock)
            .topics(self.exchanges()?.driver())
            .topic_prefix(self.namespace())
            .build();
        Ok(environment.topic(&TOPIC)?)
    }

    /// Whether the platform tells how often a message was delivered.
    pub(crate) fn counts_deliveries(&self) -> bool {
        let doors = self.provider.doors.as_deref();
        doors.is_none_or(Doors::counts_deliveries)
    }

    /// The clock that the case's collections go by.
    pub(crate) fn clock(&self) -> &ManualClock {
        &self.clock
    }

    /// The instant at which that clock stands.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.timestamp()
    }

    /// How many writers race.
    pub(crate) fn race_width(&self) -> usize {
        self.settings.race_width
    }

    /// Random numbers that are the same in every run with the same seed.
    pub(crate) fn random(&self) -> fastrand::Rng {
        let seed = self.case.bytes().fold(self.settings.seed, |seed, byte| {
            (seed ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        fastrand::Rng::with_seed(seed)
    }

    /// Fits table names of every store and, with a few more letters, bucket names of S3.
    fn namespace(&self) -> String {
        let case = self.case.to_ascii_lowercase().replace('-', "");
        format!("{}-{case}-", self.settings.prefix)
    }
}
