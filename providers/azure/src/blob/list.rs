//! Listing blobs, folded at a delimiter by the service where it can fold stored keys.

use azure_core::error::CheckSuccessOptions;
use azure_core::http::{Context, Method, PipelineSendOptions, Request};
use isobar::driver::blob::listing::{Folding, Skipping};
use isobar::driver::blob::{EntryPage, ListRequest, ListScope, ListStart, key};
use isobar::{Capability, Error, Result};

use super::BlobStore;
use super::client::attempt;
use super::listing::Listing;
use super::signature::query_of;

/// The service's own limit for one page.
const MAX_RESULTS: u32 = 5_000;

impl BlobStore {
    /// One page. The service starts at its own notes alone: what comes before the key that a listing
    /// starts after is read and left out.
    pub(super) async fn page(&self, bucket: &str, request: &ListRequest) -> Result<EntryPage> {
        if request.scope == ListScope::Uploads {
            return Err(Error::unsupported(Capability::AbandonedUploads));
        }
        let (skipping, start) = Skipping::begin(&request.start)?;
        let native = request.delimiter.as_deref().is_none_or(is_folded);
        let inner = ListRequest {
            start,
            ..request.clone()
        };
        let page = if native {
            self.native_page(bucket, &inner).await?
        } else {
            self.folded_page(bucket, &inner).await?
        };
        Ok(skipping.page(page))
    }

    async fn native_page(&self, bucket: &str, request: &ListRequest) -> Result<EntryPage> {
        let marker = match &request.start {
            ListStart::Cursor(marker) => Some(marker.clone()),
            ListStart::First | ListStart::After(_) => None,
        };
        let delimiter = request.delimiter.as_deref();
        let listing = self.listing(bucket, request, (delimiter, marker)).await?;
        let next = listing.next();
        let mut entries = match request.scope {
            ListScope::Versions => listing.versions()?,
            _ => listing.entries()?,
        };
        if request.scope != ListScope::Versions {
            entries.sort_by(|a, b| a.name().cmp(b.name()));
        }
        Ok(EntryPage { entries, next })
    }

    /// Keys that the service cannot fold, because the delimiter looks otherwise in them.
    async fn folded_page(&self, bucket: &str, request: &ListRequest) -> Result<EntryPage> {
        let (mut folding, marker) = Folding::begin(request)?;
        let listing = self.listing(bucket, request, (None, marker)).await?;
        let next = listing.next();
        for entry in listing.entries()? {
            folding.take(entry);
        }
        Ok(folding.page(next))
    }

    /// "List Blobs", sent by hand because the client's call has no delimiter.
    async fn listing(
        &self,
        bucket: &str,
        request: &ListRequest,
        (delimiter, marker): (Option<&str>, Option<String>),
    ) -> Result<Listing> {
        let include = match request.scope {
            ListScope::BlobsWithAttributes => "metadata",
            ListScope::Versions => "metadata,versions",
            ListScope::Blobs | ListScope::Uploads => "",
        };
        let parameters = [
            ("restype", "container".to_owned()),
            ("comp", "list".to_owned()),
            ("prefix", key::store_prefix(&request.prefix)),
            ("delimiter", delimiter.unwrap_or_default().to_owned()),
            ("marker", marker.unwrap_or_default()),
            ("include", include.to_owned()),
            (
                "maxresults",
                request.limit.clamp(1, MAX_RESULTS).to_string(),
            ),
        ];
        let parameters = parameters
            .into_iter()
            .filter(|(_, value)| !value.is_empty());
        let mut url = self.container(bucket).url().clone();
        url.set_query(Some(&query_of(parameters)));
        let answered = self.reading(|| async {
            let mut request = Request::new(url.clone(), Method::Get);
            request.insert_header("accept", "application/xml");
            request.insert_header("x-ms-version", self.version.clone());
            let options = PipelineSendOptions {
                check_success: CheckSuccessOptions {
                    success_codes: &[200],
                },
                ..PipelineSendOptions::default()
            };
            let ctx = Context::new();
            let sent = self.pipeline.send(&ctx, &mut request, Some(options));
            attempt(0, sent).await
        });
        Listing::read(answered.await?.body().as_ref())
    }
}

/// Whether the service folds stored keys at this delimiter as keys are folded; emulators know no
/// longer ones than a unit of UTF-16.
fn is_folded(delimiter: &str) -> bool {
    delimiter.encode_utf16().count() == 1 && key::is_delimiter(delimiter)
}
