//! Signs each request by the account key, adds a shared access signature to its URL, or a token to its headers.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use azure_core::error::ErrorKind;
use azure_core::http::headers::HeaderName;
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{Body, Context, Request};

use crate::credential::Credential;
use crate::date;

/// The headers that are signed besides those of Azure, in their order; `date` is empty because
/// `x-ms-date` is there.
const SIGNED: [&str; 11] = [
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-type",
    "date",
    "if-modified-since",
    "if-match",
    "if-none-match",
    "if-unmodified-since",
    "range",
];

/// The step of the client's pipeline that proves who asks ("Authorize with Shared Key").
#[derive(Debug)]
pub(crate) struct Signing {
    pub(crate) account: String,
    pub(crate) credential: Credential,
}

#[expect(
    elided_lifetimes_in_paths,
    reason = "the client's trait has them so, and its macro takes no others"
)]
#[async_trait]
impl Policy for Signing {
    async fn send(
        &self,
        ctx: &Context,
        request: &mut Request,
        next: &[Arc<dyn Policy>],
    ) -> PolicyResult {
        if let Some(token) = self.credential.parameters() {
            let query = match request.url().query() {
                Some(query) if !query.is_empty() => format!("{query}&{token}"),
                _ => token.to_owned(),
            };
            request.url_mut().set_query(Some(&query));
        } else if let Some(bearer) = self.credential.bearer().await? {
            request.insert_header("authorization", bearer);
        } else {
            let now = date::now();
            let now = now.map_err(|error| azure_core::Error::new(ErrorKind::Other, error))?;
            request.insert_header("x-ms-date", now);
            if let Some(signature) = self.credential.sign(&text(&self.account, request)) {
                let account = &self.account;
                request.insert_header("authorization", format!("SharedKey {account}:{signature}"));
            }
        }
        let Some((next, rest)) = next.split_first() else {
            let message = "the pipeline ends without a transport";
            return Err(azure_core::Error::with_message(ErrorKind::Other, message));
        };
        next.send(ctx, request, rest).await
    }
}

/// What is signed.
fn text(account: &str, request: &Request) -> String {
    let headers = request.headers();
    let mut text = format!("{}\n", request.method().as_ref());
    for name in SIGNED {
        let value = headers.get_optional_str(&HeaderName::from_static(name));
        match (name, value) {
            ("content-length", None | Some("0")) => text.push_str(&length(request.body())),
            _ => text.push_str(value.unwrap_or_default()),
        }
        text.push('\n');
    }
    let mut own: Vec<_> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .filter(|(name, _)| name.starts_with("x-ms-"))
        .collect();
    own.sort_unstable();
    for (name, value) in own {
        text.push_str(name);
        text.push(':');
        text.push_str(value.trim());
        text.push('\n');
    }
    text.push('/');
    text.push_str(account);
    text.push_str(request.url().path());
    let mut parameters = BTreeMap::<String, Vec<String>>::new();
    for (name, value) in request.url().query_pairs() {
        let values = parameters.entry(name.to_lowercase()).or_default();
        values.push(value.into_owned());
    }
    for (name, mut values) in parameters {
        values.sort_unstable();
        text.push('\n');
        text.push_str(&name);
        text.push(':');
        text.push_str(&values.join(","));
    }
    text
}

/// The length that the transport declares by itself; nothing of nothing.
fn length(body: &Body) -> String {
    let length = body.len().filter(|length| *length > 0);
    length.map_or_else(String::new, |length| length.to_string())
}

#[cfg(test)]
mod tests {
    use azure_core::http::{Method, Url};

    use super::*;

    /// The example of "Authorize with Shared Key", with the headers of a listing.
    #[test]
    fn the_text_is_that_of_the_services_example() {
        let url = "https://myaccount.blob.core.windows.net/mycontainer\
                   ?restype=container&comp=metadata&timeout=20";
        let mut request = Request::new(Url::parse(url).unwrap(), Method::Get);
        request.insert_header("x-ms-version", "2015-02-21");
        request.insert_header("x-ms-date", "Fri, 26 Jun 2015 23:39:12 GMT");
        let expected = "GET\n\n\n\n\n\n\n\n\n\n\n\n\
                        x-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:2015-02-21\n\
                        /myaccount/mycontainer\ncomp:metadata\nrestype:container\ntimeout:20";
        assert_eq!(text("myaccount", &request), expected);
    }

    #[test]
    fn an_empty_body_has_no_length() {
        let url = Url::parse("http://127.0.0.1/a/c/b%2Fd?x=%20").unwrap();
        let mut request = Request::new(url, Method::Put);
        request.insert_header("content-length", "0");
        request.insert_header("if-match", "\"1\"");
        let signed = text("a", &request);
        assert_eq!(signed, "PUT\n\n\n\n\n\n\n\n\"1\"\n\n\n\n/a/a/c/b%2Fd\nx: ");
    }
}
