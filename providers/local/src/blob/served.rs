//! What answers the requests that the store has signed.

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use isobar::blob::{
    BlobCondition, ByteRange, DeleteBlobOptions, GetBlobOptions, ObjectMeta, PutBlobOptions,
};
use isobar::driver::blob::{BlobDriver as _, Part, PresignAction, Upload};
use isobar::driver::crc32c;
use isobar::http::{Body, Request, Response};
use isobar::{Bucket, Error, ErrorKind, Result};

use super::Blobs;
use super::sign::{PATH, Ticket};
use crate::store::LocalStore;

/// Answers the requests that a store has signed, for a server at the URL it was told.
#[derive(Debug, Clone)]
pub struct SignedBlobs {
    store: LocalStore,
}

impl SignedBlobs {
    pub(crate) fn new(store: LocalStore) -> Self {
        Self { store }
    }

    /// Whether a request with this path is for this to answer.
    pub fn is_for(path: &str) -> bool {
        path.starts_with(PATH)
    }

    /// Does what the request is signed for, or refuses it.
    pub async fn answer(&self, request: Request) -> Response {
        let answered = if request.method() == Method::OPTIONS {
            Ok(preflight())
        } else {
            self.serve(request).await
        };
        let mut response = answered.unwrap_or_else(|error| refusal(&error));
        // Whoever has the signature may use it, from pages of any origin.
        let any = HeaderValue::from_static("*");
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any.clone());
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, any);
        response
    }

    async fn serve(&self, request: Request) -> Result<Response> {
        let ticket = self.ticket(&request)?;
        let clock = std::sync::Arc::new(crate::clock::clock());
        let bucket = Bucket::new(self.store.blobs(), clock, ticket.bucket.clone());
        match &ticket.action {
            PresignAction::Get { .. } => get(&bucket, &ticket, request.headers()).await,
            PresignAction::Head { at } => {
                let meta = match &at.version_id {
                    Some(id) => bucket.head_version(&at.key, id.clone()).await?,
                    None => bucket.head(&at.key).await?,
                };
                let length = meta.size;
                Ok(described(&meta, length, Body::empty()))
            }
            PresignAction::Delete { at } => {
                let mut options = DeleteBlobOptions::default();
                if let Some(id) = &at.version_id {
                    options = options.with_version_id(id.clone());
                }
                bucket.delete_with(&at.key, options).await?;
                Ok(empty(StatusCode::NO_CONTENT))
            }
            PresignAction::Put { .. } => put(&bucket, &ticket, request).await,
            PresignAction::Part { .. } => self.part(&ticket, request).await,
        }
    }

    /// The ticket of a request that does what it says, and nothing else.
    fn ticket(&self, request: &Request) -> Result<Ticket> {
        let query = request.uri().query().unwrap_or_default();
        let sealed = query.strip_prefix("ticket=").unwrap_or_default();
        let signer = self.store.signer();
        let ticket = signer.and_then(|signer| signer.open(sealed));
        let ticket = ticket.ok_or_else(|| denied("the request is not signed by this store"))?;
        if ticket.is_over() {
            return Err(denied("the request was signed for a time that is over"));
        }
        if ticket.method() != request.method() || ticket.path() != request.uri().path() {
            return Err(denied("the request is signed for another method or blob"));
        }
        for (name, value) in ticket.headers() {
            let given = request.headers().get(&name).map(HeaderValue::as_bytes);
            if given != Some(value.as_bytes()) {
                return Err(denied(format!("the header {name} must be {value:?}")));
            }
        }
        Ok(ticket)
    }

    async fn part(&self, ticket: &Ticket, request: Request) -> Result<Response> {
        let PresignAction::Part {
            key,
            token,
            number,
            size,
        } = &ticket.action
        else {
            return Err(denied("the request is not signed for a part"));
        };
        let content = collected(request.into_body(), *size).await?;
        let upload = Upload {
            key: key.clone(),
            attributes: isobar::blob::Attributes::default(),
            condition: BlobCondition::None,
            size: None,
            part_bytes: *size,
            planned: true,
            token: Some(token.clone()),
        };
        let blobs = Blobs::new(self.store.clone());
        let upload = blobs.upload(&ticket.bucket, &upload).await?;
        let part = Part {
            number: *number,
            offset: offset(&blobs, &ticket.bucket, token, *number)?,
            crc32c: crc32c::checksum(&content),
            content,
        };
        upload.part(&part).await?;
        Ok(empty(StatusCode::OK))
    }
}

/// Where a part starts, by the parts that the upload was planned with.
fn offset(blobs: &Blobs, bucket: &str, token: &str, number: u32) -> Result<u64> {
    let part_bytes = blobs.store.uploads().part_bytes(bucket, token)?;
    Ok(u64::from(number.saturating_sub(1)).saturating_mul(part_bytes))
}

async fn get(bucket: &Bucket, ticket: &Ticket, headers: &HeaderMap) -> Result<Response> {
    let PresignAction::Get {
        at,
        content_disposition,
        content_type,
    } = &ticket.action
    else {
        return Err(denied("the request is not signed to read"));
    };
    let range = headers.get(header::RANGE).and_then(range);
    let mut options = GetBlobOptions::default().with_range(range.unwrap_or_default());
    if let Some(id) = &at.version_id {
        options = options.with_version_id(id.clone());
    }
    let blob = match bucket.get_with(&at.key, options).await {
        Err(error) if range.is_some() && error.kind() == ErrorKind::InvalidArgument => {
            return Ok(empty(StatusCode::RANGE_NOT_SATISFIABLE));
        }
        blob => blob?,
    };
    let mut meta = blob.meta;
    meta.attributes.content_disposition = content_disposition
        .clone()
        .or(meta.attributes.content_disposition);
    meta.attributes.content_type = content_type.clone().or(meta.attributes.content_type);
    let (selected, size) = (blob.range, meta.size);
    let length = selected.end - selected.start;
    let mut response = described(&meta, length, Body::from_stream(blob.body));
    if range.is_some() && length > 0 {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        let (first, last) = (selected.start, selected.end - 1);
        let told = format!("bytes {first}-{last}/{size}");
        insert(response.headers_mut(), header::CONTENT_RANGE, &told);
    }
    Ok(response)
}

async fn put(bucket: &Bucket, ticket: &Ticket, request: Request) -> Result<Response> {
    let signed = ticket.put();
    let (attributes, condition, size, crc32c) =
        signed.ok_or_else(|| denied("the request is not signed to store"))?;
    let mut options = PutBlobOptions::default()
        .with_attributes(attributes.clone())
        .with_condition(condition.clone());
    if let Some(size) = size {
        options = options.with_size(size);
    }
    if let Some(checksum) = crc32c {
        options = options.with_crc32c(checksum);
    }
    let content = request.into_body().into_data_stream();
    let meta = bucket.put_stream(ticket.key(), content, options).await?;
    let mut response = empty(StatusCode::OK);
    insert(response.headers_mut(), header::ETAG, &etag(&meta));
    Ok(response)
}

/// The content, which must have this size.
async fn collected(body: Body, size: u64) -> Result<Bytes> {
    let mut content = BytesMut::new();
    let mut stream = body.into_data_stream();
    while let Some(chunk) = stream.next().await {
        let broken = |error| {
            Error::new(ErrorKind::Cancelled, "the content could not be read").with_source(error)
        };
        content.extend_from_slice(&chunk.map_err(broken)?);
        if content.len() as u64 > size {
            break;
        }
    }
    if content.len() as u64 != size {
        return Err(Error::invalid(format!("the part must have {size} bytes")));
    }
    Ok(content.freeze())
}

/// A single range of bytes (RFC 9110, section 14.1.2); several are answered with the whole.
fn range(value: &HeaderValue) -> Option<ByteRange> {
    let (first, last) = value
        .to_str()
        .ok()?
        .strip_prefix("bytes=")?
        .split_once('-')?;
    Some(match (first, last) {
        ("", length) => ByteRange::Suffix(length.parse().ok()?),
        (first, "") => ByteRange::From(first.parse().ok()?),
        (first, last) => {
            let (start, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
            let end = last.checked_add(1).filter(|end| *end > start)?;
            ByteRange::Bounded { start, end }
        }
    })
}

fn described(meta: &ObjectMeta, length: u64, body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    let attributes = &meta.attributes;
    let given = [
        (header::CONTENT_TYPE, &attributes.content_type),
        (header::CONTENT_DISPOSITION, &attributes.content_disposition),
        (header::CONTENT_ENCODING, &attributes.content_encoding),
        (header::CONTENT_LANGUAGE, &attributes.content_language),
        (header::CACHE_CONTROL, &attributes.cache_control),
    ];
    for (name, value) in given {
        if let Some(value) = value {
            insert(headers, name, value);
        }
    }
    insert(headers, header::CONTENT_LENGTH, &length.to_string());
    insert(headers, header::ACCEPT_RANGES, "bytes");
    insert(headers, header::ETAG, &etag(meta));
    response
}

fn etag(meta: &ObjectMeta) -> String {
    format!("\"{}\"", meta.version)
}

fn insert(headers: &mut HeaderMap, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

fn preflight() -> Response {
    let mut response = empty(StatusCode::NO_CONTENT);
    let headers = response.headers_mut();
    insert(
        headers,
        header::ACCESS_CONTROL_ALLOW_METHODS,
        "GET, HEAD, PUT, DELETE",
    );
    insert(headers, header::ACCESS_CONTROL_ALLOW_HEADERS, "*");
    response
}

fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

fn refusal(error: &Error) -> Response {
    let status = match error.kind() {
        ErrorKind::PermissionDenied => StatusCode::FORBIDDEN,
        ErrorKind::AlreadyExists => StatusCode::PRECONDITION_FAILED,
        kind => kind.http_status(),
    };
    let mut response = Response::new(Body::from(format!("{error}\n")));
    *response.status_mut() = status;
    insert(
        response.headers_mut(),
        header::CONTENT_TYPE,
        "text/plain; charset=utf-8",
    );
    response
}

fn denied(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::PermissionDenied, message)
}
