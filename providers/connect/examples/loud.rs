//! An application that says so when its closure is called, and does not start.

use isobar::document::CollectionSpec;
use isobar::function::SettingSpec;
use isobar::{App, BucketSpec, Error, ErrorKind};

const NOTES: CollectionSpec<()> = CollectionSpec::new("notes").partition("owner");
const FILES: BucketSpec = BucketSpec::new("files");
const GREETING: SettingSpec = SettingSpec::new("GREETING");

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    let called = || Error::new(ErrorKind::Cancelled, "the closure was called");
    let app = App::new("loud", move |_| Err::<(), _>(called()))
        .collection(&NOTES)
        .bucket(&FILES)
        .setting(&GREETING)
        .schedule("nightly", "0 3 * * *", |(), _| async move {
            Err(Error::new(ErrorKind::Cancelled, "never woken"))
        });
    isobar_connect::run(app).await
}
