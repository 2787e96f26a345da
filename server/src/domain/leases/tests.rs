//! Invariant I3, reason by reason, through the rows of both databases.

mod bounds;
mod races;

use std::sync::Arc;

use sqlx::{Connection, PgConnection};
use sync_core::{
    id::ConsentId,
    instant::Span,
    lease::{BATCHES, BATCHES_FOR_A_DECISION, DenialKind, MAX_LEASES, ReceiptKind},
    orders::{Act, RevokeOn},
    policy::{Purpose, Reason},
    terms::{QuietHours, Terms, TermsChange},
};

use super::*;
use crate::{
    app::App,
    domain::{
        clips,
        desk::{On, device_state::Known},
        people::devices,
    },
    nouns::consents::{ConsentEvent, ConsentKind},
    testing::{
        for_each_database, for_postgres, for_sqlite, number,
        therapy::{FIRST, Phone, Therapy, write},
    },
};

/// A therapy in which everything allows, its release, and a phone.
async fn allowed(app: &Arc<App>) -> (Therapy, ReleaseId, Phone) {
    let therapy = Therapy::consented(app).await;
    let (release, phone) = (therapy.release().await, therapy.phone().await);
    (therapy, release, phone)
}

/// Nothing is given, nothing is on record, and therapists are told this reason.
async fn is_refused(therapy: &Therapy, phone: &Phone, release: ReleaseId, reason: Reason) {
    let answer = phone.ask().await;
    assert!(answer.is_empty(), "{:?}", answer.batch.items);
    assert_eq!(therapy.truth(release).await.waits_for, Some(reason));
}

async fn leases(app: &App) -> i64 {
    number(app, "SELECT COUNT(*) FROM lease").await
}

#[tokio::test]
async fn i3_a_lease_is_issued_when_every_reason_allows_and_ends_with_the_first_of_them() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = allowed(&app).await;
        let lease = phone.ask().await.lease(release).unwrap().clone();
        assert_eq!((lease.clip, lease.device, lease.generation), (therapy.clip, phone.caller.device, FIRST));
        assert_eq!(lease.valid_until, therapy.now() + Span::from_hours(72));
        assert_eq!(lease.ends_at, therapy.now() + Span::from_days(7));
        assert_eq!(lease.daily_limit, Some(3));
        assert_eq!(leases(&app).await, 1);
        therapy.pass(Span::from_days(6));
        let lease = phone.ask().await.lease(release).unwrap().clone();
        assert_eq!((lease.generation > FIRST, lease.valid_until), (true, lease.ends_at));
    })
    .await;
}

#[tokio::test]
async fn i3_a_lease_is_never_issued_for_a_release_that_was_taken_back() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = allowed(&app).await;
        therapy.revoke(RevokeOn::Release(release)).await;
        is_refused(&therapy, &phone, release, Reason::Ended).await;
        assert_eq!(leases(&app).await, 0);
    })
    .await;
}

#[tokio::test]
async fn i3_a_lease_is_never_issued_from_the_instant_of_the_end_on() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = allowed(&app).await;
        therapy.pass(Span::from_days(7).saturating_sub(Span::from_millis(1)));
        assert!(phone.ask().await.lease(release).is_some());
        therapy.pass(Span::from_millis(1));
        is_refused(&therapy, &phone, release, Reason::Ended).await;
    })
    .await;
}

#[tokio::test]
async fn i3_a_lease_is_never_issued_while_a_release_or_the_shelf_is_paused() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = allowed(&app).await;
        for on in [On::Release(release), On::Shelf(therapy.client)] {
            let hold =
                crate::domain::desk::releases::hold(&app.binders, therapy.ada, on, None).await.unwrap();
            is_refused(&therapy, &phone, release, Reason::Held).await;
            therapy.lift(hold).await;
            assert!(phone.ask().await.lease(release).is_some());
        }
    })
    .await;
}

#[tokio::test]
async fn i3_a_lease_is_never_issued_for_a_release_that_waits_for_confirmation() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let phone = therapy.phone().await;
        let release = ReleaseId::new(therapy.now(), app.ground.entropy.bytes());
        therapy.revoke(RevokeOn::Clip(therapy.clip)).await;
        // A laptop that had not seen the revocation has written a release in a train.
        let laptop = therapy.laptop().await;
        let act = Act::Release {
            release,
            clip: therapy.clip,
            recording: therapy.recording,
            terms: therapy.terms(),
            seen: Vec::new(),
        };
        crate::domain::sync::tests::write_as(&therapy, laptop, vec![act]).await;
        is_refused(&therapy, &phone, release, Reason::Unconfirmed).await;
        assert_eq!(therapy.item(release).await, None);
        let seen = therapy.truth(release).await.unseen;
        crate::domain::desk::releases::confirm(&app.binders, therapy.ada, release, seen).await.unwrap();
        assert!(phone.ask().await.lease(release).is_some());
        assert!(therapy.item(release).await.is_some());
    })
    .await;
}

#[tokio::test]
async fn i3_a_lease_is_never_issued_before_everybody_heard_was_asked_and_consents() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::begin(&app).await;
        let (release, phone) = (therapy.release().await, therapy.phone().await);
        is_refused(&therapy, &phone, release, Reason::ConsentMissing).await;
        therapy.consent(therapy.mia, None).await;
        is_refused(&therapy, &phone, release, Reason::ConsentMissing).await;
        therapy.consent(therapy.tom, None).await;
        assert!(phone.ask().await.lease(release).is_some());
    })
    .await;
}

#[tokio::test]
async fn i3_a_lease_is_never_issued_after_a_withdrawal_even_before_anybody_settled_it() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = allowed(&app).await;
        therapy.withdraw(therapy.tom).await;
        is_refused(&therapy, &phone, release, Reason::ConsentEnded).await;
        // Nor after a new consent: that is for new releases.
        therapy.pass(Span::from_millis(1));
        therapy.consent(therapy.tom, None).await;
        is_refused(&therapy, &phone, release, Reason::ConsentEnded).await;
        therapy.settle().await;
        is_refused(&therapy, &phone, release, Reason::Ended).await;
        let again = therapy.release().await;
        assert!(phone.ask().await.lease(again).is_some());
    })
    .await;
}

#[tokio::test]
async fn i3_a_lease_ends_with_a_consent_that_runs_out_and_none_is_issued_after_it() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::begin(&app).await;
        let until = therapy.now() + Span::from_hours(5);
        therapy.consent(therapy.mia, None).await;
        therapy.consent(therapy.tom, Some(until)).await;
        let (release, phone) = (therapy.release().await, therapy.phone().await);
        let lease = phone.ask().await.lease(release).unwrap().clone();
        assert_eq!((lease.valid_until, lease.ends_at), (until, until));
        // The shelf names the same end, so that the phone does not ask for ever.
        assert_eq!(therapy.item(release).await.unwrap().ends_at, until);
        therapy.pass(Span::from_hours(5));
        is_refused(&therapy, &phone, release, Reason::ConsentEnded).await;
    })
    .await;
}

#[tokio::test]
async fn i3_a_lease_is_never_issued_for_a_clip_that_was_destroyed_or_is_held_back_or_is_to_be_destroyed() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = allowed(&app).await;
        let destroy_at = therapy.now() + Span::from_hours(1);
        let set = |sql: &'static str, at: Option<Instant>| {
            write(&app, move |tx| {
                Box::pin(async move {
                    let at = at.map(Instant::as_millis);
                    store::db::on_tx!(tx, c => sqlx::query(sql).bind(at).execute(c).await.map(drop))?;
                    Ok(())
                })
            })
        };
        set("UPDATE clip SET destroy_at = $1", Some(destroy_at)).await;
        assert_eq!(phone.ask().await.lease(release).unwrap().valid_until, destroy_at);
        set("UPDATE clip SET destroy_at = $1", None).await;
        set("UPDATE clip SET held_back_at = $1", Some(therapy.now())).await;
        is_refused(&therapy, &phone, release, Reason::ClipUnavailable).await;
        set("UPDATE clip SET held_back_at = $1", None).await;
        assert!(phone.ask().await.lease(release).is_some());
        clips::destroy(&app.ground, therapy.ada, therapy.clip).await.unwrap();
        is_refused(&therapy, &phone, release, Reason::ClipUnavailable).await;
    })
    .await;
}

#[tokio::test]
async fn i3_a_lease_is_never_issued_while_practice_or_client_are_not_active() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = allowed(&app).await;
        for (end, begin) in [
            ("UPDATE practice SET closed_at = 1", "UPDATE practice SET closed_at = NULL"),
            ("UPDATE client SET ended_at = 1", "UPDATE client SET ended_at = NULL"),
        ] {
            crate::testing::execute(&app, end).await;
            is_refused(&therapy, &phone, release, Reason::Inactive).await;
            crate::testing::execute(&app, begin).await;
            assert!(phone.ask().await.lease(release).is_some());
        }
    })
    .await;
}

#[tokio::test]
async fn i3_a_lease_is_never_issued_while_a_restore_waits_for_confirmation() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = allowed(&app).await;
        crate::testing::execute(&app, "UPDATE practice SET held_at = 1").await;
        is_refused(&therapy, &phone, release, Reason::AwaitsRestoreConfirmation).await;
        crate::domain::jobs::restore::confirm_restore(&app.ground, therapy.ada).await.unwrap();
        assert!(phone.ask().await.lease(release).is_some());
    })
    .await;
}

#[tokio::test]
async fn i3_a_lease_is_never_issued_to_a_device_whose_name_nobody_has_seen() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let (release, phone) = (therapy.release().await, therapy.unseen_phone().await);
        assert!(phone.ask().await.is_empty());
        assert!(matches!(
            therapy.known(release, &phone).await,
            crate::domain::desk::device_state::Known::NotConfirmed
        ));
        therapy.confirm(phone.caller.device).await.unwrap();
        assert!(phone.ask().await.lease(release).is_some());
    })
    .await;
}

#[tokio::test]
async fn i3_a_removed_device_gets_no_lease_and_a_signed_denial_of_everything() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = allowed(&app).await;
        phone.ask().await;
        devices::remove(&app.binders, therapy.ada, therapy.client, phone.caller.device).await.unwrap();
        let answer = phone.ask().await;
        assert!(answer.is_empty());
        assert!(answer.denials.iter().any(|denial| denial.kind == DenialKind::Unpaired));
        // It may still say that the clip is gone.
        assert_eq!(
            phone.hand_in(vec![phone.receipt(1, ReceiptKind::Wiped, release, FIRST)]).await.unwrap(),
            1
        );
        assert!(matches!(
            therapy.known(release, &phone).await,
            crate::domain::desk::device_state::Known::Wiped { .. }
        ));
    })
    .await;
}

#[tokio::test]
async fn i3_another_clients_clip_is_not_released_by_an_entry_that_names_it() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let (therapy, other) = (Therapy::consented(&app).await, Therapy::consented(&app).await);
        let phone = therapy.phone().await;
        let laptop = therapy.laptop().await;
        let act = Act::Release {
            release: ReleaseId::new(therapy.now(), app.ground.entropy.bytes()),
            clip: other.clip,
            recording: other.recording,
            terms: therapy.terms(),
            seen: Vec::new(),
        };
        let refused = crate::domain::sync::tests::try_write_as(&therapy, laptop, vec![act]).await;
        assert_eq!(refused.as_deref(), Some("entry_names_unknown"));
        assert!(phone.ask().await.is_empty());
        assert_eq!(number(&app, "SELECT COUNT(*) FROM entry").await, 0);
    })
    .await;
}
