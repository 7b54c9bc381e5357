//! S3: the bare SDK, and what the other sides are told of the emulator.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use bytes::Bytes;
use futures_util::stream::{StreamExt as _, TryStreamExt as _, iter, unfold};
use isobar_aws::{S3Store, SignedContent};
use object_store::aws::AmazonS3Builder;
use opendal::services::S3;

use crate::side::{AT_ONCE, BUCKET, Side, drain};
use crate::through_isobar::Isobar;
use crate::through_object_store::ObjectStore;
use crate::through_opendal::Opendal;

const REGION: &str = "us-east-1";
const NAME: &str = "test";

/// Isobar first; OpenDAL never signs content, and the others do unless they are told otherwise.
pub(crate) async fn sides(url: &str, sign_content: bool) -> Result<Vec<Box<dyn Side>>> {
    let client = client(url);
    let signed = match sign_content {
        true => SignedContent::Always,
        false => SignedContent::Never,
    };
    let store = S3Store::new(client.clone()).with_signed_content(signed);
    let isobar = Isobar::over(Arc::new(store)).await?;
    let object_store = AmazonS3Builder::new()
        .with_endpoint(url)
        .with_allow_http(true)
        .with_region(REGION)
        .with_bucket_name(BUCKET)
        .with_access_key_id(NAME)
        .with_secret_access_key(NAME)
        .with_unsigned_payload(!sign_content)
        .build()?;
    let opendal = S3::default()
        .endpoint(url)
        .region(REGION)
        .bucket(BUCKET)
        .access_key_id(NAME)
        .secret_access_key(NAME)
        .disable_config_load();
    Ok(vec![
        Box::new(isobar),
        Box::new(BareS3 {
            client,
            sign_content,
        }),
        Box::new(ObjectStore(Arc::new(object_store))),
        Box::new(Opendal(opendal::Operator::new(opendal)?)),
    ])
}

fn client(url: &str) -> Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(Credentials::new(NAME, NAME, None, None, "benchmark"))
        .endpoint_url(url)
        .force_path_style(true)
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    Client::from_conf(config.build())
}

struct BareS3 {
    client: Client,
    sign_content: bool,
}

impl BareS3 {
    async fn part(&self, key: &str, id: &str, number: i32, part: Bytes) -> Result<CompletedPart> {
        let request = self
            .client
            .upload_part()
            .bucket(BUCKET)
            .key(key)
            .upload_id(id);
        let request = request
            .part_number(number)
            .checksum_algorithm(ChecksumAlgorithm::Crc32C)
            .body(ByteStream::from(part))
            .customize();
        let request = match self.sign_content {
            true => request,
            false => request.disable_payload_signing(),
        };
        let answer = request.send().await?;
        Ok(CompletedPart::builder()
            .part_number(number)
            .set_e_tag(answer.e_tag)
            .set_checksum_crc32_c(answer.checksum_crc32_c)
            .build())
    }
}

#[async_trait]
impl Side for BareS3 {
    fn name(&self) -> &'static str {
        "sdk"
    }

    async fn put(&self, key: &str, content: Bytes) -> Result<()> {
        let request = self.client.put_object().bucket(BUCKET).key(key);
        let request = request.checksum_algorithm(ChecksumAlgorithm::Crc32C);
        let request = request.body(ByteStream::from(content)).customize();
        let request = match self.sign_content {
            true => request,
            false => request.disable_payload_signing(),
        };
        request.send().await?;
        Ok(())
    }

    async fn get(&self, key: &str) -> Result<Bytes> {
        let answer = self
            .client
            .get_object()
            .bucket(BUCKET)
            .key(key)
            .send()
            .await?;
        Ok(answer.body.collect().await?.into_bytes())
    }

    async fn put_parts(&self, key: &str, part: &Bytes, parts: u64) -> Result<()> {
        let begun = self
            .client
            .create_multipart_upload()
            .bucket(BUCKET)
            .key(key);
        let begun = begun.checksum_algorithm(ChecksumAlgorithm::Crc32C);
        let id = begun.send().await?.upload_id.context("no upload")?;
        let numbers = 1..=i32::try_from(parts)?;
        let sent = numbers.map(|number| self.part(key, &id, number, part.clone()));
        let sent: Vec<_> = iter(sent).buffered(AT_ONCE).try_collect().await?;
        let all = CompletedMultipartUpload::builder().set_parts(Some(sent));
        let request = self
            .client
            .complete_multipart_upload()
            .bucket(BUCKET)
            .key(key);
        let request = request.upload_id(id).multipart_upload(all.build());
        request.send().await?;
        Ok(())
    }

    async fn read(&self, key: &str, pause: Duration) -> Result<u64> {
        let answer = self
            .client
            .get_object()
            .bucket(BUCKET)
            .key(key)
            .send()
            .await?;
        let chunks = unfold(answer.body, |mut body| async move {
            body.next().await.map(|chunk| (chunk, body))
        });
        drain(chunks, pause).await
    }
}
