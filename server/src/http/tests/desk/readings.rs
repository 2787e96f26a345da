use serde_json::json;
use sync_core::{instant::Span, policy::Role};

use crate::{
    domain::records::failed_tries,
    http::tests::Server,
    nouns::failed_tries::MINUTE,
    testing::{audited, for_each_database, number},
};

#[tokio::test]
async fn what_staff_read_is_in_the_audit_once_an_hour_for_each_person_and_thing() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let (mia, noah) = (ada.add_client("Mia").await, ada.add_client("Noah").await);
        let entries = async || number(&server.app, "SELECT COUNT(*) FROM audit_entry").await;
        let things = |client: &str| {
            ["letters", "recordings", "observations"].map(|thing| format!("/v1/clients/{client}/{thing}"))
        };
        let before = entries().await;
        for _ in 0..3 {
            ada.get("/v1/clients").await.expect(200);
            for path in things(&mia) {
                ada.get(&path).await.expect(200);
            }
        }
        assert_eq!(entries().await, before + 4);
        for path in things(&noah) {
            ada.get(&path).await.expect(200);
        }
        assert_eq!(entries().await, before + 7, "another client's are other things");
        server.app.ground.clock.advance(Span::from_hours(1));
        ada.get(&things(&mia)[0]).await.expect(200);
        assert_eq!(entries().await, before + 8);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_refused_to_staff_is_counted_in_the_audit_by_the_minute() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ben = server.employ("ben@practice.example", Role::Therapist).await;
        let (ada, ben) = (server.ada().await, server.sign_in(&ben).await);
        let mia = ada.add_client("Mia").await;
        let entries = async || number(&server.app, "SELECT COUNT(*) FROM audit_entry").await;
        let before = entries().await;
        for _ in 0..20 {
            ben.get(&format!("/v1/clients/{mia}/letters")).await.refused(404, "not_found");
        }
        assert_eq!(failed_tries::run_once(&server.app.ground, false).await.unwrap(), 0);
        server.app.ground.clock.advance(MINUTE);
        assert_eq!(failed_tries::run_once(&server.app.ground, false).await.unwrap(), 1);
        assert_eq!(entries().await, before + 1);
        let entry = audited(&server.app, "refuse_access").await.remove(0);
        assert_eq!(
            (&entry["count"], &entry["subjects"]),
            (&json!(20), &json!([ben.id])),
            "who, and not what"
        );
        server.stop().await;
    })
    .await;
}
