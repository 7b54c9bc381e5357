//! The files with the contents of blobs: `objects/xx/<uuid>`, never named after a key.
//!
//! A file is whole and on the disk before a row refers to it, and is never changed afterwards. A
//! file that no row refers to is litter; it goes when its maker gives up, or at the next start.

use std::collections::HashSet;
use std::fs::{self, File, Metadata};
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use uuid::Uuid;

/// The name of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ObjectId(Uuid);

impl ObjectId {
    pub(crate) fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

/// The directory of the files.
#[derive(Debug)]
pub(crate) struct Objects {
    root: PathBuf,
    /// The files go with this value: they belong to a store in memory.
    temporary: bool,
}

/// What a file that is not yet whole ends with.
const UNFINISHED: &str = ".tmp";

impl Objects {
    /// The files of a store in a directory; it exists afterwards.
    pub(crate) fn in_directory(directory: &Path) -> io::Result<Arc<Self>> {
        let objects = Self::at(directory);
        create_directory(&objects.root)?;
        Ok(Arc::new(objects))
    }

    /// The files of a store in a directory, as they are.
    pub(crate) fn at(directory: &Path) -> Self {
        Self {
            root: directory.join("objects"),
            temporary: false,
        }
    }

    /// The files of a store in memory; the directory is created with the first of them.
    pub(crate) fn temporary() -> Arc<Self> {
        let name = format!("isobar-{}", Uuid::new_v4().simple());
        Arc::new(Self {
            root: std::env::temp_dir().join(name),
            temporary: true,
        })
    }

    /// Writes a new file; when this returns it is on the disk.
    pub(crate) fn create(self: &Arc<Self>, content: &[u8]) -> io::Result<NewObject> {
        let (new, mut file) = self.begin()?;
        file.write_all(content)?;
        self.complete(&new, &file)?;
        Ok(new)
    }

    /// A new file that is not yet whole.
    pub(crate) fn begin(self: &Arc<Self>) -> io::Result<(NewObject, File)> {
        let new = self.name()?;
        let file = File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(self.unfinished(new.id))?;
        Ok((new, file))
    }

    /// Makes a file whole that was begun; when this returns it is on the disk.
    pub(crate) fn complete(&self, new: &NewObject, file: &File) -> io::Result<()> {
        self.flush(file)?;
        let path = self.path(new.id);
        fs::rename(self.unfinished(new.id), &path)?;
        self.flush_directory_of(&path)
    }

    /// A second name for the content of a file, so that each row has a file of its own.
    pub(crate) fn copy(self: &Arc<Self>, from: ObjectId) -> io::Result<NewObject> {
        let new = self.name()?;
        let (from, to) = (self.path(from), self.path(new.id));
        check_ours(&from)?;
        match fs::hard_link(&from, &to) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(error),
            // Not every file system has links, and none has any number of them.
            Err(_) => {
                fs::copy(&from, &to)?;
                self.flush(&File::open(&to)?)?;
            }
            Ok(()) => {}
        }
        self.flush_directory_of(&to)?;
        Ok(new)
    }

    pub(crate) fn open(&self, id: ObjectId) -> io::Result<File> {
        let path = self.path(id);
        let found = check_ours(&path)?;
        let file = File::open(&path)?;
        let opened = file.metadata()?;
        if (found.dev(), found.ino()) != (opened.dev(), opened.ino()) {
            return Err(not_ours());
        }
        Ok(file)
    }

    /// Removes a file that no row refers to any more; what cannot be removed is left to the next
    /// start.
    pub(crate) fn remove(&self, id: ObjectId) {
        if let Err(error) = fs::remove_file(self.path(id)) {
            tracing::warn!(%error, "the file of a replaced blob stays until the next start");
        }
    }

    /// Removes the files that are ours and not in use; returns how many.
    pub(crate) fn sweep(&self, in_use: &HashSet<ObjectId>) -> io::Result<u64> {
        let mut removed = 0;
        for file in self.files()? {
            let file = file?;
            if file.unfinished || !in_use.contains(&file.id) {
                fs::remove_file(&file.path)?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// Whether there is no file of ours.
    pub(crate) fn is_empty(&self) -> io::Result<bool> {
        Ok(self.files()?.next().is_none())
    }

    /// The files that are ours; those of others are left alone.
    pub(crate) fn files(&self) -> io::Result<impl Iterator<Item = io::Result<ObjectFile>>> {
        let folders = match fs::read_dir(&self.root) {
            Ok(folders) => Some(folders),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let folders = folders.into_iter().flatten();
        Ok(folders
            .map(|folder| files_in(&folder?))
            .flat_map(|files| match files {
                Ok(files) => files,
                Err(error) => vec![Err(error)],
            }))
    }

    /// How messages name the directory.
    pub(crate) fn place(&self) -> std::path::Display<'_> {
        self.root.display()
    }

    fn name(self: &Arc<Self>) -> io::Result<NewObject> {
        let id = ObjectId(Uuid::new_v4());
        let path = self.path(id);
        if let Some(folder) = path.parent() {
            match fs::symlink_metadata(folder) {
                Ok(found) if found.is_dir() => {}
                Ok(_) => return Err(not_ours()),
                Err(_) => create_directory(folder)?,
            }
        }
        Ok(NewObject {
            objects: Arc::clone(self),
            id,
            published: false,
        })
    }

    /// Waits until the file is on the disk, which one that goes with the process need not be.
    fn flush(&self, file: &File) -> io::Result<()> {
        if self.temporary {
            return Ok(());
        }
        file.sync_all()
    }

    /// Waits until what was written to the file is on the disk, though it is not yet whole.
    pub(crate) fn flush_content(&self, file: &File) -> io::Result<()> {
        if self.temporary {
            return Ok(());
        }
        file.sync_data()
    }

    fn flush_directory_of(&self, path: &Path) -> io::Result<()> {
        match path.parent() {
            Some(directory) => self.flush(&File::open(directory)?),
            None => Ok(()),
        }
    }

    fn unfinished(&self, id: ObjectId) -> PathBuf {
        self.path(id).with_extension(&UNFINISHED[1..])
    }

    fn path(&self, id: ObjectId) -> PathBuf {
        let name = id.0.simple().to_string();
        self.root.join(&name[..2]).join(name)
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        if self.temporary
            && let Err(error) = fs::remove_dir_all(&self.root)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "the blobs of a store in memory stay in {:?}", self.root);
        }
    }
}

/// A file of ours that was found in the directory.
#[derive(Debug)]
pub(crate) struct ObjectFile {
    path: PathBuf,
    pub(crate) id: ObjectId,
    unfinished: bool,
}

impl ObjectFile {
    fn of(file: &fs::DirEntry) -> Option<Self> {
        let name = file.file_name();
        let name = name.to_str()?;
        let whole = name.strip_suffix(UNFINISHED);
        let id = Uuid::try_parse(whole.unwrap_or(name)).ok()?;
        Some(Self {
            path: file.path(),
            id: ObjectId(id),
            unfinished: whole.is_some(),
        })
    }
}

/// A file that no row refers to yet; it goes when this is dropped.
#[derive(Debug)]
pub(crate) struct NewObject {
    objects: Arc<Objects>,
    id: ObjectId,
    published: bool,
}

impl NewObject {
    pub(crate) fn id(&self) -> ObjectId {
        self.id
    }

    /// Keeps the file, to which a row refers now, or may refer.
    pub(crate) fn keep(mut self) {
        self.published = true;
    }
}

impl Drop for NewObject {
    fn drop(&mut self) {
        if !self.published {
            // One of the two is not there; what stays is swept at the next start.
            let _ = fs::remove_file(self.objects.unfinished(self.id));
            let _ = fs::remove_file(self.objects.path(self.id));
        }
    }
}

/// What lies at the path of a file of ours, which must be no link to another place, nor anything
/// that is no file.
fn check_ours(path: &Path) -> io::Result<Metadata> {
    if let Some(folder) = path.parent()
        && !fs::symlink_metadata(folder)?.is_dir()
    {
        return Err(not_ours());
    }
    let found = fs::symlink_metadata(path)?;
    if found.is_file() {
        return Ok(found);
    }
    Err(not_ours())
}

fn not_ours() -> io::Error {
    let message = "there is a link or something else where a file of the store should be";
    io::Error::new(io::ErrorKind::InvalidData, message)
}

/// Creates a directory and those above it, each on the disk before the next.
pub(crate) fn create_directory(directory: &Path) -> io::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    let parent = directory.parent().filter(|parent| *parent != Path::new(""));
    let parent = parent.unwrap_or(Path::new("."));
    create_directory(parent)?;
    match fs::create_dir(directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => File::open(parent)?.sync_all(),
    }
}

fn files_in(folder: &fs::DirEntry) -> io::Result<Vec<io::Result<ObjectFile>>> {
    if !folder.file_type()?.is_dir() {
        return Ok(Vec::new());
    }
    let files = fs::read_dir(folder.path())?;
    let ours = files.map(|file| Ok(ObjectFile::of(&file?)));
    Ok(ours.filter_map(io::Result::transpose).collect())
}
