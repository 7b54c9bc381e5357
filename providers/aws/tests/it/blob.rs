//! S3: keys, attributes, ranges, listings, conditions, and writes whose answer is lost.

mod conditions;
mod content;
mod listing;
mod permissions;
mod refused;
mod signed_content;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use isobar::Bucket;
use isobar_aws::S3Store;

use crate::clock;
use crate::emulator;

pub(crate) fn client(endpoint: &str) -> Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "tests"))
        .endpoint_url(endpoint)
        .force_path_style(true)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

/// A new bucket, and the vendor's own client to look into it.
pub(crate) async fn fresh() -> (Bucket, Client, String) {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("files-{}-{count}", std::process::id());
    let client = client(emulator::endpoint());
    let bucket = Bucket::new(Arc::new(S3Store::new(client.clone())), clock(), &*name);
    bucket.ensure().await.expect("a bucket");
    bucket.ensure().await.expect("the bucket is there already");
    (bucket, client, name)
}
