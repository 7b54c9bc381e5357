//! A real small file system that is filled to the last byte.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use isobar::document::SortType;
use isobar::{Bucket, Collection, CollectionSpec, ErrorKind};
use isobar_local::{LocalStore, check, clock};

use crate::fixture::{Note, note};

const NOTES: CollectionSpec<Note> = CollectionSpec::new("notes")
    .partition("owner")
    .sort("id", SortType::Str);

/// A file system in memory of 4 MiB, which goes with this value.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None` where this process may not mount one.
    fn mount(at: &Path) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"])
            .arg(at)
            .status();
        mounted.ok()?.success().then(|| Self(at.to_owned()))
    }

    fn fill(&self) -> PathBuf {
        let filler = self.0.join("filler");
        let mut file = File::create(&filler).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {}
        filler
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("-l").arg(&self.0).status();
        assert!(unmounted.is_ok_and(|status| status.success()));
    }
}

async fn use_up(disk: &SmallDisk, store: &LocalStore) {
    let clock = Arc::new(clock());
    let notes = Collection::new(store.documents(), Arc::clone(&clock) as _, &NOTES, "");
    let files = Bucket::new(store.blobs(), clock, "files");
    files.put("kept", vec![1; 100_000]).await.unwrap();
    let mut written = 0;
    for _ in 0..3 {
        let filler = disk.fill();
        let error = files.put("kept", vec![2; 200_000]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.to_string().contains("is full"), "{error}");
        let error = loop {
            let large = note("alice", &format!("{written:04}"), &"x".repeat(10_000));
            match notes.upsert(&large).await {
                Ok(_) => written += 1,
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.to_string().contains("is full"), "{error}");
        notes.upsert(&note("bob", "1", "")).await.unwrap_err();
        let kept = files.get("kept").await.unwrap().bytes().await.unwrap();
        assert_eq!(kept, vec![1; 100_000]);
        for id in 0..written {
            let found = notes.get(("alice", &*format!("{id:04}"))).await.unwrap();
            assert!(found.is_some());
        }
        fs::remove_file(filler).unwrap();
        notes.upsert(&note("bob", "1", "")).await.unwrap();
        files.put("other", vec![3; 100_000]).await.unwrap();
    }
}

#[tokio::test]
async fn on_a_full_file_system_reads_go_on_and_writes_recover() {
    let directory = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(&directory.path().join("small")) else {
        eprintln!("not run: this user may not mount a file system; the simulated disk was full");
        return;
    };
    let place = disk.0.join("data");
    let store = LocalStore::open(&place).unwrap();
    use_up(&disk, &store).await;
    drop(store);
    assert_eq!(check(&place).unwrap().problems, Vec::<String>::new());
}
