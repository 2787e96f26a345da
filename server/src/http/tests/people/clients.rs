use serde_json::json;

use crate::{http::tests::Server, testing::for_each_database};
use sync_core::policy::Role;

#[tokio::test]
async fn a_therapist_sees_only_the_clients_whom_they_treat() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ben = server.employ("ben@practice.example", Role::Therapist).await;
        let (ada, ben) = (server.ada().await, server.sign_in(&ben).await);
        let mia = ada.add_client("Mia Sommer").await;
        let noah = ben.add_client("Noah Winter").await;

        let read = ada.get(&format!("/v1/clients/{mia}")).await.expect(200);
        assert_eq!(read["name"], "Mia Sommer");
        let listed = ada.get("/v1/clients").await.expect(200);
        assert_eq!(listed["clients"].as_array().unwrap().len(), 1, "{listed}");
        assert_eq!(listed["clients"][0]["client"], json!(mia));

        let foreign = ada.get(&format!("/v1/clients/{noah}")).await.refused(404, "not_found");
        let unknown = ada.get("/v1/clients/client_00000000000070008000000000000000").await;
        assert_eq!(foreign, unknown.refused(404, "not_found"));
        ada.get("/v1/clients/nonsense").await.refused(404, "not_found");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn only_therapists_add_clients_and_the_name_must_be_one() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let admin = server.employ("office@practice.example", Role::PracticeAdmin).await;
        let supervisor = server.employ("eva@practice.example", Role::Supervisor).await;
        for person in [&admin, &supervisor] {
            let staff = server.sign_in(person).await;
            staff.post("/v1/clients", &json!({ "name": "Mia" })).await.refused(403, "not_allowed");
        }
        let ada = server.ada().await;
        for name in ["", "   ", "two\nlines"] {
            ada.post("/v1/clients", &json!({ "name": name })).await.refused(422, "out_of_bounds");
        }
        server.get("/v1/clients", None).await.refused(401, "unauthenticated");
        server.stop().await;
    })
    .await;
}
