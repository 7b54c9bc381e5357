//! Scanners that use Amazon's own client, on an emulator.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType,
};
use isobar_conformance::emulator::{Emulator, PythonEmulator};
use serde_json::{Map, Value};

use crate::scanners::{DEPOT, Scan, Scanners};

const MINISTACK: PythonEmulator = PythonEmulator {
    package: "ministack",
    command: "ministack",
    arguments: Vec::new(),
    variables: &[("BIND_HOST", "127.0.0.1"), ("GATEWAY_PORT", "{port}")],
    ready: Some("/_ministack/health"),
};

pub(crate) struct Depots {
    client: Client,
    emulator: Emulator,
}

impl Depots {
    pub(crate) async fn start() -> Self {
        let emulator = Emulator::start(&MINISTACK).await.unwrap();
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "tests"))
            .endpoint_url(&emulator.url)
            .http_client(aws_smithy_http_client::Builder::new().build_http());
        let client = Client::from_conf(config.build());
        create_table(&client, "parcels").await;
        create_table(&client, "receipts").await;
        Self { client, emulator }
    }
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

async fn create_table(client: &Client, table: &str) {
    let mut request = client
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest);
    for (name, key_type) in [("depot", KeyType::Hash), ("parcel", KeyType::Range)] {
        let element = KeySchemaElement::builder().attribute_name(name);
        let attribute = AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(ScalarAttributeType::S);
        request = request
            .key_schema(element.key_type(key_type).build().unwrap())
            .attribute_definitions(attribute.build().unwrap());
    }
    request.send().await.unwrap();
}

#[async_trait]
impl Scanners for Depots {
    fn variables(&self) -> Vec<(&'static str, String)> {
        let url = &self.emulator.url;
        vec![
            (
                "ISOBAR_DOCUMENTS",
                format!("dynamodb://eu-central-1?endpoint={url}"),
            ),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
        ]
    }

    async fn write(&self, scan: &Scan) {
        let request = self
            .client
            .put_item()
            .table_name("parcels")
            .item("depot", text(DEPOT))
            .item("parcel", text(scan.parcel))
            .item("state", text(scan.state))
            .item("grams", AttributeValue::N(scan.grams.to_string()))
            .item("gate", text(scan.gate));
        request.send().await.unwrap();
    }

    async fn read(&self, parcel: &str) -> Value {
        let request = self
            .client
            .get_item()
            .table_name("parcels")
            .key("depot", text(DEPOT))
            .key("parcel", text(parcel));
        let item = request.send().await.unwrap().item.unwrap();
        let fields = item.into_iter().map(|(name, value)| match value {
            AttributeValue::S(text) => (name, text.into()),
            AttributeValue::N(number) => (name, serde_json::from_str(&number).unwrap()),
            other => panic!("{name} is {other:?}"),
        });
        Value::Object(fields.collect::<Map<_, _>>())
    }
}
