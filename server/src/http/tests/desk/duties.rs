use serde_json::json;
use sync_core::{instant::Span, policy::Role};

use crate::{http::tests::Server, testing::for_each_database};

#[tokio::test]
async fn a_therapist_asks_what_waits_and_hears_only_of_their_own_clients() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ben = server.employ("ben@practice.example", Role::Therapist).await;
        let (ada, ben) = (server.ada().await, server.sign_in(&ben).await);
        let (mia, noah) = (ada.add_client("Mia").await, ben.add_client("Noah").await);
        let (phone, token) = ada.pair_phone(&mia).await;
        ben.pair_phone(&noah).await;
        let listed = ada.get("/v1/duties?letters_since=2027-01-01T00:00:00Z").await.expect(200);
        assert!(listed["next"].is_null());
        let [duty] = listed["duties"].as_array().unwrap().as_slice() else { panic!("{listed}") };
        assert!(duty["paired_at"].is_string());
        let expected = json!({
            "kind": "confirm_device", "client": mia, "device": phone, "paired_at": duty["paired_at"],
            "urgency": "normal", "title": null,
        });
        assert_eq!(*duty, expected, "ids, instants and kinds, and nothing else");

        for wrong in ["?letters_since=yesterday", "?after=x", "?after=", "?since=2027-01-01T00:00:00Z"] {
            ada.get(&format!("/v1/duties{wrong}")).await.refused(400, "malformed");
        }
        server.get("/v1/duties", Some(&token)).await.refused(403, "not_allowed");
        server.get("/v1/duties", None).await.refused(401, "unauthenticated");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_list_of_duties_goes_on_where_it_stopped() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let mut phones = Vec::new();
        for _ in 0..103 {
            let client = ada.add_client("Mia").await;
            // One address pairs no faster.
            server.app.ground.clock.advance(Span::from_secs(10));
            phones.push(ada.pair_phone(&client).await.0);
        }
        let (mut found, mut after, mut pages) = (Vec::new(), String::new(), 0);
        loop {
            let page = ada.get(&format!("/v1/duties{after}")).await.expect(200);
            let duties = page["duties"].as_array().unwrap().clone();
            found.extend(duties.iter().map(|duty| duty["device"].as_str().unwrap().to_owned()));
            pages += 1;
            let Some(next) = page["next"].as_str() else { break };
            after = format!("?after={next}");
        }
        assert_eq!((found, pages), (phones, 2), "what has waited longest first");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_ends_is_asked_for_until_an_instant() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let listed = ada.get("/v1/endings?before=2037-01-01T00:00:00Z").await.expect(200);
        assert_eq!(listed, json!({ "endings": [], "next": null }));
        for wrong in ["", "?before=soon", "?before=2037-01-01T00:00:00Z&after=x", "?after="] {
            ada.get(&format!("/v1/endings{wrong}")).await.refused(400, "malformed");
        }
        server.get("/v1/endings?before=2037-01-01T00:00:00Z", None).await.refused(401, "unauthenticated");
        server.stop().await;
    })
    .await;
}
