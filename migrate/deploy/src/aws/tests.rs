//! Tables that have names of their own, and tables of other code.

use super::*;
use crate::export::Architecture;

/// A collection as it is described, which wakes the application.
fn exported(collection: &str) -> Export {
    let description = format!(
        r#"{{"name":"a","collections":[{collection}],"changeTriggers":["notes"],"buckets":[],"settings":[],
        "secrets":[],"routes":[],"schedules":[]}}"#
    );
    let application = Application::parse(description.as_bytes()).unwrap();
    let tables = r#"{"Resources":{"T":{"Type":"AWS::DynamoDB::Table","Properties":{"TableName":"Legacy"}}}}"#;
    let adopted = application.collections[0].adopted;
    let source = Source {
        application: &application,
        tables: (!adopted).then_some(tables),
        architecture: Architecture::X86_64,
        events_path: None,
    };
    export(&source).unwrap()
}

fn template(export: &Export) -> &str {
    let template = export
        .files
        .iter()
        .find(|file| file.path == "template.yaml");
    &template.unwrap().text
}

#[test]
fn no_prefix_goes_before_the_name_that_a_table_has_of_its_own() {
    let export = exported(
        r#"{"name":"notes","table":"Legacy","named":true,"adopted":false,"change_feed":true}"#,
    );
    let text = template(&export);
    assert!(text.contains("TableName: Legacy"), "{text}");
    assert!(text.contains(":table/Legacy/stream/*"), "{text}");
    assert!(!text.contains("${Prefix}Legacy"), "{text}");
    assert!(text.contains("BisectBatchOnFunctionError: true"), "{text}");

    let export =
        exported(r#"{"name":"notes","table":"Legacy","adopted":false,"change_feed":true}"#);
    let text = template(&export);
    assert!(!text.contains("TableName: Legacy"), "{text}");
    assert!(text.contains(":table/${Prefix}Legacy"), "{text}");
}

#[test]
fn whoever_waits_for_the_changes_of_a_table_of_other_code_is_told_what_to_do() {
    let export = exported(
        r#"{"name":"notes","table":"Legacy","named":true,"adopted":true,"change_feed":true}"#,
    );
    let notes = export.notes.join("\n");
    assert!(notes.contains("the table \"Legacy\" belongs"), "{notes}");
    assert!(notes.contains("event source mapping"), "{notes}");
    assert!(!template(&export).contains("EventSourceMapping"));
}
