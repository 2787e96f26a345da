//! Statements of devices: taken once, believed only when signed, and never from two mouths.

use sync_core::{instant::Span, lease::ReceiptKind, orders::RevokeOn};

use super::*;
use crate::{
    domain::{
        credentials::tokens::{BearerToken, authenticate},
        desk::device_state::Known,
    },
    store::tokens::{Owner, TokenKind},
    testing::{
        execute, for_each_database, for_sqlite, number,
        therapy::{FIRST, Therapy, key},
    },
};

const RECEIPTS: &str = "SELECT COUNT(*) FROM receipt";

#[tokio::test]
async fn a_receipt_is_taken_once_however_often_it_is_handed_in() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let (release, phone) = (therapy.release().await, therapy.phone().await);
        phone.ask().await;
        let (first, second) = (
            phone.receipt(1, ReceiptKind::Ready, release, FIRST),
            phone.receipt(2, ReceiptKind::Wiped, release, FIRST),
        );
        assert_eq!(phone.hand_in(vec![first.clone()]).await.unwrap(), 1);
        assert_eq!(phone.hand_in(vec![first.clone(), second]).await.unwrap(), 2);
        assert_eq!(phone.hand_in(vec![first]).await.unwrap(), 1);
        assert_eq!(number(&app, RECEIPTS).await, 2);
        assert!(matches!(therapy.known(release, &phone).await, Known::Wiped { .. }));
    })
    .await;
}

#[tokio::test]
async fn a_receipt_that_another_key_has_signed_or_that_speaks_for_another_device_is_not_taken() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let release = therapy.release().await;
        let (phone, other) = (therapy.phone().await, therapy.phone().await);
        phone.ask().await;
        therapy.revoke(RevokeOn::Release(release)).await;
        let good = phone.receipt(1, ReceiptKind::Ready, release, FIRST);
        let forged = phone.receipt_signed_by(&key(), 2, ReceiptKind::Wiped, release, FIRST);
        let mut altered = phone.receipt(2, ReceiptKind::Wiped, release, FIRST);
        altered.body.push(0);
        let foreign = other.receipt(2, ReceiptKind::Wiped, release, FIRST);
        let huge = phone.receipt(u64::MAX, ReceiptKind::Wiped, release, FIRST);
        let beyond = phone.receipt(2, ReceiptKind::Wiped, release, u64::MAX);
        for bad in [forged, altered, foreign, huge, beyond] {
            // None of a batch is taken then, not the good one either.
            let refused = phone.hand_in(vec![good.clone(), bad]).await;
            assert!(matches!(refused, Err(Refusal::StatementInvalid)), "{refused:?}");
        }
        assert_eq!(number(&app, RECEIPTS).await, 0);
        assert!(matches!(therapy.known(release, &phone).await, Known::Pending { .. }));
    })
    .await;
}

#[tokio::test]
async fn the_same_number_with_other_content_removes_a_device_that_was_copied() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let (release, phone) = (therapy.release().await, therapy.phone().await);
        phone.ask().await;
        phone.hand_in(vec![phone.receipt(1, ReceiptKind::Ready, release, FIRST)]).await.unwrap();
        therapy.pass(Span::from_millis(1));
        let listener = app.binders.listen(phone.caller.device);
        let copied = phone.hand_in(vec![phone.receipt(1, ReceiptKind::Ready, release, FIRST)]).await;
        assert!(matches!(copied, Err(Refusal::DeviceCopied)), "{copied:?}");
        assert!(matches!(listener.hear().await, crate::domain::documents::binder::Heard::Ended(_)));
        assert_eq!(number(&app, "SELECT COUNT(*) FROM device WHERE removed_at IS NOT NULL").await, 1);
        assert!(phone.ask().await.is_empty());
        let ledger = std::fs::read_to_string(database.ledger_path()).unwrap();
        assert!(ledger.contains(&phone.caller.device.to_string()));
    })
    .await;
}

#[tokio::test]
async fn a_receipt_about_somebody_elses_release_changes_nothing_there() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let (therapy, other) = (Therapy::consented(&app).await, Therapy::consented(&app).await);
        let (release, phone) = (therapy.release().await, therapy.phone().await);
        phone.ask().await;
        let known = therapy.known(release, &phone).await;
        let stranger = other.phone().await;
        stranger.hand_in(vec![stranger.receipt(1, ReceiptKind::Wiped, release, FIRST)]).await.unwrap();
        assert_eq!(therapy.known(release, &phone).await, known);
        assert_eq!(therapy.truth(release).await.devices.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn so_many_receipts_are_taken_from_a_device_within_an_hour() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = Therapy::held(&app).await;
        let tablet = therapy.phone().await;
        execute(
            &app,
            "WITH RECURSIVE numbers (n) AS (SELECT 1001 UNION ALL SELECT n + 1 FROM numbers WHERE n < 5096) \
             INSERT INTO receipt (device, n, kind, release, gen, at, received_at, bytes) \
             SELECT device, n, 'ready', release, 1, 1, issued_at, device FROM lease, numbers",
        )
        .await;
        let wiped = || phone.receipt(1, ReceiptKind::Wiped, release, FIRST);
        let refused = phone.hand_in(vec![wiped()]).await;
        assert!(matches!(refused, Err(Refusal::TooManyRequests { .. })), "{refused:?}");
        assert_eq!(tablet.hand_in(vec![tablet.receipt(1, ReceiptKind::Wiped, release, 1)]).await.unwrap(), 1);
        therapy.pass(Span::from_hours(1));
        assert_eq!(phone.hand_in(vec![wiped()]).await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn the_token_of_a_removed_phone_ends_when_its_receipts_are_in_or_nothing_can_be_held_any_more() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let release = therapy.release().await;
        let (said, silent) = (therapy.phone().await, therapy.phone().await);
        let tokens = [[1; 32], [2; 32]].map(BearerToken::new);
        let is_heard =
            async |token: &BearerToken| authenticate(&app.ground, &token.hash(), None).await.is_ok();
        for (phone, token) in [&said, &silent].into_iter().zip(&tokens) {
            let (owner, hash, at) = (Owner::Device(phone.caller.device), token.hash(), therapy.now());
            let insert = app.ground.committer.commit::<_, StoreError, _>(Urgency::Grant, move |tx| {
                Box::pin(
                    async move { store::tokens::insert(tx, &hash, TokenKind::Device, owner, at, None).await },
                )
            });
            insert.await.unwrap();
            phone.ask().await;
            devices::remove(&app.binders, therapy.ada, therapy.client, phone.caller.device).await.unwrap();
        }
        let mut said = said;
        said.caller.removed = true;
        let wiped = said.receipt(1, ReceiptKind::Wiped, release, FIRST);
        said.hand_in(vec![wiped.clone()]).await.unwrap();
        therapy.pass(ASKED_AGAIN);
        assert!(is_heard(&tokens[0]).await, "it does not know yet that it was removed");
        said.ask().await;
        said.hand_in(vec![wiped.clone()]).await.unwrap();
        assert!(is_heard(&tokens[0]).await, "the answer may be lost");
        therapy.pass(ASKED_AGAIN);
        assert!(!is_heard(&tokens[0]).await);
        therapy.pass(Span::from_days(35));
        assert!(is_heard(&tokens[1]).await);
        therapy.pass(Span::from_days(1));
        assert!(!is_heard(&tokens[1]).await);
    })
    .await;
}
