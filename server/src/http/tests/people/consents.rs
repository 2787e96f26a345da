use serde_json::{Value, json};
use sync_core::{
    id::{ParticipantId, RecordingId},
    instant::Span,
    policy::{Purpose, Role},
    vocabulary::Vocabulary,
};

use super::recordings::{participant, recording};
use crate::{
    domain::people::consents::newest,
    http::tests::{Server, Staff},
    nouns::consents::ConsentKind,
    testing::{for_each_database, number},
};

struct Scene {
    client: String,
    recording: String,
    tom: String,
    form: String,
}

async fn scene(ada: &Staff<'_>) -> Scene {
    let client = ada.add_client("Mia").await;
    let tom = participant(ada, &json!({ "kind": "partner", "name": "Tom" })).await;
    let recording = recording(ada, &client, &[&tom]).await;
    let form =
        ada.post("/v1/forms", &json!({ "paragraphs": ["You may stop at any time."] })).await.expect(201);
    Scene { client, recording, tom, form: form["form"].as_str().unwrap().to_owned() }
}

impl Scene {
    fn consents(&self) -> String {
        format!("/v1/recordings/{}/consents", self.recording)
    }

    fn withdrawals(&self) -> String {
        format!("/v1/recordings/{}/withdrawals", self.recording)
    }

    fn consent(&self, purposes: &[&str]) -> Value {
        json!({ "participant": self.tom, "purposes": purposes, "form": self.form })
    }

    async fn stands(&self, server: &Server, purpose: Purpose) -> bool {
        let mut tx = server.app.ground.db.read().await.unwrap();
        let recording = RecordingId::parse(&self.recording).unwrap();
        let events = crate::store::consents::of_recording(&mut tx, recording).await.unwrap();
        let tom = ParticipantId::parse(&self.tom).unwrap();
        newest(&events, tom, purpose).is_some_and(|event| event.kind == ConsentKind::Given)
    }
}

#[tokio::test]
async fn a_consent_is_given_withdrawn_and_given_again() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let scene = scene(&ada).await;
        let purposes = ["record", "release_to_client"];
        assert!(!scene.stands(&server, Purpose::ReleaseToClient).await);
        let given = ada.post(&scene.consents(), &scene.consent(&purposes)).await.expect(201);
        assert_eq!(given["consents"].as_array().unwrap().len(), 2);
        assert!(scene.stands(&server, Purpose::ReleaseToClient).await);

        let withdrawal = json!({ "participant": scene.tom, "purposes": ["release_to_client"] });
        ada.post(&scene.withdrawals(), &withdrawal).await.expect(201);
        assert!(!scene.stands(&server, Purpose::ReleaseToClient).await);
        assert!(scene.stands(&server, Purpose::Record).await);

        server.app.ground.clock.advance(Span::from_millis(1));
        ada.post(&scene.consents(), &scene.consent(&purposes)).await.expect(201);
        assert!(scene.stands(&server, Purpose::ReleaseToClient).await);
        let read = ada.get(&format!("/v1/recordings/{}", scene.recording)).await.expect(200);
        assert_eq!(read["consents"].as_array().unwrap().len(), 5, "{read}");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_withdrawal_is_in_the_ledger_and_the_outbox_and_counts_the_recording_up() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let scene = scene(&ada).await;
        let version = number(&server.app, "SELECT version FROM recording").await;
        let withdrawn =
            ada.post(&scene.withdrawals(), &json!({ "participant": scene.tom })).await.expect(201);
        let ids = withdrawn["consents"].as_array().unwrap();
        assert_eq!(ids.len(), Purpose::all().len());
        let ledger = std::fs::read_to_string(database.ledger_path()).unwrap();
        assert!(ids.iter().all(|id| ledger.contains(id.as_str().unwrap())), "{ledger}");
        let left = number(&server.app, "SELECT COUNT(*) FROM outbox WHERE kind = 'settle_recording'").await;
        assert_eq!(left, 1, "one for all of them");
        assert_eq!(number(&server.app, "SELECT version FROM recording").await, version + 1);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_withdrawal_outranks_a_consent_even_when_the_clock_was_set_back() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let scene = scene(&ada).await;
        ada.post(&scene.consents(), &scene.consent(&["record"])).await.expect(201);
        if let crate::nouns::clock::Clock::Movable(millis) = &server.app.ground.clock {
            millis.fetch_sub(60_000, std::sync::atomic::Ordering::SeqCst);
        }
        ada.post(&scene.withdrawals(), &json!({ "participant": scene.tom })).await.expect(201);
        server.app.ground.clock.advance(Span::from_hours(1));
        assert!(!scene.stands(&server, Purpose::Record).await);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn staff_on_duty_may_enter_a_withdrawal_but_not_a_consent() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let office = server.employ("office@practice.example", Role::PracticeAdmin).await;
        let ben = server.employ("ben@practice.example", Role::Therapist).await;
        let ada = server.ada().await;
        let (office, ben) = (server.sign_in(&office).await, server.sign_in(&ben).await);
        let scene = scene(&ada).await;
        let withdrawal = json!({ "participant": scene.tom });
        office.post(&scene.consents(), &scene.consent(&["record"])).await.refused(404, "not_found");
        office.post(&scene.withdrawals(), &withdrawal).await.expect(201);
        ben.post(&scene.consents(), &scene.consent(&["record"])).await.refused(404, "not_found");
        ben.post(&scene.withdrawals(), &withdrawal).await.refused(404, "not_found");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_consent_that_cannot_be_meant_is_refused() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let scene = scene(&ada).await;
        let with = |field: &str, value: Value| {
            let mut body = scene.consent(&["record"]);
            body[field] = value;
            body
        };
        let stranger = participant(&ada, &json!({ "kind": "partner", "name": "Not on it" })).await;
        let no_form = "form_00000000000070008000000000000000";
        for (body, status, code) in [
            (with("purposes", json!([])), 422, "out_of_bounds"),
            (with("purposes", json!(["everything"])), 400, "malformed"),
            (with("at", json!("2037-01-15T08:00:00Z")), 422, "out_of_bounds"),
            (with("valid_until", json!("2020-01-15T08:00:00Z")), 422, "out_of_bounds"),
            (with("participant", json!(stranger)), 404, "not_found"),
            (with("form", json!(no_form)), 404, "not_found"),
        ] {
            ada.post(&scene.consents(), &body).await.refused(status, code);
        }
        let nobody = json!({ "participant": stranger });
        ada.post(&scene.withdrawals(), &nobody).await.refused(404, "not_found");
        let elsewhere = format!("/v1/recordings/{}/withdrawals", scene.client);
        ada.post(&elsewhere, &nobody).await.refused(404, "not_found");
        assert_eq!(number(&server.app, "SELECT COUNT(*) FROM consent_event").await, 0);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_form_has_paragraphs_and_a_number() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let supervisor = server.employ("eva@practice.example", Role::Supervisor).await;
        let (ada, supervisor) = (server.ada().await, server.sign_in(&supervisor).await);
        let text = json!({ "paragraphs": ["One.", "Two."] });
        for version in 1..=2 {
            assert_eq!(ada.post("/v1/forms", &text).await.expect(201)["version"], version);
        }
        for bad in [json!([]), json!([" "]), json!(["x".repeat(4_001)]), json!(vec!["x"; 65])] {
            ada.post("/v1/forms", &json!({ "paragraphs": bad })).await.refused(422, "out_of_bounds");
        }
        supervisor.post("/v1/forms", &text).await.refused(403, "not_allowed");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_consent_of_before_a_withdrawal_is_answered_again_under_its_key_and_a_new_one_is_refused() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let scene = scene(&ada).await;
        let mia = json!({ "kind": "client", "name": "Mia", "client": scene.client });
        let mia = participant(&ada, &mia).await;
        let session = recording(&ada, &scene.client, &[&mia]).await;
        let consents = format!("/v1/recordings/{session}/consents");
        let paper = json!({ "participant": mia, "purposes": ["record"], "form": scene.form });
        let send = async |key: &str| {
            let request = server.request("POST", &consents, Some(&ada.token)).header("Idempotency-Key", key);
            server.send(request.json(&paper)).await
        };
        let entered = send("one").await.expect(201);
        let (device, phone) = ada.pair_phone(&scene.client).await;
        ada.confirm(&scene.client, &device).await;
        let withdrawal = format!("/v1/device/sessions/{session}/withdrawal");
        server.app.ground.clock.advance(Span::from_millis(1));
        server.post(&withdrawal, Some(&phone), &json!({})).await.expect(204);
        assert_eq!(send("one").await.expect(201), entered, "its answer was lost");
        server.app.ground.clock.advance(Span::from_millis(1));
        send("two").await.refused(409, "withdrawn_by_person");
        let read = ada.get(&format!("/v1/recordings/{session}")).await.expect(200);
        let last = read["consents"].as_array().unwrap().last().unwrap();
        assert_eq!((&last["kind"], &last["recorded_by"]), (&json!("withdrawn"), &Value::Null));
        server.stop().await;
    })
    .await;
}
