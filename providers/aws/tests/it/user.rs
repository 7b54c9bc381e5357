//! Users of the account of an emulator that checks who asks, and what they may do.

use aws_credential_types::Credentials;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::emulator;

/// A user of the emulator's account.
pub(crate) struct User {
    name: String,
    pub(crate) key: String,
    secret: String,
}

impl User {
    /// A new one, who may do nothing.
    pub(crate) async fn create(name: &str) -> Self {
        iam(&format!("Action=CreateUser&UserName={name}")).await;
        let told = iam(&format!("Action=CreateAccessKey&UserName={name}")).await;
        let part = |tag: &str| {
            let (_, rest) = told.split_once(&format!("<{tag}>")).expect("an answer");
            let (part, _) = rest.split_once("</").expect("an answer");
            part.to_owned()
        };
        Self {
            name: name.to_owned(),
            key: part("AccessKeyId"),
            secret: part("SecretAccessKey"),
        }
    }

    /// Lets the user do this with everything.
    pub(crate) async fn allow(&self, action: &str) {
        let policy = serde_json::json!({
            "Version": "2012-10-17",
            "Statement": [{ "Effect": "Allow", "Action": action, "Resource": "*" }],
        });
        let policy = policy.to_string();
        let policy = utf8_percent_encode(&policy, NON_ALPHANUMERIC);
        let name = &self.name;
        iam(&format!(
            "Action=PutUserPolicy&UserName={name}&PolicyName=all&PolicyDocument={policy}"
        ))
        .await;
    }

    pub(crate) fn credentials(&self) -> Credentials {
        Credentials::new(&self.key, &self.secret, None, None, "tests")
    }
}

/// Asks IAM as the account's root, whose signature the emulator does not check.
async fn iam(action: &str) -> String {
    let address = emulator::guarded().trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.expect("the emulator");
    let body = format!("{action}&Version=2010-05-08");
    let length = body.len();
    let request = format!(
        "POST / HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\
         x-amz-date: 20260101T000000Z\r\nauthorization: AWS4-HMAC-SHA256 \
         Credential=test/20260101/us-east-1/iam/aws4_request, SignedHeaders=host;x-amz-date, \
         Signature=00\r\n\r\n{body}"
    );
    stream
        .write_all(request.as_bytes())
        .await
        .expect("a request");
    let mut told = String::new();
    stream.read_to_string(&mut told).await.expect("an answer");
    assert!(told.starts_with("HTTP/1.1 200"), "{told}");
    told
}

/// The account's root, whose signature the emulator does not check.
pub(crate) fn root() -> Credentials {
    Credentials::new("test", "test", None, None, "tests")
}
