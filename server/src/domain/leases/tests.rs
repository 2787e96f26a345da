//! Invariant I3, reason by reason, through the rows of both databases.

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
    nouns::consent_kind::ConsentKind,
    store::consents::ConsentEvent,
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
        devices::confirm(&app.ground, therapy.ada, therapy.client, phone.caller.device).await.unwrap();
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

#[tokio::test]
async fn a_question_that_is_asked_again_gets_a_newer_generation_and_only_one_that_was_issued_counts_as_held()
{
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = allowed(&app).await;
        let void = "SELECT COUNT(*) FROM lease WHERE voided_at IS NOT NULL";
        for generation in FIRST..FIRST + 3 {
            assert_eq!(phone.ask().await.lease(release).unwrap().generation, generation);
        }
        // The first two may still be on the phone: the answers may have been lost or not.
        assert_eq!(number(&app, void).await, 0);
        therapy.hold(release, None).await;
        phone.ask_holding(&[(release, FIRST + 900)]).await.unwrap();
        phone.ask_holding(&[(release, u64::MAX)]).await.unwrap();
        assert_eq!(number(&app, void).await, 0);
        assert_eq!(phone.ask().await.denied(release), [(DenialKind::Paused, FIRST + 2)]);
        phone.ask_holding(&[(release, FIRST + 2)]).await.unwrap();
        assert_eq!(number(&app, void).await, 2);
        assert_eq!(phone.ask().await.denied(release), [(DenialKind::Paused, FIRST + 2)]);
    })
    .await;
}

#[tokio::test]
async fn an_end_is_told_until_the_device_has_signed_that_the_clip_is_gone() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = allowed(&app).await;
        phone.ask().await;
        phone.ask().await;
        therapy.revoke(RevokeOn::Release(release)).await;
        // Whoever has the token may say anything about what is held; only the signature counts.
        for holding in [FIRST, FIRST + 1, FIRST + 2, FIRST + 900] {
            let denied = phone.ask_holding(&[(release, holding)]).await.unwrap().denied(release);
            // What was never issued is denied to whoever claims it, and not kept.
            let claimed = (holding > FIRST + 1).then_some((DenialKind::Ended, holding));
            let told: Vec<_> = std::iter::once((DenialKind::Ended, FIRST + 1)).chain(claimed).collect();
            assert_eq!(denied, told);
        }
        phone.hand_in(vec![phone.receipt(1, ReceiptKind::Wiped, release, FIRST + 1)]).await.unwrap();
        assert_eq!(phone.ask().await.denied(release), []);
    })
    .await;
}

#[tokio::test]
async fn after_a_restore_generations_go_on_from_what_the_device_holds() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let (_, release, phone) = allowed(&app).await;
        let answer = phone.ask_holding(&[(release, FIRST + 7)]).await.unwrap();
        assert_eq!(answer.lease(release).unwrap().generation, FIRST + 8);
        let answer = phone.ask_holding(&[(release, u64::MAX)]).await.unwrap();
        assert_eq!(answer.lease(release).unwrap().generation, FIRST + 9);
    })
    .await;
}

#[tokio::test]
async fn a_lease_lasts_a_month_at_most_so_that_every_device_can_read_its_days() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let quiet_hours = [(1, 2), (3, 4), (5, 6), (7, 8), (9, 10), (11, 12), (13, 14), (15, 16)]
            .iter()
            .fold(QuietHours::NONE, |all, (from, to)| all.union(&QuietHours::between(*from, *to).unwrap()));
        let (end, years) = (therapy.now() + Terms::ENDS_WITHIN, Span::from_days(3_650));
        let terms = Terms { expires_at: end, offline_for: years, quiet_hours, ..therapy.terms() };
        let release = therapy.release_as(terms, Vec::new()).await.unwrap();
        // A batch that cannot be read would keep the phone from its denials: reading it is part of asking.
        let lease = therapy.phone().await.ask().await.lease(release).unwrap().clone();
        assert_eq!(lease.valid_until, therapy.now() + Span::from_days(31));
        assert!(lease.quiet.len() > 200 && lease.days.len() > 30);
    })
    .await;
}

#[tokio::test]
async fn no_release_is_passed_over_for_ever_where_a_batch_does_not_hold_them_all() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let phone = therapy.phone().await;
        for _ in 0..=MAX_LEASES {
            therapy.release().await;
        }
        let first = phone.ask().await;
        assert_eq!(first.batch.items.len(), MAX_LEASES);
        therapy.pass(Span::from_millis(1));
        phone.ask().await;
        let with_lease = "SELECT COUNT(*) FROM (SELECT DISTINCT release FROM lease) AS leased";
        assert_eq!(number(&app, with_lease).await, i64::try_from(MAX_LEASES + 1).unwrap());
    })
    .await;
}

#[tokio::test]
async fn one_device_is_given_so_many_batches_an_hour_and_told_what_has_ended_all_the_same() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = allowed(&app).await;
        let (other, tablet) = (therapy.release().await, therapy.phone().await);
        therapy.pass(Span::from_secs(1));
        for _ in 0..BATCHES {
            assert!(phone.ask().await.lease(release).is_some());
        }
        let issued = leases(&app).await;
        let answer = phone.ask().await;
        assert!(answer.is_empty());
        assert_eq!(answer.batch.issued_at, therapy.now(), "it is told the time");
        assert_eq!(leases(&app).await, issued);
        therapy.pass(Span::from_secs(1));
        therapy.revoke(RevokeOn::Release(release)).await;
        therapy.pass(Span::from_secs(1));
        for _ in 0..BATCHES_FOR_A_DECISION {
            assert!(phone.ask().await.lease(other).is_some(), "somebody has decided something");
        }
        let answer = phone.ask().await;
        assert!(answer.is_empty() && !answer.denied(release).is_empty());
        assert!(tablet.ask().await.lease(other).is_some(), "others are not concerned");
        therapy.pass(BATCHES_WITHIN);
        assert!(phone.ask().await.lease(other).is_some());
    })
    .await;
}

#[tokio::test]
async fn a_morning_of_many_decisions_is_never_refused() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = allowed(&app).await;
        for n in 0..3 * BATCHES {
            // Twenty seconds apart: three times as many in an hour as a device is given without.
            therapy.pass(Span::from_secs(20));
            let offline_for = Span::from_mins(72 * 60 - 10 * (1 + n));
            let set = TermsChange { offline_for: Some(offline_for), ..TermsChange::default() };
            let amendment = crate::domain::desk::releases::Amendment { set, ..Default::default() };
            crate::domain::desk::releases::amend(&app.binders, therapy.ada, release, amendment)
                .await
                .unwrap();
            therapy.pass(Span::from_secs(1));
            assert!(phone.ask().await.lease(release).is_some(), "{n}");
        }
    })
    .await;
}

#[tokio::test]
async fn of_leases_that_are_long_dead_the_newest_is_kept_and_nothing_that_is_told_changes() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = allowed(&app).await;
        let first = phone.ask().await.lease(release).unwrap().valid_until;
        // A stricter one after it: what may have played longest is what is told.
        therapy.pass(Span::from_hours(1));
        let terms = TermsChange { offline_for: Some(Span::from_hours(24)), ..TermsChange::default() };
        let amendment = crate::domain::desk::releases::Amendment { set: terms, ..Default::default() };
        crate::domain::desk::releases::amend(&app.binders, therapy.ada, release, amendment).await.unwrap();
        for _ in 0..3 {
            therapy.pass(Span::from_mins(1));
            phone.ask().await;
        }
        let newest = "SELECT MAX(gen) FROM lease";
        let generation = number(&app, newest).await;
        therapy.pass(Span::from_days(90));
        assert_eq!(forget_dead(&app.ground).await.unwrap(), 0, "not long enough");
        therapy.pass(Span::from_days(3));
        assert_eq!(therapy.known(release, &phone).await, Known::Lost { dark_since: first });
        assert_eq!(forget_dead(&app.ground).await.unwrap(), 2);
        assert_eq!((leases(&app).await, number(&app, newest).await), (2, generation));
        assert_eq!(therapy.known(release, &phone).await, Known::Lost { dark_since: first });
        assert_eq!(forget_dead(&app.ground).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_clip_whose_key_does_not_open_keeps_no_other_from_being_leased_and_leaves_no_record() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = allowed(&app).await;
        let broken = therapy.another_clip().await;
        let of_broken = broken.release().await;
        let clip = broken.clip;
        write(&app, move |tx| {
            Box::pin(async move {
                const SQL: &str = "UPDATE clip SET wrapped_key = title_sealed WHERE id = $1";
                store::db::on_tx!(tx, c => sqlx::query(SQL)
                    .bind(clip.as_bytes().as_slice())
                    .execute(c).await.map(drop))?;
                Ok(())
            })
        })
        .await;
        let answer = phone.ask().await;
        assert!(answer.lease(release).is_some() && answer.lease(of_broken).is_none());
        assert_eq!(leases(&app).await, 1, "what was not given is not on record");
        assert_eq!(therapy.known(of_broken, &phone).await, Known::Nothing);
    })
    .await;
}

#[tokio::test]
async fn a_key_that_does_not_open_grants_nothing_and_keeps_no_denial() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = allowed(&app).await;
        phone.ask().await;
        therapy.revoke(RevokeOn::Release(release)).await;
        let other = therapy.release().await;
        crate::testing::execute(&app, "UPDATE clip SET wrapped_key = title_sealed").await;
        let answer = phone.ask().await;
        assert!(answer.lease(other).is_none());
        assert_eq!(answer.denied(release), [(DenialKind::Ended, FIRST)]);
    })
    .await;
}

/// Withdraws as the domain does, and counts the leases that there are at the instant from which on nothing may be issued:
/// inside of the transaction, when nobody shares the recording any more.
async fn withdraw_and_count(therapy: &Therapy) -> i64 {
    let (recording, participant, staff) = (therapy.recording, therapy.tom, therapy.ada.staff);
    let app = Arc::clone(&therapy.app);
    let counted: Result<i64, StoreError> = therapy
        .app
        .ground
        .committer
        .commit(Urgency::Restriction, move |tx| {
            Box::pin(async move {
                store::recordings::bump(tx, recording).await?;
                let at = app.ground.clock.now();
                let event = ConsentEvent {
                    id: ConsentId::new(at, app.ground.entropy.bytes()),
                    recording,
                    participant,
                    purpose: Purpose::ReleaseToClient,
                    kind: ConsentKind::Withdrawn,
                    form: None,
                    at,
                    valid_until: None,
                    recorded_by: Some(staff),
                };
                store::consents::insert(tx, &event).await?;
                crate::testing::number_in(tx, "SELECT COUNT(*) FROM lease").await
            })
        })
        .await;
    counted.unwrap()
}

#[tokio::test]
async fn i3_a_withdrawal_and_questions_at_once_on_postgresql_never_leave_a_lease_issued_after_it() {
    for_postgres(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let phones = [Arc::new(therapy.phone().await), Arc::new(therapy.phone().await)];
        let mut issued = 0;
        for _ in 0..15 {
            therapy.release().await;
            let ask = |phone: &Arc<Phone>| {
                let phone = Arc::clone(phone);
                tokio::spawn(async move { phone.ask().await.batch.items.len() })
            };
            let first = phones.each_ref().map(ask);
            let at_withdrawal = withdraw_and_count(&therapy).await;
            // Whatever was still on its way when the withdrawal was committed has found the gate closed.
            for asked in first {
                issued += asked.await.unwrap();
            }
            assert_eq!(leases(&app).await, at_withdrawal);
            therapy.pass(Span::from_millis(1));
            therapy.consent(therapy.tom, None).await;
            therapy.settle().await;
            therapy.pass(Span::from_millis(1));
        }
        assert!(issued > 0, "no question was ever faster: the race was not one");
    })
    .await;
}

#[tokio::test]
async fn i3_a_question_waits_for_a_withdrawal_that_is_being_committed_on_postgresql() {
    for_postgres(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = allowed(&app).await;
        let phone = Arc::new(phone);
        let mut other = PgConnection::connect(&database.url).await.unwrap();
        let mut withdrawing = other.begin().await.unwrap();
        let bump = "UPDATE recording SET version = version + 1";
        sqlx::query(bump).execute(&mut *withdrawing).await.unwrap();
        let event = "INSERT INTO consent_event (id, recording, participant, purpose, kind, at) \
                     VALUES ($1, $2, $3, 'release_to_client', 'withdrawn', $4)";
        sqlx::query(event)
            .bind([1_u8; 16].as_slice())
            .bind(therapy.recording.as_bytes().as_slice())
            .bind(therapy.tom.as_bytes().as_slice())
            .bind(therapy.now().as_millis())
            .execute(&mut *withdrawing)
            .await
            .unwrap();
        let asking = {
            let phone = Arc::clone(&phone);
            tokio::spawn(async move { phone.ask().await })
        };
        let waits = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() \
                     AND wait_event_type = 'Lock'";
        while number(&app, waits).await == 0 && !asking.is_finished() {
            tokio::task::yield_now().await;
        }
        assert!(!asking.is_finished(), "the question was answered from what was about to be withdrawn");
        withdrawing.commit().await.unwrap();
        assert!(asking.await.unwrap().lease(release).is_none());
    })
    .await;
}

#[tokio::test]
async fn what_a_person_removed_from_their_phone_is_not_leased_to_it_until_they_want_it_back() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let (release, phone) = (therapy.release().await, therapy.phone().await);
        assert!(phone.ask().await.lease(release).is_some());
        phone.hand_in(vec![phone.receipt(1, ReceiptKind::Wiped, release, FIRST)]).await.unwrap();
        let at = therapy.now();
        let answer = phone.ask_with(&[], &[release]).await.unwrap();
        assert!(answer.is_empty() && answer.denials.is_empty());
        assert_eq!(therapy.known(release, &phone).await, Known::Wiped { at });
        assert_eq!(therapy.truth(release).await.dark_by, None);
        assert_eq!(phone.ask().await.lease(release).unwrap().generation, FIRST + 1);
    })
    .await;
}
