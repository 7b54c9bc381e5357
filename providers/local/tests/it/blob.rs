//! The blob driver through the portable bucket.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;
use std::task::{Context, Waker};

use isobar::blob::{
    Attributes, BlobCondition, BlobKey, ByteRange, CopyOptions, DeleteBlobOptions, List,
    PutBlobOptions,
};
use isobar::document::Version;
use isobar::{Bucket, ErrorKind};
use isobar_local::{LocalConfig, LocalStore};

use crate::fixture::kind;

fn bucket(store: &LocalStore) -> Bucket {
    Bucket::new(store.blobs(), Arc::new(isobar_local::clock()), "files")
}

fn only_if(condition: BlobCondition) -> PutBlobOptions {
    PutBlobOptions::default().with_condition(condition)
}

/// All files below a directory, as paths relative to it.
fn files(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let below = path.strip_prefix(directory).unwrap();
                found.push(below.to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

fn objects(directory: &Path) -> usize {
    files(&directory.join("objects")).len()
}

#[tokio::test]
async fn a_blob_comes_back_with_its_bytes_and_attributes() {
    let files = bucket(&LocalStore::in_memory().unwrap());
    let attributes = Attributes::default()
        .with_content_type("image/png")
        .with_content_disposition("inline")
        .with_content_encoding("gzip")
        .with_content_language("de")
        .with_cache_control("no-store")
        .with_metadata("uploaded-by", "alice")
        .with_metadata("Ünï", "wörld ☺");
    let options = PutBlobOptions::default().with_attributes(attributes.clone());
    let put = files.put_with("a/b.png", "content", options).await.unwrap();
    assert_eq!(put.size, 7);
    assert_eq!(put.crc32c, Some(crc32c::crc32c(b"content")));
    let blob = files.get("a/b.png").await.unwrap();
    assert_eq!(blob.meta, put);
    assert_eq!(blob.meta.attributes, attributes);
    assert_eq!(blob.bytes().await.unwrap(), "content");
    assert_eq!(files.head("a/b.png").await.unwrap(), put);
    for missing in ["a", "a/", "a/b.pn", "A/b.png"] {
        let error = files.get(missing).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().contains(missing), "{error}");
    }
}

#[tokio::test]
async fn conditions_are_judged_and_a_refused_put_leaves_what_was_there() {
    let files = bucket(&LocalStore::in_memory().unwrap());
    let absent = || only_if(BlobCondition::IfAbsent);
    let version = |version: &Version| only_if(BlobCondition::IfVersion(version.clone()));
    let some = Version::generate();
    let refused = files.put_with("k", "0", version(&some)).await;
    assert_eq!(kind(refused), ErrorKind::PreconditionFailed);
    let first = files.put_with("k", "1", absent()).await.unwrap();
    let refused = files.put_with("k", "2", absent()).await;
    assert_eq!(kind(refused), ErrorKind::AlreadyExists);
    let refused = files.put_with("k", "2", version(&some)).await;
    assert_eq!(kind(refused), ErrorKind::PreconditionFailed);
    assert_eq!(files.get("k").await.unwrap().bytes().await.unwrap(), "1");
    let second = files.put_with("k", "2", version(&first.version)).await;
    let second = second.unwrap();
    assert_ne!(first.version, second.version);
    let delete = |version: &Version| {
        DeleteBlobOptions::default().with_condition(BlobCondition::IfVersion(version.clone()))
    };
    let refused = files.delete_with("k", delete(&first.version)).await;
    assert_eq!(kind(refused), ErrorKind::PreconditionFailed);
    let deleted = files.delete_with("k", delete(&second.version)).await;
    assert_eq!(deleted.unwrap(), Some(true));
    assert_eq!(files.delete("k").await.unwrap(), Some(false));
    let refused = files.delete_with("k", delete(&second.version)).await;
    assert_eq!(kind(refused), ErrorKind::PreconditionFailed);
}

#[tokio::test]
async fn one_of_many_creators_wins() {
    let files = bucket(&LocalStore::in_memory().unwrap());
    let create = |files: Bucket, number: usize| async move {
        let options = only_if(BlobCondition::IfAbsent);
        files.put_with("k", number.to_string(), options).await
    };
    let tasks: Vec<_> = (0..16)
        .map(|number| tokio::spawn(create(files.clone(), number)))
        .collect();
    let mut winners = Vec::new();
    for (number, task) in tasks.into_iter().enumerate() {
        match task.await.unwrap() {
            Ok(_) => winners.push(number.to_string()),
            Err(error) => assert_eq!(error.kind(), ErrorKind::AlreadyExists),
        }
    }
    assert_eq!(winners.len(), 1);
    let content = files.get("k").await.unwrap().bytes().await.unwrap();
    assert_eq!(content, winners[0]);
}

#[tokio::test]
async fn ranges_are_cut_at_the_end_and_refused_beyond_it() {
    let files = bucket(&LocalStore::in_memory().unwrap());
    let content: Vec<u8> = (0..1_000_000_u32)
        .map(|at| at.to_le_bytes()[0] ^ 7)
        .collect();
    files.put("k", content.clone()).await.unwrap();
    files.put("empty", "").await.unwrap();
    let size = content.len() as u64;
    let inside = [
        (ByteRange::Full, 0..size),
        (ByteRange::From(999_999), 999_999..size),
        (ByteRange::from(10..20), 10..20),
        (ByteRange::from(10..10), 10..10),
        (ByteRange::from(300_000..2_000_000), 300_000..size),
        (ByteRange::Suffix(600_000), 400_000..size),
        (ByteRange::Suffix(u64::MAX), 0..size),
        (ByteRange::Suffix(0), size..size),
    ];
    for (asked, expected) in inside {
        let blob = files.get_range("k", asked).await.unwrap();
        assert_eq!(blob.range, expected);
        let [start, end] = [expected.start, expected.end].map(|at| usize::try_from(at).unwrap());
        assert_eq!(blob.bytes().await.unwrap(), content[start..end]);
    }
    for beyond in [ByteRange::From(size), ByteRange::from(size..size + 1)] {
        let refused = files.get_range("k", beyond).await;
        assert_eq!(kind(refused), ErrorKind::InvalidArgument);
    }
    let empty = files.get("empty").await.unwrap();
    assert_eq!(empty.bytes().await.unwrap(), "");
}

#[tokio::test]
async fn a_reader_keeps_the_content_it_opened() {
    let directory = tempfile::tempdir().unwrap();
    let files = bucket(&LocalStore::open(directory.path()).unwrap());
    let old = vec![1; 3_000_000];
    files.put("k", old.clone()).await.unwrap();
    let reading = files.get("k").await.unwrap();
    files.put("k", vec![2; 3_000_000]).await.unwrap();
    files.delete("k").await.unwrap();
    assert_eq!(reading.bytes().await.unwrap(), old);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_and_copiers_of_a_blob_that_is_replaced_all_the_time_see_one_content_or_another() {
    let files = bucket(&LocalStore::in_memory().unwrap());
    let content = |n: u8| vec![n; 1_000 + usize::from(n)];
    files.put("k", content(0)).await.unwrap();
    let replace = |files: Bucket| async move {
        for n in 1..=200 {
            files.put("k", content(n)).await.unwrap();
        }
    };
    let writer = tokio::spawn(replace(files.clone()));
    let mut reads = 0;
    while !writer.is_finished() || reads == 0 {
        let found = files.get("k").await.unwrap().bytes().await.unwrap();
        assert_eq!(found, content(found[0]));
        files.copy("k", "copy").await.unwrap();
        let copied = files.get("copy").await.unwrap().bytes().await.unwrap();
        assert_eq!(copied, content(copied[0]));
        assert!(copied[0] >= found[0]);
        reads += 1;
    }
    writer.await.unwrap();
    let last = files.get("k").await.unwrap().bytes().await.unwrap();
    assert_eq!(last, content(200));
}

#[tokio::test]
async fn a_copy_has_a_life_of_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let store = LocalStore::open(directory.path()).unwrap();
    let files = bucket(&store);
    let attributes = Attributes::default().with_content_type("text/plain");
    let options = PutBlobOptions::default().with_attributes(attributes);
    let from = files.put_with("from", "content", options).await.unwrap();
    files.put("to", "replaced").await.unwrap();
    let absent = CopyOptions::default().with_condition(BlobCondition::IfAbsent);
    let refused = files.copy_with("from", "to", absent).await;
    assert_eq!(kind(refused), ErrorKind::AlreadyExists);
    let to = files.copy("from", "to").await.unwrap();
    assert_ne!(to.version, from.version);
    assert_eq!((to.size, &to.attributes), (7, &from.attributes));
    files.copy("from", "from").await.unwrap();
    files.delete("from").await.unwrap();
    let content = files.get("to").await.unwrap().bytes().await.unwrap();
    assert_eq!(content, "content");
    assert_eq!(kind(files.copy("from", "to").await), ErrorKind::NotFound);
    drop((files, store));
    assert_eq!(objects(directory.path()), 1);
}

/// Names that mean something to some file system, or to some cloud.
fn hostile_keys() -> Vec<String> {
    let mut keys: Vec<String> = [
        "..",
        ".",
        "../..",
        "../../etc/passwd",
        "/etc/passwd",
        "//",
        "/",
        "a/../../b",
        "a//b",
        "a/",
        "a",
        "a/b",
        "./a",
        "\\..\\..\\a",
        "C:\\a",
        "c:a",
        "CON",
        "nul",
        "COM1.txt",
        "a.",
        "a ",
        " a",
        "a\0b",
        "\0",
        "a\nb",
        "a\r\n",
        "a:b",
        "a*b?",
        "<>|\"",
        "~",
        "-rf",
        "$HOME",
        "%2e%2e%2f",
        "A",
        "É",
        "é",
        "e\u{301}",
        "\u{feff}a",
        "\u{202e}a",
        "\u{10ffff}",
        "☺☺☺",
        "store.redb",
        "lock",
        "objects",
        "objects/aa",
    ]
    .map(str::to_owned)
    .to_vec();
    keys.push("x".repeat(768));
    keys.push("é".repeat(384));
    keys.push("/".repeat(768));
    keys
}

#[tokio::test]
async fn no_key_becomes_a_path() {
    let outside = tempfile::tempdir().unwrap();
    let directory = outside.path().join("one/two/data");
    let store = LocalStore::open(&directory).unwrap();
    let files_bucket = bucket(&store);
    let keys = hostile_keys();
    for key in &keys {
        files_bucket.put(key, key.clone()).await.unwrap();
    }
    for key in &keys {
        let content = files_bucket.get(key).await.unwrap().bytes().await;
        assert_eq!(content.unwrap(), key.as_bytes(), "{key:?}");
    }
    let listed = files_bucket.list(&List::new()).await.unwrap();
    let mut sorted: Vec<&str> = keys.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    assert_eq!(listed.keys().collect::<Vec<_>>(), sorted);
    for path in files(outside.path()) {
        let below = path.strip_prefix("one/two/data/").unwrap();
        let ours = below == "store.redb" || below == "lock" || {
            let name = below.rsplit('/').next().unwrap();
            let hex = name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
            hex && below == format!("objects/{}/{name}", &name[..2])
        };
        assert!(ours, "{path}");
    }
    for key in &keys {
        assert_eq!(
            files_bucket.delete(key).await.unwrap(),
            Some(true),
            "{key:?}"
        );
    }
    drop((files_bucket, store));
    assert_eq!(objects(&directory), 0);
    let long = "x".repeat(769);
    assert_eq!(kind(BlobKey::new(long)), ErrorKind::InvalidArgument);
}

#[tokio::test]
async fn a_put_that_was_dropped_leaves_nothing_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let store = LocalStore::open(directory.path()).unwrap();
    let files = bucket(&store);
    files.put("k", "old").await.unwrap();
    for polls in 0..6 {
        let mut idle = Context::from_waker(Waker::noop());
        let mut put = Box::pin(files.put("k", vec![1; 100_000]));
        let mut left = polls;
        while left > 0 && put.as_mut().poll(&mut idle).is_pending() {
            tokio::task::yield_now().await;
            left -= 1;
        }
        drop(put);
        let size = files.head("k").await.unwrap().size;
        assert!(size == 3 || size == 100_000);
    }
    files.put("k", "new").await.unwrap();
    drop((files, store));
    let store = LocalStore::open(directory.path()).unwrap();
    let files = bucket(&store);
    assert_eq!(files.list(&List::new()).await.unwrap().entries.len(), 1);
    assert_eq!(files.get("k").await.unwrap().bytes().await.unwrap(), "new");
}

#[tokio::test]
async fn files_that_no_row_refers_to_are_swept_at_the_start_and_those_of_others_stay() {
    let directory = tempfile::tempdir().unwrap();
    let store = LocalStore::open(directory.path()).unwrap();
    bucket(&store).put("k", "content").await.unwrap();
    drop(store);
    let shelf = directory.path().join("objects/ab");
    fs::create_dir_all(&shelf).unwrap();
    let litter = "ab000000000040008000000000000000";
    fs::write(shelf.join(litter), "litter").unwrap();
    fs::write(shelf.join(format!("{litter}.tmp")), "litter").unwrap();
    fs::write(shelf.join("README"), "not ours").unwrap();
    let store = LocalStore::open(directory.path()).unwrap();
    assert_eq!(objects(directory.path()), 2);
    assert!(shelf.join("README").exists());
    let content = bucket(&store).get("k").await.unwrap().bytes().await;
    assert_eq!(content.unwrap(), "content");
}

#[tokio::test]
async fn a_content_that_was_changed_or_is_gone_is_corrupt() {
    let directory = tempfile::tempdir().unwrap();
    let store = LocalStore::open(directory.path()).unwrap();
    let files_bucket = bucket(&store);
    for (key, size) in [
        ("small", 10),
        ("large", 1_000_000),
        ("short", 10),
        ("gone", 10),
    ] {
        let place = directory.path().join("objects");
        let before = files(&place);
        files_bucket.put(key, vec![0; size]).await.unwrap();
        let new = files(&place)
            .into_iter()
            .find(|path| !before.contains(path));
        let path = place.join(new.unwrap());
        match key {
            "short" => fs::write(path, "123456789").unwrap(),
            "gone" => fs::remove_file(path).unwrap(),
            _ => {
                let mut content = fs::read(&path).unwrap();
                *content.last_mut().unwrap() ^= 1;
                fs::write(path, content).unwrap();
            }
        }
        let read = match files_bucket.get(key).await {
            Ok(blob) => blob.body.collect().await,
            Err(error) => Err(error),
        };
        assert_eq!(kind(read), ErrorKind::Corrupt, "{key}");
    }
}

#[tokio::test]
async fn a_link_that_was_planted_in_the_directory_is_neither_read_nor_written_through() {
    let outside = tempfile::tempdir().unwrap();
    let directory = outside.path().join("data");
    let secret = outside.path().join("secret");
    let store = LocalStore::open(&directory).unwrap();
    let files_bucket = bucket(&store);
    files_bucket.put("linked", "secret").await.unwrap();
    let place = directory.join("objects");
    let object = place.join(&files(&place)[0]);
    fs::write(&secret, "secret").unwrap();
    fs::remove_file(&object).unwrap();
    symlink(&secret, &object).unwrap();
    assert_eq!(kind(files_bucket.get("linked").await), ErrorKind::Corrupt);
    let copied = files_bucket.copy("linked", "copy").await;
    assert_eq!(kind(copied), ErrorKind::Corrupt);
    // The blob can be replaced and removed, and what the link leads to stays.
    files_bucket.put("linked", "mine").await.unwrap();
    assert_eq!(fs::read_to_string(&secret).unwrap(), "secret");
    files_bucket.delete("linked").await.unwrap();
    let elsewhere = outside.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::remove_dir_all(&place).unwrap();
    fs::create_dir(&place).unwrap();
    for first in 0..=255_u8 {
        symlink(&elsewhere, place.join(format!("{first:02x}"))).unwrap();
    }
    let refused = files_bucket.put("a", "x").await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Corrupt);
    for named in ["files", "\"a\""] {
        assert!(refused.to_string().contains(named), "{refused}");
    }
    let mut writer = files_bucket.writer("b").unwrap();
    writer.write(vec![1; 9 << 20]).await.unwrap_err();
    drop((writer, files_bucket, store));
    fs::write(elsewhere.join("ab000000000040008000000000000000"), "x").unwrap();
    drop(LocalStore::open(&directory).unwrap());
    assert_eq!(files(&elsewhere).len(), 1);
}

#[tokio::test]
async fn a_link_in_place_of_the_unfinished_secret_leads_nowhere() {
    let outside = tempfile::tempdir().unwrap();
    let directory = outside.path().join("data");
    fs::create_dir(&directory).unwrap();
    let precious = outside.path().join("precious");
    fs::write(&precious, "precious").unwrap();
    symlink(&precious, directory.join("signing-key.tmp")).unwrap();
    let config = LocalConfig::new(&directory).with_blob_url("http://127.0.0.1:1");
    drop(config.open().unwrap());
    assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");
    assert!(directory.join("signing-key").is_file());
}
