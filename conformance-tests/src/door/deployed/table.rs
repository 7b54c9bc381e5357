//! The table of the deployed probe, whose stream wakes the function.

use std::sync::Arc;

use aws_sdk_lambda::types::{EventSourcePosition, FunctionResponseType};
use isobar::Collection;
use isobar_aws::DynamoStore;

use super::function::Function;
use super::{FUNCTION, failed, place, root};
use crate::Failure;
use crate::door::WireWrite;
use crate::probe::notes::{NOTES, Note};

#[derive(Debug)]
pub(super) struct Table(Collection<Note>);

impl Table {
    /// Makes the table by the driver of this library, and has its stream wake the function.
    pub(super) async fn make(function: &Function) -> Result<Self, Failure> {
        let (client, streams) = place(function).dynamodb().await?;
        let config = client.config().to_builder();
        let client =
            aws_sdk_dynamodb::Client::from_conf(config.credentials_provider(root()).build());
        let store = DynamoStore::new(client.clone()).with_streams(streams);
        let clock = Arc::new(isobar_aws::function::clock());
        let notes = Collection::new(Arc::new(store), clock, &NOTES, "");
        notes.ensure().await?;
        let told = client.describe_table().table_name(NOTES.name()).send();
        let told = told.await.map_err(failed)?.table;
        let stream = told.and_then(|table| table.latest_stream_arn);
        let stream = stream.ok_or_else(|| Failure::new("the table has no stream"))?;
        wake(function, &stream).await?;
        Ok(Self(notes))
    }

    /// Stores a document, or deletes it.
    pub(super) async fn write(&self, write: &WireWrite) -> Result<(), Failure> {
        let WireWrite { owner, id, content } = write;
        match content {
            Some(note) => drop(self.0.upsert(note).await?),
            None => drop(self.0.delete((owner.as_str(), *id)).await?),
        }
        Ok(())
    }
}

/// Has the stream wake the function, from its beginning on; by one record at a time, since MiniStack 1.5
/// takes a batch for done of which the answer names some as failed.
async fn wake(function: &Function, stream: &str) -> Result<(), Failure> {
    let mapping = function
        .client
        .create_event_source_mapping()
        .function_name(FUNCTION)
        .event_source_arn(stream)
        .starting_position(EventSourcePosition::TrimHorizon)
        .batch_size(1)
        .function_response_types(FunctionResponseType::ReportBatchItemFailures);
    mapping.send().await.map_err(failed)?;
    Ok(())
}
