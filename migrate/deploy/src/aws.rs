//! AWS: a CloudFormation template that needs no transform, and the routes for API Gateway.

mod front;
mod function;
mod permissions;
mod routes;
mod stores;
mod template;
mod triggers;

use crate::error::Result;
use crate::export::{Export, File, Source};
use template::Template;

/// Which tables an application is asked to define.
pub(crate) const DOCUMENTS: &str = "dynamodb:";

const HOW: &str = "\
What the application declares, as a stack of AWS CloudFormation. Written by `isobar export aws`.

  isobar package aws BINARY
  aws s3 cp deploy/aws/function.zip s3://CODE-BUCKET/CODE-KEY
  aws cloudformation deploy --template-file template.yaml --stack-name NAME \\
    --capabilities CAPABILITY_IAM --parameter-overrides Prefix=PREFIX CodeBucket=CODE-BUCKET CodeKey=CODE-KEY

A new program is deployed when it has a new CodeKey.";

pub(crate) fn export(source: &Source<'_>) -> Result<Export> {
    let application = source.application;
    let mut template = Template::new(application);
    stores::tables(&mut template, source.tables)?;
    stores::buckets(&mut template);
    triggers::topics(&mut template);
    triggers::schedules(&mut template)?;
    triggers::failures(&mut template);
    front::http_api(&mut template);
    function::function(&mut template, source.architecture);
    let mut notes = Vec::new();
    let adopted = application
        .collections
        .iter()
        .filter(|collection| collection.adopted);
    notes.extend(adopted.map(|collection| {
        format!(
            "the table {:?} belongs to other code: the template uses it, with the prefix before its name, and does not create it",
            collection.table
        )
    }));
    if !application.topics.is_empty() {
        notes.push(
            "the application sends to topics: ISOBAR_TOPICS must name a store that its build can publish to"
                .to_owned(),
        );
    }
    let mut files = vec![File::new("template.yaml", template.text(HOW))];
    if !application.routes.is_empty() {
        files.push(File::new("openapi.yaml", routes::document(application)));
    }
    Ok(Export { files, notes })
}
