//! The two clients of Cloud Storage, and the key that requests for others are signed with.

use google_cloud_auth::credentials::Credentials;
use google_cloud_auth::signer::Signer;
use google_cloud_storage::client::{Storage, StorageControl};
use google_cloud_storage::read_resume_policy::NeverResume;
use google_cloud_storage::retry_policy::RetryableErrors;
use isobar::{Error, ErrorKind, Result};

use super::failure::unauthenticated;

/// Google's clients: contents go by HTTP, everything else by gRPC.
///
/// Their own retries are off, but for the chunks of an upload, which are never stored twice: what
/// may be sent again is decided by the store (rule R21).
#[derive(Debug, Clone)]
pub struct Clients {
    /// For contents.
    pub storage: Storage,
    /// For all that has no content.
    pub control: StorageControl,
    /// What requests for others are signed with, where there is something.
    pub signer: Option<Signer>,
    /// Where signed requests go, where that is not Google's own address.
    pub signed_endpoint: Option<String>,
}

/// Where the clients send their requests.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Endpoints {
    pub(super) http: Option<String>,
    pub(super) grpc: Option<String>,
}

impl Clients {
    pub(super) async fn connect(
        endpoints: Endpoints,
        credentials: Credentials,
        signer: Option<Signer>,
    ) -> Result<Self> {
        let mut storage = Storage::builder()
            .with_credentials(credentials.clone())
            .with_retry_policy(google_cloud_gax::retry_policy::NeverRetry)
            .with_read_resume_policy(NeverResume);
        let mut control = StorageControl::builder()
            .with_credentials(credentials)
            .with_retry_policy(google_cloud_gax::retry_policy::NeverRetry);
        if let Some(url) = &endpoints.http {
            storage = storage.with_endpoint(url);
        }
        if let Some(url) = endpoints.grpc.as_ref().or(endpoints.http.as_ref()) {
            control = control.with_endpoint(url);
        }
        let refused = |error: google_cloud_gax::client_builder::Error| {
            if error.is_default_credentials() {
                return unauthenticated(error);
            }
            let message = "the clients of Cloud Storage cannot be made: check the endpoints";
            Error::new(ErrorKind::InvalidArgument, message).with_source(error)
        };
        Ok(Self {
            storage: storage.build().await.map_err(refused)?,
            control: control.build().await.map_err(refused)?,
            signer,
            signed_endpoint: endpoints.http,
        })
    }
}

/// How the chunks of an upload are sent again.
pub(super) fn of_chunks() -> google_cloud_gax::retry_policy::LimitedAttemptCount<RetryableErrors> {
    google_cloud_gax::retry_policy::LimitedAttemptCount::custom(RetryableErrors, 4)
}
