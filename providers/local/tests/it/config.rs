//! Where a store lies, as a URL.

use std::path::Path;

use isobar::ErrorKind;
use isobar_local::LocalConfig;

use crate::fixture::kind;

#[test]
fn a_url_names_a_directory_or_memory() {
    let check = |url: &str, expected: Option<&str>| {
        let config = LocalConfig::from_url(url).unwrap();
        assert_eq!(config.directory(), expected.map(Path::new), "{url}");
    };
    check("local:data", Some("data"));
    check("local:./data", Some("./data"));
    check("local:/srv/data", Some("/srv/data"));
    check("local:///srv/data", Some("/srv/data"));
    check("file:///srv/my data", Some("/srv/my data"));
    check("file:data", Some("data"));
    check("memory:", None);
    for url in [
        "",
        "data",
        "/srv/data",
        "local:",
        "file://",
        "memory:x",
        "s3://bucket",
        "C:\\x",
    ] {
        let refused = LocalConfig::from_url(url);
        assert_eq!(kind(refused), ErrorKind::InvalidArgument, "{url}");
    }
}

#[test]
fn a_directory_that_cannot_be_one_is_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("file");
    std::fs::write(&file, "").unwrap();
    let refused = LocalConfig::new(file.join("data")).open().unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    assert!(refused.to_string().contains("file/data"), "{refused}");
}
