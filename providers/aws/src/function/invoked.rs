//! A function that is invoked by a call: what an application makes of an event of Lambda, for its tests.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use isobar::driver::caught;
use isobar::function::AppService;
use isobar::{Error, ErrorKind, Result};
use isobar_serve::Variables;

use super::invocation::{Handling, Reply, Told};
use super::settings::Settings;

/// A function without Lambda: whoever holds it invokes it, with the event that Lambda would bring.
///
/// It answers by the same code that answers Lambda's runtime API, so that a test of an application can hand it what AWS
/// documents of an event, or what was captured of one, and see what Lambda would be told.
///
/// ```
/// use std::sync::Arc;
///
/// use isobar::driver::function::FunctionDescription;
/// use isobar::function::{Outcome, TopicSpec};
/// use isobar::{App, Environment};
/// use isobar_aws::function::{LambdaFunction, LambdaPlatform, clock};
///
/// const ORDERS: TopicSpec = TopicSpec::new("orders");
///
/// # async fn example() -> isobar::Result<()> {
/// let app = App::new("shop", |_: &Environment| Ok(()))
///     .subscribe(&ORDERS, |(), _| std::future::ready(Ok(Outcome::Discard)));
/// let lambda = FunctionDescription {
///     provider: "lambda",
///     capabilities: LambdaPlatform::CAPABILITIES,
/// };
/// let environment = Environment::builder(lambda, Arc::new(clock())).build();
/// let function = LambdaFunction::new(app.build(&environment)?);
/// let event = r#"{ "Records": [{
///     "messageId": "1", "body": "one", "eventSource": "aws:sqs",
///     "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:orders"
/// }] }"#;
/// let answer = function.invoke(event).await?;
/// assert_eq!(&answer[..], br#"{"batchItemFailures":[]}"#);
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(example()).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct LambdaFunction {
    handling: Handling,
}

impl LambdaFunction {
    /// An application as a function of which no variable says anything.
    pub fn new(app: AppService) -> Self {
        Self::with_settings(app, Settings::default())
    }

    /// The same with variables, such as [`super::API_GATEWAY_TIMEOUT`] and `ISOBAR_EVENT_ACCOUNTS`; `InvalidArgument` where
    /// one is wrong.
    pub fn with_variables(app: AppService, variables: &Variables<'_>) -> Result<Self> {
        let settings = Settings::from_variables(variables)?;
        Ok(Self::with_settings(app, settings))
    }

    fn with_settings(app: AppService, settings: Settings) -> Self {
        let settings = Arc::new(settings);
        Self {
            handling: Handling { app, settings },
        }
    }

    /// What Lambda would be told: the answer, which for a response that is streamed is all that goes to Lambda, its head
    /// and the zeros after it included. An error is the failure of the invocation, of the kind that Lambda is told.
    ///
    /// The request id is `invocation`, and the time is that of `ISOBAR_TIMEOUT` alone. It must be awaited where tokio's timers
    /// run. Events of any account are taken, unless `ISOBAR_EVENT_ACCOUNTS` names some.
    pub async fn invoke(&self, event: impl Into<Bytes>) -> Result<Bytes> {
        let limit = self.handling.settings.limit;
        let told = Told {
            id: "invocation",
            function: "",
            trace: None,
            deadline: limit.and_then(|limit| SystemTime::now().checked_add(limit)),
        };
        let panicked = |message| Error::new(ErrorKind::Internal, format!("it panicked: {message}"));
        let reply = caught(self.handling.reply(&told, event.into())).await;
        match reply.map_err(panicked)?? {
            Reply::Whole(answer) => Ok(answer),
            Reply::Stream(body) => {
                let Ok(streamed) = body.collect().await;
                if streamed.trailers().is_some() {
                    let message = "the response broke off on its way";
                    return Err(Error::new(ErrorKind::Internal, message));
                }
                Ok(streamed.to_bytes())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;
    use std::time::Duration;

    use isobar::driver::function::FunctionDescription;
    use isobar::http::{Body, Routes};
    use isobar::{App, Environment};

    use super::super::{LambdaPlatform, clock};
    use super::*;

    fn app() -> AppService {
        let description = FunctionDescription {
            provider: "lambda",
            capabilities: LambdaPlatform::CAPABILITIES,
        };
        let environment = Environment::builder(description, Arc::new(clock())).build();
        let broken = || {
            let frames = [Ok(Bytes::from_static(b"one")), Err("no more")];
            Body::from_stream(futures_util::stream::iter(frames))
        };
        let routes = Routes::new()
            .get("/greeting", || ready("hello"))
            .get("/broken", move || ready(broken()))
            .get("/late", std::future::pending::<&'static str>);
        let app = App::new("invoked", |_: &Environment| Ok(())).routes(routes);
        app.build(&environment).expect("nothing is missing")
    }

    fn with(set: &[(&'static str, &'static str)]) -> LambdaFunction {
        let set = set.to_owned();
        let variables = move |name: &str| {
            let found = set.iter().find(|(own, _)| *own == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        LambdaFunction::with_variables(app(), &variables).unwrap()
    }

    fn event(path: &str) -> String {
        let http = format!(r#"{{"method":"GET","path":"{path}","sourceIp":"192.0.2.1"}}"#);
        let domain = "notes.lambda-url.eu-west-1.on.aws";
        format!(
            r#"{{"version":"2.0","rawPath":"{path}","rawQueryString":"","headers":{{"host":"{domain}"}},
                "requestContext":{{"domainName":"{domain}","http":{http}}},"isBase64Encoded":false}}"#
        )
    }

    #[tokio::test]
    async fn a_request_is_answered_whole() {
        let answer = LambdaFunction::new(app()).invoke(event("/greeting")).await;
        let answer = String::from_utf8(answer.unwrap().to_vec()).unwrap();
        assert!(answer.contains(r#""statusCode":200"#), "{answer}");
        assert!(answer.contains(r#""body":"hello""#), "{answer}");
    }

    #[tokio::test]
    async fn what_is_streamed_comes_with_its_head_and_breaks_off_with_an_error() {
        let function = with(&[("ISOBAR_LAMBDA_INVOKE_MODE", "RESPONSE_STREAM")]);
        let answer = function.invoke(event("/greeting")).await.unwrap();
        assert!(answer.ends_with(b"\0\0\0\0\0\0\0\0hello"), "{answer:?}");
        let error = function.invoke(event("/broken")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal);
    }

    #[tokio::test(start_paused = true)]
    async fn it_has_the_time_that_the_variable_says() {
        let begin = tokio::time::Instant::now();
        let answer = with(&[("ISOBAR_TIMEOUT", "3s")])
            .invoke(event("/late"))
            .await;
        let answer = String::from_utf8(answer.unwrap().to_vec()).unwrap();
        assert!(answer.contains(r#""statusCode":504"#), "{answer}");
        assert!(begin.elapsed() < Duration::from_secs(4));
    }
}
