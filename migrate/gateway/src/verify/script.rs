//! Requests given in a file.
//!
//! ```json
//! [
//!   {"method": "POST", "path": "/notes", "json": {"title": "a"}, "save": {"note": "/id"}},
//!   {"method": "GET", "path": "/notes/${note}", "headers": {"accept": "application/json"}},
//!   {"method": "POST", "path": "/notes", "headers": {"content-type": "text/plain"}, "text": "a"}
//! ]
//! ```
//!
//! `save` keeps a value of each answer's body by its JSON pointer (RFC 6901); `${note}` stands for each side's own.

use std::collections::BTreeMap;
use std::path::Path;

use http::Method;
use serde::Deserialize;
use serde_json::Value;

use super::request::{Request, field};
use crate::error::{Error, Result};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    method: String,
    path: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    json: Option<Value>,
    text: Option<String>,
    #[serde(default)]
    save: BTreeMap<String, String>,
}

/// Reads the requests of the file at `path`.
pub fn read_script(path: &Path) -> Result<Vec<Request>> {
    let text = std::fs::read_to_string(path).map_err(|error| Error::file("read", path, error))?;
    parse(&text).map_err(|error| {
        Error::invalid(format!("{} is not a script of requests", path.display())).with_source(error)
    })
}

fn parse(text: &str) -> Result<Vec<Request>> {
    let entries: Vec<Entry> = serde_json::from_str(text)
        .map_err(|error| Error::invalid("it is not a JSON array of requests").with_source(error))?;
    entries.into_iter().map(request).collect()
}

fn request(entry: Entry) -> Result<Request> {
    let method = Method::from_bytes(entry.method.as_bytes())
        .map_err(|_| Error::invalid(format!("{:?} is not a method", entry.method)))?;
    if !entry.path.starts_with('/') {
        return Err(Error::invalid(format!(
            "the path {:?} does not begin with a slash",
            entry.path
        )));
    }
    let request = Request::new(method, entry.path);
    let mut request = match (entry.json, entry.text) {
        (Some(json), None) => request.with_json(&json),
        (None, Some(text)) => Request {
            body: Some(text.into()),
            ..request
        },
        (None, None) => request,
        (Some(_), Some(_)) => {
            return Err(Error::invalid(format!(
                "{} has json and text; write one",
                request.target
            )));
        }
    };
    for (name, value) in &entry.headers {
        let (name, value) = field(name, value)?;
        request.headers.retain(|(other, _)| *other != name);
        request.headers.push((name, value));
    }
    request.save = entry.save;
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_reads_as_requests() {
        let requests = parse(
            r#"[{"method": "POST", "path": "/a", "json": {"b": 1}, "headers": {"Content-Type": "x/y"}, "save": {"c": "/d"}}]"#,
        )
        .unwrap();
        assert_eq!(requests[0].body.as_deref(), Some(&b"{\"b\":1}"[..]));
        assert_eq!(requests[0].headers[0].1, "x/y");
        assert_eq!(requests[0].headers.len(), 1);
        assert_eq!(requests[0].save["c"], "/d");
    }

    #[test]
    fn what_is_no_script_is_named() {
        for (text, expected) in [
            ("{}", "not a JSON array"),
            (
                r#"[{"method": "G T", "path": "/"}]"#,
                "\"G T\" is not a method",
            ),
            (
                r#"[{"method": "GET", "path": "a"}]"#,
                "does not begin with a slash",
            ),
            (
                r#"[{"method": "GET", "path": "/", "json": 1, "text": ""}]"#,
                "has json and text",
            ),
            (
                r#"[{"method": "GET", "path": "/", "headers": {"a b": ""}}]"#,
                "is not a header field",
            ),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
