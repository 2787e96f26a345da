//! Phones that ask, and consoles whose part has ended.

use super::*;

async fn ask(desk: &Desk, phone: &Phone, token: &str, nonce: [u8; 32], key: Option<&str>) -> Batch {
    let body = json!({ "nonce": BASE64_URL_SAFE_NO_PAD.encode(nonce) });
    let answer = desk.send("POST", "/v1/device/leases", token, &body, key).await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.bytes));
    let authority = authority(&desk.therapy.app, desk.therapy.practice).await.unwrap();
    let authority = *authority.signing_key().verifying_key();
    let (practice, device) = (phone.caller.practice, phone.caller.device);
    let signed = Signed::decode(&answer.bytes).unwrap();
    assert!(signed.verify(Tag::Denial, &authority).is_err());
    Batch::read(&signed, &authority, practice, device, &phone.exchange_key, &nonce).unwrap()
}

#[tokio::test]
async fn i3_a_lease_is_never_answered_from_what_was_kept_under_an_idempotency_key() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let desk = Desk::open(&app).await;
        let (phone, token) = desk.phone().await;
        let release = desk.release().await;
        assert_eq!(ask(&desk, &phone, &token, [7; 32], Some("once")).await.items.len(), 1);
        desk.revoke(json!({ "release": release })).await.expect(204);
        let again = ask(&desk, &phone, &token, [7; 32], Some("once")).await;
        assert_eq!((again.items.len(), again.denials.len()), (0, 1));
    })
    .await;
}

#[tokio::test]
async fn a_removed_phone_hears_its_denial_hands_in_receipts_and_gets_nothing_else() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let desk = Desk::open(&app).await;
        let (phone, token) = desk.phone().await;
        let release: ReleaseId = ReleaseId::parse(&desk.release().await).unwrap();
        assert_eq!(ask(&desk, &phone, &token, [1; 32], None).await.items.len(), 1);
        let path = desk.of_client(&format!("devices/{}", phone.caller.device));
        desk.send("DELETE", &path, &desk.ada, &Value::Null, None).await.expect(204);
        let batch = ask(&desk, &phone, &token, [2; 32], None).await;
        assert_eq!((batch.items.len(), batch.denials.len()), (0, 1));
        for path in ["/v1/device/documents", &format!("/v1/device/clips/{}", desk.therapy.clip)] {
            desk.send("GET", path, &token, &Value::Null, None).await.refused(403, "device_removed");
        }
        desk.send("POST", "/v1/sync-tickets", &token, &Value::Null, None)
            .await
            .refused(403, "device_removed");
        let receipt = phone.receipt(1, ReceiptKind::Wiped, release, FIRST).encode();
        let body = json!({ "receipts": [BASE64_URL_SAFE_NO_PAD.encode(receipt)] });
        let taken = desk.send("POST", "/v1/device/receipts", &token, &body, None).await.expect(200);
        assert_eq!(taken["taken_upto"], 1);
        let forged = json!({ "receipts": ["AAAA"] });
        let refused = desk.send("POST", "/v1/device/receipts", &token, &forged, None).await;
        refused.refused(422, "statement_invalid");
        assert_eq!(desk.truth(&release.to_string()).await["devices"][0]["known"], "wiped");
    })
    .await;
}

#[tokio::test]
async fn i5_a_console_whose_part_has_ended_still_takes_away_and_reads_nothing() {
    for_each_database(|database| async move {
        let app = database.app().await;
        for ending in 0..3 {
            let desk = Desk::open(&app).await;
            let (laptop, token) = desk.laptop().await;
            let (phone, _) = desk.phone().await;
            let release: ReleaseId = ReleaseId::parse(&desk.release().await).unwrap();
            phone.ask().await;
            desk.end_part(ending, laptop).await;
            let held =
                entry(&desk, laptop, Act::Hold { on: HoldOn::Release(release), until: None, hits: vec![] });
            let set = TermsChange { offline_for: Some(Span::from_hours(1)), ..TermsChange::default() };
            // As a console writes it: over what its form showed. What tightens counts all the same.
            let orders = desk.therapy.document(sync_core::documents::Kind::Orders).await;
            let over = sync_core::documents::entries(&orders).into_iter().map(|(id, _)| id).collect();
            let amended = entry(&desk, laptop, Act::Amend { release, set, over });
            let on = RevokeOn::Release(release);
            let revoked = entry(&desk, laptop, Act::Revoke { on, hits: vec![release] });
            let before = desk.entries().await;
            for _ in 0..2 {
                let all = [held.clone(), amended.clone(), revoked.clone()];
                desk.restrict(&token, desk.therapy.client, &all).await.expect(204);
            }
            assert_eq!(desk.entries().await, before + 3);
            let denied = phone.ask().await.denied(release);
            assert!(
                denied.iter().any(|(kind, _)| *kind == DenialKind::Paused),
                "ending {ending}: {denied:?}"
            );
            // In the document too, so that the others' devices see them; and as the device's.
            let orders = desk.therapy.document(sync_core::documents::Kind::Orders).await;
            assert_eq!(sync_core::documents::entries(&orders).len(), 4);
            let ledger = std::fs::read_to_string(database.ledger_path()).unwrap();
            assert!(ledger.contains(&BASE64_URL_SAFE_NO_PAD.encode(&held.1)));
            assert!(!ledger.contains(&BASE64_URL_SAFE_NO_PAD.encode(&revoked.1)), "nobody has said yes");
            // Nothing is read in return.
            let sync = desk.send("GET", "/v1/sync", &token, &Value::Null, None).await;
            assert_ne!(sync.status, 101);
        }
        let by_devices = "SELECT COUNT(*) FROM entry WHERE device IS NOT NULL AND staff IS NOT NULL";
        assert_eq!(number(&app, by_devices).await, 9);
    })
    .await;
}

#[tokio::test]
async fn i5_only_restrictions_of_ones_own_for_clients_once_in_care_are_taken_that_way() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let (desk, other) = (Desk::open(&app).await, Desk::open(&app).await);
        let (laptop, token) = desk.laptop().await;
        let release: ReleaseId = ReleaseId::parse(&desk.release().await).unwrap();
        let client = desk.therapy.client;
        let hold = desk.post(&desk.of_client("holds"), &json!({})).await.expect(201);
        let hold = EntryId::parse(hold["hold"].as_str().unwrap()).unwrap();
        let before = number(&app, "SELECT COUNT(*) FROM entry").await;
        let revoked = entry(&desk, laptop, Act::Revoke { on: RevokeOn::Shelf, hits: vec![] });
        let set = TermsChange { daily_limit: Some(None), ..TermsChange::default() };
        let over = vec![EntryId::from_bytes([1; 16])];
        for gives in [
            Act::Lift { holds: vec![hold] },
            Act::Confirm { release, seen: vec![hold] },
            Act::Amend { release, set, over },
        ] {
            // Not even beside one that takes away.
            let all = [revoked.clone(), entry(&desk, laptop, gives)];
            desk.restrict(&token, client, &all).await.refused(422, "not_a_restriction");
        }
        let (second, second_token) = desk.laptop().await;
        let in_anothers_name = entry(&desk, second, Act::Revoke { on: RevokeOn::Shelf, hits: vec![] });
        desk.restrict(&token, client, &[in_anothers_name]).await.refused(403, "not_allowed");
        let malformed = (EntryId::from_bytes([2; 16]), vec![1, 2, 3]);
        desk.restrict(&token, client, &[malformed]).await.refused(400, "malformed");
        desk.restrict(&token, client, &[]).await.refused(422, "out_of_bounds");
        let nobody = ClientId::from_bytes([9; 16]);
        for foreign in [other.therapy.client, nobody] {
            desk.restrict(&token, foreign, std::slice::from_ref(&revoked)).await.refused(404, "not_found");
        }
        let (_, phone_token) = desk.phone().await;
        desk.restrict(&phone_token, client, std::slice::from_ref(&revoked)).await.refused(403, "not_allowed");
        assert_eq!(number(&app, "SELECT COUNT(*) FROM entry").await, before);
        // The same id with other contents is not the same entry.
        desk.restrict(&token, client, std::slice::from_ref(&revoked)).await.expect(204);
        let again =
            (revoked.0, entry(&desk, second, Act::Revoke { on: RevokeOn::Shelf, hits: vec![release] }).1);
        desk.restrict(&second_token, client, &[again]).await.refused(409, "conflict");
    })
    .await;
}

#[tokio::test]
async fn more_decisions_than_one_entry_names_are_cut_into_several() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let desk = Desk::open(&app).await;
        let laptop = desk.therapy.laptop().await;
        let release = |_| Act::Release {
            release: ReleaseId::new(desk.therapy.now(), app.ground.entropy.bytes()),
            clip: desk.therapy.clip,
            recording: desk.therapy.recording,
            terms: desk.therapy.terms(),
            seen: Vec::new(),
        };
        crate::domain::sync::tests::write_as(&desk.therapy, laptop, (0..70).map(release).collect()).await;
        desk.revoke(json!("shelf")).await.expect(204);
        assert_eq!(number(&app, "SELECT COUNT(*) FROM release WHERE NOT revoked").await, 0);
        // So many pauses are to be seen by now that one entry cannot name them all.
        let hold = |_| Act::Hold { on: HoldOn::Shelf, until: None, hits: Vec::new() };
        crate::domain::sync::tests::write_as(&desk.therapy, laptop, (0..70).map(hold).collect()).await;
        let path = desk.of_client("releases");
        let unseen = desk.post(&path, &desk.new_release(&[])).await.refused(409, "unseen");
        let named = unseen["entries"].as_array().unwrap().clone();
        assert!(named.len() > 70);
        let made = desk.post(&path, &desk.new_release(&named)).await.expect(201);
        // Paused, and in no doubt: every one of them was named.
        let truth = desk.truth(made["release"].as_str().unwrap()).await;
        assert_eq!((&truth["standing"], &truth["unseen"]), (&json!("held"), &json!([])));
        desk.post(&desk.of_client("lifts"), &json!({ "holds": truth["holds"] })).await.expect(204);
        assert_eq!(desk.truth(made["release"].as_str().unwrap()).await["standing"], "live");
    })
    .await;
}
