//! Whether the signature of what stores content covers that: told by the request that is sent.

use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use isobar::Bucket;
use isobar_aws::{S3Store, SignedContent};

use super::{client, fresh};
use crate::clock;

/// What requests say of the hash of their content.
#[derive(Debug, Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Intercept for Seen {
    fn name(&self) -> &'static str {
        "Seen"
    }

    fn read_after_signing(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let hash = context.request().headers().get("x-amz-content-sha256");
        let hash = hash.unwrap_or("none").to_owned();
        self.0.lock().expect("no panic").push(hash);
        Ok(())
    }
}

/// The hash that a put of `content` to this endpoint tells first.
async fn told(endpoint: &str, signed: Option<SignedContent>, content: &'static str) -> String {
    let seen = Seen::default();
    let config = client(endpoint).config().to_builder();
    let config = config.interceptor(seen.clone()).build();
    let store = S3Store::new(aws_sdk_s3::Client::from_conf(config));
    let store = match signed {
        Some(signed) => store.with_signed_content(signed),
        None => store,
    };
    let bucket = Bucket::new(Arc::new(store), clock(), "signed");
    let sent = bucket.put("key", content).await;
    assert!(sent.is_err(), "nobody is there");
    let seen = seen.0.lock().expect("no panic");
    seen.first().cloned().expect("a request")
}

const HELLO: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

#[tokio::test]
async fn content_is_signed_where_no_tls_protects_it_unless_the_store_is_told_otherwise() {
    // Nobody listens at port 1, and a request is signed before it is sent.
    for (endpoint, signed, expected) in [
        ("http://127.0.0.1:1", None, HELLO),
        ("https://127.0.0.1:1", None, UNSIGNED),
        ("https://127.0.0.1:1", Some(SignedContent::Always), HELLO),
        ("http://127.0.0.1:1", Some(SignedContent::Never), UNSIGNED),
    ] {
        let told = told(endpoint, signed, "hello").await;
        assert_eq!(told, expected, "{endpoint} {signed:?}");
    }
}

#[tokio::test]
async fn content_without_a_signature_is_stored_and_its_checksum_compared() {
    let (_, client, name) = fresh().await;
    let store = S3Store::new(client).with_signed_content(SignedContent::Never);
    let bucket = Bucket::new(Arc::new(store), clock(), &*name);
    let meta = bucket.put("whole", "hello").await.expect("stored");
    assert_eq!(meta.crc32c, Some(0x9a71_bb4c));
    let mut writer = bucket.writer("parts").expect("a writer");
    let content = vec![7; 12 << 20];
    writer.write(content.clone()).await.expect("taken");
    writer.finish().await.expect("stored");
    let read = bucket.get("parts").await.expect("there");
    assert_eq!(read.bytes().await.expect("whole"), content);
}
