//! The invocation under way, which a signal must not cut off.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use lambda_runtime::LambdaInvocation;
use tokio::sync::Mutex;
use tower::{Layer, Service};

/// Held by an invocation until its answer was sent; Lambda gives a process one at a time.
#[derive(Debug, Clone, Default)]
pub(super) struct InFlight(Arc<Mutex<()>>);

impl InFlight {
    /// Waits for `signal`, then for the end of the invocation under way.
    pub(super) async fn drained_after(&self, signal: impl Future<Output = ()>) {
        signal.await;
        drop(self.0.lock().await);
    }
}

impl<S> Layer<S> for InFlight {
    type Service = Holding<S>;

    fn layer(&self, inner: S) -> Holding<S> {
        Holding {
            inner,
            in_flight: self.clone(),
        }
    }
}

/// A service that holds [`InFlight`] during each call.
#[derive(Debug, Clone)]
pub(super) struct Holding<S> {
    inner: S,
    in_flight: InFlight,
}

impl<S> Service<LambdaInvocation> for Holding<S>
where
    S: Service<LambdaInvocation, Response = ()>,
    S::Future: Send + 'static,
{
    type Response = ();
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<(), S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, invocation: LambdaInvocation) -> Self::Future {
        let (call, lock) = (self.inner.call(invocation), Arc::clone(&self.in_flight.0));
        Box::pin(async move {
            let _held = lock.lock_owned().await;
            call.await
        })
    }
}
