//! Requests that stay with the legacy application.

use std::collections::HashSet;
use std::sync::Arc;

use crate::flow::{Flow, Handled};
use crate::handler::{Handler, OnRequest};
use crate::request::Request;
use crate::response::Response;

/// A handler for a route or mount that was not ported: the response is marked [`NotMine`](crate::NotMine), and a
/// gateway sends the request to the legacy application instead.
///
/// ```
/// use isobar_express::{Router, legacy};
///
/// let app: Router = Router::new().get("/report", legacy).middleware_at("/admin", legacy);
/// ```
///
/// # Errors
/// Never.
pub async fn legacy(_: Request, res: Response) -> Handled {
    res.leave_to_legacy();
    Ok(Flow::Done)
}

/// In the place of `express.static`: `GET` and `HEAD` requests for one of `paths` stay with the legacy application, all
/// others go on. The paths are those of the files below the mount, as they stand in a URL: `/index.html`, `/`.
pub fn legacy_files<S: 'static>(paths: impl IntoIterator<Item = impl Into<String>>) -> Handler<S> {
    let paths: Arc<HashSet<String>> = Arc::new(paths.into_iter().map(Into::into).collect());
    let handler: OnRequest<S> = Arc::new(move |req, res, _| {
        let safe = req.method() == "GET" || req.method() == "HEAD";
        let listed = paths.contains(&*req.path().to_text());
        Box::pin(async move {
            if safe && listed {
                legacy(req, res).await
            } else {
                Ok(Flow::Next)
            }
        })
    });
    Handler::on_request(handler)
}

impl Response {
    /// Leaves the request to the legacy application, unless headers were sent: the answer is marked
    /// [`NotMine`](crate::NotMine).
    pub fn leave_to_legacy(&self) {
        self.0.response().leave();
    }
}
