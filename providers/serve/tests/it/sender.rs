//! Events that a library of others has written, CloudEvents' own SDK for JavaScript.

use std::path::Path;
use std::process::Command;

use crate::events::{PATH, start};

/// What the sender sends, in each of its modes.
#[tokio::test(flavor = "multi_thread")]
async fn events_of_another_library_are_read() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    let folder = root
        .unwrap()
        .join("conformance-tests/emulators/cloudevents");
    let installed = folder.join("node_modules/cloudevents").is_dir();
    assert!(
        installed,
        "not installed: npm ci --prefix conformance-tests/emulators/cloudevents"
    );
    let (address, seen) = start().await;
    let url = format!("http://{address}{PATH}/jobs");
    let run = move || {
        Command::new("node")
            .arg("send.mjs")
            .arg(url)
            .current_dir(folder)
            .output()
    };
    let sent = tokio::task::spawn_blocking(run).await.unwrap().unwrap();
    let told = String::from_utf8_lossy(&sent.stderr);
    assert!(sent.status.success(), "{told}");
    let text = r#"café {"datacontenttype": "text/plain", "shade": "a b", "source": "/mine", "subject": "100% \"x\"", "type": "com.example.made"}"#;
    let json = r#"{"a":[1,"b"]} {"datacontenttype": "application/json", "source": "/mine", "type": "com.example.made"}"#;
    let seen = seen.lock().unwrap();
    let expected = ["text", "json"].into_iter().flat_map(|id| {
        let said = if id == "text" { text } else { json };
        ["binary", "structured", "batched"].map(|mode| format!("{id}-{mode} {said}"))
    });
    assert_eq!(*seen, expected.collect::<Vec<_>>());
}
