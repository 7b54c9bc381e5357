//! The published events of AWS with their names, and some that are only hard to read.

use std::path::PathBuf;

/// All of them.
pub(crate) fn corpus() -> Vec<(String, Vec<u8>)> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [
        root.join("../../conformance-tests/fixtures/events/aws"),
        root.join("tests/hostile/corpus"),
    ];
    let mut files: Vec<PathBuf> = folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder).expect("the folder of events"))
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    let read = |path: PathBuf| {
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        (name, std::fs::read(&path).expect("an event"))
    };
    let events: Vec<_> = files.into_iter().map(read).collect();
    assert!(events.len() > 15, "the corpus has {} events", events.len());
    events
}
