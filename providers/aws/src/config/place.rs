//! Where the stores are: URLs with the service's own settings, and the standard AWS environment.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_smithy_http_client::{Builder, tls};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use isobar::driver::url::parameters;
use isobar::{Error, Result};

/// How long one request may take before it counts as lost; the SDK and the stores send it again.
#[cfg(feature = "document")]
const ATTEMPT: Duration = Duration::from_secs(3);
pub(super) const CONNECT: Duration = Duration::from_secs(2);

/// A store's place: `dynamodb://REGION?endpoint=http://127.0.0.1:4566`, or the same with `s3`.
///
/// What is left out comes from the standard AWS environment: `AWS_REGION`, `AWS_ENDPOINT_URL`,
/// `AWS_PROFILE` and the credential chain. So `dynamodb:` alone is enough on Lambda.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The region.
    pub region: Option<String>,
    /// Another endpoint than AWS's own, such as an emulator's.
    pub endpoint: Option<String>,
    /// What goes before the names of tables and buckets.
    pub prefix: Option<String>,
    /// When signatures cover the content of blobs: `signed-content=without-tls`, `always` or
    /// `never`.
    #[cfg(feature = "blob")]
    pub signed_content: crate::SignedContent,
}

impl Place {
    /// Reads a URL of the given scheme; `InvalidArgument` where it is not one.
    pub fn parse(url: &str, scheme: &str) -> Result<Self> {
        Self::read(url, scheme).map_err(|why| malformed(url, scheme, why))
    }

    fn read(url: &str, scheme: &str) -> Result<Self, &'static str> {
        let (region, query) = parts(url, scheme)?;
        let mut place = Self {
            region: read_region(region.trim_end_matches('/'))?,
            ..Self::default()
        };
        for (name, value) in parameters(query) {
            let target = match name {
                "endpoint" => &mut place.endpoint,
                "prefix" => &mut place.prefix,
                #[cfg(feature = "blob")]
                "signed-content" if scheme == "s3" => {
                    let why = "signed-content is without-tls, always or never";
                    let signed = crate::SignedContent::parse(value);
                    place.signed_content = signed.ok_or(why)?;
                    continue;
                }
                _ => return Err("it has an unknown parameter"),
            };
            *target = Some(value.to_owned());
        }
        Ok(place)
    }

    #[cfg(feature = "document")]
    /// A DynamoDB client for this place, and the settings of one for its streams.
    pub async fn dynamodb(
        &self,
    ) -> Result<(aws_sdk_dynamodb::Client, aws_sdk_dynamodbstreams::Config)> {
        let shared = self.load().await?;
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT)
            .operation_attempt_timeout(ATTEMPT)
            .build();
        let shared = shared.into_builder().timeout_config(timeouts).build();
        let mut tables = aws_sdk_dynamodb::config::Builder::from(&shared);
        let mut streams = aws_sdk_dynamodbstreams::config::Builder::from(&shared);
        if let Some(endpoint) = &self.endpoint {
            tables = tables.endpoint_url(endpoint);
            streams = streams.endpoint_url(endpoint);
        }
        Ok((
            aws_sdk_dynamodb::Client::from_conf(tables.build()),
            streams.build(),
        ))
    }

    #[cfg(feature = "blob")]
    /// An S3 client for this place; another endpoint than AWS's own has its buckets in the path.
    pub async fn s3(&self) -> Result<aws_sdk_s3::Client> {
        let shared = self.load().await?;
        let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).build();
        let emulated = self.endpoint.is_some() || shared.endpoint_url().is_some();
        let mut config = aws_sdk_s3::config::Builder::from(&shared)
            .timeout_config(timeouts)
            .force_path_style(emulated);
        if let Some(endpoint) = &self.endpoint {
            config = config.endpoint_url(endpoint);
        }
        Ok(aws_sdk_s3::Client::from_conf(config.build()))
    }

    pub(super) async fn load(&self) -> Result<SdkConfig> {
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http_client());
        if let Some(region) = &self.region {
            loader = loader.region(Region::new(region.clone()));
        }
        let config = loader.load().await;
        if config.region().is_none() {
            let message = "no AWS region is set: name one in the store's URL or in AWS_REGION";
            return Err(Error::invalid(message));
        }
        Ok(config)
    }
}

/// What a URL of the scheme has before its parameters, and these; else what is wrong with it.
pub(super) fn parts<'u>(url: &'u str, scheme: &str) -> Result<(&'u str, &'u str), &'static str> {
    let rest = url.strip_prefix(scheme);
    let rest = rest.and_then(|rest| rest.strip_prefix(':'));
    let rest = rest.ok_or("it has another scheme")?;
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    Ok(rest.split_once('?').unwrap_or((rest, "")))
}

/// The region that is named, if any.
pub(super) fn read_region(name: &str) -> Result<Option<String>, &'static str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if !name.bytes().all(is_plain) {
        return Err("the region is not a name");
    }
    Ok((!name.is_empty()).then(|| name.to_owned()))
}

fn malformed(url: &str, scheme: &str, why: &str) -> Error {
    Error::invalid(format!(
        "{url:?} is not a store's place ({why}): \
         write {scheme}://REGION?endpoint=URL&prefix=NAME, each part if needed"
    ))
}

/// HTTPS with the platform's certificates, on rustls with ring.
fn http_client() -> SharedHttpClient {
    let ring = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
    Builder::new().tls_provider(ring).build_https()
}

#[cfg(test)]
mod tests;
