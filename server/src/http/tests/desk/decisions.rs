//! Decisions about releases, through the router: requests of therapists, phones and consoles, and
//! their answers.

mod devices;
mod late_restrictions;
mod refusals;

use std::sync::Arc;
use sync_core::{
    id::{ClientId, ClipId, EntryId, ReleaseId},
    instant::Span,
    lease::{Batch, DenialKind, ReceiptKind, Signed, Tag},
    orders::{Act, Author, Entry, HoldOn, RevokeOn},
    policy::Role,
    terms::TermsChange,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::Request,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::{
    app::App,
    domain::callers::idempotency::ABANDONED_AFTER,
    http::router::router,
    nouns::callers::ConsoleCaller,
    store::tokens::{Owner, TokenKind},
    testing::{
        authority, execute, for_each_database, for_sqlite, number,
        therapy::{FIRST, Phone, Therapy, employ, end_care, token},
    },
};

/// A therapy behind the router, and its therapist's token.
struct Desk {
    therapy: Therapy,
    router: Router,
    ada: String,
}

struct Answer {
    status: u16,
    bytes: Vec<u8>,
}

impl Answer {
    fn body(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    #[track_caller]
    fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.bytes));
        self.body()
    }

    #[track_caller]
    fn refused(self, status: u16, code: &str) -> Value {
        let body = self.body();
        assert_eq!((self.status, body["code"].as_str()), (status, Some(code)), "{body}");
        body
    }
}

impl Desk {
    async fn open(app: &Arc<App>) -> Self {
        let therapy = Therapy::consented(app).await;
        let ada = token(app, TokenKind::Session, Owner::Staff(therapy.ada.staff)).await;
        Self { therapy, router: router(Arc::clone(app), None), ada }
    }

    async fn send(&self, method: &str, path: &str, token: &str, body: &Value, key: Option<&str>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json");
        let request = match key {
            Some(key) => request.header("idempotency-key", key),
            None => request,
        };
        let request = request.body(Body::from(body.to_string())).unwrap();
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        Answer { status: parts.status.as_u16(), bytes: to_bytes(body, usize::MAX).await.unwrap().to_vec() }
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, &self.ada, body, None).await
    }

    async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send("PATCH", path, &self.ada, body, None).await
    }

    fn of_client(&self, what: &str) -> String {
        format!("/v1/clients/{}/{what}", self.therapy.client)
    }

    fn new_release(&self, seen: &[Value]) -> Value {
        json!({ "clip": self.therapy.clip, "seen": seen, "terms": { "expires_at": "2027-01-22T08:00:00Z" } })
    }

    async fn release(&self) -> String {
        let made = self.post(&self.of_client("releases"), &self.new_release(&[])).await.expect(201);
        made["release"].as_str().unwrap().to_owned()
    }

    async fn truth(&self, release: &str) -> Value {
        let all =
            self.send("GET", &self.of_client("releases"), &self.ada, &Value::Null, None).await.expect(200);
        let all = all["releases"].as_array().unwrap().clone();
        all.into_iter().find(|truth| truth["release"] == release).unwrap()
    }

    async fn revoke(&self, on: Value) -> Answer {
        self.post(&self.of_client("revocations"), &json!({ "on": on })).await
    }

    async fn entries(&self) -> i64 {
        number(&self.therapy.app, "SELECT COUNT(*) FROM entry").await
    }

    /// A laptop of the therapist's, with its token.
    async fn laptop(&self) -> (ConsoleCaller, String) {
        let laptop = self.therapy.laptop().await;
        (laptop, token(&self.therapy.app, TokenKind::Device, Owner::Device(laptop.device)).await)
    }

    /// Ends the part of a laptop for the client now: the care, the device, or its person's.
    async fn end_part(&self, ending: usize, laptop: ConsoleCaller) {
        let app = &self.therapy.app;
        let now = self.therapy.now().as_millis();
        let sql = match ending {
            0 => return end_care(app, self.therapy.client, laptop.staff).await,
            1 => format!("UPDATE device SET removed_at = {now} WHERE staff IS NOT NULL"),
            _ => format!("UPDATE staff SET ended_at = {now}"),
        };
        execute(app, sql.leak()).await;
    }

    async fn phone(&self) -> (Phone, String) {
        let phone = self.therapy.phone().await;
        let token = token(&self.therapy.app, TokenKind::Device, Owner::Device(phone.caller.device)).await;
        (phone, token)
    }

    async fn restrict(&self, token: &str, client: ClientId, entries: &[(EntryId, Vec<u8>)]) -> Answer {
        let entries: Vec<_> = entries
            .iter()
            .map(|(id, bytes)| json!({ "id": id, "bytes": BASE64_URL_SAFE_NO_PAD.encode(bytes) }))
            .collect();
        let body = json!({ "client": client, "entries": entries });
        self.send("POST", "/v1/device/restrictions", token, &body, None).await
    }
}

fn entry(desk: &Desk, laptop: ConsoleCaller, act: Act) -> (EntryId, Vec<u8>) {
    let entry = Entry { by: Author::Device(laptop.device), at: desk.therapy.now(), act };
    (EntryId::from_bytes(desk.therapy.app.ground.entropy.bytes()), entry.encode())
}

#[tokio::test]
async fn a_clip_is_released_changed_paused_resumed_and_taken_back() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let desk = Desk::open(&app).await;
        let release = desk.release().await;
        let truth = desk.truth(&release).await;
        assert_eq!((&truth["standing"], &truth["waits_for"]), (&json!("live"), &Value::Null));
        assert_eq!(truth["terms"]["offline_hours"], 72);

        let path = format!("/v1/releases/{release}");
        let over = truth["entries"].clone();
        desk.patch(&path, &json!({ "set": { "daily_limit": 2 }, "over": over })).await.expect(204);
        assert_eq!(desk.truth(&release).await["terms"]["daily_limit"], 2);

        let hold = desk.post(&format!("{path}/holds"), &json!({})).await.expect(201)["hold"].clone();
        assert_eq!(desk.truth(&release).await["standing"], "held");
        for _ in 0..2 {
            desk.post(&desk.of_client("lifts"), &json!({ "holds": [hold] })).await.expect(204);
        }
        assert_eq!(desk.truth(&release).await["standing"], "live");
        let shelf = desk.post(&desk.of_client("holds"), &json!({})).await.expect(201)["hold"].clone();
        assert_eq!(desk.truth(&release).await["holds"], json!([shelf]));
        desk.post(&desk.of_client("lifts"), &json!({ "holds": [shelf] })).await.expect(204);
        assert_eq!(desk.truth(&release).await["standing"], "live");

        let reason = json!({ "on": { "release": release }, "observation": { "kind": "fixation" } });
        desk.post(&desk.of_client("revocations"), &reason).await.expect(204);
        assert_eq!(desk.truth(&release).await["standing"], "revoked");
        let change = json!({ "set": { "daily_limit": 1 }, "over": [] });
        desk.patch(&path, &change).await.refused(409, "release_ended");
        desk.post(&format!("{path}/confirmations"), &json!({ "seen": [] }))
            .await
            .refused(409, "release_ended");
    })
    .await;
}

#[tokio::test]
async fn a_change_that_is_asked_again_under_its_key_is_made_once() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let desk = Desk::open(&app).await;
        let release = desk.release().await;
        let over = desk.truth(&release).await["entries"].clone();
        let change = json!({ "set": { "expires_at": "2027-01-29T08:00:00Z" }, "over": over });
        let path = format!("/v1/releases/{release}");
        let before = desk.entries().await;
        for _ in 0..2 {
            desk.send("PATCH", &path, &desk.ada, &change, Some("k1")).await.expect(204);
        }
        assert_eq!(desk.entries().await, before + 1);
        desk.patch(&path, &change).await.expect(204);
        assert_eq!(desk.entries().await, before + 2, "without a key it is another change");
    })
    .await;
}

#[tokio::test]
async fn each_decision_is_done_once_and_answered_the_same_if_its_answer_was_lost() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let desk = Desk::open(&app).await;
        // The server dies when the decision is committed, and its answer is not kept yet.
        let ask = async |path: &str, body: &Value, key: &str, status: u16| {
            let send = async || desk.send("POST", path, &desk.ada, body, Some(key)).await.expect(status);
            let first = send().await;
            let entries = desk.entries().await;
            execute(&app, "UPDATE idempotency SET status = 0").await;
            app.ground.clock.advance(ABANDONED_AFTER);
            app.ground.clock.advance(Span::from_millis(1));
            assert_eq!(send().await, first, "{path}");
            assert_eq!(send().await, first, "{path}, as it was kept then");
            assert_eq!(desk.entries().await, entries, "{path}");
            first
        };
        let made = ask(&desk.of_client("releases"), &desk.new_release(&[]), "k1", 201).await;
        let release = made["release"].as_str().unwrap();
        ask(&format!("/v1/releases/{release}/holds"), &json!({}), "k2", 201).await;
        let revocation = json!({ "on": { "release": release } });
        ask(&desk.of_client("revocations"), &revocation, "k3", 204).await;
    })
    .await;
}

#[tokio::test]
async fn i1_what_was_not_shown_is_refused_with_the_entries_that_must_be_named() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let desk = Desk::open(&app).await;
        desk.release().await;
        desk.revoke(json!({ "clip": desk.therapy.clip })).await.expect(204);
        let hold = desk.post(&desk.of_client("holds"), &json!({})).await.expect(201)["hold"].clone();
        desk.post(&desk.of_client("lifts"), &json!({ "holds": [hold] })).await.expect(204);
        let before = desk.entries().await;
        let path = desk.of_client("releases");
        let unseen = desk.post(&path, &desk.new_release(&[])).await.refused(409, "unseen");
        let named = unseen["entries"].as_array().unwrap().clone();
        // The lifted hold too: it was a decision that the form must show.
        assert!(named.len() == 2 && named.contains(&hold), "{unseen}");
        let part = desk.post(&path, &desk.new_release(&named[..1])).await.refused(409, "unseen");
        assert_eq!(part["entries"], json!(named[1..]));
        assert_eq!(desk.entries().await, before);
        desk.post(&path, &desk.new_release(&named)).await.expect(201);
    })
    .await;
}

#[tokio::test]
async fn i1_a_change_that_relaxes_names_what_it_is_over_and_one_that_tightens_need_not() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let desk = Desk::open(&app).await;
        let release = desk.release().await;
        let path = format!("/v1/releases/{release}");
        let set = |set: Value, over: Value| json!({ "set": set, "over": over });
        desk.patch(&path, &set(json!({ "daily_limit": 2 }), json!([]))).await.expect(204);
        let seen = desk.truth(&release).await["entries"].clone();
        desk.patch(&path, &set(json!({ "daily_limit": 1 }), json!([]))).await.expect(204);
        // The form that showed two plays a day does not lift the limit that came since.
        let refused = desk.patch(&path, &set(json!({ "daily_limit": 5 }), seen)).await.refused(409, "unseen");
        assert_eq!(refused["entries"].as_array().unwrap().len(), 1);
        assert_eq!(desk.truth(&release).await["terms"]["daily_limit"], 1);
        let all = desk.truth(&release).await["entries"].clone();
        desk.patch(&path, &set(json!({ "daily_limit": null }), all)).await.expect(204);
        assert_eq!(desk.truth(&release).await["terms"]["daily_limit"], Value::Null);
    })
    .await;
}

#[tokio::test]
async fn i1_a_release_made_without_knowledge_is_confirmed_over_what_the_form_names() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let desk = Desk::open(&app).await;
        desk.revoke(json!({ "recording": desk.therapy.recording })).await.expect(204);
        let laptop = desk.therapy.laptop().await;
        let release = ReleaseId::new(desk.therapy.now(), app.ground.entropy.bytes());
        let act = Act::Release {
            release,
            clip: desk.therapy.clip,
            recording: desk.therapy.recording,
            terms: desk.therapy.terms(),
            seen: Vec::new(),
        };
        crate::domain::sync::tests::write_as(&desk.therapy, laptop, vec![act]).await;
        let truth = desk.truth(&release.to_string()).await;
        assert_eq!(truth["standing"], "unconfirmed");
        let path = format!("/v1/releases/{release}/confirmations");
        let refused = desk.post(&path, &json!({ "seen": [] })).await.refused(409, "unseen");
        assert_eq!(refused["entries"], truth["unseen"]);
        for _ in 0..2 {
            desk.post(&path, &json!({ "seen": truth["unseen"] })).await.expect(204);
        }
        assert_eq!(desk.truth(&release.to_string()).await["standing"], "live");
        assert_eq!(desk.entries().await, 3);
    })
    .await;
}

#[tokio::test]
async fn a_revocation_asked_twice_is_one_and_one_that_finds_something_new_ends_it() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let desk = Desk::open(&app).await;
        let release = desk.release().await;
        for on in [json!({ "release": release }), json!({ "clip": desk.therapy.clip }), json!("shelf")] {
            desk.revoke(on.clone()).await.expect(204);
            let once = desk.entries().await;
            desk.revoke(on).await.expect(204);
            assert_eq!(desk.entries().await, once);
        }
        let path = desk.of_client("releases");
        let unseen = desk.post(&path, &desk.new_release(&[])).await.refused(409, "unseen");
        let named = unseen["entries"].as_array().unwrap().clone();
        let again = desk.post(&path, &desk.new_release(&named)).await.expect(201);
        let again = again["release"].as_str().unwrap();
        assert_eq!(desk.truth(again).await["standing"], "live");
        desk.revoke(json!("shelf")).await.expect(204);
        assert_eq!(desk.truth(again).await["standing"], "revoked");
    })
    .await;
}
