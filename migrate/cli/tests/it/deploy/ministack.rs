//! What both commands wrote for AWS, deployed to MiniStack, which checks permissions, and called there.

mod framework;
mod relayed;

use std::path::Path;
use std::process::Command;

use isobar_conformance::emulator::{Emulator, PythonEmulator};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{everything, export, exported, isobar, notes, python, repository};
use crate::migration::stderr;

const MINISTACK: PythonEmulator = PythonEmulator {
    package: "ministack",
    command: "ministack",
    arguments: Vec::new(),
    variables: &[
        ("AUTH", "true"),
        ("BIND_HOST", "127.0.0.1"),
        ("GATEWAY_PORT", "{port}"),
        ("LAMBDA_EXECUTOR", "local"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:{port}"),
    ],
    ready: Some("/_ministack/health"),
};

/// A stack with what an export and a package say, and its outputs.
struct Stack {
    emulator: Emulator,
    outputs: Value,
}

impl Stack {
    async fn deploy(directory: &TempDir, program: &Path, parameters: &[&str]) -> Self {
        let archive = directory.path().join("function.zip");
        let mut package = isobar(&["package", "aws"]);
        let package = package.arg(program).arg("--out").arg(&archive);
        let output = package.output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        let emulator = Emulator::start(&MINISTACK).await.unwrap();
        let mut deploy = python();
        deploy
            .arg(repository("conformance-tests/emulators/stack.py"))
            .arg(&emulator.url)
            .arg(directory.path().join("template.yaml"))
            .arg(&archive)
            .args([
                "Prefix=demo-",
                "CodeBucket=artifacts",
                "CodeKey=package.zip",
            ])
            .args(parameters);
        let outputs = printed(&mut deploy);
        Self { emulator, outputs }
    }

    /// The HTTP API, in the emulator's form of its address.
    fn api(&self) -> String {
        let url = self.outputs["Url"].as_str().unwrap();
        let (_, host) = url.split_once("://").unwrap();
        let id = host.split('.').next().unwrap();
        format!("{}/_aws/execute-api/{id}/$default", self.emulator.url)
    }

    /// What a program in Python with a maker of the vendor's clients prints.
    fn ask(&self, program: &str) -> Value {
        const CLIENTS: &str = "
import boto3, json, sys
def client(service):
    return boto3.client(service, endpoint_url=sys.argv[1], region_name='us-east-1',
                        aws_access_key_id='test', aws_secret_access_key='test')
";
        let mut asking = python();
        asking.args(["-c", &format!("{CLIENTS}{program}")]);
        printed(asking.arg(&self.emulator.url))
    }
}

#[track_caller]
pub(super) fn printed(command: &mut Command) -> Value {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A request with JSON, and the answer, `null` where it is no JSON.
pub(super) fn call(base: &str, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
    const CALL: &str = "
import json, sys, requests
method, url, body = sys.argv[1:]
answer = requests.request(method, url, data=body or None, headers={'content-type': 'application/json'}, timeout=60)
print(json.dumps([answer.status_code, answer.text]))
";
    let body = body.map(Value::to_string).unwrap_or_default();
    let url = format!("{base}{path}");
    let answer = printed(python().args(["-c", CALL, method, &url, &body]));
    let (status, text): (u16, String) = serde_json::from_value(answer).unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

/// A file that the store takes itself, by a request that the function has signed.
fn attach(base: &str, path: &str) {
    assert_eq!(call(base, "GET", path, None).0, 200);
    let files = format!("{path}/files");
    let file = json!({ "name": "a.json", "type": "application/json", "size": 8 });
    let (status, signed) = call(base, "POST", &files, Some(&file));
    assert_eq!(status, 200, "{signed}");
    let stored = call(
        signed["url"].as_str().unwrap(),
        "PUT",
        "",
        Some(&json!("pixels")),
    );
    assert_eq!(stored.0, 200, "{}", stored.1);
    let listed = json!([{ "name": "a.json", "size": 8 }]);
    assert_eq!(call(base, "GET", &files, None), (200, listed));
    let read = call(base, "GET", &format!("{files}/a.json"), None);
    assert_eq!(read, (200, json!("pixels")));
}

/// Every route of the example, in the life of one note.
fn use_every_route(base: &str) {
    let draft = json!({ "text": "hello", "tags": [] });
    let (status, note) = call(base, "POST", "/notes/alice", Some(&draft));
    assert_eq!(status, 201, "{note}");
    let path = format!("/notes/alice/{}", note["id"].as_str().unwrap());
    assert_eq!(call(base, "GET", &path, None), (200, note.clone()));
    let (status, page) = call(base, "GET", "/notes/alice", None);
    assert_eq!((status, &page["notes"]), (200, &json!([note])));
    let (status, changed) = call(base, "PATCH", &path, Some(&json!({ "text": "world" })));
    assert_eq!((status, &changed["text"]), (200, &json!("world")));
    let photo = format!("{path}/photo");
    assert_eq!(call(base, "PUT", &photo, Some(&json!("pixels"))).0, 204);
    assert_eq!(call(base, "GET", &photo, None), (200, json!("pixels")));
    attach(base, &format!("{path}/attachments"));
    assert_eq!(call(base, "DELETE", &path, None).0, 204);
    let (status, problem) = call(base, "GET", &path, None);
    assert_eq!((status, &problem["title"]), (404, &json!("Not Found")));
    // The application's own answers where it has no route, not the gateway's.
    assert_eq!(call(base, "DELETE", "/notes/alice", None).0, 405);
    assert_eq!(call(base, "GET", "/elsewhere", None).0, 404);
}

#[tokio::test]
async fn the_deployed_example_answers_on_every_route_by_its_role_alone() {
    let directory = exported("aws");
    let stack = Stack::deploy(&directory, &notes(), &["table=demo-owners:name"]).await;
    use_every_route(&stack.api());

    // Without a part of the role, the function may not do that part.
    let left = stack.ask(
        "
iam = client('iam')
(role,) = iam.list_roles()['Roles']
policy = iam.get_role_policy(RoleName=role['RoleName'], PolicyName='declared')['PolicyDocument']
policy['Statement'] = [one for one in policy['Statement'] if not one['Action'][0].startswith('dynamodb:')]
iam.put_role_policy(RoleName=role['RoleName'], PolicyName='declared', PolicyDocument=json.dumps(policy))
print(len(policy['Statement']))",
    );
    assert_eq!(left, 6);
    let (status, problem) = call(&stack.api(), "GET", "/notes/alice", None);
    assert_eq!((status, &problem["status"]), (500, &json!(500)));
}

#[tokio::test]
async fn a_stack_of_everything_has_its_variables_queues_and_notifications() {
    let directory = tempfile::tempdir().unwrap();
    let output = export("aws", &everything(), directory.path());
    assert!(output.status.success(), "{}", stderr(&output));
    let parameters = [
        "SettingPlace=here",
        "SettingLoginIssuer=https://login.example",
        "SecretApiKey=api-key",
        "secret=api-key:hidden",
    ];
    let stack = Stack::deploy(&directory, Path::new("/bin/cat"), &parameters).await;
    let found = stack.ask(
        "
function = client('lambda').get_function_configuration(FunctionName='demo-every-thing')
mappings = client('lambda').list_event_source_mappings(FunctionName='demo-every-thing')['EventSourceMappings']
told = client('s3').get_bucket_notification_configuration(Bucket='demo-user-photos')
rules = client('events').list_rules()['Rules']
print(json.dumps({
    'variables': function['Environment']['Variables'],
    'sources': sorted(mapping['EventSourceArn'].split(':')[5].split('/2')[0] for mapping in mappings),
    'partial': all(mapping['FunctionResponseTypes'] == ['ReportBatchItemFailures'] for mapping in mappings),
    'events': sorted(event for one in told['LambdaFunctionConfigurations'] for event in one['Events']),
    'rules': sorted([rule['Name'], rule['ScheduleExpression']] for rule in rules),
    'topics': sorted(topic['TopicArn'].split(':')[-1] for topic in client('sns').list_topics()['Topics']),
}))",
    );
    let expected = json!({
        "variables": {
            "ISOBAR_DOCUMENTS": "dynamodb:", "ISOBAR_BLOBS": "s3:", "ISOBAR_PREFIX": "demo-",
            "ISOBAR_TOPICS": "sns://us-east-1/000000000000",
            "GREETING": "hello", "PLACE": "here", "API_KEY": "hidden",
            "LOGIN_ISSUER": "https://login.example", "ISOBAR_AUTHORIZER": "application",
        },
        "sources": ["demo-jobs", "demo-orders", "table/demo-parcels/stream"],
        "partial": true,
        "events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"],
        "rules": [
            ["demo-every-thing-often", "cron(0/5 * * * ? *)"],
            ["demo-every-thing-weekly", "cron(0 0 ? * MON *)"],
        ],
        "topics": ["demo-jobs", "demo-mails"],
    });
    assert_eq!(found, expected);
}
