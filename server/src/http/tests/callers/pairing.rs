use serde_json::json;
use sync_core::{id::ClientId, instant::Span};

use crate::{
    domain::callers::pairing::CODE_FOR,
    http::tests::{Server, phone},
    store,
    testing::{execute, for_each_database, number},
};

/// Another code with the same locator.
fn with_wrong_secret(code: &str) -> String {
    let last = if code.ends_with('0') { '1' } else { '0' };
    format!("{}{last}", &code[..code.len() - 1])
}

#[tokio::test]
async fn a_phone_is_paired_with_a_code_however_it_is_typed() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let mia = ada.add_client("Mia").await;
        let code = ada.invite(&mia).await;
        assert_eq!(code.len(), 14, "{code}");
        let typed = code.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
        let paired = server.post("/v1/pair", None, &phone(&typed)).await.expect(201);
        assert_eq!(paired["client"], mia.as_str());
        assert_eq!(paired["contact"]["crisis"], "143");
        let practice = ada.get("/v1/practice").await.expect(200);
        assert_eq!(paired["authority"], practice["authority"]);
        assert_eq!(paired["practice"], practice["practice"]);
        // The token is that of a client's device: it is known, and opens nothing of the staff's.
        server.get("/v1/clients", paired["token"].as_str()).await.refused(403, "not_allowed");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_code_is_used_once_and_only_who_knows_it_hears_so() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let mia = ada.add_client("Mia").await;
        let code = ada.invite(&mia).await;
        server.post("/v1/pair", None, &phone(&code)).await.expect(201);
        server.post("/v1/pair", None, &phone(&code)).await.refused(410, "code_used");
        let wrong = phone(&with_wrong_secret(&code));
        server.post("/v1/pair", None, &wrong).await.refused(404, "code_not_valid");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn of_two_phones_with_one_code_at_once_one_is_paired() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let code = ada.invite(&ada.add_client("Mia").await).await;
        let (first, second) = (phone(&code), phone(&code));
        let (one, two) =
            tokio::join!(server.post("/v1/pair", None, &first), server.post("/v1/pair", None, &second));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 410]);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_code_runs_out_after_a_quarter_of_an_hour() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let mia = ada.add_client("Mia").await;
        let (first, second) = (ada.invite(&mia).await, ada.invite(&mia).await);
        server.app.ground.clock.advance(CODE_FOR.saturating_sub(Span::from_millis(1)));
        server.post("/v1/pair", None, &phone(&first)).await.expect(201);
        server.app.ground.clock.advance(Span::from_millis(1));
        server.post("/v1/pair", None, &phone(&second)).await.refused(410, "code_expired");
        let wrong = phone(&with_wrong_secret(&second));
        server.post("/v1/pair", None, &wrong).await.refused(404, "code_not_valid");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn five_wrong_tries_burn_a_code() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let mia = ada.add_client("Mia").await;
        let (spared, burnt) = (ada.invite(&mia).await, ada.invite(&mia).await);
        for (code, tries) in [(&spared, 4), (&burnt, 5)] {
            for _ in 0..tries {
                let wrong = phone(&with_wrong_secret(code));
                server.post("/v1/pair", None, &wrong).await.refused(404, "code_not_valid");
            }
        }
        server.post("/v1/pair", None, &phone(&spared)).await.expect(201);
        server.post("/v1/pair", None, &phone(&burnt)).await.refused(404, "code_not_valid");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_code_that_nobody_made_is_answered_like_a_wrong_one() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let code = ada.invite(&ada.add_client("Mia").await).await;
        let wrong = server.post("/v1/pair", None, &phone(&with_wrong_secret(&code))).await;
        let wrong = wrong.refused(404, "code_not_valid");
        for nobodys in ["0000-0000-0000", "", "no code", "UUUU-UUUU-UUUU"] {
            let refused = server.post("/v1/pair", None, &phone(nobodys)).await.refused(404, "code_not_valid");
            assert_eq!(refused, wrong);
        }
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_phone_that_was_paired_needs_new_keys_even_after_its_removal() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let mia = ada.add_client("Mia").await;
        let known = phone(&ada.invite(&mia).await);
        let paired = server.post("/v1/pair", None, &known).await.expect(201);
        let device = paired["device"].as_str().unwrap();
        ada.delete(&format!("/v1/clients/{mia}/devices/{device}")).await.expect(204);
        let code = ada.invite(&mia).await;
        for (from, to) in [
            ("exchange_key", "exchange_key"),
            ("signing_key", "signing_key"),
            ("exchange_key", "signing_key"),
            ("signing_key", "exchange_key"),
        ] {
            let mut again = phone(&code);
            again[to] = known[from].clone();
            server.post("/v1/pair", None, &again).await.refused(409, "device_key_known");
        }
        // The refusals took nothing from the code.
        server.post("/v1/pair", None, &phone(&code)).await.expect(201);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn keys_must_be_two_points_of_the_curve() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let code = ada.invite(&ada.add_client("Mia").await).await;
        for bad in ["", "AAAA", &"A".repeat(87), &format!("BA{}", "A".repeat(85))] {
            let mut device = phone(&code);
            device["signing_key"] = bad.into();
            server.post("/v1/pair", None, &device).await.refused(422, "out_of_bounds");
        }
        let mut twice = phone(&code);
        twice["signing_key"] = twice["exchange_key"].clone();
        server.post("/v1/pair", None, &twice).await.refused(422, "out_of_bounds");
        let mut nameless = phone(&code);
        nameless["name"] = " ".into();
        server.post("/v1/pair", None, &nameless).await.refused(422, "out_of_bounds");
        let mut not_base64 = phone(&code);
        not_base64["signing_key"] = "!".into();
        server.post("/v1/pair", None, &not_base64).await.refused(400, "malformed");
        assert_eq!(number(&server.app, "SELECT COUNT(*) FROM device").await, 0);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn neither_code_nor_token_is_in_the_database() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let code = ada.invite(&ada.add_client("Mia").await).await;
        let paired = server.post("/v1/pair", None, &phone(&code)).await.expect(201);
        let secret = code.split_once('-').unwrap().1.replace('-', "");
        let token = paired["token"].as_str().unwrap();
        let mut tx = server.app.ground.db.read().await.unwrap();
        let stored = crate::store::tokens::find(&mut tx, token.as_bytes()).await.unwrap();
        assert!(stored.is_none());
        drop(tx);
        let hashes =
            number(&server.app, "SELECT COUNT(*) FROM invitation WHERE length(secret_hash) = 32").await;
        assert_eq!((secret.len(), hashes), (8, 1));
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_phone_makes_a_code_for_the_next_one_which_waits_for_a_yes_like_any_other() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let mia = ada.add_client("Mia").await;
        let (old, token) = ada.pair_phone(&mia).await;
        let codes = "/v1/device/pairing-codes";
        let ask = async || server.post(codes, Some(&token), &json!({})).await;
        ask().await.refused(403, "device_unconfirmed");
        ada.confirm(&mia, &old).await;
        let made = ask().await.expect(201);
        let code = made["code"].as_str().unwrap();
        // The wake-up for the yes has been sent.
        execute(&server.app, "DELETE FROM outbox").await;
        let until = server.app.ground.clock.now() + CODE_FOR;
        assert_eq!(made["expires_at"], serde_json::to_value(crate::http::wire::time::Time(until)).unwrap());
        let paired = server.post("/v1/pair", None, &phone(code)).await.expect(201);
        assert_eq!(paired["client"], mia.as_str());
        server.post("/v1/pair", None, &phone(code)).await.refused(410, "code_used");
        // The old phone shows it, and is woken to do so; the new one has everything still to wait for.
        let told = server.get("/v1/device/circle", Some(&token)).await.expect(200);
        let waits = told["devices"].as_array().unwrap().iter().filter(|one| one["confirmed"] == false);
        assert_eq!(waits.count(), 1, "{told}");
        let woken = "SELECT COUNT(*) FROM outbox WHERE kind = 'wake_up'";
        assert_eq!(number(&server.app, woken).await, 1, "for the new phone");
        server.post(codes, paired["token"].as_str(), &json!({})).await.refused(403, "device_unconfirmed");
        for path in ["/v1/device/history", "/v1/device/sessions"] {
            server.get(path, paired["token"].as_str()).await.refused(403, "device_unconfirmed");
            server.get(path, Some(&token)).await.expect(200);
        }
        server.post(codes, Some(&ada.token), &json!({})).await.refused(403, "not_allowed");
        assert_eq!(made_by_themself(&server, &mia).await, 1);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn of_a_phones_codes_the_newest_counts_and_none_outlives_the_phone() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let mia = ada.add_client("Mia").await;
        let (old, token) = ada.pair_phone(&mia).await;
        ada.confirm(&mia, &old).await;
        let make = async || {
            let made = server.post("/v1/device/pairing-codes", Some(&token), &json!({})).await.expect(201);
            made["code"].as_str().unwrap().to_owned()
        };
        let (first, second) = (make().await, make().await);
        server.post("/v1/pair", None, &phone(&first)).await.refused(404, "code_not_valid");
        // Her therapist's own code is another matter.
        let hers = ada.invite(&mia).await;
        ada.delete(&format!("/v1/clients/{mia}/devices/{old}")).await.expect(204);
        server.post("/v1/pair", None, &phone(&second)).await.refused(404, "code_not_valid");
        server.post("/v1/pair", None, &phone(&hers)).await.expect(201);
        server
            .post("/v1/device/pairing-codes", Some(&token), &json!({}))
            .await
            .refused(403, "device_removed");
        server.stop().await;
    })
    .await;
}

/// As on PostgreSQL, where a code may be made while its phone is being removed; or out of a backup.
#[tokio::test]
async fn a_code_that_was_made_beside_its_phones_removal_pairs_nothing() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let mia = ada.add_client("Mia").await;
        let (old, token) = ada.pair_phone(&mia).await;
        ada.confirm(&mia, &old).await;
        let made = server.post("/v1/device/pairing-codes", Some(&token), &json!({})).await.expect(201);
        let code = made["code"].as_str().unwrap();
        crate::testing::execute(&server.app, "UPDATE device SET removed_at = 1").await;
        server.post("/v1/pair", None, &phone(code)).await.refused(404, "code_not_valid");
        assert_eq!(number(&server.app, "SELECT COUNT(*) FROM device").await, 1);
        server.stop().await;
    })
    .await;
}

/// How many codes the audit knows that a client has made for themself.
async fn made_by_themself(server: &Server, client: &str) -> usize {
    let client = ClientId::parse(client).unwrap();
    let mut tx = server.app.ground.db.read().await.unwrap();
    let made = store::audit::of_client_and_action(&mut tx, client, "invite_client", 10).await.unwrap();
    made.iter().filter(|(_, body)| String::from_utf8_lossy(body).contains(r#""actor":"client""#)).count()
}
