//! A clip in pieces and notes by themselves, through the router: requests and answers.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::Request,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tower::ServiceExt;

use crate::{
    app::App,
    http::router::router,
    store::tokens::{Owner, TokenKind},
    testing::{
        for_sqlite,
        therapy::{Therapy, token},
    },
};

const MP3: &[u8] = include_bytes!("../../../../../tests/media/breathing.mp3");

struct Desk {
    therapy: Therapy,
    router: Router,
    ada: String,
}

impl Desk {
    async fn open(app: &Arc<App>) -> Self {
        let therapy = Therapy::consented(app).await;
        let ada = token(app, TokenKind::Session, Owner::Staff(therapy.ada.staff)).await;
        Self { therapy, router: router(Arc::clone(app), None), ada }
    }

    async fn send(&self, method: &str, path: &str, kind: &str, body: Vec<u8>) -> (u16, Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.ada))
            .header("content-type", kind);
        let request = request.body(Body::from(body)).unwrap();
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        (parts.status.as_u16(), serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn json(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        self.send(method, path, "application/json", body.to_string().into_bytes()).await
    }

    async fn put(&self, path: &str, bytes: &[u8]) -> (u16, Value) {
        self.send("PUT", path, "application/octet-stream", bytes.to_vec()).await
    }
}

#[track_caller]
fn refused((status, body): (u16, Value), wanted: u16, code: &str) {
    assert_eq!((status, body["code"].as_str()), (wanted, Some(code)), "{body}");
}

#[tokio::test]
async fn a_clip_is_begun_sent_asked_about_and_made() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let desk = Desk::open(&app).await;
        let begin = format!("/v1/recordings/{}/uploads", desk.therapy.recording);
        let digest = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(MP3));
        let said = |sha256: &str| json!({ "title": "Atmen", "heard": [desk.therapy.mia], "len": MP3.len(), "sha256": sha256 });
        refused(desk.json("POST", &begin, &said("AAAA")).await, 400, "malformed");
        let (status, begun) = desk.json("POST", &begin, &said(&digest)).await;
        assert_eq!((status, begun["piece_len"].as_u64()), (201, Some(1_048_576)), "{begun}");
        let upload = format!("/v1/uploads/{}", begun["upload"].as_str().unwrap());
        refused(desk.put(&upload, MP3).await, 400, "malformed");
        refused(desk.put(&format!("{upload}?offset=5"), MP3).await, 409, "conflict");
        refused(desk.put(&format!("{upload}?offset=0"), &MP3[1..]).await, 422, "out_of_bounds");
        refused(desk.put(&format!("{upload}?offset=0"), &vec![0; 1_048_577]).await, 413, "too_large");
        refused(desk.json("POST", &format!("{upload}/clip"), &json!({})).await, 400, "truncated");
        let (status, come) = desk.put(&format!("{upload}?offset=0"), MP3).await;
        assert_eq!((status, come["offset"].as_u64()), (200, Some(MP3.len() as u64)), "{come}");
        let asked = desk.json("GET", &upload, &Value::Null).await;
        assert_eq!(asked, (200, json!({ "offset": MP3.len(), "len": MP3.len() })));
        let (status, clip) = desk.json("POST", &format!("{upload}/clip"), &json!({})).await;
        assert_eq!((status, clip["title"].as_str(), clip["media_type"].as_str()), (201, Some("Atmen"), Some("audio/mpeg")));
        refused(desk.json("GET", &upload, &Value::Null).await, 404, "not_found");
        refused(desk.json("DELETE", &upload, &Value::Null).await, 404, "not_found");
        let (_, begun) = desk.json("POST", &begin, &said(&digest)).await;
        let upload = format!("/v1/uploads/{}", begun["upload"].as_str().unwrap());
        assert_eq!(desk.json("DELETE", &upload, &Value::Null).await.0, 204);
    })
    .await;
}

#[tokio::test]
async fn a_note_is_kept_and_read_and_so_are_a_releases_words() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let desk = Desk::open(&app).await;
        let release = desk.therapy.release().await;
        let notes = format!("/v1/clients/{}/observations", desk.therapy.client);
        let note =
            json!({ "observation": { "kind": "distress", "reason": "On Sunday." }, "releases": [release] });
        assert_eq!(desk.json("POST", &notes, &note).await.0, 204);
        let (status, read) = desk.json("GET", &notes, &Value::Null).await;
        let [one] = read["observations"].as_array().unwrap().as_slice() else { panic!("{read}") };
        assert_eq!((status, &one["kind"], &one["reason"]), (200, &json!("distress"), &json!("On Sunday.")));
        assert_eq!(one["releases"], json!([release]));
        let many: Vec<_> = std::iter::repeat_n(release, 65).collect();
        let note = json!({ "observation": { "kind": "other" }, "releases": many });
        refused(desk.json("POST", &notes, &note).await, 422, "out_of_bounds");
        let (status, words) = desk.json("GET", &format!("/v1/releases/{release}/words"), &Value::Null).await;
        assert!(status == 200 && words["note"].is_null() && words["marks"] == json!([]), "{words}");
        assert!(!words["parting_note"].as_str().unwrap().is_empty());
    })
    .await;
}
