//! An application that counts its requests in a variable, which says how long a process lives.

use std::sync::atomic::{AtomicU64, Ordering};

use isobar::App;
use isobar::http::Routes;

static COUNT: AtomicU64 = AtomicU64::new(0);

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    let routes = Routes::new()
        .get("/count", async || {
            (COUNT.fetch_add(1, Ordering::Relaxed) + 1).to_string()
        })
        .get("/never", async || std::future::pending::<()>().await)
        .get("/large", async || "x".repeat(7 << 20))
        .post("/length", async |text: String| text.len().to_string());
    let app = App::new("counts", |_| Ok(())).routes(routes);
    isobar_connect::run(app).await
}
