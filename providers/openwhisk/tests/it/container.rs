//! The contract of a container: one initialisation, activations, the end of their logs.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdout, Command};

use crate::action::{activation, example};

const END: &str = "XXX_THE_END_OF_A_WHISK_ACTIVATION_XXX";

struct Container {
    address: String,
    output: BufReader<ChildStdout>,
    child: Child,
}

impl Container {
    async fn start() -> Self {
        let mut child = Command::new(example())
            .env_clear()
            .env("__OW_API_HOST", "https://openwhisk.example")
            .env("ISOBAR_LISTEN", "127.0.0.1:0")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut address = String::new();
        output.read_line(&mut address).await.unwrap();
        Self {
            address: address.trim().to_owned(),
            output,
            child,
        }
    }

    /// The whole answer.
    async fn post(&self, path: &str, content: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        let length = content.len();
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{content}"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).await.unwrap();
        line.trim().to_owned()
    }
}

#[tokio::test]
async fn it_is_initialised_once_and_ends_the_logs_of_each_activation() {
    let mut container = Container::start().await;
    let early = container.post("/run", &activation("1", "/id")).await;
    assert!(early.starts_with("HTTP/1.1 500"), "{early}");
    let broken = container.post("/init", "{").await;
    assert!(broken.starts_with("HTTP/1.1 502"), "{broken}");
    let env = r#"{"value":{"main":"main","env":{"GREETING":"good day","COUNT":1}}}"#;
    let first = container.post("/init", env).await;
    assert!(first.starts_with("HTTP/1.1 200"), "{first}");
    let second = container.post("/init", r#"{"value":{}}"#).await;
    assert!(second.starts_with("HTTP/1.1 403"), "{second}");
    assert!(second.contains(r#"{"error":"#), "{second}");

    let greeted = container.post("/run", &activation("3", "/greeting")).await;
    assert!(greeted.contains(r#""body":"good day""#), "{greeted}");
    assert_eq!(container.line().await, END);
    let logged = container.post("/run", &activation("2", "/log")).await;
    assert!(logged.contains(r#""body":"logged""#), "{logged}");
    assert_eq!(container.line().await, "a line of logs");
    assert_eq!(container.line().await, END);
    let event = container.post("/run", r#"{"value":{"name":"Jane"}}"#).await;
    assert!(event.starts_with("HTTP/1.1 502"), "{event}");
    assert!(event.contains("no events"), "{event}");
    assert_eq!(container.line().await, END);
    let after = container.post("/run", &activation("a-1", "/id")).await;
    assert!(after.contains(r#""body":"a-1""#), "{after}");
}

#[tokio::test]
async fn one_that_is_ended_before_it_is_initialised_ends_with_success() {
    let mut container = Container::start().await;
    // It minds signals when it answers.
    container.post("/run", &activation("1", "/id")).await;
    let process = container.child.id().unwrap().to_string();
    let kill = Command::new("kill").args(["-TERM", &process]).status();
    assert!(kill.await.unwrap().success());
    assert!(container.child.wait().await.unwrap().success());
}
