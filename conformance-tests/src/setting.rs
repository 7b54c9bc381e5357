//! What is set of a bucket by its deployment, and so by the vendor's own client.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_s3::types::{
    BucketVersioningStatus, CorsConfiguration, CorsRule, VersioningConfiguration,
};
use azure_storage_blob::BlobServiceClient;
use azure_storage_blob::models::{BlobServiceProperties, CorsRule as AzureCorsRule};
use google_cloud_storage::client::StorageControl;
use google_cloud_storage::model::Bucket;
use google_cloud_storage::model::bucket::{Cors, Versioning};
use google_cloud_wkt::FieldMask;
use isobar::driver::blob::BlobDriver;

/// Sets what cases need of a bucket and the portable type does not set.
#[async_trait]
pub trait BucketSettings: fmt::Debug + Send + Sync {
    /// Has the bucket keep versions from now on.
    async fn keep_versions(&self, bucket: &str) -> Result<(), SettingError>;

    /// Lets pages of any origin send signed requests to the bucket.
    async fn allow_pages(&self, bucket: &str) -> Result<(), SettingError>;
}

/// Why a setting could not be made.
pub type SettingError = Box<dyn std::error::Error + Send + Sync>;

/// The settings of containers in an account of Azure Storage.
#[derive(Debug)]
pub(crate) struct AzureSettings(pub(crate) Arc<dyn BlobDriver>);

#[async_trait]
impl BucketSettings for AzureSettings {
    async fn keep_versions(&self, _: &str) -> Result<(), SettingError> {
        // An account keeps them or does not; its URL says so.
        Ok(())
    }

    async fn allow_pages(&self, _: &str) -> Result<(), SettingError> {
        let client = self.0.native().downcast_ref::<BlobServiceClient>();
        let client = client.ok_or("the store has another client")?;
        let rule = AzureCorsRule {
            allowed_headers: Some("*".to_owned()),
            allowed_methods: Some("GET,HEAD,PUT,DELETE".to_owned()),
            allowed_origins: Some("*".to_owned()),
            exposed_headers: Some("ETag".to_owned()),
            max_age_in_seconds: Some(60),
        };
        let properties = BlobServiceProperties {
            cors: Some(vec![rule]),
            ..BlobServiceProperties::default()
        };
        client.set_properties(properties.try_into()?, None).await?;
        Ok(())
    }
}

/// The settings of buckets in Cloud Storage.
#[derive(Debug, Clone)]
pub(crate) struct GcsSettings(pub(crate) StorageControl);

impl GcsSettings {
    async fn set(&self, bucket: Bucket, field: &str) -> Result<(), SettingError> {
        let fields = FieldMask::default().set_paths([field]);
        let request = self.0.update_bucket().set_bucket(bucket);
        request.set_update_mask(fields).send().await?;
        Ok(())
    }
}

fn named(bucket: &str) -> Bucket {
    Bucket::new().set_name(format!("projects/_/buckets/{bucket}"))
}

#[async_trait]
impl BucketSettings for GcsSettings {
    async fn keep_versions(&self, bucket: &str) -> Result<(), SettingError> {
        let enabled = Versioning::new().set_enabled(true);
        self.set(named(bucket).set_versioning(enabled), "versioning")
            .await
    }

    async fn allow_pages(&self, bucket: &str) -> Result<(), SettingError> {
        let rule = Cors::new()
            .set_origin(["*"])
            .set_method(["GET", "HEAD", "PUT", "DELETE"])
            .set_response_header(["*"])
            .set_max_age_seconds(60);
        self.set(named(bucket).set_cors([rule]), "cors").await
    }
}

/// The settings of buckets in a store that speaks S3's language.
#[derive(Debug, Clone)]
pub(crate) struct S3Settings(pub(crate) aws_sdk_s3::Client);

#[async_trait]
impl BucketSettings for S3Settings {
    async fn keep_versions(&self, bucket: &str) -> Result<(), SettingError> {
        let enabled = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled);
        let request = self.0.put_bucket_versioning().bucket(bucket);
        request
            .versioning_configuration(enabled.build())
            .send()
            .await?;
        Ok(())
    }

    async fn allow_pages(&self, bucket: &str) -> Result<(), SettingError> {
        let methods = ["GET", "HEAD", "PUT", "DELETE"].map(str::to_owned);
        let rule = CorsRule::builder()
            .set_allowed_methods(Some(methods.to_vec()))
            .allowed_origins("*")
            .allowed_headers("*")
            .expose_headers("ETag")
            .build()?;
        let rules = CorsConfiguration::builder().cors_rules(rule).build()?;
        let request = self.0.put_bucket_cors().bucket(bucket);
        request.cors_configuration(rules).send().await?;
        Ok(())
    }
}
