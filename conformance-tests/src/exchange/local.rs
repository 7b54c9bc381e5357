//! Topics of a local store, and the local platform of this process that delivers them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use isobar::driver::function::FunctionDriver as _;
use isobar::driver::topic::TopicDriver;
use isobar::function::{Event, Message, Outcome};
use isobar::{App, Environment};
use isobar_local::{LocalPlatform, LocalStore};

use super::{Exchange, Exchanges, QUIET, Received};
use crate::Failure;
use crate::probe::TOPIC;
use crate::provider::ServerTask;

/// The topics of one store.
#[derive(Debug)]
pub struct LocalExchanges(pub LocalStore);

#[derive(Debug)]
struct LocalExchange {
    inbox: Inbox,
    _serving: ServerTask,
}

type Inbox = Arc<Mutex<Vec<Received>>>;

/// How long a message may take.
const PATIENCE: Duration = Duration::from_secs(20);

#[async_trait]
impl Exchanges for LocalExchanges {
    fn driver(&self) -> Arc<dyn TopicDriver> {
        self.0.topics()
    }

    fn makes_topics(&self) -> bool {
        false
    }

    async fn open(&self, prefix: &str) -> Result<Box<dyn Exchange>, Failure> {
        let platform = LocalPlatform::bind("127.0.0.1:0").await?;
        let platform = platform.with_messages(self.0.clone());
        let clock = Arc::new(isobar_local::clock());
        let environment = Environment::builder(platform.describe(), clock)
            .topics(self.0.topics())
            .topic_prefix(prefix)
            .build();
        let inbox = Inbox::default();
        let state = Arc::clone(&inbox);
        let app = App::new("probe", move |_: &Environment| Ok(state));
        let app = app.subscribe(&TOPIC, |inbox: Inbox, event: Event<Message>| {
            keep(&inbox, event);
            std::future::ready(Ok(Outcome::Ack))
        });
        let service = app.build(&environment)?;
        let serving = tokio::spawn(async move { platform.serve(service).await });
        Ok(Box::new(LocalExchange {
            inbox,
            _serving: ServerTask(serving.abort_handle()),
        }))
    }
}

fn keep(inbox: &Inbox, event: Event<Message>) {
    let (message, trace) = (event.data, event.context.trace());
    let parent = trace.parent_id().map(|span| format!("{span:016x}"));
    let received = Received {
        id: message.id,
        body: message.body.to_vec(),
        attributes: message.attributes,
        group: message.group,
        trace: (format!("{:032x}", trace.trace_id()), parent),
    };
    let mut inbox = inbox.lock().unwrap_or_else(PoisonError::into_inner);
    inbox.push(received);
}

impl LocalExchange {
    fn so_far(&self) -> Vec<Received> {
        let inbox = self.inbox.lock();
        inbox.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Exchange for LocalExchange {
    async fn received(&self, count: usize) -> Result<Vec<Received>, Failure> {
        let give_up = Instant::now() + PATIENCE;
        let mut quiet_since = Instant::now();
        let mut before = 0;
        loop {
            let received = self.so_far();
            if received.len() != before {
                (before, quiet_since) = (received.len(), Instant::now());
            }
            if received.len() >= count && quiet_since.elapsed() > QUIET {
                return Ok(received);
            }
            if Instant::now() > give_up {
                let told = format!("{} of {count} messages came", received.len());
                return Err(Failure::new(told));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
