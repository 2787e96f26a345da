use serde_json::{Value, json};

use crate::{
    http::tests::{Server, Staff},
    testing::for_each_database,
};
use sync_core::policy::Role;

pub(crate) async fn participant(staff: &Staff<'_>, body: &Value) -> String {
    let added = staff.post("/v1/participants", body).await.expect(201);
    added["participant"].as_str().unwrap().to_owned()
}

pub(crate) async fn recording(staff: &Staff<'_>, client: &str, participants: &[&String]) -> String {
    let body =
        json!({ "client": client, "recorded_at": "2027-01-15T08:00:00Z", "participants": participants });
    let added = staff.post("/v1/recordings", &body).await.expect(201);
    added["recording"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_recording_names_who_is_heard_on_it() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let mia = ada.add_client("Mia").await;
        let heard = [
            participant(&ada, &json!({ "kind": "client", "name": "Mia", "client": mia })).await,
            participant(&ada, &json!({ "kind": "partner", "name": "Tom" })).await,
            participant(&ada, &json!({ "kind": "therapist", "name": "Ada", "staff": ada.id })).await,
        ];
        let recording = recording(&ada, &mia, &heard.each_ref()).await;
        let read = ada.get(&format!("/v1/recordings/{recording}")).await.expect(200);
        assert_eq!(read["client"], mia.as_str());
        assert_eq!(read["recorded_at"], "2027-01-15T08:00:00.000Z");
        let names: Vec<_> =
            read["participants"].as_array().unwrap().iter().map(|person| &person["name"]).collect();
        assert_eq!(names.len(), 3, "{read}");
        assert!(names.contains(&&json!("Tom")));
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn nobody_names_another_therapists_people() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ben = server.employ("ben@practice.example", Role::Therapist).await;
        let (ada, ben) = (server.ada().await, server.sign_in(&ben).await);
        let (mia, noah) = (ada.add_client("Mia").await, ben.add_client("Noah").await);
        let tom = participant(&ada, &json!({ "kind": "partner", "name": "Tom" })).await;
        let of_mia = recording(&ada, &mia, &[&tom]).await;

        let foreign_client = json!({ "kind": "client", "name": "Mia", "client": mia });
        ben.post("/v1/participants", &foreign_client).await.refused(404, "not_found");
        let body = |client: &str, who: &str| {
            json!({ "client": client, "recorded_at": "2027-01-15T08:00:00Z", "participants": [who] })
        };
        ben.post("/v1/recordings", &body(&noah, &tom)).await.refused(404, "not_found");
        ben.post("/v1/recordings", &body(&mia, &tom)).await.refused(404, "not_found");
        ben.get(&format!("/v1/recordings/{of_mia}")).await.refused(404, "not_found");
        let somebody = "staff_00000000000070008000000000000000";
        let stranger = json!({ "kind": "therapist", "name": "X", "staff": somebody });
        ben.post("/v1/participants", &stranger).await.refused(404, "not_found");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_does_not_go_together_is_refused() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let office = server.employ("office@practice.example", Role::PracticeAdmin).await;
        let (ada, office) = (server.ada().await, server.sign_in(&office).await);
        let mia = ada.add_client("Mia").await;
        for bad in [
            json!({ "kind": "client", "name": "Mia" }),
            json!({ "kind": "therapist", "name": "Ada" }),
            json!({ "kind": "partner", "name": "Tom", "client": mia }),
            json!({ "kind": "client", "name": "Mia", "client": mia, "staff": ada.id }),
            json!({ "kind": "partner", "name": "" }),
        ] {
            ada.post("/v1/participants", &bad).await.refused(422, "out_of_bounds");
        }
        ada.post("/v1/participants", &json!({ "kind": "ghost", "name": "X" }))
            .await
            .refused(400, "malformed");
        let tom = json!({ "kind": "partner", "name": "Tom" });
        office.post("/v1/participants", &tom).await.refused(403, "not_allowed");

        let tom = participant(&ada, &tom).await;
        let body =
            |at: &str, who: &[&String]| json!({ "client": mia, "recorded_at": at, "participants": who });
        ada.post("/v1/recordings", &body("2027-01-15T08:00:00Z", &[])).await.refused(422, "out_of_bounds");
        ada.post("/v1/recordings", &body("2037-01-15T08:00:00Z", &[&tom]))
            .await
            .refused(422, "out_of_bounds");
        ada.post("/v1/recordings", &body("yesterday", &[&tom])).await.refused(400, "malformed");
        let allowed = body("2027-01-15T08:00:00Z", &[&tom]);
        office.post("/v1/recordings", &allowed).await.refused(403, "not_allowed");
        server.stop().await;
    })
    .await;
}
