//! Bodies that break off, are replaced meanwhile, or are not what was announced.

use std::any::Any;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::stream::{StreamExt as _, iter, pending};

use crate::blob::{Attributes, BlobBody, BlobKey, Bucket, ByteRange, ObjectMeta, PresignedRequest};
use crate::capability::{Capabilities, Capability, Limits};
use crate::document::{Timestamp, Version};
use crate::driver::SystemClock;
use crate::driver::blob::{
    BlobAddress, BlobDescription, BlobDriver, Copy, Delete, EntryPage, Get, ListRequest, Presign,
    Put, Read, TransferLimits, Upload, UploadDriver,
};
use crate::error::{Error, ErrorKind, Result};

const CONTENT: &[u8] = b"0123456789abcdef";
const BUDGET: Duration = Duration::from_secs(20);

/// A store of one blob whose bodies have at most some bytes each before they break off.
#[derive(Debug)]
struct Brittle {
    pins: bool,
    bodies: Mutex<Vec<Body>>,
    asked: Mutex<Vec<(ByteRange, Option<Version>)>>,
}

/// One body: what arrives before it ends, and how it ends.
#[derive(Debug, Clone, Copy)]
struct Body {
    version: &'static str,
    bytes: usize,
    end: End,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    /// As if it were whole.
    Silent,
    /// With an error that may pass.
    Broken,
    /// Never.
    Stalled,
    /// With bytes that were not asked for.
    TooLong,
    /// With one byte changed.
    Damaged,
}

const fn body(bytes: usize, end: End) -> Body {
    Body {
        version: "1",
        bytes,
        end,
    }
}

#[async_trait]
impl BlobDriver for Brittle {
    fn describe(&self) -> BlobDescription {
        let pins: &[Capability] = if self.pins {
            &[Capability::PinnedReads]
        } else {
            &[]
        };
        BlobDescription {
            provider: "brittle",
            capabilities: Capabilities::of(pins),
            limits: Limits::PORTABLE,
            transfer: TransferLimits {
                blob_bytes: 1 << 40,
                put_bytes: 1 << 30,
                least_part_bytes: 1,
                most_part_bytes: 1 << 30,
                parts: 10_000,
                concurrent_parts: 1,
                delete_batch: 1,
            },
        }
    }

    async fn get(&self, _: &str, get: &Get) -> Result<Read> {
        let body = self.bodies.lock().unwrap().remove(0);
        self.asked
            .lock()
            .unwrap()
            .push((get.range, get.if_version.clone()));
        let version = Version::parse(body.version)?;
        if get
            .if_version
            .as_ref()
            .is_some_and(|asked| *asked != version)
        {
            return Err(Error::new(ErrorKind::PreconditionFailed, "another version"));
        }
        let size = CONTENT.len() as u64;
        let range = get.range.resolve(size)?;
        let start = usize::try_from(range.start).unwrap();
        let end = usize::try_from(range.end).unwrap().min(start + body.bytes);
        let mut bytes = CONTENT[start..end].to_vec();
        match (body.end, bytes.last_mut()) {
            (End::TooLong, _) => bytes.extend(b"more"),
            (End::Damaged, Some(last)) => *last ^= 1,
            _ => {}
        }
        let mut chunks: Vec<Result<bytes::Bytes>> = bytes
            .chunks(3)
            .map(|chunk| Ok(bytes::Bytes::copy_from_slice(chunk)))
            .collect();
        if body.end == End::Broken {
            chunks.push(Err(Error::new(ErrorKind::Unavailable, "the line is cut")));
        }
        Ok(Read {
            meta: ObjectMeta {
                key: get.at.key.clone(),
                size,
                version,
                version_id: None,
                modified: Timestamp::from_micros(0),
                attributes: Attributes::default(),
                crc32c: Some(crc32c::crc32c(CONTENT)),
            },
            range,
            body: match body.end {
                End::Stalled => BlobBody::new(iter(chunks).chain(pending())),
                _ => BlobBody::new(iter(chunks)),
            },
        })
    }

    async fn put(&self, _: &str, _: &Put) -> Result<ObjectMeta> {
        Err(unasked())
    }

    async fn head(&self, _: &str, _: &BlobAddress) -> Result<ObjectMeta> {
        Err(unasked())
    }

    async fn list_page(&self, _: &str, _: &ListRequest) -> Result<EntryPage> {
        Err(unasked())
    }

    async fn copy(&self, _: &str, _: &Copy) -> Result<ObjectMeta> {
        Err(unasked())
    }

    async fn delete(&self, _: &str, _: &Delete) -> Result<Option<bool>> {
        Err(unasked())
    }

    async fn delete_batch(&self, _: &str, _: &[BlobKey]) -> Result<Vec<Result<Option<bool>>>> {
        Err(unasked())
    }

    async fn upload(&self, _: &str, _: &Upload) -> Result<Arc<dyn UploadDriver>> {
        Err(unasked())
    }

    async fn presign(&self, _: &str, _: &Presign) -> Result<PresignedRequest> {
        Err(unasked())
    }

    async fn ensure(&self, _: &str) -> Result<()> {
        Err(unasked())
    }

    fn native(&self) -> &(dyn Any + Send + Sync) {
        self
    }
}

fn unasked() -> Error {
    Error::new(ErrorKind::Internal, "only gets are expected")
}

type Asked = Vec<(ByteRange, Option<Version>)>;

/// Reads the blob through bodies that come one after the other.
async fn read(pins: bool, bodies: &[Body]) -> (Result<bytes::Bytes>, Asked) {
    let driver = Arc::new(Brittle {
        pins,
        bodies: Mutex::new(bodies.to_vec()),
        asked: Mutex::default(),
    });
    let clock = Arc::new(SystemClock(|span| Box::pin(tokio::time::sleep(span))));
    let bucket = Bucket::new(Arc::clone(&driver) as Arc<dyn BlobDriver>, clock, "files");
    let bucket = bucket.with_budget(BUDGET);
    let blob = bucket.get("a").await.unwrap();
    let read = blob.bytes().await;
    assert!(
        driver.bodies.lock().unwrap().is_empty(),
        "not all were asked for"
    );
    let asked = driver.asked.lock().unwrap().clone();
    (read, asked)
}

#[tokio::test(start_paused = true)]
async fn a_body_that_breaks_off_goes_on_at_its_byte_of_its_version() {
    let bodies = [
        body(5, End::Broken),
        body(0, End::Broken),
        body(4, End::Silent),
        body(16, End::Silent),
    ];
    let (read, asked) = read(true, &bodies).await;
    assert_eq!(read.unwrap(), CONTENT);
    let pinned = Some(Version::parse("1").unwrap());
    let from = |start| (ByteRange::Bounded { start, end: 16 }, pinned.clone());
    assert_eq!(asked, [(ByteRange::Full, None), from(5), from(5), from(9)]);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_falls_silent_goes_on_elsewhere_until_its_time_is_up() {
    let (ended, _) = read(true, &[body(5, End::Stalled), body(16, End::Silent)]).await;
    assert_eq!(ended.unwrap(), CONTENT);
    let began = tokio::time::Instant::now();
    let stalled = [5, 0, 0].map(|bytes| body(bytes, End::Stalled));
    let (ended, _) = read(true, &stalled).await;
    assert_eq!(ended.unwrap_err().kind(), ErrorKind::DeadlineExceeded);
    let took = began.elapsed();
    assert!(took <= BUDGET + Duration::from_secs(1), "{took:?}");
    let (ended, _) = read(false, &[body(5, End::Stalled)]).await;
    assert_eq!(ended.unwrap_err().kind(), ErrorKind::DeadlineExceeded);
}

#[tokio::test(start_paused = true)]
async fn a_body_is_never_of_two_versions() {
    let second = Body {
        version: "2",
        ..body(16, End::Silent)
    };
    let (read, _) = read(true, &[body(5, End::Broken), second]).await;
    let error = read.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PreconditionFailed);
    assert_eq!((error.resource(), error.key()), (Some("files"), Some("a")));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_ends_early_for_good_is_never_taken_as_whole() {
    let (ended, asked) = read(false, &[body(5, End::Silent)]).await;
    assert_eq!(ended.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(asked.len(), 1);
    let (ended, asked) = read(true, &[body(0, End::Silent); 5]).await;
    assert_eq!(ended.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(asked.len(), 5);
}

#[tokio::test(start_paused = true)]
async fn bytes_that_were_not_asked_for_and_damaged_ones_are_refused() {
    for end in [End::TooLong, End::Damaged] {
        let (read, _) = read(true, &[body(16, end)]).await;
        assert_eq!(read.unwrap_err().kind(), ErrorKind::Corrupt, "{end:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_breaks_after_the_last_byte_does_no_harm() {
    let (read, _) = read(true, &[body(16, End::Broken)]).await;
    assert_eq!(read.unwrap(), CONTENT);
}
