//! The vendor's client, and how its requests are sent: once, within a bound, classified.

use std::sync::Arc;
use std::time::Duration;

use azure_core::http::{ClientOptions, Pipeline, RetryOptions, Transport, Url};
use azure_storage_blob::{
    BlobClient, BlobContainerClient, BlobServiceClient, BlobServiceClientOptions,
};
use isobar::blob::BlobKey;
use isobar::driver::blob::key;
use isobar::driver::{Failure, RetryBudget};
use isobar::{Error, Result};

use super::failure::failure;
use super::{BlobStore, MIB};
use crate::credential::Credential;
use crate::error::BLOBS;
use crate::http_client::http_client;
use crate::sdk::too_slow;
use crate::signing::Signing;

/// How often a request is sent again, and after how long at most the first time.
pub(super) const RETRIES: u32 = 4;
pub(super) const PAUSE: Duration = Duration::from_millis(200);
/// How long one attempt may take that moves no content.
const ATTEMPT: Duration = Duration::from_secs(8);
/// The slowest link that content is given time for, in bytes a second.
const SLOWEST: u64 = 128 << 10;

impl BlobStore {
    pub(crate) fn connect(account: &str, endpoint: &str, credential: Credential) -> Result<Self> {
        let malformed = || Error::invalid(format!("{endpoint:?} is no endpoint of blobs"));
        let url = Url::parse(endpoint).map_err(|_| malformed())?;
        if !matches!(url.scheme(), "http" | "https") || url.query().is_some() {
            return Err(malformed());
        }
        credential.check(endpoint)?;
        let signing = Signing {
            account: account.to_owned(),
            credential: credential.clone(),
        };
        let client_options = ClientOptions {
            per_try_policies: vec![Arc::new(signing)],
            // What may be sent again is decided here (rule R21).
            retry: RetryOptions::none(),
            transport: Some(Transport::new(Arc::new(http_client()?))),
            ..ClientOptions::default()
        };
        let name = option_env!("CARGO_PKG_NAME");
        let release = option_env!("CARGO_PKG_VERSION");
        let options = client_options.clone();
        let pipeline = Pipeline::new(name, release, options, Vec::new(), Vec::new(), None);
        let options = BlobServiceClientOptions {
            client_options,
            ..BlobServiceClientOptions::default()
        };
        let version = options.version.clone();
        let client = BlobServiceClient::new(url, None, Some(options));
        let client = client.map_err(|error| malformed().with_source(error))?;
        Ok(Self {
            client: Arc::new(client),
            pipeline,
            version,
            account: account.to_owned(),
            credential,
            keeps_versions: false,
            block_bytes: 256 * MIB,
            budget: RetryBudget::default(),
        })
    }

    pub(super) fn container(&self, bucket: &str) -> BlobContainerClient {
        self.client.blob_container_client(bucket)
    }

    /// The client of one blob.
    pub(super) fn blob(&self, bucket: &str, key: &BlobKey) -> Result<BlobClient> {
        let stored = key::store(key)?;
        // A URL has no such segment: what is left of it names the container.
        if matches!(stored.as_str(), "" | "." | "..") {
            let message = format!("{stored:?} cannot be the key of a blob in Azure Blob Storage");
            return Err(Error::invalid(message));
        }
        Ok(self.client.blob_client(bucket, &stored))
    }

    /// Creates the container where it is missing.
    pub(super) async fn ensure_container(&self, bucket: &str) -> Result<()> {
        let container = self.container(bucket);
        match self.reading(|| attempt(0, container.create(None))).await {
            Err(error) if error.provider_code() == Some("ContainerAlreadyExists") => Ok(()),
            created => created.map(drop),
        }
    }

    /// Sends a request that may be sent any number of times until it is answered.
    pub(super) async fn reading<T, F>(&self, send: impl Fn() -> F + Send) -> Result<T>
    where
        F: Future<Output = Result<T, Failure>> + Send,
    {
        let mut retries = self.budget.retries(RETRIES, PAUSE);
        loop {
            let error = match send().await {
                Ok(answer) => {
                    retries.answered();
                    return Ok(answer);
                }
                Err(failure) => failure.error,
            };
            tokio::time::sleep(retries.pause_or(error)?).await;
        }
    }
}

/// Sends a request once that moves so many bytes.
pub(super) async fn attempt<T>(
    bytes: u64,
    request: impl Future<Output = azure_core::Result<T>>,
) -> Result<T, Failure> {
    let span = ATTEMPT.saturating_add(Duration::from_secs(bytes / SLOWEST));
    match tokio::time::timeout(span, request).await {
        Ok(answer) => answer.map_err(failure),
        Err(_) => Err(too_slow(&BLOBS, span)),
    }
}
