//! Scanners that use the client made from Google's own definition of Firestore, on Google's emulator.

use std::collections::HashMap;

use async_trait::async_trait;
use googleapis_tonic_google_firestore_v1::google::firestore::v1::firestore_client::FirestoreClient;
use googleapis_tonic_google_firestore_v1::google::firestore::v1::value::ValueType;
use googleapis_tonic_google_firestore_v1::google::firestore::v1::{
    Document, GetDocumentRequest, UpdateDocumentRequest, Value as Field,
};
use isobar_conformance::emulator::Emulator;
use serde_json::{Map, Value, json};
use tonic::Request;
use tonic::metadata::MetadataValue;
use tonic::transport::{Channel, Endpoint};

use crate::scanners::{DEPOT, Scan, Scanners};

const PARCELS: &str = "projects/depots/databases/(default)/documents/parcels";

pub(crate) struct Depots {
    client: FirestoreClient<Channel>,
    emulator: Emulator,
}

impl Depots {
    pub(crate) async fn start() -> Self {
        let emulator = Emulator::start_firestore().await.unwrap();
        let endpoint = Endpoint::from_shared(emulator.url.clone()).unwrap();
        let client = FirestoreClient::new(endpoint.connect_lazy());
        Self { client, emulator }
    }
}

/// The id of a document says both parts of its key.
fn name(parcel: &str) -> String {
    format!("{PARCELS}/{DEPOT}#{parcel}")
}

/// An emulator takes this for one who may do everything.
fn as_owner<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    let token = MetadataValue::from_static("Bearer owner");
    request.metadata_mut().insert("authorization", token);
    request
}

#[async_trait]
impl Scanners for Depots {
    fn variables(&self) -> Vec<(&'static str, String)> {
        let url = &self.emulator.url;
        vec![(
            "ISOBAR_DOCUMENTS",
            format!("firestore://depots?endpoint={url}"),
        )]
    }

    async fn write(&self, scan: &Scan) {
        let text = |text: &str| ValueType::StringValue(text.to_owned());
        let fields = [
            ("depot", text(DEPOT)),
            ("parcel", text(scan.parcel)),
            ("state", text(scan.state)),
            ("grams", ValueType::IntegerValue(scan.grams)),
            ("gate", text(scan.gate)),
        ];
        let fields = fields.map(|(name, value)| {
            let value_type = Some(value);
            (name.to_owned(), Field { value_type })
        });
        let document = Document {
            name: name(scan.parcel),
            fields: HashMap::from(fields),
            ..Document::default()
        };
        let request = UpdateDocumentRequest {
            document: Some(document),
            ..UpdateDocumentRequest::default()
        };
        let mut client = self.client.clone();
        client.update_document(as_owner(request)).await.unwrap();
    }

    async fn read(&self, parcel: &str) -> Value {
        let request = GetDocumentRequest {
            name: name(parcel),
            ..GetDocumentRequest::default()
        };
        let mut client = self.client.clone();
        let document = client.get_document(as_owner(request)).await.unwrap();
        let fields = document.into_inner().fields.into_iter();
        let fields = fields.map(|(name, field)| match field.value_type {
            Some(ValueType::StringValue(text)) => (name, json!(text)),
            Some(ValueType::IntegerValue(number)) => (name, json!(number)),
            other => panic!("{name} is {other:?}"),
        });
        Value::Object(fields.collect::<Map<_, _>>())
    }
}
