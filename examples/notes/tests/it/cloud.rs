//! An emulator of AWS with the tables, the bucket and the function of the application.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType,
};
use aws_sdk_lambda::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{Environment, FunctionCode, FunctionUrlAuthType, Runtime};
use isobar_conformance::emulator::{Emulator, PythonEmulator};
use tokio::process::Command;

use crate::http::{self, Answer};

pub(crate) const MINISTACK: PythonEmulator = PythonEmulator::MINISTACK_WITH_FUNCTIONS;

pub(crate) struct Cloud {
    dynamodb: aws_sdk_dynamodb::Client,
    s3: aws_sdk_s3::Client,
    /// What goes before the path in the emulator's form of a function URL.
    url_prefix: String,
    /// Dropped last: it ends with this.
    emulator: Emulator,
}

macro_rules! client {
    ($service:ident, $url:expr) => {{
        let config = $service::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "tests"))
            .endpoint_url($url)
            .http_client(aws_smithy_http_client::Builder::new().build_http());
        config
    }};
}

pub(crate) fn s3_client(url: &str) -> aws_sdk_s3::Client {
    let config = client!(aws_sdk_s3, url).force_path_style(true).build();
    aws_sdk_s3::Client::from_conf(config)
}

impl Cloud {
    /// Deploys a program as `bootstrap`, with what the application stores in beside it.
    pub(crate) async fn with_function(program: &str) -> Self {
        let emulator = Emulator::start(&MINISTACK).await.expect("the emulator");
        let url = &emulator.url;
        let dynamodb = aws_sdk_dynamodb::Client::from_conf(client!(aws_sdk_dynamodb, url).build());
        let s3 = s3_client(url);
        let lambda = aws_sdk_lambda::Client::from_conf(client!(aws_sdk_lambda, url).build());
        create_table(&dynamodb, "test-notes", &["owner", "id"]).await;
        create_table(&dynamodb, "test-owners", &["name"]).await;
        let created = s3.create_bucket().bucket("test-photos").send().await;
        created.expect("a bucket");
        Self {
            url_prefix: deploy(&lambda, program).await,
            dynamodb,
            s3,
            emulator,
        }
    }

    /// Calls the function over HTTP.
    pub(crate) async fn call(
        &self,
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let target = format!("{}{path}", self.url_prefix);
        http::exchange(&self.emulator.url, (method, &target), headers, body).await
    }

    /// The item of a table, as the vendor's client sees it.
    pub(crate) async fn item(
        &self,
        table: &str,
        key: &[(&str, &str)],
    ) -> HashMap<String, AttributeValue> {
        let key = key
            .iter()
            .map(|(name, value)| ((*name).to_owned(), AttributeValue::S((*value).to_owned())));
        let request = self.dynamodb.get_item().table_name(table);
        let output = request.set_key(Some(key.collect())).send().await;
        output.expect("an answer").item.expect("an item")
    }

    /// The bytes of an object, as the vendor's client sees them.
    pub(crate) async fn object(&self, bucket: &str, key: &str) -> Vec<u8> {
        let request = self.s3.get_object().bucket(bucket).key(key);
        let output = request.send().await.expect("an object");
        let body = output.body.collect().await.expect("its bytes");
        body.to_vec()
    }
}

async fn create_table(client: &aws_sdk_dynamodb::Client, table: &str, key: &[&str]) {
    let mut request = client
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest);
    for (name, key_type) in key.iter().zip([KeyType::Hash, KeyType::Range]) {
        let element = KeySchemaElement::builder();
        let element = element.attribute_name(*name).key_type(key_type).build();
        let attribute = AttributeDefinition::builder();
        let attribute = attribute
            .attribute_name(*name)
            .attribute_type(ScalarAttributeType::S)
            .build();
        request = request
            .key_schema(element.expect("a key"))
            .attribute_definitions(attribute.expect("an attribute"));
    }
    request.send().await.expect("a table");
}

/// The part of the function URL that the emulator puts before each path.
async fn deploy(client: &aws_sdk_lambda::Client, program: &str) -> String {
    let code = FunctionCode::builder().zip_file(Blob::new(zip(program).await));
    let environment = Environment::builder()
        .variables("ISOBAR_DOCUMENTS", "dynamodb:")
        .variables("ISOBAR_BLOBS", "s3:")
        .variables("ISOBAR_PREFIX", "test-");
    let created = client
        .create_function()
        .function_name("notes")
        .runtime(Runtime::Providedal2023)
        .role("arn:aws:iam::000000000000:role/notes")
        .handler("bootstrap")
        .code(code.build())
        .environment(environment.build())
        .timeout(20)
        .send()
        .await;
    created.expect("a function");
    let created = client
        .create_function_url_config()
        .function_name("notes")
        .auth_type(FunctionUrlAuthType::None)
        .send()
        .await;
    let url = created.expect("a function URL").function_url;
    let host = url.trim_start_matches("https://");
    let id = host.split('.').next().expect("a host");
    format!("/_aws/lambda-url/{id}")
}

/// The program as `bootstrap`, executable, in a ZIP file.
async fn zip(program: &str) -> Vec<u8> {
    const SCRIPT: &str = "
import sys, zipfile
entry = zipfile.ZipInfo('bootstrap')
entry.external_attr = 0o755 << 16
entry.compress_type = zipfile.ZIP_DEFLATED
with zipfile.ZipFile(sys.argv[2], 'w', compresslevel=1) as archive:
    archive.writestr(entry, open(sys.argv[1], 'rb').read())
";
    let directory = tempfile::tempdir().expect("a directory");
    let archive = directory.path().join("function.zip");
    let mut python = Command::new("python3");
    python.args(["-c", SCRIPT, program]).arg(&archive);
    let status = python.status().await.expect("Python");
    assert!(status.success(), "the program cannot be zipped");
    std::fs::read(archive).expect("the archive")
}
