//! Reads of documents by their names.

use std::collections::HashMap;
use std::time::Duration;

use googleapis_tonic_google_firestore_v1::google::firestore::v1 as proto;
use isobar::Result;
use isobar::driver::Failure;
use proto::batch_get_documents_response::Result as Got;
use tonic::Status;

use super::Client;
use super::FirestoreStore;
use super::name::Names;
use super::row::{self, Row};
use crate::error::failure;

/// How often a request is sent again, and after how long at most the first time.
const RETRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(100);

impl FirestoreStore {
    /// The documents of these names, expired or not; those that are missing are not in it.
    pub(super) async fn read_many(
        &self,
        names: &Names<'_>,
        documents: &[String],
    ) -> Result<HashMap<String, Row>> {
        if documents.is_empty() {
            return Ok(HashMap::new());
        }
        let found = self.retried(|| self.ask(documents)).await?;
        let rows = found.into_iter().map(|document| {
            let name = document.name.clone();
            Ok((name, row::row(names.schema, document)?))
        });
        rows.collect()
    }

    pub(super) async fn ask(&self, documents: &[String]) -> Result<Vec<proto::Document>, Status> {
        let request = proto::BatchGetDocumentsRequest {
            database: self.database.clone(),
            documents: documents.to_vec(),
            ..Default::default()
        };
        let ask = |mut client: Client| async move { client.batch_get_documents(request).await };
        let mut answers = self.connection.stream(ask).await?;
        let mut found = Vec::with_capacity(documents.len());
        while let Some(answer) = answers.message().await? {
            if let Some(Got::Found(document)) = answer.result {
                found.push(document);
            }
        }
        Ok(found)
    }

    /// Asks until there is an answer: a read may be asked twice.
    pub(super) async fn retried<T, F>(&self, ask: impl Fn() -> F) -> Result<T>
    where
        F: Future<Output = Result<T, Status>>,
    {
        let mut retries = self.budget.retries(RETRIES, PAUSE);
        loop {
            let Failure { error, .. } = match ask().await {
                Ok(answer) => {
                    retries.answered();
                    return Ok(answer);
                }
                Err(status) => failure(status),
            };
            tokio::time::sleep(retries.pause_or(error)?).await;
        }
    }
}
