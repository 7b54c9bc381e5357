//! The process of the application `action`, and what it is asked for.

use std::path::PathBuf;

/// The binary beside the tests.
pub(crate) fn example() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().unwrap().parent().unwrap();
    profile.join("examples").join("action")
}

/// An activation whose id is this, that asks for a path.
pub(crate) fn activation(id: &str, path: &str) -> String {
    format!(
        r#"{{"value":{{"__ow_method":"get","__ow_query":"","__ow_path":"{path}","__ow_headers":{{}},"__ow_body":""}},"activation_id":"{id}","deadline":"4102444800000"}}"#
    )
}
