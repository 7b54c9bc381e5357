//! Files that were damaged at random: the right data or a clear error, never a crash or a hang.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use isobar::blob::List;
use isobar::document::{Query, SortType};
use isobar::{Bucket, Collection, CollectionSpec, Error};
use isobar_local::{LocalStore, check, clock};

use crate::child::{Role, said};
use crate::fixture::{Note, note};

const NOTES: CollectionSpec<Note> = CollectionSpec::new("notes")
    .partition("owner")
    .sort("id", SortType::Str)
    .change_feed();
const OWNERS: [&str; 4] = ["alice", "bob", "carol", "dave"];

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(work)
}

fn parts(store: &LocalStore) -> (Collection<Note>, Bucket) {
    let clock = Arc::new(clock());
    let notes = Collection::new(store.documents(), Arc::clone(&clock) as _, &NOTES, "");
    (notes, Bucket::new(store.blobs(), clock, "files"))
}

/// Writes what [`read`] reads.
pub(crate) fn fill(directory: &Path) {
    block_on(async {
        let store = LocalStore::open(directory).unwrap();
        let (notes, files) = parts(&store);
        for owner in OWNERS {
            for id in 0..60 {
                let text = format!("{owner} wrote {id} ").repeat(id % 9);
                notes
                    .create(&note(owner, &format!("{id:03}"), &text))
                    .await
                    .unwrap();
            }
            for id in 0..3 {
                let content = owner.repeat(10 + id * 9_000);
                files.put(format!("{owner}/{id}"), content).await.unwrap();
            }
        }
    });
}

/// The child: all data as one line, or the error that kept it from them.
pub(crate) fn read(directory: &Path) -> String {
    match block_on(read_all(directory)) {
        Ok(all) => format!(
            "data {:08x} of {}",
            crc32c::crc32c(all.as_bytes()),
            all.len()
        ),
        Err(error) => format!("error {:?} {error}", error.kind()),
    }
}

async fn read_all(directory: &Path) -> Result<String, Error> {
    let store = LocalStore::open(directory)?;
    let (notes, files) = parts(&store);
    let mut all = String::new();
    for owner in OWNERS {
        let page = notes.query(&Query::partition(owner)).await?;
        for item in page.items {
            let _ = write!(all, "{:?}", item.value);
        }
        let single = notes.fetch((owner, "007")).await?;
        let _ = write!(all, "{:?}", single.value);
    }
    for key in files.list(&List::new()).await?.keys() {
        let content = files.get(key).await?.bytes().await?;
        let _ = write!(all, "{key} {content:?}");
    }
    // Writing must end in one of the two ways too.
    notes.upsert(&note("erin", "1", "later")).await?;
    notes.fetch(("erin", "1")).await?;
    Ok(all)
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % limit
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap()
    }

    /// Damages a file in one of the ways disks and people do.
    fn damage(&mut self, file: &mut Vec<u8>, manner: u64) {
        const BLOCK: usize = 4096;
        let blocks = file.len().div_ceil(BLOCK);
        let block = |number: usize, len: usize| number * BLOCK..((number + 1) * BLOCK).min(len);
        let (at, target) = (
            self.below(file.len()),
            block(self.below(blocks), file.len()),
        );
        match manner {
            0 => file[at] ^= 1 << self.below(8),
            1 => {
                for _ in 0..16 {
                    let at = self.below(file.len());
                    file[at] = self.byte();
                }
            }
            2 => file[target].fill(0),
            3 => file[target].fill_with(|| self.byte()),
            4 => file.truncate(at),
            _ => {
                let source = file[block(self.below(blocks), file.len())].to_vec();
                let len = source.len().min(target.len());
                file[target][..len].copy_from_slice(&source[..len]);
            }
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// What a child says of the store after `damage`; it must end well and in time.
fn answer(directory: &Path) -> String {
    let (status, printed) = Role::Reader.run(directory, 0);
    assert!(status.success(), "{status}: {printed}");
    let said = printed.lines().find_map(said).map(str::to_owned);
    said.expect("the child says what it found")
}

#[test]
fn sixty_files_damaged_at_random_give_the_right_data_or_a_clear_error() {
    let scratch = tempfile::tempdir().unwrap();
    let whole = scratch.path().join("whole");
    fill(&whole);
    let expected = read(&whole);
    assert!(expected.starts_with("data "), "{expected}");
    let (mut right, mut refused) = (0, 0);
    for seed in 0..60_u64 {
        let damaged = scratch.path().join(seed.to_string());
        copy(&whole, &damaged);
        let file = damaged.join("store.redb");
        let mut bytes = fs::read(&file).unwrap();
        Random(seed + 1).damage(&mut bytes, seed % 6);
        fs::write(&file, &bytes).unwrap();
        let problems = check(&damaged).unwrap().problems;
        assert_eq!(
            fs::read(&file).unwrap(),
            bytes,
            "{seed}: a check changes nothing"
        );
        let answer = answer(&damaged);
        if answer == expected {
            right += 1;
            assert!(problems.is_empty(), "{seed}: {problems:?}");
        } else {
            refused += 1;
            assert!(answer.starts_with("error Corrupt "), "{seed}: {answer}");
            assert!(answer.contains("isobar local check"), "{seed}: {answer}");
            assert!(!problems.is_empty(), "{seed}: {answer}");
        }
        fs::remove_dir_all(damaged).unwrap();
    }
    assert!(right > 5 && refused > 5, "{right} right, {refused} refused");
}

#[test]
fn a_check_names_what_is_wrong() {
    let scratch = tempfile::tempdir().unwrap();
    let place = scratch.path().join("data");
    fill(&place);
    let report = check(&place).unwrap();
    assert_eq!((report.documents, report.blobs), (240, 12));
    assert_eq!(report.changes, 240);
    assert!(!report.stopped_uncleanly);
    assert_eq!(report.problems, Vec::<String>::new());
    let folder = fs::read_dir(place.join("objects")).unwrap().next().unwrap();
    let file = fs::read_dir(folder.unwrap().path())
        .unwrap()
        .next()
        .unwrap();
    fs::write(file.unwrap().path(), "something else").unwrap();
    let problems = check(&place).unwrap().problems;
    assert_eq!(problems.len(), 1);
    assert!(problems[0].contains("of \"files\": the content of the blob has 14 bytes"));
    let missing = check(scratch.path().join("nothing")).unwrap_err();
    assert_eq!(missing.kind(), isobar::ErrorKind::NotFound);
}

#[test]
fn a_file_that_was_emptied_is_damage_and_not_a_new_store() {
    let directory = tempfile::tempdir().unwrap();
    block_on(async {
        let store = LocalStore::open(directory.path()).unwrap();
        let (notes, _) = parts(&store);
        notes.create(&note("alice", "1", "precious")).await.unwrap();
    });
    let file = directory.path().join("store.redb");
    fs::write(&file, "").unwrap();
    let error = LocalStore::open(directory.path()).unwrap_err();
    assert_eq!(error.kind(), isobar::ErrorKind::Corrupt);
    assert!(error.to_string().contains("isobar local check"), "{error}");
    assert_eq!(fs::read(&file).unwrap(), b"", "it is left as it is");
    let problems = check(directory.path()).unwrap().problems;
    assert_eq!(problems.len(), 1, "{problems:?}");
}

#[test]
fn blobs_without_the_file_that_lists_them_are_not_swept_away() {
    let directory = tempfile::tempdir().unwrap();
    fill(directory.path());
    let file = directory.path().join("store.redb");
    let whole = fs::read(&file).unwrap();
    for lost in [true, false] {
        if lost {
            fs::remove_file(&file).unwrap();
        } else {
            fs::write(&file, "").unwrap();
        }
        let error = LocalStore::open(directory.path()).unwrap_err();
        assert_eq!(error.kind(), isobar::ErrorKind::Corrupt);
    }
    fs::write(&file, whole).unwrap();
    assert!(read(directory.path()).starts_with("data "));
}

#[test]
fn a_file_of_something_else_or_of_a_newer_version_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.redb");
    let open = || LocalStore::open(directory.path()).unwrap_err();
    fs::write(&file, "not a database").unwrap();
    assert_eq!(open().kind(), isobar::ErrorKind::Corrupt);
    fs::remove_file(&file).unwrap();
    let meta: redb::TableDefinition<'_, &str, u64> = redb::TableDefinition::new("meta");
    let write_format = |format: Option<u64>| {
        let database = redb::Database::create(&file).unwrap();
        let transaction = database.begin_write().unwrap();
        if let Some(format) = format {
            let mut meta = transaction.open_table(meta).unwrap();
            meta.insert("format", format).unwrap();
        }
        transaction.commit().unwrap();
    };
    write_format(None);
    assert_eq!(open().kind(), isobar::ErrorKind::Corrupt);
    write_format(Some(4));
    let newer = open();
    assert_eq!(newer.kind(), isobar::ErrorKind::Unsupported);
    assert!(newer.to_string().contains("format 4"), "{newer}");
}
