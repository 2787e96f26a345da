//! Decisions about releases, through the router: requests of therapists, phones and consoles, and
//! their answers.

use std::sync::Arc;
use sync_core::policy::Role;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::Request,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sync_core::{
    id::{ClientId, ClipId, EntryId, ReleaseId},
    instant::Span,
    lease::{Batch, ReceiptKind, Signed, Tag},
    orders::{Act, Author, Entry, HoldOn, RevokeOn},
    terms::TermsChange,
};
use tower::ServiceExt;

use crate::{
    app::App,
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

#[tokio::test]
async fn unknown_ids_and_those_of_others_are_answered_alike_and_change_nothing() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (desk, other) = (Desk::open(&app).await, Desk::open(&app).await);
        let foreign = other.release().await;
        let (release, before) = (desk.release().await, number(&app, "SELECT COUNT(*) FROM entry").await);
        let nobody = ReleaseId::from_bytes([9; 16]).to_string();
        let hold = other.post(&other.of_client("holds"), &json!({})).await.expect(201)["hold"].clone();
        let (no_clip, no_client) = (ClipId::from_bytes([9; 16]), ClientId::from_bytes([9; 16]));
        let no_entry = EntryId::from_bytes([9; 16]);
        let terms = json!({ "expires_at": "2027-01-22T08:00:00Z" });
        for (release_id, client, clip, entry) in [
            (&foreign, other.therapy.client, other.therapy.clip, hold),
            (&nobody, no_client, no_clip, json!(no_entry)),
        ] {
            let path = format!("/v1/releases/{release_id}");
            let of = |what: &str| format!("/v1/clients/{client}/{what}");
            let new = json!({ "clip": desk.therapy.clip, "terms": terms });
            let foreign_clip = json!({ "clip": clip, "terms": terms });
            let seen = json!({ "clip": desk.therapy.clip, "terms": terms, "seen": [entry] });
            let change = json!({ "set": { "daily_limit": 1 }, "over": [] });
            let over = json!({ "set": { "daily_limit": 1 }, "over": [entry] });
            for (method, path, body) in [
                ("PATCH", path.clone(), change),
                ("PATCH", format!("/v1/releases/{release}"), over),
                ("POST", format!("{path}/holds"), json!({})),
                ("POST", format!("{path}/confirmations"), json!({ "seen": [] })),
                ("POST", of("releases"), new),
                ("POST", desk.of_client("releases"), foreign_clip),
                ("POST", desk.of_client("releases"), seen),
                ("POST", of("holds"), json!({})),
                ("POST", of("lifts"), json!({ "holds": [entry] })),
                ("POST", desk.of_client("lifts"), json!({ "holds": [entry] })),
                ("POST", of("revocations"), json!({ "on": "shelf" })),
                ("POST", desk.of_client("revocations"), json!({ "on": { "release": release_id } })),
                ("POST", desk.of_client("revocations"), json!({ "on": { "clip": clip } })),
                ("GET", of("releases"), Value::Null),
                ("GET", of("documents"), Value::Null),
            ] {
                let answer = desk.send(method, &path, &desk.ada, &body, None).await;
                let told = answer.refused(404, "not_found");
                assert_eq!(told["detail"], "there is nothing here under this id", "{method} {path}");
            }
        }
        assert_eq!(number(&app, "SELECT COUNT(*) FROM entry").await, before + 1);
        assert_eq!(other.truth(&foreign).await["standing"], "held");
    })
    .await;
}

#[tokio::test]
async fn only_therapists_decide_and_only_over_terms_that_could_play() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let desk = Desk::open(&app).await;
        let release = desk.release().await;
        let tighter = json!({ "set": { "daily_limit": 1 }, "over": [] });
        for role in [Role::Supervisor, Role::PracticeAdmin] {
            let staff = employ(&app, desk.therapy.practice, role).await;
            let token = token(&app, TokenKind::Session, Owner::Staff(staff.staff)).await;
            let path = desk.of_client("releases");
            desk.send("POST", &path, &token, &desk.new_release(&[]), None).await.refused(403, "not_allowed");
            let body = json!({ "on": "shelf" });
            let path = desk.of_client("revocations");
            desk.send("POST", &path, &token, &body, None).await.refused(403, "not_allowed");
            // A release that there is and one that there is not are answered alike.
            for release in [release.clone(), ReleaseId::from_bytes([9; 16]).to_string()] {
                let path = format!("/v1/releases/{release}");
                desk.send("PATCH", &path, &token, &tighter, None).await.refused(403, "not_allowed");
            }
        }
        assert_eq!(desk.entries().await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_value_out_of_bounds_is_refused_by_the_name_of_its_field_and_nothing_is_decided() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let desk = Desk::open(&app).await;
        let release = desk.release().await;
        let entries = desk.entries().await;
        let (soon, far) = ("2027-01-22T08:00:00Z", "2036-01-01T08:00:00Z");
        for (field, terms) in [
            ("expires_at", json!({ "expires_at": "2026-01-15T08:00:00Z" })),
            ("expires_at", json!({ "expires_at": far })),
            ("not_before", json!({ "expires_at": soon, "not_before": soon })),
            ("offline_hours", json!({ "expires_at": soon, "offline_hours": 0 })),
            ("offline_hours", json!({ "expires_at": soon, "offline_hours": 745 })),
            ("daily_limit", json!({ "expires_at": soon, "daily_limit": 0 })),
            ("daily_limit", json!({ "expires_at": soon, "daily_limit": 99 })),
            ("daily_limit", json!({ "expires_at": soon, "daily_limit": -3 })),
            ("planned_daily", json!({ "expires_at": soon, "planned_daily": 1.5 })),
            ("quiet_hours", json!({ "expires_at": soon, "quiet_hours": [{ "from": "9", "to": "10:00" }] })),
        ] {
            let body = json!({ "clip": desk.therapy.clip, "terms": terms });
            let refused = desk.post(&desk.of_client("releases"), &body).await.refused(422, "out_of_bounds");
            assert_eq!(refused["field"], field, "{refused}");
            assert!(refused["detail"].as_str().unwrap().contains(&format!("{field}: ")), "{refused}");
        }
        let late = json!([{ "at_ms": 3_600_000, "words": "Nobody hears it." }]);
        let words = json!({ "note": null, "marks": late, "parting_note": "Bye." });
        let body = json!({ "clip": desk.therapy.clip, "terms": { "expires_at": soon }, "words": words });
        let refused = desk.post(&desk.of_client("releases"), &body).await.refused(422, "out_of_bounds");
        assert_eq!(refused["field"], "marks");
        let path = format!("/v1/releases/{release}");
        for (field, set) in [
            ("expires_at", json!({ "expires_at": far })),
            ("daily_limit", json!({ "daily_limit": 0 })),
            ("daily_limit", json!({ "daily_limit": 1.5 })),
            ("set", json!({})),
        ] {
            let body = json!({ "set": set, "over": [] });
            let refused = desk.patch(&path, &body).await.refused(422, "out_of_bounds");
            assert_eq!(refused["field"], field);
        }
        for until in [far, "2020-01-01T08:00:00Z"] {
            for path in [format!("{path}/holds"), desk.of_client("holds")] {
                let refused =
                    desk.post(&path, &json!({ "until": until })).await.refused(422, "out_of_bounds");
                assert_eq!(refused["field"], "until");
            }
        }
        assert_eq!(desk.entries().await, entries);
        // An end that has come already takes something away, and is taken.
        let over = json!({ "set": { "expires_at": "2020-01-01T08:00:00Z" }, "over": [] });
        desk.patch(&path, &over).await.expect(204);
    })
    .await;
}

async fn ask(desk: &Desk, phone: &Phone, token: &str, nonce: [u8; 32], key: Option<&str>) -> Batch {
    let body = json!({ "nonce": BASE64_URL_SAFE_NO_PAD.encode(nonce) });
    let answer = desk.send("POST", "/v1/device/leases", token, &body, key).await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.bytes));
    let authority = authority(&desk.therapy.app, desk.therapy.practice).await.unwrap();
    let authority = *authority.signing_key().verifying_key();
    let (practice, device) = (phone.caller.practice, phone.caller.device);
    let signed = Signed::decode(&answer.bytes).unwrap();
    assert!(signed.verify(Tag::Denial, &authority).is_err());
    Batch::read(&signed, &authority, practice, device, &phone.exchange_key, &nonce).unwrap()
}

#[tokio::test]
async fn i3_a_lease_is_never_answered_from_what_was_kept_under_an_idempotency_key() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let desk = Desk::open(&app).await;
        let (phone, token) = desk.phone().await;
        let release = desk.release().await;
        assert_eq!(ask(&desk, &phone, &token, [7; 32], Some("once")).await.items.len(), 1);
        desk.revoke(json!({ "release": release })).await.expect(204);
        let again = ask(&desk, &phone, &token, [7; 32], Some("once")).await;
        assert_eq!((again.items.len(), again.denials.len()), (0, 1));
    })
    .await;
}

#[tokio::test]
async fn a_removed_phone_hears_its_denial_hands_in_receipts_and_gets_nothing_else() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let desk = Desk::open(&app).await;
        let (phone, token) = desk.phone().await;
        let release: ReleaseId = ReleaseId::parse(&desk.release().await).unwrap();
        assert_eq!(ask(&desk, &phone, &token, [1; 32], None).await.items.len(), 1);
        let path = desk.of_client(&format!("devices/{}", phone.caller.device));
        desk.send("DELETE", &path, &desk.ada, &Value::Null, None).await.expect(204);
        let batch = ask(&desk, &phone, &token, [2; 32], None).await;
        assert_eq!((batch.items.len(), batch.denials.len()), (0, 1));
        for path in ["/v1/device/documents", &format!("/v1/device/clips/{}", desk.therapy.clip)] {
            desk.send("GET", path, &token, &Value::Null, None).await.refused(403, "device_removed");
        }
        desk.send("POST", "/v1/sync-tickets", &token, &Value::Null, None)
            .await
            .refused(403, "device_removed");
        let receipt = phone.receipt(1, ReceiptKind::Wiped, release, FIRST).encode();
        let body = json!({ "receipts": [BASE64_URL_SAFE_NO_PAD.encode(receipt)] });
        let taken = desk.send("POST", "/v1/device/receipts", &token, &body, None).await.expect(200);
        assert_eq!(taken["taken_upto"], 1);
        let forged = json!({ "receipts": ["AAAA"] });
        let refused = desk.send("POST", "/v1/device/receipts", &token, &forged, None).await;
        refused.refused(422, "statement_invalid");
        assert_eq!(desk.truth(&release.to_string()).await["devices"][0]["known"], "wiped");
    })
    .await;
}

#[tokio::test]
async fn i5_a_console_whose_part_has_ended_still_takes_away_and_reads_nothing() {
    for_each_database(|database| async move {
        let app = database.app().await;
        for ending in 0..3 {
            let desk = Desk::open(&app).await;
            let (laptop, token) = desk.laptop().await;
            let (phone, _) = desk.phone().await;
            let release: ReleaseId = ReleaseId::parse(&desk.release().await).unwrap();
            phone.ask().await;
            match ending {
                0 => end_care(&app, desk.therapy.client, laptop.staff).await,
                1 => execute(&app, "UPDATE device SET removed_at = 1 WHERE staff IS NOT NULL").await,
                _ => execute(&app, "UPDATE staff SET ended_at = 1").await,
            }
            let held =
                entry(&desk, laptop, Act::Hold { on: HoldOn::Release(release), until: None, hits: vec![] });
            let set = TermsChange { offline_for: Some(Span::from_hours(1)), ..TermsChange::default() };
            // As a console writes it: over what its form showed. What tightens counts all the same.
            let orders = desk.therapy.document(sync_core::documents::Kind::Orders).await;
            let over = sync_core::documents::entries(&orders).into_iter().map(|(id, _)| id).collect();
            let amended = entry(&desk, laptop, Act::Amend { release, set, over });
            let on = RevokeOn::Release(release);
            let revoked = entry(&desk, laptop, Act::Revoke { on, hits: vec![release] });
            let before = desk.entries().await;
            for _ in 0..2 {
                let all = [held.clone(), amended.clone(), revoked.clone()];
                desk.restrict(&token, desk.therapy.client, &all).await.expect(204);
            }
            assert_eq!(desk.entries().await, before + 3);
            assert_eq!(phone.ask().await.denied(release).len(), 1, "ending {ending}");
            // In the document too, so that the others' devices see them; and as the device's.
            let orders = desk.therapy.document(sync_core::documents::Kind::Orders).await;
            assert_eq!(sync_core::documents::entries(&orders).len(), 4);
            let ledger = std::fs::read_to_string(database.ledger_path()).unwrap();
            assert!(ledger.contains(&BASE64_URL_SAFE_NO_PAD.encode(&revoked.1)));
            // Nothing is read in return.
            let sync = desk.send("GET", "/v1/sync", &token, &Value::Null, None).await;
            assert_ne!(sync.status, 101);
        }
        let by_devices = "SELECT COUNT(*) FROM entry WHERE device IS NOT NULL AND staff IS NOT NULL";
        assert_eq!(number(&app, by_devices).await, 9);
    })
    .await;
}

#[tokio::test]
async fn i5_only_restrictions_of_ones_own_for_clients_once_in_care_are_taken_that_way() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let (desk, other) = (Desk::open(&app).await, Desk::open(&app).await);
        let (laptop, token) = desk.laptop().await;
        let release: ReleaseId = ReleaseId::parse(&desk.release().await).unwrap();
        let client = desk.therapy.client;
        let hold = desk.post(&desk.of_client("holds"), &json!({})).await.expect(201);
        let hold = EntryId::parse(hold["hold"].as_str().unwrap()).unwrap();
        let before = number(&app, "SELECT COUNT(*) FROM entry").await;
        let revoked = entry(&desk, laptop, Act::Revoke { on: RevokeOn::Shelf, hits: vec![] });
        let set = TermsChange { daily_limit: Some(None), ..TermsChange::default() };
        let over = vec![EntryId::from_bytes([1; 16])];
        for gives in [
            Act::Lift { holds: vec![hold] },
            Act::Confirm { release, seen: vec![hold] },
            Act::Amend { release, set, over },
        ] {
            // Not even beside one that takes away.
            let all = [revoked.clone(), entry(&desk, laptop, gives)];
            desk.restrict(&token, client, &all).await.refused(422, "not_a_restriction");
        }
        let (second, second_token) = desk.laptop().await;
        let in_anothers_name = entry(&desk, second, Act::Revoke { on: RevokeOn::Shelf, hits: vec![] });
        desk.restrict(&token, client, &[in_anothers_name]).await.refused(403, "not_allowed");
        let malformed = (EntryId::from_bytes([2; 16]), vec![1, 2, 3]);
        desk.restrict(&token, client, &[malformed]).await.refused(400, "malformed");
        desk.restrict(&token, client, &[]).await.refused(422, "out_of_bounds");
        let nobody = ClientId::from_bytes([9; 16]);
        for foreign in [other.therapy.client, nobody] {
            desk.restrict(&token, foreign, std::slice::from_ref(&revoked)).await.refused(404, "not_found");
        }
        let (_, phone_token) = desk.phone().await;
        desk.restrict(&phone_token, client, std::slice::from_ref(&revoked)).await.refused(403, "not_allowed");
        assert_eq!(number(&app, "SELECT COUNT(*) FROM entry").await, before);
        // The same id with other contents is not the same entry.
        desk.restrict(&token, client, std::slice::from_ref(&revoked)).await.expect(204);
        let again =
            (revoked.0, entry(&desk, second, Act::Revoke { on: RevokeOn::Shelf, hits: vec![release] }).1);
        desk.restrict(&second_token, client, &[again]).await.refused(409, "conflict");
    })
    .await;
}

#[tokio::test]
async fn more_decisions_than_one_entry_names_are_cut_into_several() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let desk = Desk::open(&app).await;
        let laptop = desk.therapy.laptop().await;
        let release = |_| Act::Release {
            release: ReleaseId::new(desk.therapy.now(), app.ground.entropy.bytes()),
            clip: desk.therapy.clip,
            recording: desk.therapy.recording,
            terms: desk.therapy.terms(),
            seen: Vec::new(),
        };
        crate::domain::sync::tests::write_as(&desk.therapy, laptop, (0..70).map(release).collect()).await;
        desk.revoke(json!("shelf")).await.expect(204);
        assert_eq!(number(&app, "SELECT COUNT(*) FROM release WHERE NOT revoked").await, 0);
        // So many pauses are to be seen by now that one entry cannot name them all.
        let hold = |_| Act::Hold { on: HoldOn::Shelf, until: None, hits: Vec::new() };
        crate::domain::sync::tests::write_as(&desk.therapy, laptop, (0..70).map(hold).collect()).await;
        let path = desk.of_client("releases");
        let unseen = desk.post(&path, &desk.new_release(&[])).await.refused(409, "unseen");
        let named = unseen["entries"].as_array().unwrap().clone();
        assert!(named.len() > 70);
        let made = desk.post(&path, &desk.new_release(&named)).await.expect(201);
        // Paused, and in no doubt: every one of them was named.
        let truth = desk.truth(made["release"].as_str().unwrap()).await;
        assert_eq!((&truth["standing"], &truth["unseen"]), (&json!("held"), &json!([])));
        desk.post(&desk.of_client("lifts"), &json!({ "holds": truth["holds"] })).await.expect(204);
        assert_eq!(desk.truth(made["release"].as_str().unwrap()).await["standing"], "live");
    })
    .await;
}
