//! Where messages are sent to: queues of SQS, or topics of SNS, and of which kind they are.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use isobar::driver::url::parameters;
use isobar::{Error, Result};

use super::Place;
use super::place::{CONNECT, parts, read_region};
use crate::topic::TopicKind;

/// How long one request may take, which moves a mebibyte at most, before it counts as lost.
const ATTEMPT: Duration = Duration::from_secs(10);
const KIND: &str = "kind";

/// A place of messages: `sqs://REGION?kind=fifo&endpoint=URL&prefix=NAME`, or
/// `sns://REGION/ACCOUNT` with the same.
///
/// What is left out comes from the standard AWS environment, as with a [`Place`]. All queues or
/// topics of a place are of one kind, `standard` unless said. SNS names its topics by their account,
/// the 12 digits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct TopicPlace {
    /// Region, endpoint and prefix.
    pub place: Place,
    /// The account of topics of SNS.
    pub account: Option<String>,
    /// Of which kind all are.
    pub kind: TopicKind,
}

impl TopicPlace {
    /// Reads a URL of the given scheme, `sqs` or `sns`; `InvalidArgument` where it is not one.
    pub fn parse(url: &str, scheme: &str) -> Result<Self> {
        Self::read(url, scheme).map_err(|why| malformed(scheme, why))
    }

    fn read(url: &str, scheme: &str) -> Result<Self, &'static str> {
        let (path, query) = parts(url, scheme)?;
        let mut topics = Self::default();
        for (name, value) in parameters(query) {
            match (name, value) {
                (KIND, "standard") => topics.kind = TopicKind::Standard,
                (KIND, "fifo") => topics.kind = TopicKind::Fifo,
                (KIND, _) => return Err("its kind is neither standard nor fifo"),
                ("endpoint", url) => topics.place.endpoint = Some(url.to_owned()),
                ("prefix", prefix) => topics.place.prefix = Some(prefix.to_owned()),
                _ => return Err("it has an unknown parameter"),
            }
        }
        let region = match scheme {
            "sns" => {
                let (region, account) = path.rsplit_once('/').unwrap_or((path, ""));
                if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Err("it does not name the account by its 12 digits");
                }
                topics.account = Some(account.to_owned());
                region
            }
            _ => path,
        };
        topics.place.region = read_region(region.trim_end_matches('/'))?;
        Ok(topics)
    }

    /// Queues of the standard kind at a place; `account` is for SNS.
    #[must_use]
    pub fn at(place: Place) -> Self {
        Self {
            place,
            ..Self::default()
        }
    }

    /// A client of SQS for this place.
    #[cfg(feature = "sqs")]
    pub async fn sqs(&self) -> Result<aws_sdk_sqs::Client> {
        let shared = self.place.load().await?;
        let mut config = aws_sdk_sqs::config::Builder::from(&shared).timeout_config(timeouts());
        if let Some(endpoint) = &self.place.endpoint {
            config = config.endpoint_url(endpoint);
        }
        Ok(aws_sdk_sqs::Client::from_conf(config.build()))
    }

    /// A client of SNS for this place.
    #[cfg(feature = "sns")]
    pub async fn sns(&self) -> Result<aws_sdk_sns::Client> {
        let shared = self.place.load().await?;
        let mut config = aws_sdk_sns::config::Builder::from(&shared).timeout_config(timeouts());
        if let Some(endpoint) = &self.place.endpoint {
            config = config.endpoint_url(endpoint);
        }
        Ok(aws_sdk_sns::Client::from_conf(config.build()))
    }

    /// What sends to the queues of this place.
    #[cfg(feature = "sqs")]
    pub async fn queues(&self) -> Result<crate::SqsQueues> {
        Ok(crate::SqsQueues::new(&self.sqs().await?, self.kind))
    }

    /// What sends to the topics of this place.
    #[cfg(feature = "sns")]
    pub async fn topics(&self) -> Result<crate::SnsTopics> {
        let account = self.account.as_deref().unwrap_or_default();
        crate::SnsTopics::new(&self.sns().await?, account, self.kind)
    }
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ATTEMPT)
        .build()
}

fn malformed(scheme: &str, why: &str) -> Error {
    let region = match scheme {
        "sns" => "REGION/ACCOUNT",
        _ => "REGION",
    };
    Error::invalid(format!(
        "the URL is not a place of messages ({why}): write \
         {scheme}://{region}?kind=fifo&endpoint=URL&prefix=NAME, the parameters if needed"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_region_account_kind_endpoint_and_prefix() {
        let place = TopicPlace::parse("sqs:", "sqs").unwrap();
        assert_eq!(place, TopicPlace::default());
        let url = "sqs://eu-west-1?kind=fifo&endpoint=http://127.0.0.1:1&prefix=t-";
        let place = TopicPlace::parse(url, "sqs").unwrap();
        assert_eq!(place.kind, TopicKind::Fifo);
        assert_eq!(place.place.region.as_deref(), Some("eu-west-1"));
        assert_eq!(place.place.endpoint.as_deref(), Some("http://127.0.0.1:1"));
        assert_eq!(place.place.prefix.as_deref(), Some("t-"));
        for url in ["sns://eu-west-1/123456789012", "sns:///123456789012"] {
            let place = TopicPlace::parse(url, "sns").unwrap();
            assert_eq!(place.account.as_deref(), Some("123456789012"), "{url}");
        }
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for (url, scheme, why) in [
            ("sqs://eu-west-1/123456789012", "sqs", "not a name"),
            ("sqs://eu-west-1?kind=lifo", "sqs", "neither"),
            ("sqs://eu-west-1?queue=jobs", "sqs", "parameter"),
            ("sns://eu-west-1", "sns", "12 digits"),
            ("sns:", "sns", "12 digits"),
            ("sns://eu-west-1/jobs", "sns", "12 digits"),
            ("sqs://eu-west-1/123456789012", "sns", "another scheme"),
        ] {
            let error = TopicPlace::parse(url, scheme).unwrap_err();
            let told = error.to_string();
            assert!(
                told.contains("write s") && told.contains(why),
                "{url}: {told}"
            );
        }
    }
}
