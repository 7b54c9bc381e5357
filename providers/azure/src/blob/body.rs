//! The bytes of a blob as they arrive.

use azure_core::http::response::AsyncResponseBody;
use futures_util::TryStreamExt as _;
use isobar::blob::BlobBody;

use super::failure::failure;

/// A body that fails as other requests do; core counts its bytes, and resumes it.
pub(super) fn arriving(body: AsyncResponseBody) -> BlobBody {
    BlobBody::new(body.map_err(|error| failure(error).error))
}
