//! The bucket of the deployed probe, whose notifications wake the function.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{
    CompletedMultipartUpload, CompletedPart, Event, LambdaFunctionConfiguration,
    NotificationConfiguration,
};

use super::function::Function;
use super::{PATIENCE, failed, place, root};
use crate::Failure;
use crate::door::WireChange;
use crate::probe::FILES;

#[derive(Debug)]
pub(super) struct Watched(Client);

impl Watched {
    /// Makes the bucket, and has it tell the function what is stored and deleted there.
    pub(super) async fn make(function: &Function) -> Result<Self, Failure> {
        let client = place(function).s3().await?;
        let config = client.config().to_builder();
        let client = Client::from_conf(config.credentials_provider(root()).build());
        let bucket = client.create_bucket().bucket(FILES.name()).send();
        bucket.await.map_err(failed)?;
        let told = LambdaFunctionConfiguration::builder()
            .lambda_function_arn(&function.arn)
            .events(Event::from("s3:ObjectCreated:*"))
            .events(Event::from("s3:ObjectRemoved:*"));
        let told = told.build().map_err(failed)?;
        let told = NotificationConfiguration::builder().lambda_function_configurations(told);
        let set = client.put_bucket_notification_configuration();
        let set = set.bucket(FILES.name());
        let set = set.notification_configuration(told.build()).send();
        set.await.map_err(failed)?;
        Ok(Self(client))
    }

    /// Changes one blob, and waits until the function was told: MiniStack tells it of several changes at the same time, in
    /// any order.
    pub(super) async fn change(
        &self,
        function: &Function,
        change: &WireChange,
    ) -> Result<(), Failure> {
        let before = function.services.invocations().await?;
        match &change.content {
            None => {
                let delete = self.0.delete_object().bucket(FILES.name()).key(&change.key);
                delete.send().await.map_err(failed)?;
            }
            Some(content) if change.in_parts => self.upload(&change.key, content).await?,
            Some(content) => {
                let put = self.0.put_object().bucket(FILES.name()).key(&change.key);
                let put = put.body(content.clone().into());
                put.send().await.map_err(failed)?;
            }
        }
        function.services.invoked(before, PATIENCE).await
    }

    /// An upload of one part.
    async fn upload(&self, key: &str, content: &[u8]) -> Result<(), Failure> {
        let begun = self.0.create_multipart_upload().bucket(FILES.name());
        let begun = begun.key(key).send().await.map_err(failed)?;
        let id = begun.upload_id.unwrap_or_default();
        let part = self.0.upload_part().bucket(FILES.name()).key(key);
        let part = part.upload_id(&id).part_number(1);
        let part = part.body(content.to_vec().into());
        let tag = part.send().await.map_err(failed)?.e_tag;
        let part = CompletedPart::builder().part_number(1).set_e_tag(tag);
        let parts = CompletedMultipartUpload::builder().parts(part.build());
        let end = self.0.complete_multipart_upload().bucket(FILES.name());
        let end = end.key(key).upload_id(id).multipart_upload(parts.build());
        end.send().await.map(drop).map_err(failed)
    }
}
