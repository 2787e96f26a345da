use serde_json::json;

use crate::{
    http::tests::{Server, public_key},
    testing::{self, for_each_database, number},
};
use sync_core::{id::DeviceId, instant::Span, policy::Role};

#[tokio::test]
async fn a_therapist_sees_confirms_and_removes_a_phone() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let mia = ada.add_client("Mia").await;
        let (phone, _) = ada.pair_phone(&mia).await;
        let path = format!("/v1/clients/{mia}/devices");

        let listed = ada.get(&path).await.expect(200);
        assert_eq!(listed["devices"][0]["name"], "Mia's phone");
        assert!(listed["devices"][0]["confirmed_at"].is_null());
        for _ in 0..2 {
            ada.confirm(&mia, &phone).await;
        }
        assert!(ada.get(&path).await.expect(200)["devices"][0]["confirmed_at"].is_string());

        for _ in 0..2 {
            ada.delete(&format!("{path}/{phone}")).await.expect(204);
        }
        assert!(ada.get(&path).await.expect(200)["devices"][0]["removed_at"].is_string());
        ada.post(&format!("{path}/{phone}/confirmation"), &json!({ "digits": "0000" }))
            .await
            .refused(403, "device_removed");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_phone_is_confirmed_by_the_digits_that_it_shows_and_by_no_others() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let mia = ada.add_client("Mia").await;
        let (phone, token) = ada.pair_phone(&mia).await;
        let digits = testing::digits(&server.app, DeviceId::parse(&phone).unwrap()).await.to_string();
        let path = format!("/v1/clients/{mia}/devices");
        let confirmation = format!("{path}/{phone}/confirmation");
        ada.post(&confirmation, &json!({})).await.refused(400, "malformed");
        let next = |digits: &str| format!("{:04}", (digits.parse::<u16>().unwrap() + 1) % 10_000);
        for wrong in [next(&digits), format!("{digits} "), digits[1..].to_owned(), String::new()] {
            ada.post(&confirmation, &json!({ "digits": wrong })).await.refused(422, "digits_not_right");
        }
        let listed = ada.get(&path).await.expect(200);
        assert!(listed["devices"][0]["confirmed_at"].is_null());
        // Whoever has the server's answers has no digits by them.
        let circle = server.get("/v1/device/circle", Some(&token)).await.expect(200);
        for answer in [listed, circle] {
            assert!(!answer.to_string().contains("digits"), "{answer}");
        }
        assert_eq!(testing::audited(&server.app, "fail_confirm_device").await.len(), 4);
        ada.confirm(&mia, &phone).await;
        assert!(ada.get(&path).await.expect(200)["devices"][0]["confirmed_at"].is_string());
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn after_five_tries_not_even_the_right_digits_are_taken_before_the_next_hour() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let mia = ada.add_client("Mia").await;
        let ((phone, _), (other, _)) = (ada.pair_phone(&mia).await, ada.pair_phone(&mia).await);
        let confirmation = format!("/v1/clients/{mia}/devices/{phone}/confirmation");
        for _ in 0..5 {
            ada.post(&confirmation, &json!({ "digits": "x" })).await.refused(422, "digits_not_right");
        }
        let right = testing::digits(&server.app, DeviceId::parse(&phone).unwrap()).await.to_string();
        let right = json!({ "digits": right });
        ada.post(&confirmation, &right).await.refused(429, "too_many_requests");
        ada.confirm(&mia, &other).await;
        server.app.ground.clock.advance(Span::from_hours(1));
        ada.post(&confirmation, &right).await.expect(204);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn removing_a_phone_is_in_the_ledger() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let mia = ada.add_client("Mia").await;
        let (phone, _) = ada.pair_phone(&mia).await;
        let lines = || std::fs::read_to_string(database.ledger_path()).unwrap_or_default();
        assert!(!lines().contains(&phone));
        ada.delete(&format!("/v1/clients/{mia}/devices/{phone}")).await.expect(204);
        assert!(lines().contains(&phone), "{}", lines());
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_phone_of_another_therapists_client_is_not_there() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ben = server.employ("ben@practice.example", Role::Therapist).await;
        let (ada, ben) = (server.ada().await, server.sign_in(&ben).await);
        let (mia, noah) = (ada.add_client("Mia").await, ben.add_client("Noah").await);
        let (phone, _) = ada.pair_phone(&mia).await;
        for client in [&mia, &noah] {
            let path = format!("/v1/clients/{client}/devices/{phone}");
            ben.delete(&path).await.refused(404, "not_found");
            let digits = json!({ "digits": "0000" });
            ben.post(&format!("{path}/confirmation"), &digits).await.refused(404, "not_found");
        }
        ben.get(&format!("/v1/clients/{mia}/devices")).await.refused(404, "not_found");
        ben.post(&format!("/v1/clients/{mia}/invitations"), &json!({})).await.refused(404, "not_found");
        assert_eq!(number(&server.app, "SELECT COUNT(*) FROM device WHERE removed_at IS NULL").await, 1);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn staff_register_their_own_devices_and_remove_them() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ben = server.employ("ben@practice.example", Role::Therapist).await;
        let office = server.employ("office@practice.example", Role::PracticeAdmin).await;
        let ada = server.ada().await;
        let (ben, office) = (server.sign_in(&ben).await, server.sign_in(&office).await);
        let laptop =
            || json!({ "name": "Laptop", "exchange_key": public_key(), "signing_key": public_key() });
        let known = laptop();
        let added = ada.post("/v1/staff/devices", &known).await.expect(201);
        ada.post("/v1/staff/devices", &known).await.refused(409, "device_key_known");
        let other = ada.post("/v1/staff/devices", &laptop()).await.expect(201);
        let listed = ada.get("/v1/staff/devices").await.expect(200);
        assert_eq!(listed["devices"].as_array().unwrap().len(), 2, "{listed}");
        assert!(listed["devices"][0]["confirmed_at"].is_string());
        // A device's token is no session.
        server.get("/v1/staff/devices", added["token"].as_str()).await.refused(403, "not_allowed");

        let path =
            |device: &serde_json::Value| format!("/v1/staff/devices/{}", device["device"].as_str().unwrap());
        ben.delete(&path(&added)).await.refused(404, "not_found");
        ada.delete(&path(&added)).await.expect(204);
        office.delete(&path(&other)).await.expect(204);
        let (phone, _) = ada.pair_phone(&ada.add_client("Mia").await).await;
        office.delete(&format!("/v1/staff/devices/{phone}")).await.refused(404, "not_found");
        server.stop().await;
    })
    .await;
}
