//! AWS: a CloudFormation template that needs no transform, and the routes for API Gateway.

mod front;
mod function;
mod names;
mod permissions;
mod routes;
pub(crate) mod serverless;
mod stores;
mod template;
mod triggers;

use crate::application::{Application, Collection};
use crate::error::Result;
use crate::export::{Export, File, Source};
use crate::timeouts;
use template::Template;

/// Which tables an application is asked to define.
pub(crate) const DOCUMENTS: &str = "dynamodb:";
/// Where the application sends its messages, of the place of the stack.
const TOPICS: &str = "sns://${AWS::Region}/${AWS::AccountId}";
/// The same where messages of a group must come in their order.
const ORDERED_TOPICS: &str = "sns://${AWS::Region}/${AWS::AccountId}?kind=fifo";

const HOW: &str = "\
What the application declares, as a stack of AWS CloudFormation. Written by `isobar export aws`.

  isobar package aws BINARY
  cd deploy/aws
  aws s3 cp function.zip s3://CODE-BUCKET/CODE-KEY
  aws cloudformation deploy --template-file template.yaml --stack-name NAME \\
    --capabilities CAPABILITY_IAM --parameter-overrides Prefix=PREFIX CodeBucket=CODE-BUCKET CodeKey=CODE-KEY

A new program is deployed when it has a new CodeKey.";

pub(crate) fn export(source: &Source<'_>) -> Result<Export> {
    let application = source.application;
    let mut template = stack(source)?;
    front::http_api(&mut template);
    function::function(&mut template, source.architecture);
    let mut files = vec![File::new("template.yaml", template.text(HOW))];
    if !application.routes.is_empty() {
        files.push(File::new("openapi.yaml", routes::document(application)));
    }
    Ok(Export {
        files,
        notes: notes(application),
    })
}

/// What the application uses and what wakes it, without the function and its front.
fn stack<'s>(source: &Source<'s>) -> Result<Template<'s>> {
    let mut template = Template::new(source.application);
    stores::tables(&mut template, source.tables)?;
    stores::buckets(&mut template);
    triggers::topics(&mut template);
    triggers::schedules(&mut template)?;
    triggers::failures(&mut template);
    template.check_names()?;
    Ok(template)
}

fn notes(application: &Application) -> Vec<String> {
    let mut notes = adopted(application);
    let door = &function::DOOR;
    notes.extend(timeouts::notes(application, door, "the HTTP API of AWS"));
    if !application.topics.is_empty() {
        notes.push(
            "the application sends to topics of SNS, which ISOBAR_TOPICS names: its build needs the feature \"sns\" of \
             isobar-connect"
                .to_owned(),
        );
    }
    notes
}

/// What is to be known of the tables that belong to other code.
fn adopted(application: &Application) -> Vec<String> {
    let adopted = application.collections.iter().filter(|one| one.adopted);
    let used = adopted.clone().map(|one| {
        let name = template::table_name(one);
        format!(
            "the table {name:?} belongs to other code: the stack uses it and does not create it"
        )
    });
    let told = |one: &&Collection| application.change_triggers.contains(&one.name);
    let unheard = adopted.filter(told).map(|one| {
        format!(
            "the stream of the table {:?} belongs to other code too: make an event source mapping with \
             ReportBatchItemFailures for it by hand, or its changes wake nobody",
            template::table_name(one)
        )
    });
    used.chain(unheard).collect()
}

#[cfg(test)]
mod tests;
