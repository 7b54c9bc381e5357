//! The queues and topics of AWS beside the queues of the provider `aws`, on MiniStack or on AWS.

use std::sync::Arc;

use isobar_aws::SnsTopics;
use isobar_aws::config::Place;
use isobar_aws::topic::TopicKind;

use super::aws::{LIVE, MINISTACK, TRACES, emulated, sns_client, sqs_client};
use super::{Options, StartFailure};
use crate::emulator::Emulator;
use crate::exchange::Exchanges;
use crate::exchange::sns::SnsExchanges;
use crate::exchange::sqs::SqsExchanges;
use crate::{Evidence, Provider};

/// Their names; those that end with `fifo` keep an order.
pub const NAMES: [&str; 3] = ["aws-sqs-fifo", "aws-sns", "aws-sns-fifo"];
/// The account that MiniStack has unless the key names another one.
const ACCOUNT: &str = "000000000000";
/// The variable that names the account on AWS itself.
const ACCOUNT_VARIABLE: &str = "AWS_ACCOUNT_ID";

/// Whether this is one of them.
pub(super) fn starts(name: &str) -> bool {
    NAMES.contains(&name)
}

/// Starts MiniStack, or uses the endpoint that was given; `live` is AWS itself.
pub async fn start(name: &str, options: &Options) -> Result<Provider, StartFailure> {
    let name = NAMES.into_iter().find(|known| *known == name);
    let name = name.ok_or_else(|| StartFailure::Broken("it is no such provider".to_owned()))?;
    if options.endpoint.as_deref() == Some(LIVE) {
        let account = isobar_serve::process_variable(ACCOUNT_VARIABLE).ok_or_else(|| {
            StartFailure::Missing(format!("set {ACCOUNT_VARIABLE} to the account, 12 digits"))
        })?;
        let provider = Provider::new(name, Evidence::LiveCloud);
        return connect((Place::default(), &account), provider).await;
    }
    let emulator = match options.endpoint {
        Some(_) => None,
        None => Some(Emulator::start(&MINISTACK).await?),
    };
    let started = emulator.as_ref().map(|emulator| emulator.url.clone());
    let endpoint = options.endpoint.clone().or(started).unwrap_or_default();
    let provider = Provider {
        emulator,
        known_faults: &[TRACES],
        ..Provider::new(name, Evidence::ThirdPartyEmulator)
    };
    connect((emulated(&endpoint), ACCOUNT), provider).await
}

async fn connect(
    (place, account): (Place, &str),
    provider: Provider,
) -> Result<Provider, StartFailure> {
    let kind = if provider.name.ends_with("fifo") {
        TopicKind::Fifo
    } else {
        TopicKind::Standard
    };
    let sqs = sqs_client(&place).await?;
    let exchanges: Arc<dyn Exchanges> = if provider.name.starts_with("aws-sqs") {
        Arc::new(SqsExchanges::new(sqs, kind))
    } else {
        let sns = sns_client(&place).await?;
        let driver = SnsTopics::new(&sns, account, kind);
        let driver = driver.map_err(|error| StartFailure::Broken(error.to_string()))?;
        Arc::new(SnsExchanges {
            sns,
            sqs,
            driver: Arc::new(driver),
            kind,
        })
    };
    Ok(Provider {
        exchanges: Some(exchanges),
        endpoint: place.endpoint.unwrap_or_else(|| LIVE.to_owned()),
        ..provider
    })
}
