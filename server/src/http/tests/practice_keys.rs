use super::Server;
use crate::{domain::leases::rotations::rotate, store::practices, testing::for_each_database};

#[tokio::test]
async fn devices_are_told_which_keys_took_the_place_of_theirs_and_removed_ones_too() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let mia = ada.add_client("Mia").await;
        let (phone, token) = ada.pair_phone(&mia).await;
        let path = "/v1/device/practice-keys";
        assert_eq!(server.get(path, Some(&token)).await.expect(200)["rotations"], serde_json::json!([]));

        let mut tx = server.app.db.read().await.unwrap();
        let practice = practices::find_first(&mut tx).await.unwrap().unwrap();
        drop(tx);
        for _ in 0..2 {
            rotate(&server.app.db, &server.app.keys, practice, server.app.clock.now()).await.unwrap();
        }
        ada.delete(&format!("/v1/clients/{mia}/devices/{phone}")).await.expect(204);
        for (after, count) in
            [("", 2), ("?after=0", 2), ("?after=1", 1), ("?after=2", 0), ("?after=18446744073709551615", 0)]
        {
            let told = server.get(&format!("{path}{after}"), Some(&token)).await.expect(200);
            assert_eq!(told["rotations"].as_array().unwrap().len(), count, "{after}");
        }
        for wrong in ["?after=-1", "?after=one", "?before=1", "?after=1&after=2"] {
            server.get(&format!("{path}{wrong}"), Some(&token)).await.refused(400, "malformed");
        }
        ada.get(path).await.refused(403, "not_allowed");
        server.get(path, None).await.refused(401, "unauthenticated");

        // Who is paired now pins the newest.
        let paired = server.post("/v1/pair", None, &super::phone(&ada.invite(&mia).await)).await.expect(201);
        assert_eq!(paired["authority"]["rotations"], 2);
        assert_eq!(paired["authority"], ada.get("/v1/practice").await.expect(200)["authority"]);
        server.stop().await;
    })
    .await;
}
