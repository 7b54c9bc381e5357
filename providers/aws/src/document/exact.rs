//! Updates that happen exactly once, however many answers are lost (rule R21).

use aws_sdk_dynamodb::types::TransactWriteItem;
use isobar::Result;
use isobar::document::Version;
use isobar::driver::document::{Call, Write, Written};
use isobar::driver::{Effect, contention_pause, doubtful, overtaken};

use super::DynamoStore;
use super::atomic::{Answer, send, understood};
use super::rewrite::plan;

/// How often an update reads again because another writer was faster.
const ROUNDS: u32 = 48;
/// How often one attempt is sent again; with the pauses between, some seconds.
const RETRIES: u32 = 8;

/// What became of one attempt, for certain.
enum Settled {
    Committed,
    /// Another writer changed what was read, and nothing was written.
    Overtaken,
}

impl DynamoStore {
    /// Reads, computes, and writes as a transaction of one, on the condition that nothing has
    /// changed.
    pub(super) async fn update_exactly(&self, call: &Call<'_>, write: &Write) -> Result<Written> {
        for round in 0..ROUNDS {
            let item = self.read(call.schema, &write.key).await?;
            let plan = plan(call, write, item)?;
            let statement = plan.statement.into_transaction()?;
            match self.settle_exactly(call, write, statement).await? {
                Settled::Committed => {
                    return Ok(Written {
                        existed: None,
                        record: Some(plan.record),
                    });
                }
                Settled::Overtaken => {}
            }
            tokio::time::sleep(contention_pause(round)).await;
        }
        Err(overtaken())
    }

    /// Sends an attempt until DynamoDB says what became of it. Under one token it is made once at
    /// most: sent again, one that was committed is answered with success, so that a refusal says
    /// that no attempt was ("ClientRequestToken" of `TransactWriteItems`, ten minutes).
    async fn settle_exactly(
        &self,
        call: &Call<'_>,
        write: &Write,
        statement: TransactWriteItem,
    ) -> Result<Settled> {
        let request = self
            .requests
            .transact_write_items()
            .transact_items(statement)
            .client_request_token(Version::generate().as_str());
        let writes = std::slice::from_ref(write);
        let (mut earlier, mut retries) = (Effect::None, self.retries(RETRIES));
        loop {
            let Err(error) = send(request.clone()).await else {
                retries.answered();
                return Ok(Settled::Committed);
            };
            let (answer, effect, again) = understood(call, writes, error);
            earlier = earlier.max(effect);
            let error = match answer {
                Answer::Committed => return Ok(Settled::Committed),
                Answer::Read(_) => return Ok(Settled::Overtaken),
                Answer::Final(error) if !again => return Err(error),
                Answer::Final(error) | Answer::Busy(error) => error,
            };
            let Some(pause) = retries.pause(&error) else {
                return Err(doubtful(error, earlier));
            };
            tracing::debug!(%error, "an exact update is sent again");
            tokio::time::sleep(pause).await;
        }
    }
}
