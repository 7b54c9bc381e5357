//! Content is produced within its invocation, and ends with it.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::{StreamExt as _, stream};
use http_body_util::BodyExt as _;

use super::*;
use crate::driver::{SystemClock, content_failure};
use crate::error::Error;
use crate::function::RequestId;

fn context(time: Option<Duration>) -> Context {
    let clock = SystemClock(|span| Box::pin(tokio::time::sleep(span)));
    let deadline = time.map(|time| SystemTime::now() + time);
    Context::new(RequestId::from_platform("r-1"), deadline, Arc::new(clock))
}

async fn collected<S, E>(context: &Context, pieces: S) -> Result<String, Error>
where
    S: stream::Stream<Item = Result<&'static str, E>> + Send + 'static,
    E: Into<BoxError> + 'static,
{
    let response = Response::new(Body::from_stream(pieces));
    let mut response = Some(response);
    let begun = std::future::poll_fn(|task| {
        let response = response.take().expect("it is asked once");
        Poll::Ready(begun(response, context, task))
    });
    let whole = begun.await?.into_body().collect().await;
    let whole = whole.map_err(|error| content_failure(error.into()))?;
    Ok(String::from_utf8_lossy(&whole.to_bytes()).into_owned())
}

#[tokio::test]
async fn a_panic_is_the_failure_of_this_content() {
    // The first piece is begun with the head.
    for last in [0, 1] {
        let pieces = stream::iter([1, 2]).map(move |number| {
            assert!(number <= last, "a secret");
            Ok::<_, Infallible>("one")
        });
        let error = collected(&context(None), pieces).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal);
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

#[tokio::test]
async fn what_does_not_end_in_time_is_broken_off() {
    let time = Some(Duration::from_millis(260));
    let first = stream::iter([Ok::<_, Infallible>("one")]);
    let waits = first.clone().chain(stream::pending());
    let error = collected(&context(time), waits).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    let endless = stream::repeat_with(|| Ok::<_, Infallible>(""));
    let error = collected(&context(time), endless).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
}

#[tokio::test]
async fn an_answer_in_the_last_moment_is_sent() {
    let whole = stream::iter([Ok::<_, Infallible>("one")]);
    let sent = collected(&context(Some(Duration::ZERO)), whole).await;
    assert_eq!(sent.unwrap(), "one");
}

#[tokio::test]
async fn each_step_sees_its_invocation_and_the_time_that_is_left() {
    let seen = stream::iter([()]).map(|()| {
        let id = Context::current().map(|context| context.id().as_str().to_owned());
        let clock = SystemClock(|_| unreachable!("nobody sleeps"));
        assert!(deadline::left(&clock).is_some());
        assert_eq!(id.as_deref(), Some("r-1"));
        Ok::<_, Infallible>("seen")
    });
    let time = Some(Duration::from_secs(30));
    assert_eq!(collected(&context(time), seen).await.unwrap(), "seen");
    assert!(Context::current().is_none());
}

#[tokio::test]
async fn a_failure_of_the_handler_is_its_cause_whatever_its_kind() {
    let pieces = stream::iter([Err::<&str, _>(Error::new(ErrorKind::NotFound, "gone"))]);
    let error = collected(&context(None), pieces).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    let cause = std::error::Error::source(&error).map(ToString::to_string);
    assert_eq!(cause.as_deref(), Some("gone"));
}
