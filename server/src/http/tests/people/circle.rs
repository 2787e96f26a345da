use serde_json::json;
use sync_core::{instant::Span, policy::Role};

use crate::{
    http::tests::{Server, phone},
    testing::for_each_database,
};

#[tokio::test]
async fn a_phone_is_told_who_belongs_to_it_and_of_nobody_else() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ben = server.employ("ben@practice.example", Role::Therapist).await;
        let (ada, ben) = (server.ada().await, server.sign_in(&ben).await);
        let (mia, noah) = (ada.add_client("Mia").await, ben.add_client("Noah").await);
        let (mias, token) = ada.pair_phone(&mia).await;
        let (noahs, _) = ben.pair_phone(&noah).await;
        // Ids of one millisecond have no order.
        server.app.ground.clock.advance(Span::from_secs(1));
        let (lost, _) = ada.pair_phone(&mia).await;

        let told = server.get("/v1/device/circle", Some(&token)).await.expect(200);
        assert_eq!(told["therapists"].as_array().unwrap().len(), 1, "{told}");
        assert!(told["contact"]["crisis"].is_string(), "{told}");
        assert_eq!(told["shares_listening"], false, "{told}");
        let devices = told["devices"].as_array().unwrap();
        let named: Vec<_> = devices.iter().map(|one| (one["device"].clone(), one["this"].clone())).collect();
        assert_eq!(named, [(json!(mias), json!(true)), (json!(lost), json!(false))], "{told}");

        let path = |device: &str| format!("/v1/device/circle/devices/{device}");
        // Nobody has seen this phone yet: it might be anybody's.
        server.delete(&path(&lost), Some(&token)).await.refused(403, "device_unconfirmed");
        ada.confirm(&mia, &mias).await;
        server.delete(&path(&noahs), Some(&token)).await.refused(404, "not_found");
        for _ in 0..2 {
            server.delete(&path(&lost), Some(&token)).await.expect(204);
        }
        let told = server.get("/v1/device/circle", Some(&token)).await.expect(200);
        assert_eq!(told["devices"].as_array().unwrap().len(), 1, "{told}");
        let seen = ada.get(&format!("/v1/clients/{mia}/devices")).await.expect(200);
        assert!(seen["devices"][1]["removed_at"].is_string(), "{seen}");
        server.get("/v1/device/circle", Some(&ada.token)).await.refused(403, "not_allowed");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_phone_that_was_removed_is_told_of_nobody() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let mia = ada.add_client("Mia").await;
        let code = ada.invite(&mia).await;
        let paired = server.post("/v1/pair", None, &phone(&code)).await.expect(201);
        let (device, token) = (paired["device"].as_str().unwrap(), paired["token"].as_str().unwrap());
        ada.delete(&format!("/v1/clients/{mia}/devices/{device}")).await.expect(204);
        server.get("/v1/device/circle", Some(token)).await.refused(403, "device_removed");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_phone_tells_at_what_hour_it_is_read_and_not_where() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let mia = ada.add_client("Mia").await;
        let (_, token) = ada.pair_phone(&mia).await;
        let listed = async || ada.get(&format!("/v1/clients/{mia}/devices")).await.expect(200);
        assert!(listed().await["devices"][0]["utc_offset_minutes"].is_null());
        for minutes in [-720, 840, 330] {
            let said = json!({ "utc_offset_minutes": minutes });
            server.put("/v1/device/local-time", Some(&token), &said).await.expect(204);
            assert_eq!(listed().await["devices"][0]["utc_offset_minutes"], minutes);
        }
        let next = |minutes: i32| {
            let next = json!({ "at": "2026-10-25T01:00:00Z", "utc_offset_minutes": minutes });
            json!({ "utc_offset_minutes": 330, "next": next })
        };
        server.put("/v1/device/local-time", Some(&token), &next(60)).await.expect(204);
        server.put("/v1/device/local-time", Some(&token), &next(900)).await.refused(422, "out_of_bounds");
        for nowhere in [-721, 841, i32::MIN] {
            let said = json!({ "utc_offset_minutes": nowhere });
            server.put("/v1/device/local-time", Some(&token), &said).await.refused(422, "out_of_bounds");
        }
        let said = json!({ "utc_offset_minutes": 60, "zone": "Europe/Berlin" });
        server.put("/v1/device/local-time", Some(&token), &said).await.refused(400, "malformed");
        assert_eq!(listed().await["devices"][0]["utc_offset_minutes"], 330);
        server.stop().await;
    })
    .await;
}
