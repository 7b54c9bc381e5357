//! The connection to Firestore: one gRPC channel, and what each request carries.

use std::time::Duration;

use googleapis_tonic_google_firestore_v1::google::firestore::v1::firestore_client::FirestoreClient;
use isobar::{Error, Result};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

/// How long a connection may take: half the time budget of a call.
const CONNECT: Duration = Duration::from_secs(5);
/// A document has at most 1 MiB ("Quotas and limits"), a batch of a hundred as many.
const MESSAGE_BYTES: usize = 128 << 20;

/// The generated client of Firestore, the native type of the store.
pub type Client = FirestoreClient<InterceptedService<Channel, Headers>>;

/// What each request carries: who asks, and of which database.
#[derive(Debug, Clone)]
pub struct Headers {
    authorization: MetadataValue<Ascii>,
    database: MetadataValue<Ascii>,
}

impl Interceptor for Headers {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let metadata = request.metadata_mut();
        metadata.insert("authorization", self.authorization.clone());
        metadata.insert("google-cloud-resource-prefix", self.database.clone());
        Ok(request)
    }
}

/// A client of an emulator, which takes `owner` for one who may do everything.
pub(crate) fn emulated(endpoint: &str, database: &str) -> Result<Client> {
    let invalid = || Error::invalid("the endpoint of the Firestore store is not a URL");
    let endpoint = Endpoint::from_shared(endpoint.to_owned()).map_err(|_| invalid())?;
    let channel = endpoint.connect_timeout(CONNECT).connect_lazy();
    let named = |_| Error::invalid("a project or database of Firestore is ASCII text");
    let headers = Headers {
        authorization: MetadataValue::from_static("Bearer owner"),
        database: database.parse().map_err(named)?,
    };
    let client = FirestoreClient::with_interceptor(channel, headers);
    Ok(client
        .max_decoding_message_size(MESSAGE_BYTES)
        .max_encoding_message_size(MESSAGE_BYTES))
}
