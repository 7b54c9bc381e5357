//! Where messages are published, as URLs name it.

#[cfg(any(
    feature = "sqs",
    feature = "sns",
    feature = "pubsub",
    feature = "azure-queue"
))]
use std::sync::Arc;

use isobar::driver::topic::TopicDriver;
use isobar::{Error, ErrorKind, Result};

use super::{Opened, Stores, scheme};
use crate::config::TOPICS;

/// The schemes that some feature of this crate serves.
const KNOWN: [(&str, &str); 5] = [
    ("local", "local"),
    ("sqs", "sqs"),
    ("sns", "sns"),
    ("pubsub", "pubsub"),
    ("azure-queue", "azure-queue"),
];

impl Stores {
    /// What sends messages.
    pub(crate) async fn topics(&mut self, url: &str) -> Result<Opened<dyn TopicDriver>> {
        #[cfg(feature = "local")]
        if let Some(store) = self.local(url)?.cloned() {
            let driver = store.topics();
            self.local_messages = Some(store);
            let prefix = None;
            return Ok(Opened { driver, prefix });
        }
        match scheme(url) {
            "sqs" => sqs(url).await,
            "sns" => sns(url).await,
            "pubsub" => pubsub(url),
            "azure-queue" => azure_queue(url),
            _ => Err(unknown(url)),
        }
    }
}

#[cfg(feature = "sqs")]
async fn sqs(url: &str) -> Result<Opened<dyn TopicDriver>> {
    let place = isobar_aws::config::TopicPlace::parse(url, "sqs")?;
    Ok(Opened {
        driver: Arc::new(place.queues().await?),
        prefix: place.place.prefix,
    })
}

#[cfg(not(feature = "sqs"))]
async fn sqs(url: &str) -> Result<Opened<dyn TopicDriver>> {
    std::future::ready(Err(unknown(url))).await
}

#[cfg(feature = "sns")]
async fn sns(url: &str) -> Result<Opened<dyn TopicDriver>> {
    let place = isobar_aws::config::TopicPlace::parse(url, "sns")?;
    Ok(Opened {
        driver: Arc::new(place.topics().await?),
        prefix: place.place.prefix,
    })
}

#[cfg(not(feature = "sns"))]
async fn sns(url: &str) -> Result<Opened<dyn TopicDriver>> {
    std::future::ready(Err(unknown(url))).await
}

#[cfg(feature = "pubsub")]
fn pubsub(url: &str) -> Result<Opened<dyn TopicDriver>> {
    let place = isobar_gcp::topic::Place::parse(url)?;
    Ok(Opened {
        driver: Arc::new(place.open()?),
        prefix: place.prefix,
    })
}

#[cfg(not(feature = "pubsub"))]
fn pubsub(url: &str) -> Result<Opened<dyn TopicDriver>> {
    Err(unknown(url))
}

#[cfg(feature = "azure-queue")]
fn azure_queue(url: &str) -> Result<Opened<dyn TopicDriver>> {
    let place = isobar_azure::config::queue::QueuePlace::parse(url)?;
    Ok(Opened {
        driver: Arc::new(place.open()?),
        prefix: place.prefix,
    })
}

#[cfg(not(feature = "azure-queue"))]
fn azure_queue(url: &str) -> Result<Opened<dyn TopicDriver>> {
    Err(unknown(url))
}

/// The URL may hold a password, and is not shown.
fn unknown(url: &str) -> Error {
    let scheme = scheme(url);
    let message = match KNOWN.iter().find(|(known, _)| *known == scheme) {
        Some((_, feature)) => format!(
            "{TOPICS} names {scheme:?}, which this build left out: enable the feature {feature:?} of \
             isobar-connect"
        ),
        None if super::KNOWN.iter().any(|(known, _)| *known == scheme) => format!(
            "{TOPICS} names a {scheme:?} store, which has no topics to publish to: set it to the URL \
             of what has, such as sqs://REGION, pubsub://PROJECT or azure-queue://ACCOUNT"
        ),
        None => {
            format!("{TOPICS} is not the URL of topics that Isobar knows: its scheme is {scheme:?}")
        }
    };
    Error::new(ErrorKind::Unsupported, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_store_of_documents_is_said_to_have_no_topics() {
        let url = "postgresql://app:hidden@localhost/notes";
        let opened = Stores::default().topics(url).await;
        let error = opened.map(drop).unwrap_err().to_string();
        assert!(
            error.contains("has no topics") && error.contains("sqs://"),
            "{error}"
        );
        assert!(!error.contains("hidden"), "{error}");
        let opened = Stores::default().topics("kafka://localhost").await;
        let error = opened.map(drop).unwrap_err().to_string();
        assert!(error.contains("\"kafka\""), "{error}");
    }

    #[cfg(feature = "sqs")]
    #[tokio::test]
    async fn a_url_of_queues_opens_them_with_their_prefix_and_kind() {
        let url = "sqs://eu-west-1?kind=fifo&prefix=t-&endpoint=http://127.0.0.1:1";
        let opened = Stores::default().topics(url).await.unwrap();
        let described = opened.driver.describe();
        assert_eq!(described.provider, "sqs");
        let groups = isobar::Capability::MessageGroups;
        assert!(described.capabilities.has(groups));
        assert_eq!(opened.prefix.as_deref(), Some("t-"));
    }

    #[cfg(feature = "sns")]
    #[tokio::test]
    async fn a_url_of_topics_opens_them() {
        let url = "sns://eu-west-1/123456789012?endpoint=http://127.0.0.1:1";
        let opened = Stores::default().topics(url).await.unwrap();
        assert_eq!(opened.driver.describe().provider, "sns");
    }

    #[cfg(feature = "pubsub")]
    #[tokio::test]
    async fn a_url_of_pub_sub_opens_topics_with_their_prefix() {
        let url = "pubsub://shop?endpoint=http://127.0.0.1:1&prefix=t-";
        let opened = Stores::default().topics(url).await.unwrap();
        assert_eq!(opened.driver.describe().provider, "pubsub");
        assert_eq!(opened.prefix.as_deref(), Some("t-"));
    }

    #[cfg(feature = "azure-queue")]
    #[tokio::test]
    async fn a_url_of_azure_queue_storage_opens_queues_with_their_prefix() {
        let url = "azure-queue://devstoreaccount1?endpoint=http://127.0.0.1:1&prefix=t-";
        let opened = Stores::default().topics(url).await.unwrap();
        assert_eq!(opened.driver.describe().provider, "azure-queue");
        assert_eq!(opened.prefix.as_deref(), Some("t-"));
    }
}
