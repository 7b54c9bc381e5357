//! AWS: the template by cfn-lint, the routes by openapi-spec-validator, and permissions by each statement.

use serde_json::json;

use super::{application, everything, export, exported, notes, parsed, read, validate};
use crate::migration::{stderr, stdout};

#[test]
fn the_template_of_the_example_passes_cfn_lint() {
    let directory = exported("aws");
    let template = directory.path().join("template.yaml");
    validate("cfnlint.runner", &[], &template);
    let text = read(&directory, "template.yaml");
    for declared in [
        "cron(0 3 * * ? *)",
        "${Prefix}notes-nightly",
        "table/${Prefix}owners",
        "arn:${AWS::Partition}:s3:::${Prefix}attachments/*",
        "provided.al2023",
    ] {
        assert!(text.contains(declared), "no {declared} in:\n{text}");
    }
    // The table of the adopted collection belongs to other code.
    assert_eq!(text.matches("AWS::DynamoDB::Table").count(), 1);
}

#[test]
fn a_template_of_everything_passes_cfn_lint() {
    let directory = tempfile::tempdir().unwrap();
    let output = export("aws", &everything(), directory.path());
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("ISOBAR_TOPICS"),
        "{}",
        stderr(&output)
    );
    let template = directory.path().join("template.yaml");
    validate("cfnlint.runner", &[], &template);
    let text = read(&directory, "template.yaml");
    for declared in [
        "{{resolve:secretsmanager:${SecretApiKey}}}",
        "BucketOtherPhotos",
        "ReportBatchItemFailures",
        "${Prefix}orders-dead",
        "cron(0/5 * * * ? *)",
        "cron(0 0 ? * MON *)",
        "s3:ObjectRemoved:*",
        "HasSettingMood",
        "table/${Prefix}parcels/index/by_place",
        "table/${Prefix}parcels/stream/*",
        "TableParcels",
    ] {
        assert!(text.contains(declared), "no {declared} in:\n{text}");
    }
    let routes = directory.path().join("openapi.yaml");
    validate("openapi_spec_validator.__main__", &[], &routes);
}

#[test]
fn an_application_of_nothing_is_a_template_too() {
    let directory = tempfile::tempdir().unwrap();
    let nothing = r#"{"name":"a","collections":[],"buckets":[],"settings":[],"secrets":[],"routes":[],"schedules":[]}"#;
    let program = application(directory.path(), nothing);
    let output = export("aws", &program, directory.path());
    assert!(output.status.success(), "{}", stderr(&output));
    validate(
        "cfnlint.runner",
        &[],
        &directory.path().join("template.yaml"),
    );
    assert!(!directory.path().join("openapi.yaml").exists());
}

#[test]
fn the_routes_of_the_example_are_an_openapi_document() {
    let directory = exported("aws");
    let routes = directory.path().join("openapi.yaml");
    validate("openapi_spec_validator.__main__", &[], &routes);
    let text = read(&directory, "openapi.yaml");
    for path in [
        "/notes/{owner}/{id}/photo",
        "/notes/{owner}/{id}/attachments/files/{name}",
    ] {
        assert!(text.contains(path), "no {path} in:\n{text}");
    }
}

#[test]
fn no_permission_is_wider_than_what_is_declared() {
    let directory = tempfile::tempdir().unwrap();
    assert!(
        export("aws", &everything(), directory.path())
            .status
            .success()
    );
    for template in [
        parsed(&exported("aws").path().join("template.yaml")),
        parsed(&directory.path().join("template.yaml")),
    ] {
        let role = &template["Resources"]["Role"]["Properties"];
        assert_eq!(role.get("ManagedPolicyArns"), None);
        let statements = role["Policies"][0]["PolicyDocument"]["Statement"]
            .as_array()
            .unwrap();
        assert!(statements.len() >= 5, "{statements:#?}");
        for statement in statements {
            for action in statement["Action"].as_array().unwrap() {
                let action = action.as_str().unwrap();
                assert!(!action.contains('*'), "{statement:#}");
                assert!(action.split_once(':').is_some(), "{statement:#}");
            }
            for resource in statement["Resource"].as_array().unwrap() {
                let arn = resource["Fn::Sub"].as_str();
                let own = |arn: &str| arn.contains("${Prefix}");
                let log = resource == &json!({ "Fn::GetAtt": ["Log", "Arn"] });
                assert!(log || arn.is_some_and(own), "{statement:#}");
            }
        }
        let permissions = template["Resources"].as_object().unwrap().values();
        let permissions =
            permissions.filter(|resource| resource["Type"] == "AWS::Lambda::Permission");
        for permission in permissions {
            assert_ne!(
                permission["Properties"].get("SourceArn"),
                None,
                "{permission:#}"
            );
        }
    }
}

#[test]
fn the_same_application_gives_the_same_files_and_an_export_over_itself_changes_nothing() {
    let (first, second) = (exported("aws"), exported("aws"));
    for file in ["template.yaml", "openapi.yaml"] {
        assert_eq!(read(&first, file), read(&second, file));
    }
    let again = export("aws", &notes(), first.path());
    assert!(again.status.success(), "{}", stderr(&again));
    assert_eq!(
        stdout(&again).matches("unchanged ").count(),
        2,
        "{}",
        stdout(&again)
    );
}
