//! The headers that every answer carries.

use crate::{http::tests::Server, nouns::settings::Settings, testing::for_sqlite};

const PATHS: [&str; 4] = ["/healthz", "/v1/practice", "/openapi.json", "/nothing"];

#[tokio::test]
async fn over_tls_a_browser_is_told_never_to_come_without() {
    for_sqlite(async |database| {
        let server = Server::start_with(&database, |settings| Settings { is_secure: true, ..settings }).await;
        for path in PATHS {
            let answer = server.get(path, None).await;
            assert_eq!(answer.headers["strict-transport-security"], "max-age=63072000", "{path}");
        }
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_answer_of_the_api_lets_a_browser_load_nothing_and_frame_nothing() {
    for_sqlite(async |database| {
        let server = Server::start(&database).await;
        for path in PATHS {
            let answer = server.get(path, None).await;
            let policy = &answer.headers["content-security-policy"];
            assert_eq!(policy, "default-src 'none'; frame-ancestors 'none'", "{path}");
            assert!(answer.headers.get("strict-transport-security").is_none(), "plain on localhost: {path}");
        }
        server.stop().await;
    })
    .await;
}
