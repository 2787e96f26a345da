use serde_json::json;
use sync_core::instant::Span;

use crate::{
    domain::{
        callers::tickets::{TICKET_FOR, redeem},
        credentials::tokens::BearerToken,
    },
    http::tests::{Server, public_key},
    nouns::{Refusal, callers::DeviceCaller},
    testing::for_each_database,
};

async fn ticket(server: &Server, token: &str) -> String {
    let body = server.post("/v1/sync-tickets", Some(token), &json!({})).await.expect(201);
    body["ticket"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_ticket_opens_once_for_its_device() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let mia = ada.add_client("Mia").await;
        let (phone, token) = ada.pair_phone(&mia).await;
        // Nobody has seen it yet: it might be anybody's.
        server.post("/v1/sync-tickets", Some(&token), &json!({})).await.refused(403, "device_unconfirmed");
        ada.confirm(&mia, &phone).await;
        let ticket = ticket(&server, &token).await;
        let caller = redeem(&server.app.ground, BearerToken::sent(&ticket)).await.unwrap();
        assert_eq!(caller.device().to_string(), phone);
        let again = redeem(&server.app.ground, BearerToken::sent(&ticket)).await;
        assert!(matches!(again, Err(Refusal::Unauthenticated)));
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_ticket_lasts_a_minute_and_is_no_token() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let mia = ada.add_client("Mia").await;
        let (phone, token) = ada.pair_phone(&mia).await;
        ada.confirm(&mia, &phone).await;
        let (first, second) = (ticket(&server, &token).await, ticket(&server, &token).await);
        server.post("/v1/sync-tickets", Some(&first), &json!({})).await.refused(401, "unauthenticated");
        let as_ticket = redeem(&server.app.ground, BearerToken::sent(&token)).await;
        assert!(matches!(as_ticket, Err(Refusal::Unauthenticated)));
        server.app.ground.clock.advance(TICKET_FOR.saturating_sub(Span::from_millis(1)));
        assert!(redeem(&server.app.ground, BearerToken::sent(&first)).await.is_ok());
        server.app.ground.clock.advance(Span::from_millis(1));
        let late = redeem(&server.app.ground, BearerToken::sent(&second)).await;
        assert!(matches!(late, Err(Refusal::Unauthenticated)));
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_removed_phone_gets_no_ticket_and_its_last_one_does_not_open() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let mia = ada.add_client("Mia").await;
        let (phone, token) = ada.pair_phone(&mia).await;
        ada.confirm(&mia, &phone).await;
        let last = ticket(&server, &token).await;
        ada.delete(&format!("/v1/clients/{mia}/devices/{phone}")).await.expect(204);
        server.post("/v1/sync-tickets", Some(&token), &json!({})).await.refused(403, "device_removed");
        let opened = redeem(&server.app.ground, BearerToken::sent(&last)).await;
        assert!(matches!(opened, Err(Refusal::DeviceRemoved)));
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_removed_console_still_connects_so_that_its_restrictions_arrive() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let laptop = json!({ "name": "Laptop", "exchange_key": public_key(), "signing_key": public_key() });
        let added = ada.post("/v1/staff/devices", &laptop).await.expect(201);
        ada.delete(&format!("/v1/staff/devices/{}", added["device"].as_str().unwrap())).await.expect(204);
        let ticket = ticket(&server, added["token"].as_str().unwrap()).await;
        let caller = redeem(&server.app.ground, BearerToken::sent(&ticket)).await.unwrap();
        assert!(matches!(caller, DeviceCaller::Console(console) if console.ended));
        ada.post("/v1/sync-tickets", &json!({})).await.refused(403, "not_allowed");
        server.stop().await;
    })
    .await;
}
