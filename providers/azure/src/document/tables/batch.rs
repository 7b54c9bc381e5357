//! Entity group transactions: several operations as the parts of one request, and its answer.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use isobar::driver::{Effect, Failure};
use isobar::{Error, ErrorKind, Result};

use super::client::TablesClient;
use super::entity::Properties;
use crate::error::refused;

/// Parts of the boundaries. No part has them at the start of a line, as JSON has no line breaks.
const BATCH: &str = "batch_isobar";
const CHANGES: &str = "changeset_isobar";
/// Bytes of a request ("Performing entity group transactions").
const MOST_BYTES: usize = 4 << 20;
const PREFER: HeaderName = HeaderName::from_static("prefer");

/// One operation on one entity.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) method: Method,
    /// What follows the endpoint.
    pub(super) path: String,
    /// The state that the entity must have; `*` is any.
    pub(super) if_match: Option<String>,
    pub(super) properties: Option<Properties>,
}

impl Operation {
    fn body(&self) -> String {
        let body = self.properties.as_ref();
        body.map_or_else(String::new, |body| {
            serde_json::to_string(body).unwrap_or_default()
        })
    }

    /// It as a part of a transaction.
    fn part(&self, endpoint: &str) -> String {
        let (method, path, body) = (&self.method, &self.path, self.body());
        let condition = match &self.if_match {
            Some(etag) => format!("if-match: {etag}\r\n"),
            None => String::new(),
        };
        format!(
            "--{CHANGES}\r\ncontent-type: application/http\r\ncontent-transfer-encoding: binary\r\n\
             \r\n{method} {endpoint}{path} HTTP/1.1\r\ncontent-type: application/json\r\n\
             accept: application/json;odata=minimalmetadata\r\ndataserviceversion: 3.0;\r\n\
             prefer: return-no-content\r\n{condition}\r\n{body}\r\n"
        )
    }
}

/// Does all of them or none, and gives the state of each entity afterwards, where it has one.
pub(super) async fn send(
    client: &TablesClient,
    operations: &[Operation],
) -> Result<Vec<Option<String>>, Failure> {
    match operations {
        [] => Ok(Vec::new()),
        [one] => send_one(client, one).await.map(|etag| vec![etag]),
        several => send_together(client, several).await,
    }
}

async fn send_one(client: &TablesClient, operation: &Operation) -> Result<Option<String>, Failure> {
    let mut headers = HeaderMap::new();
    headers.insert(PREFER, HeaderValue::from_static("return-no-content"));
    if let Some(etag) = &operation.if_match {
        let etag = HeaderValue::from_str(etag).map_err(|error| before(error.into()))?;
        headers.insert(http::header::IF_MATCH, etag);
    }
    let (method, body) = (operation.method.clone(), Bytes::from(operation.body()));
    let answer = client
        .attempt(method, &operation.path, headers, body)
        .await?;
    let etag = answer.headers().get(http::header::ETAG);
    Ok(etag.and_then(|etag| etag.to_str().ok()).map(str::to_owned))
}

async fn send_together(
    client: &TablesClient,
    operations: &[Operation],
) -> Result<Vec<Option<String>>, Failure> {
    let head = format!("--{BATCH}\r\ncontent-type: multipart/mixed; boundary={CHANGES}\r\n\r\n");
    let endpoint = client.endpoint();
    let parts = operations.iter().map(|operation| operation.part(&endpoint));
    let tail = format!("--{CHANGES}--\r\n--{BATCH}--\r\n");
    let body: String = [head].into_iter().chain(parts).chain([tail]).collect();
    if body.len() > MOST_BYTES {
        let what = "the size in bytes of a set of writes, as Azure Tables is sent it,";
        let (limit, measured) = (MOST_BYTES as u64, body.len() as u64);
        let error = Error::over_limit(ErrorKind::TooLarge, what, limit, measured);
        return Err(Failure {
            error,
            effect: Effect::None,
        });
    }
    let mut headers = HeaderMap::new();
    let content_type = format!("multipart/mixed; boundary={BATCH}");
    let content_type = HeaderValue::from_str(&content_type);
    let content_type = content_type.map_err(|error| before(error.into()))?;
    headers.insert(http::header::CONTENT_TYPE, content_type);
    let answer = client.attempt(Method::POST, "/$batch", headers, body.into());
    states(answer.await?.body(), operations.len())
}

/// The states that the parts of an answer tell, or the failure of one.
fn states(body: &[u8], expected: usize) -> Result<Vec<Option<String>>, Failure> {
    let text = String::from_utf8_lossy(body);
    let mut etags = Vec::with_capacity(expected);
    for part in text.split("HTTP/1.1 ").skip(1) {
        let (head, body) = part.split_once("\r\n\r\n").unwrap_or((part, ""));
        let mut lines = head.lines();
        let status = lines
            .next()
            .and_then(|line| line.get(..3))
            .unwrap_or_default();
        let status = StatusCode::from_bytes(status.as_bytes()).map_err(|_| garbled())?;
        let fields = lines.filter_map(|line| line.split_once(':'));
        let headers: HeaderMap = fields
            .filter_map(|(name, value)| {
                let name = HeaderName::from_bytes(name.trim().as_bytes()).ok()?;
                Some((name, HeaderValue::from_str(value.trim()).ok()?))
            })
            .collect();
        if !status.is_success() {
            let body = body.split("\r\n--").next().unwrap_or_default();
            return Err(refused(status, &headers, body.trim().as_bytes()));
        }
        let etag = headers.get(http::header::ETAG);
        etags.push(etag.and_then(|etag| etag.to_str().ok()).map(str::to_owned));
    }
    if etags.len() == expected {
        Ok(etags)
    } else {
        Err(garbled())
    }
}

fn garbled() -> Failure {
    let message = "the answer of Azure Tables to a set of writes is not complete";
    Failure {
        error: Error::new(ErrorKind::Unavailable, message),
        effect: Effect::Unknown,
    }
}

fn before(error: http::Error) -> Failure {
    let message = "an entity has a state that no request can name";
    Failure {
        error: Error::new(ErrorKind::Corrupt, message).with_source(error),
        effect: Effect::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "--batchresponse_1\r\nContent-Type: multipart/mixed; \
                        boundary=changesetresponse_2\r\n\r\n--changesetresponse_2\r\n\
                        Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n";

    #[test]
    fn the_states_of_entities_are_read_from_the_parts() {
        let body = format!(
            "{HEAD}HTTP/1.1 204 No Content\r\nETag: W/\"a\"\r\nDataServiceVersion: 1.0;\r\n\r\n\r\n\
             --changesetresponse_2\r\nContent-Type: application/http\r\n\r\n\
             HTTP/1.1 204 No Content\r\n\r\n\r\n--changesetresponse_2--\r\n--batchresponse_1--\r\n"
        );
        let etags = states(body.as_bytes(), 2).unwrap();
        assert_eq!(etags, [Some("W/\"a\"".to_owned()), None]);
        let failure = states(body.as_bytes(), 3).unwrap_err();
        assert_eq!(failure.effect, Effect::Unknown);
    }

    #[test]
    fn the_failure_of_one_part_is_that_of_all() {
        let body = format!(
            "{HEAD}HTTP/1.1 409 Conflict\r\nContent-Type: application/json\r\n\r\n\
             {{\"odata.error\":{{\"code\":\"EntityAlreadyExists\",\"message\":{{\"lang\":\"en-US\",\
             \"value\":\"1:The entity exists.\\nRequestId:7\"}}}}}}\r\n--changesetresponse_2--\r\n"
        );
        let failure = states(body.as_bytes(), 2).unwrap_err();
        assert_eq!(failure.error.provider_code(), Some("EntityAlreadyExists"));
        assert_eq!(failure.effect, Effect::None);
    }
}
