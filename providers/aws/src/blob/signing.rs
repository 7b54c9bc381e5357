//! Whether the signature of a request covers the content that it carries.

use aws_runtime::auth::PayloadSigningOverride;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// When the signature of a put or of a part covers its content, which costs a SHA-256 of it on both
/// sides.
///
/// S3 compares the CRC32C that goes with all content in any case. A bucket's policy can demand
/// signed content (condition key `s3:x-amz-content-sha256`, "Amazon S3 Signature Version 4
/// authentication specific policy keys").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum SignedContent {
    /// Where nobody else keeps it from being changed on its way: over plain HTTP.
    #[default]
    WithoutTls,
    /// Whatever it goes over.
    Always,
    /// Not even over plain HTTP, for networks whose every host is trusted.
    Never,
}

impl SignedContent {
    /// What a store's URL calls them.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "without-tls" => Some(Self::WithoutTls),
            "always" => Some(Self::Always),
            "never" => Some(Self::Never),
            _ => None,
        }
    }

    fn covers(self, uri: &str) -> bool {
        match self {
            Self::WithoutTls => !uri.starts_with("https:"),
            Self::Always => true,
            Self::Never => false,
        }
    }
}

impl Intercept for SignedContent {
    fn name(&self) -> &'static str {
        "SignedContent"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if !self.covers(context.request().uri()) {
            let unsigned = PayloadSigningOverride::unsigned_payload();
            settings.interceptor_state().store_put(unsigned);
        }
        Ok(())
    }
}
