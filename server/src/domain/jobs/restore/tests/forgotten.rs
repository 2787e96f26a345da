//! Releases, leases and consents that a backup has forgotten, and how the server knows them again.

use std::sync::Arc;

use sync_core::{
    documents::{self, Kind, ShelfState},
    id::{EntryId, ReleaseId},
    instant::Span,
    lease::{DenialKind, ReceiptKind},
    orders::RevokeOn,
    policy::Purpose,
};

use crate::{
    app::App,
    domain::{
        decisions::commit::{Proposal, Proposer, commit},
        desk::{
            device_state::Known,
            duties::{self, What},
        },
        people::consents::{self, NewConsent},
    },
    nouns::Refusal,
    store::{self, Urgency},
    testing::{
        TestDatabase, for_each_database, number,
        therapy::{FIRST, Phone, Therapy},
    },
};

const HIGH: &str = "SELECT COUNT(*) FROM outbox WHERE kind = 'wake_up' AND urgency = 'high'";

/// The database as it is now becomes the backup; life goes on.
async fn backed_up(database: &TestDatabase, app: &Arc<App>, therapy: &Therapy) -> (Arc<App>, Therapy) {
    database.close_and_back_up(app).await;
    let app = database.app().await;
    let therapy = therapy.at(&app);
    (app, therapy)
}

/// The backup takes the place of the database.
async fn put_back(database: &TestDatabase, app: &Arc<App>, therapy: &Therapy) -> (Arc<App>, Therapy) {
    app.close().await;
    database.restore().await;
    let app = database.app().await;
    let therapy = therapy.at(&app);
    (app, therapy)
}

async fn entries(therapy: &Therapy) -> Vec<(EntryId, Vec<u8>)> {
    let mut tx = therapy.app.ground.db.read().await.unwrap();
    store::entries::of_client(&mut tx, therapy.client).await.unwrap()
}

/// A laptop brings again what it has written.
async fn bring(therapy: &Therapy, entries: Vec<(EntryId, Vec<u8>)>) {
    let app = &therapy.app;
    let binder = app.binders.of(therapy.client).await.unwrap();
    let by = Proposer::staff(therapy.ada);
    let propose = move |_: &_| Ok(Proposal { entries: entries.clone(), ..Proposal::nothing() });
    commit::<(), Refusal, _>(&app.ground, &binder, Urgency::Grant, by, propose).await.unwrap();
}

#[tokio::test]
async fn i3_a_release_that_was_forgotten_stays_ended_by_the_withdrawal_that_came_after_it() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let (app, therapy) = backed_up(&database, &app, &therapy).await;
        let release = therapy.release().await;
        let written = entries(&therapy).await;
        therapy.pass(Span::from_secs(1));
        // Nobody comes to settle it before the database is put back.
        therapy.withdraw(therapy.tom).await;
        let (_, therapy) = put_back(&database, &app, &therapy).await;
        let phone = therapy.phone().await;
        therapy.pass(Span::from_secs(1));
        therapy.consent(therapy.tom, None).await;
        bring(&therapy, written).await;
        assert!(phone.ask().await.is_empty());
        therapy.settle().await;
        assert!(phone.ask().await.is_empty());
        // A new release is another matter: he has consented again.
        let again = therapy.release().await;
        assert!(phone.ask().await.lease(again).is_some() && phone.ask().await.lease(release).is_none());
    })
    .await;
}

#[tokio::test]
async fn i7_a_restored_backup_learns_again_who_has_withdrawn_and_lets_nobody_consent_for_them() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let phone = therapy.phone().await;
        let (app, therapy) = backed_up(&database, &app, &therapy).await;
        therapy.pass(Span::from_secs(1));
        consents::withdraw_own(&app.ground, phone.caller, therapy.recording).await.unwrap();
        therapy.withdraw(therapy.tom).await;
        let (app, therapy) = put_back(&database, &app, &therapy).await;
        therapy.pass(Span::from_secs(1));
        let enter = |participant| {
            let purposes = [Purpose::ReleaseToClient].into();
            let new = NewConsent { participant, purposes, form: therapy.form, at: None, valid_until: None };
            consents::give(&app.ground, therapy.ada, therapy.recording, new)
        };
        assert!(matches!(enter(therapy.mia).await, Err(Refusal::WithdrawnByPerson)));
        // His was spoken, and a member of staff has entered it.
        enter(therapy.tom).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_device_that_may_hold_a_lease_which_the_backup_has_forgotten_is_a_duty() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let (release, phone) = (therapy.release().await, therapy.phone().await);
        let (app, therapy) = backed_up(&database, &app, &therapy).await;
        assert!(phone.at(&app).ask().await.lease(release).is_some());
        therapy.pass(Span::from_secs(1));
        therapy.revoke(RevokeOn::Release(release)).await;
        let (app, therapy) = put_back(&database, &app, &therapy).await;
        let waits = duties::page(&app.ground, therapy.ada, None, None).await.unwrap().duties;
        let is_it =
            |what: &What| matches!(what, What::AwaitWipe { device, .. } if *device == phone.caller.device);
        assert!(waits.iter().any(|duty| is_it(&duty.what)), "{}", waits.len());
    })
    .await;
}

#[tokio::test]
async fn i3_a_withdrawal_after_the_restore_ends_a_release_that_comes_back_later() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let (app, therapy) = backed_up(&database, &app, &therapy).await;
        therapy.release().await;
        let written = entries(&therapy).await;
        let (_, therapy) = put_back(&database, &app, &therapy).await;
        let phone = therapy.phone().await;
        therapy.pass(Span::from_secs(1));
        therapy.withdraw(therapy.tom).await;
        therapy.pass(Span::from_secs(1));
        therapy.consent(therapy.tom, None).await;
        bring(&therapy, written).await;
        assert!(phone.ask().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn i3_an_older_consent_without_an_end_does_not_come_back_for_one_that_ends() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let (release, phone) = (therapy.release().await, therapy.phone().await);
        let (app, therapy) = backed_up(&database, &app, &therapy).await;
        therapy.pass(Span::from_secs(1));
        let until = therapy.now() + Span::from_hours(5);
        therapy.consent(therapy.tom, Some(until)).await;
        let (app, therapy) = put_back(&database, &app, &therapy).await;
        let phone = phone.at(&app);
        let lease = phone.ask().await.lease(release).unwrap().clone();
        assert_eq!((lease.valid_until, lease.ends_at), (until, until));
        therapy.pass(Span::from_hours(5));
        assert!(phone.ask().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn i3_a_forgotten_consent_that_ends_is_no_consent_where_nobody_had_consented() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::begin(&app).await;
        let (app, therapy) = backed_up(&database, &app, &therapy).await;
        let until = therapy.now() + Span::from_hours(5);
        therapy.consent(therapy.tom, Some(until)).await;
        therapy.consent(therapy.mia, Some(until)).await;
        let (app, therapy) = put_back(&database, &app, &therapy).await;
        let given = "SELECT COUNT(*) FROM consent_event WHERE purpose = 'release_to_client'";
        assert_eq!(number(&app, given).await, 0);
        therapy.release().await;
        assert!(therapy.phone().await.ask().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn i7_no_generation_is_given_twice_so_that_no_receipt_speaks_of_another_lease() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = Therapy::held(&app).await;
        let (app, therapy) = backed_up(&database, &app, &therapy).await;
        therapy.pass(Span::from_secs(60));
        let forgotten = phone.at(&app).ask().await.lease(release).unwrap().generation;
        therapy.pass(Span::from_secs(60));
        let (app, therapy) = put_back(&database, &app, &therapy).await;
        let phone = phone.at(&app);
        let newest = phone.ask().await.lease(release).unwrap().clone();
        assert!(newest.generation > forgotten);
        // The receipt of what was forgotten arrives late.
        phone.hand_in(vec![phone.receipt(1, ReceiptKind::Lapsed, release, forgotten)]).await.unwrap();
        assert_eq!(therapy.known(release, &phone).await, Known::Leased { until: newest.valid_until });
    })
    .await;
}

/// A backup from before the revocation is put in the place of the database.
async fn restored(database: &TestDatabase) -> (Arc<App>, Therapy, ReleaseId, Phone) {
    let app = database.app().await;
    let (therapy, release, phone) = Therapy::held(&app).await;
    database.close_and_back_up(&app).await;
    let app = database.app().await;
    let (therapy, phone) = (therapy.at(&app), phone.at(&app));
    therapy.revoke(RevokeOn::Clip(therapy.clip)).await;
    assert_eq!(phone.ask().await.denied(release), [(DenialKind::Ended, FIRST)]);
    app.close().await;
    database.restore().await;
    let app = database.app().await;
    let (therapy, phone) = (therapy.at(&app), phone.at(&app));
    (app, therapy, release, phone)
}

#[tokio::test]
async fn i1_a_revocation_is_still_in_force_after_a_restore_from_before_it() {
    for_each_database(|database| async move {
        let (app, therapy, release, phone) = restored(&database).await;
        // Before anybody settled anything.
        assert!(phone.ask().await.is_empty());
        therapy.settle().await;
        assert_eq!(therapy.state(release).await, Some(ShelfState::Ended));
        assert_eq!(phone.ask().await.denied(release), [(DenialKind::Ended, FIRST)]);
        assert_eq!(number(&app, HIGH).await, 1);
        // Therapists' devices see it too: the document has what the ledger brought back.
        assert_eq!(documents::entries(&therapy.document(Kind::Orders).await).len(), 2);
        // And a release over it must still name it.
        let unseen = therapy.release_as(therapy.terms(), Vec::new()).await;
        let Err(Refusal::Unseen(ids)) = unseen else { panic!("{unseen:?}") };
        let again = therapy.release_as(therapy.terms(), ids).await.unwrap();
        assert!(phone.ask().await.lease(again).is_some());
    })
    .await;
}

#[tokio::test]
async fn i2_after_a_restore_the_worst_case_counts_leases_that_the_backup_has_forgotten() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let (release, phone) = (therapy.release().await, therapy.phone().await);
        database.close_and_back_up(&app).await;
        let app = database.app().await;
        let until = phone.at(&app).ask().await.lease(release).unwrap().valid_until;
        app.close().await;
        database.clock.advance(Span::from_hours(1));
        database.restore().await;
        let app = database.app().await;
        let (therapy, phone) = (therapy.at(&app), phone.at(&app));
        // Nobody here knows of the lease, and what is said covers it.
        let bound = therapy.now() + Span::from_hours(72);
        assert!(until < bound);
        assert_eq!(therapy.known(release, &phone).await, Known::Leased { until: bound });
        assert_eq!(therapy.truth(release).await.dark_by, Some(bound));
        therapy.revoke(RevokeOn::Release(release)).await;
        assert_eq!(therapy.known(release, &phone).await, Known::Pending { dark_by: bound });
        // It says what it holds, and is denied what nobody here knew of: nothing plays after contact.
        let unknown = ReleaseId::from_bytes([9; 16]);
        let answer = phone.ask_holding(&[(release, FIRST), (unknown, 4)]).await.unwrap();
        assert_eq!(answer.denied(release), [(DenialKind::Ended, FIRST)]);
        assert_eq!(answer.denied(unknown), [(DenialKind::Paused, 4)]);
        assert_eq!(therapy.known(release, &phone).await, Known::Nothing);
    })
    .await;
}

#[tokio::test]
async fn i7_after_a_restore_without_proof_everything_rests_until_a_therapist_confirms() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = Therapy::held(&app).await;
        app.close().await;
        std::fs::remove_file(database.ledger_path()).unwrap();
        let app = database.app_that_was_told(super::LOST).await;
        let (therapy, phone) = (therapy.at(&app), phone.at(&app));
        therapy.settle().await;
        assert_eq!(therapy.state(release).await, Some(ShelfState::Paused));
        assert_eq!(phone.ask().await.denied(release), [(DenialKind::Paused, FIRST)]);
        crate::domain::jobs::restore::confirm_restore(&app.ground, therapy.ada).await.unwrap();
        // The gate allows at once. Shelves are a worker's, left to it by the same commit.
        let left = "SELECT COUNT(*) FROM outbox WHERE kind = 'settle_client'";
        assert_eq!(crate::testing::number(&app, left).await, 1);
        therapy.settle().await;
        assert_eq!(therapy.state(release).await, Some(ShelfState::Live));
        assert_eq!(phone.ask().await.lease(release).unwrap().generation, FIRST + 1);
    })
    .await;
}
