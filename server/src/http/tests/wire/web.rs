use std::{fs, sync::Arc};

use axum::{body::Body, http::Request};
use tempfile::TempDir;
use tower::ServiceExt;

use crate::{
    http::{
        router::router,
        tests::Server,
        web::{Web, WebError},
    },
    serve,
    testing::for_sqlite,
};

/// A folder as the build leaves it, with something beside it that nobody may have.
fn built() -> (TempDir, Web) {
    let folder = tempfile::tempdir().unwrap();
    let site = folder.path().join("site");
    fs::create_dir_all(site.join("assets")).unwrap();
    fs::create_dir_all(site.join("console")).unwrap();
    fs::write(site.join("console/index.html"), "<!doctype html><title>Refrain</title>").unwrap();
    fs::write(folder.path().join("secret.txt"), "secret").unwrap();
    fs::write(site.join("index.html"), "<!doctype html><title>Refrain</title>").unwrap();
    fs::write(site.join("sw.js"), "self").unwrap();
    fs::write(site.join("assets/app-1a2b.js"), "plain").unwrap();
    fs::write(site.join("assets/app-1a2b.js.gz"), "gzipped").unwrap();
    let web = Web::read(&site).unwrap();
    (folder, web)
}

async fn ask(server: &Server, web: Web, request: Request<Body>) -> (u16, axum::http::HeaderMap, String) {
    let answer = router(Arc::clone(&server.app), Some(web)).oneshot(request).await.unwrap();
    let (parts, body) = answer.into_parts();
    let bytes = axum::body::to_bytes(body, 100_000).await.unwrap();
    (parts.status.as_u16(), parts.headers, String::from_utf8(bytes.to_vec()).unwrap())
}

fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn the_companion_is_served_under_a_policy_that_lets_nothing_else_in() {
    for_sqlite(async |database| {
        let server = Server::start(&database).await;
        let (status, headers, body) = ask(&server, built().1, get("/")).await;
        assert_eq!((status, body.as_str()), (200, "<!doctype html><title>Refrain</title>"));
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
        for (name, value) in [
            ("content-type", "text/html; charset=utf-8"),
            ("cache-control", "no-cache"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(headers[name], value, "{name}");
        }
        let permissions = headers["permissions-policy"].to_str().unwrap();
        assert!(permissions.contains("geolocation=()") && permissions.contains("microphone=()"));
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_console_has_a_page_of_its_own_and_alone_plays_what_it_holds_in_memory() {
    for_sqlite(async |database| {
        let server = Server::start(&database).await;
        let (status, headers, _) = ask(&server, built().1, get("/console/")).await;
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(headers["permissions-policy"].to_str().unwrap().contains("microphone=(self)"));
        assert!(status == 200 && policy.contains("media-src 'self' blob:"), "{status} {policy}");
        assert!(
            policy.contains("default-src 'none'") && !policy.contains("script-src 'self' blob:"),
            "{policy}"
        );
        let (_, headers, _) = ask(&server, built().1, get("/")).await;
        assert!(!headers["content-security-policy"].to_str().unwrap().contains("blob:"));
        let (status, headers, _) = ask(&server, built().1, get("/console")).await;
        assert_eq!((status, headers["location"].to_str().unwrap()), (308, "/console/"));
        assert_eq!(ask(&server, built().1, get("/assets")).await.0, 404);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_named_by_its_content_is_kept_and_what_is_not_is_asked_for_anew() {
    for_sqlite(async |database| {
        let server = Server::start(&database).await;
        let (_, headers, body) = ask(&server, built().1, get("/assets/app-1a2b.js")).await;
        assert_eq!(headers["cache-control"], "public, max-age=31536000, immutable");
        assert_eq!((body.as_str(), headers.get("content-encoding")), ("plain", None));
        let mut gzip = get("/assets/app-1a2b.js");
        gzip.headers_mut().insert("accept-encoding", "deflate, gzip;q=0.9".parse().unwrap());
        let (_, headers, body) = ask(&server, built().1, gzip).await;
        assert_eq!((body.as_str(), headers["content-encoding"].to_str().unwrap()), ("gzipped", "gzip"));
        let mut refused = get("/assets/app-1a2b.js");
        refused.headers_mut().insert("accept-encoding", "gzip;q=0, br".parse().unwrap());
        assert_eq!(ask(&server, built().1, refused).await.2, "plain");
        let (_, headers, _) = ask(&server, built().1, get("/sw.js")).await;
        assert_eq!(headers["cache-control"], "no-cache");
        let mut again = get("/sw.js");
        again.headers_mut().insert("if-none-match", headers["etag"].clone());
        assert_eq!(ask(&server, built().1, again).await.0, 304);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn nothing_beside_the_folder_and_no_form_of_a_file_is_to_be_had() {
    for_sqlite(async |database| {
        let server = Server::start(&database).await;
        for path in [
            "/../secret.txt",
            "/assets/../../secret.txt",
            "/..%2fsecret.txt",
            "/%2e%2e/secret.txt",
            "//etc/passwd",
            "/assets/app-1a2b.js.gz",
            "/assets",
            "/assets/",
            "/console/assets/",
        ] {
            let (status, headers, body) = ask(&server, built().1, get(path)).await;
            assert_eq!(status, 404, "{path}: {body}");
            assert!(
                body.contains("no_such_route")
                    && headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
            );
        }
        let post = Request::post("/").body(Body::empty()).unwrap();
        assert_eq!(ask(&server, built().1, post).await.0, 404);
        let (status, _, body) = ask(&server, built().1, get("/healthz")).await;
        assert_eq!(status, 204, "the API goes first: {body}");
        server.stop().await;
    })
    .await;
}

#[test]
fn a_folder_that_was_not_built_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(Web::read(folder.path()), Err(WebError::NoIndex)));
    assert!(matches!(Web::read(&folder.path().join("none")), Err(WebError::Unreadable(_))));
    fs::write(folder.path().join("index.html"), "").unwrap();
    fs::write(folder.path().join("notes.docx"), "").unwrap();
    assert!(matches!(Web::read(folder.path()), Err(WebError::UnknownKind)));
}

#[tokio::test]
async fn a_folder_that_was_not_built_stops_the_start_by_the_settings_name() {
    for_sqlite(async |database| {
        let server = Server::start(&database).await;
        let folder = tempfile::tempdir().unwrap();
        let config = crate::http::tests::config(folder.path(), "web.dir = \"not-built\"");
        assert_eq!(config.web_dir.as_deref(), Some(folder.path().join("not-built").as_path()));
        let Err(refused) = serve::start(Arc::clone(&server.app), &config).await else { panic!("it starts") };
        assert!(refused.to_string().starts_with("web.dir: expected the folder"), "{refused}");
        server.stop().await;
    })
    .await;
}
