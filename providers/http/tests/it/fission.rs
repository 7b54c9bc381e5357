//! A process of Fission's pool becomes a function, once.

use crate::process::Process;

#[tokio::test]
async fn a_process_of_the_pool_answers_500_until_it_is_made_a_function() {
    let process = Process::start("fission", &[]).await;
    assert_eq!(process.status("/healthz").await, 200);
    for path in ["/", "/slow", "/specialize"] {
        assert_eq!(process.status(path).await, 500, "{path}");
    }
    for wrong in ["", "no JSON", "[]", "\"text\""] {
        let (status, _) = process.ask("POST", "/v2/specialize", "", wrong).await;
        assert_eq!(status, 400, "{wrong:?}");
    }
    let large = format!("{{\"filepath\":\"{}\"}}", "x".repeat(70_000));
    assert_eq!(
        process.ask("POST", "/v2/specialize", "", &large).await.0,
        400
    );
    assert_eq!(process.status("/").await, 500);
    let told = "{\"filepath\":\"/userfunc/user\",\"functionName\":\"notes\"}";
    assert_eq!(process.ask("POST", "/v2/specialize", "", told).await.0, 200);
    let id = process
        .ask("GET", "/", "X-Fission-Request-ID: f-1\r\n", "")
        .await;
    assert_eq!(id, (200, "f-1".to_owned()));
    // From now on the paths are the application's, which has none of this name.
    assert_eq!(process.ask("POST", "/v2/specialize", "", told).await.0, 404);
    assert_eq!(process.status("/healthz").await, 200);
}

#[tokio::test]
async fn the_first_version_of_the_interface_does_too() {
    let process = Process::start("fission", &[]).await;
    assert_eq!(process.status("/").await, 500);
    assert_eq!(process.ask("POST", "/specialize", "", "").await.0, 200);
    assert_eq!(process.status("/").await, 200);
}
