//! Azure Blob Storage: the bare SDK, and what the other sides are told of the emulator.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use async_trait::async_trait;
use azure_storage_blob::models::{BlobClientUploadOptions, BlockLookupList};
use azure_storage_blob::{BlobClient, BlobServiceClient};
use bytes::Bytes;
use futures_util::stream::{StreamExt as _, TryStreamExt as _, iter};
use isobar::driver::blob::BlobDriver as _;
use isobar::driver::crc32c;
use isobar_azure::BlobStore;
use isobar_azure::config::blob::BlobPlace;
use object_store::azure::MicrosoftAzureBuilder;
use opendal::services::Azblob;

use crate::side::{AT_ONCE, BUCKET, Side, drain};
use crate::through_isobar::Isobar;
use crate::through_object_store::ObjectStore;
use crate::through_opendal::Opendal;

/// The account of every emulator, whose key is published.
const ACCOUNT: &str = "devstoreaccount1";
const KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// Isobar first, and last of small blobs one that keeps checksums.
pub(crate) async fn sides(url: &str, are_small: bool) -> Result<Vec<Box<dyn Side>>> {
    let endpoint = format!("{url}/{ACCOUNT}");
    let place = format!("azure-blob://{ACCOUNT}?endpoint={endpoint}");
    let store = Arc::new(BlobPlace::parse(&place)?.open()?);
    let isobar = Isobar::over(Arc::clone(&store) as _).await?;
    let object_store = MicrosoftAzureBuilder::new()
        .with_account(ACCOUNT)
        .with_access_key(KEY)
        .with_endpoint(endpoint.clone())
        .with_allow_http(true)
        .with_container_name(BUCKET)
        .build()?;
    let opendal = Azblob::default()
        .endpoint(&endpoint)
        .account_name(ACCOUNT)
        .account_key(KEY)
        .container(BUCKET);
    let mut sides: Vec<Box<dyn Side>> = vec![
        Box::new(isobar),
        Box::new(BareAzure(Arc::clone(&store))),
        Box::new(ObjectStore(Arc::new(object_store))),
        Box::new(Opendal(opendal::Operator::new(opendal)?)),
    ];
    if are_small {
        sides.push(Box::new(CheckedAzure(BareAzure(store))));
    }
    Ok(sides)
}

/// The metadata in which a program on the bare SDK keeps the checksum of a blob, which Azure itself
/// keeps none of.
const CHECKSUM: &str = "crc32c";

/// The vendor's client as Isobar has made it: of its own it cannot sign with an account's key.
struct BareAzure(Arc<BlobStore>);

impl BareAzure {
    fn client(&self, key: &str) -> Result<BlobClient> {
        let native: &dyn Any = self.0.native();
        let client: Option<&BlobServiceClient> = native.downcast_ref();
        Ok(client
            .context("the vendor's client")?
            .blob_client(BUCKET, key))
    }
}

#[async_trait]
impl Side for BareAzure {
    fn name(&self) -> &'static str {
        "sdk"
    }

    async fn put(&self, key: &str, content: Bytes) -> Result<()> {
        self.client(key)?.upload(content.into(), None).await?;
        Ok(())
    }

    async fn get(&self, key: &str) -> Result<Bytes> {
        let answer = self.client(key)?.download(None).await?;
        Ok(answer.body.collect().await?)
    }

    async fn put_parts(&self, key: &str, part: &Bytes, parts: u64) -> Result<()> {
        let client = self.client(key)?.block_blob_client();
        let ids: Vec<Vec<u8>> = (0..parts).map(|at| at.to_be_bytes().to_vec()).collect();
        let size = part.len() as u64;
        let sent = ids.clone().into_iter().map(|id| {
            let client = &client;
            async move {
                let staged = client.stage_block(&id, size, part.clone().into(), None);
                staged.await.map(drop)
            }
        });
        iter(sent).buffered(AT_ONCE).try_collect::<Vec<_>>().await?;
        let list = BlockLookupList {
            latest: Some(ids),
            ..BlockLookupList::default()
        };
        client.commit_block_list(list.try_into()?, None).await?;
        Ok(())
    }

    async fn read(&self, key: &str, pause: Duration) -> Result<u64> {
        let answer = self.client(key)?.download(None).await?;
        drain(answer.body, pause).await
    }
}

/// The vendor's client in a program that keeps CRC32C with its small blobs and compares it, as Isobar
/// does (decision record 0066); large ones are those of the bare client.
struct CheckedAzure(BareAzure);

#[async_trait]
impl Side for CheckedAzure {
    fn name(&self) -> &'static str {
        "sdk_with_checksum"
    }

    async fn put(&self, key: &str, content: Bytes) -> Result<()> {
        let checksum = crc32c::checksum(&content).to_string();
        let options = BlobClientUploadOptions {
            metadata: Some(HashMap::from([(CHECKSUM.to_owned(), checksum)])),
            ..BlobClientUploadOptions::default()
        };
        let client = self.0.client(key)?;
        client.upload(content.into(), Some(options)).await?;
        Ok(())
    }

    async fn get(&self, key: &str) -> Result<Bytes> {
        let answer = self.0.client(key)?.download(None).await?;
        let kept = answer.properties.metadata.get(CHECKSUM).cloned();
        let content = answer.body.collect().await?;
        let found = crc32c::checksum(&content).to_string();
        ensure!(kept == Some(found), "the checksum of {key} differs");
        Ok(content)
    }

    async fn put_parts(&self, key: &str, part: &Bytes, parts: u64) -> Result<()> {
        self.0.put_parts(key, part, parts).await
    }

    async fn read(&self, key: &str, pause: Duration) -> Result<u64> {
        self.0.read(key, pause).await
    }
}
