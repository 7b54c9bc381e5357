//! Blobs in Azure Blob Storage.

mod faults;
mod permissions;
mod presigned;
mod uploads;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use isobar::Bucket;
use isobar::driver::SystemClock;
use isobar_azure::BlobStore;
use isobar_azure::config::blob::BlobPlace;

use crate::emulator;

/// The store of the emulators' account at this address.
fn store(address: &str) -> BlobStore {
    let account = "devstoreaccount1";
    let url = format!("azure-blob://{account}?endpoint=http://{address}/{account}");
    let place = BlobPlace::parse(&url).expect("a place");
    place.open().expect("a store")
}

fn emulated() -> BlobStore {
    store(&format!("127.0.0.1:{}", emulator::blob_port()))
}

fn bucket(store: BlobStore, name: &str) -> Bucket {
    let clock = SystemClock(|span| Box::pin(tokio::time::sleep(span)));
    Bucket::new(Arc::new(store), Arc::new(clock), name)
}

/// A bucket that is new.
async fn fresh(store: BlobStore) -> Bucket {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let bucket = bucket(store, &format!("t{count}x{}", std::process::id()));
    bucket.ensure().await.expect("a container");
    bucket
}

/// Bytes that differ from place to place.
fn content(size: usize) -> Bytes {
    let bytes = (0..size).map(|at| u8::try_from(at * 31 % 251).expect("below 251"));
    bytes.collect::<Vec<_>>().into()
}

async fn holds(bucket: &Bucket, key: &str, expected: &[u8]) {
    let blob = bucket.get(key).await.expect("a blob");
    let found = blob.bytes().await.expect("its bytes");
    assert!(found == expected, "{key} has {} other bytes", found.len());
}
