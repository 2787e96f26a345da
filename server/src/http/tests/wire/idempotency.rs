use serde_json::{Value, json};
use sync_core::{instant::Span, policy::Role};

use crate::{
    domain::callers::idempotency::KEPT_FOR,
    http::tests::{Answer, Server, Staff, public_key},
    testing::{for_each_database, for_sqlite, number},
};

async fn post(staff: &Staff<'_>, path: &str, key: &str, body: &Value) -> Answer {
    let request =
        staff.server.request("POST", path, Some(&staff.token)).header("idempotency-key", key).json(body);
    staff.server.send(request).await
}

#[tokio::test]
async fn asked_again_under_a_key_the_answer_is_the_same_and_the_work_done_once() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let mia = json!({ "name": "Mia" });
        let first = post(&ada, "/v1/clients", "k1", &mia).await.expect(201);
        let again = post(&ada, "/v1/clients", "k1", &mia).await;
        assert_eq!(again.headers["content-type"], "application/json");
        assert_eq!(again.expect(201), first);
        // Another session of the same person is the same caller.
        let later = server.ada().await;
        assert_eq!(post(&later, "/v1/clients", "k1", &mia).await.expect(201), first);
        assert_ne!(post(&ada, "/v1/clients", "k2", &mia).await.expect(201), first);
        assert_eq!(number(&server.app, "SELECT COUNT(*) FROM client").await, 2);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn another_request_under_the_same_key_is_refused() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        post(&ada, "/v1/clients", "k1", &json!({ "name": "Mia" })).await.expect(201);
        let other_body = post(&ada, "/v1/clients", "k1", &json!({ "name": "Noah" })).await;
        other_body.refused(422, "idempotency_mismatch");
        let other_path = post(&ada, "/v1/participants", "k1", &json!({ "name": "Mia" })).await;
        other_path.refused(422, "idempotency_mismatch");
        let other_query = post(&ada, "/v1/clients?after=1", "k1", &json!({ "name": "Mia" })).await;
        other_query.refused(422, "idempotency_mismatch");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_key_belongs_to_one_person_and_lives_a_day() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ben = server.employ("ben@practice.example", Role::Therapist).await;
        let (ada, ben) = (server.ada().await, server.sign_in(&ben).await);
        let mia = json!({ "name": "Mia" });
        let first = post(&ada, "/v1/clients", "k1", &mia).await.expect(201);
        assert_ne!(post(&ben, "/v1/clients", "k1", &mia).await.expect(201), first);
        server.app.ground.clock.advance(KEPT_FOR);
        let ada = server.ada().await;
        assert_ne!(post(&ada, "/v1/clients", "k1", &mia).await.expect(201), first);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_refused_request_frees_its_key() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        post(&ada, "/v1/clients", "k1", &json!({ "name": "" })).await.refused(422, "out_of_bounds");
        post(&ada, "/v1/clients", "k1", &json!({ "name": "Mia" })).await.expect(201);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn of_many_requests_at_once_under_a_key_one_works() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let mia = json!({ "name": "Mia" });
        let asked = (0..8).map(|_| post(&ada, "/v1/clients", "k1", &mia));
        let answers = futures_util::future::join_all(asked).await;
        assert!(answers.iter().any(|answer| answer.status == 201));
        for answer in answers {
            if answer.status != 201 {
                assert_eq!(answer.headers["retry-after"], "1");
                answer.refused(429, "too_many_requests");
            }
        }
        assert_eq!(number(&server.app, "SELECT COUNT(*) FROM client").await, 1);
        server.stop().await;
    })
    .await;
}

/// The server died after the work was committed, and before its answer was kept.
async fn lose_answers(server: &Server) {
    crate::testing::execute(&server.app, "UPDATE idempotency SET status = 0").await;
}

#[tokio::test]
async fn a_request_whose_server_died_goes_on_after_a_minute_and_is_not_done_again() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let mia = json!({ "name": "Mia" });
        let first = post(&ada, "/v1/clients", "k1", &mia).await.expect(201);
        lose_answers(&server).await;
        post(&ada, "/v1/clients", "k1", &mia).await.refused(429, "too_many_requests");
        server.app.ground.clock.advance(Span::from_millis(60_001));
        assert_eq!(post(&ada, "/v1/clients", "k1", &mia).await.expect(201), first);
        assert_eq!(number(&server.app, "SELECT COUNT(*) FROM client").await, 1);
        // It died before it had done anything.
        crate::testing::execute(&server.app, "UPDATE idempotency SET status = 0, progress = NULL").await;
        server.app.ground.clock.advance(Span::from_millis(60_001));
        assert_ne!(post(&ada, "/v1/clients", "k1", &mia).await.expect(201), first);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_was_done_and_can_not_be_told_again_is_said_to_be_done() {
    for_sqlite(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let mia = json!({ "name": "Mia" });
        post(&ada, "/v1/clients", "k1", &mia).await.expect(201);
        lose_answers(&server).await;
        // A step whose result was not kept.
        crate::testing::execute(&server.app, "UPDATE idempotency SET progress = X'FFFF'").await;
        server.app.ground.clock.advance(Span::from_millis(60_001));
        post(&ada, "/v1/clients", "k1", &mia).await.refused(409, "done_already");
        assert_eq!(number(&server.app, "SELECT COUNT(*) FROM client").await, 1);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_kept_answer_is_sealed() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let added = post(&ada, "/v1/clients", "k1", &json!({ "name": "Mia" })).await.expect(201);
        let name = added["name"].as_str().unwrap();
        let mut tx = server.app.ground.db.read().await.unwrap();
        let staff = sync_core::id::StaffId::parse(&ada.id).unwrap();
        let key_hash: [u8; 32] = <sha2::Sha256 as sha2::Digest>::digest(b"k1").into();
        let kept =
            crate::store::idempotency::find(&mut tx, staff.as_bytes(), &key_hash).await.unwrap().unwrap();
        assert!(!kept.body_sealed.windows(name.len()).any(|window| window == name.as_bytes()));
        drop(tx);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_answer_with_a_code_or_a_token_is_not_kept_and_the_route_works_again() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let client = ada.add_client("Mia").await;
        let (device, phone) = ada.pair_phone(&client).await;
        ada.confirm(&client, &device).await;
        let twice = async |token: &str, path: &str, field: &str| {
            let ask = async || {
                let request = server.request("POST", path, Some(token)).header("idempotency-key", "k1");
                let body = server.send(request.json(&json!({}))).await.expect(201);
                body[field].as_str().unwrap().to_owned()
            };
            assert_ne!(ask().await, ask().await, "{path}");
        };
        twice(&ada.token, &format!("/v1/clients/{client}/invitations"), "code").await;
        twice(&phone, "/v1/device/pairing-codes", "code").await;
        twice(&phone, "/v1/sync-tickets", "ticket").await;
        let laptop = json!({ "name": "Laptop", "exchange_key": public_key(), "signing_key": public_key() });
        post(&ada, "/v1/staff/devices", "k1", &laptop).await.expect(201);
        post(&ada, "/v1/staff/devices", "k1", &laptop).await.refused(409, "device_key_known");
        assert_eq!(number(&server.app, "SELECT COUNT(*) FROM idempotency").await, 0);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_key_that_is_none_is_refused_and_so_is_one_without_a_caller() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        post(&ada, "/v1/clients", &"k".repeat(256), &json!({ "name": "Mia" }))
            .await
            .refused(400, "malformed");
        let request = server.request("POST", "/v1/clients", None).header("idempotency-key", "k1");
        server.send(request.json(&json!({ "name": "Mia" }))).await.refused(401, "unauthenticated");
        server.stop().await;
    })
    .await;
}
