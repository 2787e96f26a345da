use serde_json::json;

use crate::{
    config::LogFormat,
    http::{
        logs,
        tests::{
            PASSWORD, Server,
            people::recordings::{participant, recording},
        },
    },
    testing::{Kept, for_sqlite},
};

#[tokio::test]
async fn i9_nothing_personal_is_logged() {
    let kept = Kept::default();
    let writer = kept.clone();
    let filter = "trace".parse().unwrap();
    let subscriber = logs::subscriber(LogFormat::Json, filter, move || writer.clone());
    tracing::subscriber::set_global_default(subscriber).unwrap();
    for_sqlite(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let mia = ada.add_client("Mia Sommer").await;
        let code = ada.invite(&mia).await;
        let paired = server.post("/v1/pair", None, &crate::http::tests::phone(&code)).await.expect(201);
        let (device, token) = (paired["device"].as_str().unwrap(), paired["token"].as_str().unwrap());
        ada.confirm(&mia, device).await;
        let ticket = server.post("/v1/sync-tickets", Some(token), &json!({})).await.expect(201);
        let tom = participant(&ada, &json!({ "kind": "partner", "name": "Tom Falk" })).await;
        let recording = recording(&ada, &mia, &[&tom]).await;
        ada.get(&format!("/v1/recordings/{recording}")).await.expect(200);
        ada.get(&format!("/v1/clients/{mia}")).await.expect(200);
        ada.get(&format!("/v1/unknown/{mia}?name=Mia")).await.refused(404, "no_such_route");
        server
            .try_sign_in(&server.ada.email, "wrong horse battery", "000000")
            .await
            .refused(401, "sign_in_failed");
        ada.delete(&format!("/v1/clients/{mia}/devices/{device}")).await.expect(204);
        server
            .send(server.request("SECRETMETHOD", "/v1/clients", None))
            .await
            .refused(405, "method_not_allowed");

        let logged = kept.text();
        assert!(logged.contains("\"route\":\"/v1/clients/{client}\""), "{logged}");
        assert!(logged.contains("\"status\":404"), "{logged}");
        let ticket = ticket["ticket"].as_str().unwrap();
        let secrets = [
            mia.as_str(),
            device,
            token,
            ticket,
            &ada.token,
            &ada.id,
            &tom,
            &recording,
            &code,
            "Mia",
            "Tom",
            "ada@practice.example",
            "horse",
            PASSWORD,
            "127.0.0.1",
            "SECRETMETHOD",
            "reqwest",
            "Bearer",
        ];
        for secret in secrets {
            assert!(!logged.contains(secret), "{secret} is in: {logged}");
        }
        // Ids in any spelling: no 32 hexadecimal digits in a row.
        let longest = logged.split(|c: char| !c.is_ascii_hexdigit()).map(str::len).max().unwrap();
        assert!(longest <= 16, "{logged}");
        server.stop().await;
    })
    .await;
}
