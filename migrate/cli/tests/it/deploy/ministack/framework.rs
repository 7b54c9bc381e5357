//! The same example, deployed to MiniStack by the Serverless Framework, from what both commands wrote for it.

use isobar_conformance::emulator::Emulator;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{MINISTACK, Stack, call, use_every_route};
use crate::deploy::serverless::{pack, serverless};
use crate::deploy::{exported, notes};
use crate::migration::{stderr, stdout};

/// A stack that the framework deploys, with the table that belongs to other code.
async fn deployed(directory: &TempDir) -> Stack {
    let stack = Stack {
        emulator: Emulator::start(&MINISTACK).await.unwrap(),
        outputs: Value::Null,
    };
    let made = stack.ask(
        "
made = client('dynamodb').create_table(TableName='demo-owners', BillingMode='PAY_PER_REQUEST',
    AttributeDefinitions=[{'AttributeName': 'name', 'AttributeType': 'S'}],
    KeySchema=[{'AttributeName': 'name', 'KeyType': 'HASH'}])
print(json.dumps(made['TableDescription']['TableName']))",
    );
    assert_eq!(made, "demo-owners");
    let mut deploy = serverless("deploy", directory.path(), &["Prefix=demo-"]);
    deploy
        .env("AWS_ENDPOINT_URL", &stack.emulator.url)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test");
    let output = deploy.output().unwrap();
    let told = format!("{}{}", stdout(&output), stderr(&output));
    assert!(output.status.success(), "{told}");
    let outputs = stack.ask(
        "
(stack,) = client('cloudformation').describe_stacks(StackName='notes-dev')['Stacks']
print(json.dumps({one['OutputKey']: one['OutputValue'] for one in stack['Outputs']}))",
    );
    Stack {
        outputs: json!({ "Url": outputs["HttpApiUrl"] }),
        ..stack
    }
}

#[tokio::test]
async fn the_example_that_the_serverless_framework_deploys_answers_on_every_route_by_its_role_alone()
 {
    let directory = exported("aws-serverless");
    pack(directory.path(), &notes());
    let stack = deployed(&directory).await;
    use_every_route(&stack.api());

    let left = stack.ask(
        "
iam = client('iam')
(role,) = iam.list_roles()['Roles']
(name,) = iam.list_role_policies(RoleName=role['RoleName'])['PolicyNames']
policy = iam.get_role_policy(RoleName=role['RoleName'], PolicyName=name)['PolicyDocument']
kept = [one for one in policy['Statement'] if not one['Action'][0].startswith('dynamodb:')]
taken = len(policy['Statement']) - len(kept)
policy['Statement'] = kept
iam.put_role_policy(RoleName=role['RoleName'], PolicyName=name, PolicyDocument=json.dumps(policy))
print(taken)",
    );
    assert!(left.as_u64() >= Some(2), "{left}");
    let (status, problem) = call(&stack.api(), "GET", "/notes/alice", None);
    assert_eq!((status, &problem["status"]), (500, &json!(500)));
}
