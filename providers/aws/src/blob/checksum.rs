//! One comparison of what arrives: CRC32C is core's, every other algorithm the SDK's.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextMut;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::checksum_config::ResponseChecksumValidation;
use aws_smithy_types::config_bag::ConfigBag;

/// Has the SDK compare the checksum of an answer unless it is CRC32C.
///
/// Belongs to a client that does not compare by itself, in which it comes before the SDK's own
/// interceptors of an operation; what asks for an object then has to [`ask`].
#[derive(Debug)]
pub(super) struct UnlessCrc32c;

impl Intercept for UnlessCrc32c {
    fn name(&self) -> &'static str {
        "UnlessCrc32c"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let headers = context.response().headers();
        if headers.get("x-amz-checksum-crc32c").is_none() {
            let state = settings.interceptor_state();
            state.store_put(ResponseChecksumValidation::WhenSupported);
        }
        Ok(())
    }
}

/// Asks for the checksum of the object ("GetObject" of the S3 API reference).
///
/// The same member of the SDK's input would have the SDK compare CRC32C as well.
pub(super) fn ask(request: &mut HttpRequest) {
    request
        .headers_mut()
        .insert("x-amz-checksum-mode", "ENABLED");
}
