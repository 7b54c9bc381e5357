//! An application that counts its requests in a variable, which says how long a process lives.

use std::convert::Infallible;
use std::future::ready;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::State;
use futures_util::{StreamExt as _, stream};
use isobar::blob::{Bucket, BucketSpec, PresignOptions, PresignPutOptions};
use isobar::function::Outcome;
use isobar::http::{Body, Routes};
use isobar::{App, Environment, Error, ErrorKind, Result};

const FILES: BucketSpec = BucketSpec::new("files");
static COUNT: AtomicU64 = AtomicU64::new(0);

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    let routes = Routes::new()
        .get("/count", async || {
            (COUNT.fetch_add(1, Ordering::Relaxed) + 1).to_string()
        })
        .get("/never", async || {
            COUNT.fetch_add(1, Ordering::Relaxed);
            std::future::pending::<()>().await;
        })
        .get("/blocks", async || {
            COUNT.fetch_add(1, Ordering::Relaxed);
            // Nothing of this process can answer in its place.
            std::thread::sleep(Duration::from_secs(3));
        })
        .get("/streams", async || {
            COUNT.fetch_add(1, Ordering::Relaxed);
            let begun = stream::once(ready(Ok::<_, Infallible>("begun")));
            Body::from_stream(begun.chain(stream::pending()))
        })
        .get(
            "/signed",
            async |State(files): State<Bucket>| -> Result<String> {
                let signed = files
                    .presign_put("large", PresignPutOptions::default())
                    .await?;
                Ok(signed.url)
            },
        )
        .get(
            "/signed-get",
            async |State(files): State<Bucket>| -> Result<String> {
                let signed = files
                    .presign_get("large", PresignOptions::default())
                    .await?;
                Ok(signed.url)
            },
        )
        .get("/large", async || "x".repeat(7 << 20))
        .post("/length", async |text: String| text.len().to_string());
    let app = App::new("counts", |env: &Environment| env.bucket(&FILES));
    let mut app = app.bucket(&FILES);
    // Not every target tells what happens to blobs.
    if std::env::args().any(|argument| argument == "aws") {
        app = app.on_blob(&FILES, async |_, _| hear());
    }
    let app = app.routes(routes);
    isobar_connect::run(app).await
}

/// Whoever starts it breaks this handler by a file, and mends it.
fn hear() -> Result<Outcome> {
    if std::path::Path::new("broken").exists() {
        let message = "there is a file `broken`";
        return Err(Error::new(ErrorKind::Internal, message));
    }
    Ok(Outcome::Ack)
}
