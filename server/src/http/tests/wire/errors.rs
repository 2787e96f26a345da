use axum::{Router, body::Body, http::Request, routing::get};
use serde_json::json;
use tower::ServiceExt;

use crate::{
    http::{openapi, router, tests::Server, wire::body_limit::BODY_LIMIT},
    nouns::hindrances::Hindrance,
    testing::for_sqlite,
};

#[tokio::test]
async fn what_no_route_answers_is_a_problem_too() {
    for_sqlite(async |database| {
        let server = Server::start(&database).await;
        server.get("/", None).await.refused(404, "no_such_route");
        server.get("/v2/clients", None).await.refused(404, "no_such_route");
        let refused = server.delete("/v1/clients", None).await;
        let allowed = refused.headers["allow"].to_str().unwrap().to_owned();
        assert!(allowed.contains("GET") && allowed.contains("POST"), "{allowed}");
        refused.refused(405, "method_not_allowed");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_stranger_is_told_whom_to_write_to_about_a_defect() {
    for_sqlite(async |database| {
        let server = Server::start(&database).await;
        let told = server.get("/.well-known/security.txt", None).await;
        assert_eq!(told.headers["content-type"], "text/plain; charset=utf-8");
        let text = told.expect(200);
        let field = |name: &str| text.as_str().unwrap().lines().find_map(|line| line.strip_prefix(name));
        assert!(field("Contact: ").unwrap().starts_with("mailto:"));
        let expires: jiff::Timestamp = field("Expires: ").unwrap().parse().unwrap();
        let days = (expires.as_millisecond() - server.app.ground.clock.now().as_millis()) / 86_400_000;
        assert_eq!(days, 90);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_socket_route_that_is_asked_without_an_upgrade_says_so() {
    for_sqlite(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let client = ada.add_client("Mia").await;
        let (device, token) = ada.pair_phone(&client).await;
        ada.confirm(&client, &device).await;
        let refused = server.get("/v1/sync", Some(&token)).await;
        assert_eq!(refused.headers["upgrade"], "websocket");
        refused.refused(426, "upgrade_required");
        // A ticket is not used up by that.
        let ticket = server.post("/v1/sync-tickets", Some(&token), &json!({})).await.expect(201);
        let path = format!("/v1/sync/{}", ticket["ticket"].as_str().unwrap());
        server.get(&path, None).await.refused(426, "upgrade_required");
        server.get(&path, None).await.refused(426, "upgrade_required");
        server.get("/v1/sync", None).await.refused(401, "unauthenticated");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_never_repeated() {
    for_sqlite(async |database| {
        let server = Server::start(&database).await;
        let secret = "s3cret-words";
        let json = "application/json";
        for (kind, body, status, code) in [
            (json, format!("{{\"email\": \"{secret}"), 400, "malformed"),
            (json, json!({ "email": secret, "password": 1, "code": "x" }).to_string(), 400, "malformed"),
            (json, json!({ secret: 1 }).to_string(), 400, "malformed"),
            (json, String::new(), 400, "malformed"),
            // A list would pass for a struct: its fields in their order.
            (json, json!([secret, secret, secret]).to_string(), 400, "malformed"),
            (json, format!("\"{}\"", "x".repeat(BODY_LIMIT)), 413, "too_large"),
            ("text/plain", secret.to_owned(), 415, "not_json"),
        ] {
            let request = server.request("POST", "/v1/sign-in", None).header("content-type", kind).body(body);
            let problem = server.send(request).await.refused(status, code);
            assert!(!problem.to_string().contains(secret), "{problem}");
        }
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn every_answer_says_that_it_is_private() {
    for_sqlite(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        for answer in [ada.get("/v1/practice").await, server.get("/nowhere", None).await] {
            assert_eq!(answer.headers["referrer-policy"], "no-referrer");
            assert_eq!(answer.headers["x-content-type-options"], "nosniff");
            assert_eq!(answer.headers["cache-control"], "no-store");
            assert_eq!(answer.headers["x-accel-buffering"], "no");
            assert_eq!(answer.headers["x-request-id"].len(), 16);
        }
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_panic_is_a_problem_without_its_text() {
    for_sqlite(async |database| {
        let app = database.app().await;
        async fn choke() -> &'static str {
            panic!("on Mia Sommer")
        }
        let service = router::dress(Router::new().route("/choke", get(choke)), app.clone(), None);
        let request = Request::builder().uri("/choke").body(Body::empty()).unwrap();
        let response = service.oneshot(request).await.unwrap();
        assert_eq!(response.status(), 500);
        let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(body.contains("urn:refrain:problem:internal") && !body.contains("Mia"), "{body}");
        app.close().await;
    })
    .await;
}

#[tokio::test]
async fn the_served_document_is_the_whole_one() {
    for_sqlite(async |database| {
        let server = Server::start(&database).await;
        let served = server.get("/openapi.json", None).await.expect(200);
        let whole: serde_json::Value = serde_json::from_str(&openapi::text(&router::document())).unwrap();
        assert_eq!(served, whole);
        assert!(served["paths"]["/v1/pair"]["post"].is_object());
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_stopping_server_is_alive_and_not_ready() {
    for_sqlite(async |database| {
        let server = Server::start(&database).await;
        server.get("/healthz", None).await.expect(204);
        assert_eq!(
            server.get("/readyz", None).await.expect(200),
            json!({ "ledger_proved": true, "hindrances": [] })
        );
        crate::testing::execute(&server.app, "UPDATE practice SET held_at = 1").await;
        assert_eq!(
            server.get("/readyz", None).await.expect(200),
            json!({ "ledger_proved": false, "hindrances": [] })
        );
        server.app.ground.hindrances.note(Hindrance::Stopping, true);
        server.get("/healthz", None).await.expect(204);
        let refused = server.get("/readyz", None).await;
        assert_eq!(refused.headers["retry-after"], "5");
        assert_eq!(refused.refused(503, "unavailable")["hindrances"], json!(["stopping"]));
        server.stop().await;
    })
    .await;
}
