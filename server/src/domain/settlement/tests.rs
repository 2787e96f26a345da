//! What follows from decisions: shelf, denials, wake-ups and ends, in every order of events.

use std::sync::Arc;

use sync_core::{instant::Span, policy::Standing, terms::TermsChange};

use super::*;
use crate::{
    app::App,
    domain::{clips, practice, releases, truth::Known},
    testing::{
        TestDatabase, execute, for_each_database, for_sqlite, number,
        therapy::{Phone, Therapy},
    },
};

const HIGH: &str = "SELECT COUNT(*) FROM outbox WHERE kind = 'wake_up' AND urgency = 'high'";
const NORMAL: &str = "SELECT COUNT(*) FROM outbox WHERE kind = 'wake_up' AND urgency = 'normal'";

/// A released clip that a phone holds; no wake-up is left.
async fn held(app: &Arc<App>) -> (Therapy, ReleaseId, Phone) {
    let therapy = Therapy::consented(app).await;
    let (phone, release) = (therapy.phone().await, therapy.release().await);
    phone.ask().await;
    therapy.settle().await;
    execute(app, "DELETE FROM outbox").await;
    (therapy, release, phone)
}

async fn state(therapy: &Therapy, release: ReleaseId) -> Option<ShelfState> {
    therapy.item(release).await.map(|item| item.state)
}

#[tokio::test]
async fn a_release_before_the_consent_appears_when_the_last_one_is_given_and_wakes_the_phone() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::begin(&app).await;
        therapy.phone().await;
        let release = therapy.release().await;
        // Not even a pause brings it onto the shelf.
        let hold = therapy.hold(release, None).await;
        assert_eq!(state(&therapy, release).await, None);
        therapy.lift(hold).await;
        therapy.consent(therapy.mia, None).await;
        therapy.settle().await;
        assert_eq!(state(&therapy, release).await, None);
        therapy.consent(therapy.tom, None).await;
        let before = number(&app, NORMAL).await;
        therapy.settle().await;
        assert_eq!(state(&therapy, release).await, Some(ShelfState::Live));
        assert!(number(&app, NORMAL).await > before);
    })
    .await;
}

#[tokio::test]
async fn a_withdrawal_ends_the_release_like_any_other_end_and_wakes_who_holds_it() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = held(&app).await;
        therapy.withdraw(therapy.tom).await;
        assert_eq!(state(&therapy, release).await, Some(ShelfState::Live));
        therapy.settle().await;
        assert_eq!(state(&therapy, release).await, Some(ShelfState::Ended));
        assert_eq!(number(&app, HIGH).await, 1);
        assert_eq!(phone.ask().await.denied(release), [(DenialKind::Ended, 1)]);
        // Once is enough, however often it is settled.
        therapy.settle().await;
        crate::domain::commit::settle(&app, therapy.client, crate::store::Urgency::Grant).await.unwrap();
        assert_eq!(number(&app, "SELECT COUNT(*) FROM denial").await, 1);
        assert_eq!(number(&app, HIGH).await, 1);
        // The same on the shelf as a therapist's own decision.
        let (other, revoked, _) = held(&app).await;
        other.revoke(RevokeOn::Release(revoked)).await;
        let (mut one, mut two) = (therapy.item(release).await.unwrap(), other.item(revoked).await.unwrap());
        (one.clip, two.clip) = (therapy.clip, therapy.clip);
        assert_eq!(one, two);
        assert_eq!(therapy.truth(release).await.standing, Standing::Revoked);
    })
    .await;
}

#[tokio::test]
async fn a_new_consent_revives_no_release_whether_it_was_settled_in_between_or_not() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        for settles in [false, true] {
            let (therapy, release, _) = held(&app).await;
            therapy.withdraw(therapy.mia).await;
            if settles {
                therapy.settle().await;
            }
            therapy.pass(Span::from_millis(1));
            therapy.consent(therapy.mia, None).await;
            therapy.settle().await;
            assert_eq!(state(&therapy, release).await, Some(ShelfState::Ended), "settled: {settles}");
            let again = therapy.release().await;
            assert_eq!(state(&therapy, again).await, Some(ShelfState::Live));
        }
    })
    .await;
}

#[tokio::test]
async fn a_pause_and_its_lift_give_a_new_lease_that_the_old_denial_does_not_block() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = held(&app).await;
        let hold = therapy.hold(release, None).await;
        assert_eq!(state(&therapy, release).await, Some(ShelfState::Paused));
        assert_eq!(number(&app, HIGH).await, 1);
        let answer = phone.ask_holding(&[(release, 1)]).await.unwrap();
        assert_eq!(
            (answer.lease(release).is_none(), answer.denied(release)),
            (true, vec![(DenialKind::Paused, 1)])
        );
        therapy.lift(hold).await;
        assert_eq!(state(&therapy, release).await, Some(ShelfState::Live));
        let answer = phone.ask_holding(&[(release, 1)]).await.unwrap();
        assert_eq!(answer.lease(release).unwrap().generation, 2);
        assert!(answer.denied(release).iter().all(|(_, upto)| *upto < 2));
        // The phone says that it holds the new one: the pause is done.
        assert_eq!(phone.ask_holding(&[(release, 2)]).await.unwrap().denied(release), []);
        // Paused again: what it holds now is denied anew.
        therapy.hold(release, None).await;
        assert_eq!(phone.ask().await.denied(release), [(DenialKind::Paused, 3)]);
        therapy.revoke(RevokeOn::Release(release)).await;
        let denied = phone.ask().await.denied(release);
        assert!(denied.contains(&(DenialKind::Ended, 3)), "{denied:?}");
    })
    .await;
}

#[tokio::test]
async fn a_pause_passes_by_itself_when_its_time_has_come() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = held(&app).await;
        therapy.hold(release, Some(therapy.now() + Span::from_hours(2))).await;
        assert_eq!(state(&therapy, release).await, Some(ShelfState::Paused));
        therapy.pass(Span::from_hours(1));
        therapy.settle().await;
        assert_eq!(state(&therapy, release).await, Some(ShelfState::Paused));
        execute(&app, "DELETE FROM outbox").await;
        therapy.pass(Span::from_hours(1));
        therapy.settle().await;
        assert_eq!(state(&therapy, release).await, Some(ShelfState::Live));
        assert_eq!(number(&app, NORMAL).await, 1);
        assert!(phone.ask().await.lease(release).is_some());
        let version = number(&app, "SELECT version FROM client").await;
        therapy.settle().await;
        assert_eq!(number(&app, "SELECT version FROM client").await, version, "nothing is due any more");
    })
    .await;
}

#[tokio::test]
async fn an_end_is_recorded_when_its_date_has_come_and_nothing_brings_it_back() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = held(&app).await;
        let laptop = therapy.laptop().await;
        therapy.pass(Span::from_days(7));
        therapy.settle().await;
        assert_eq!(state(&therapy, release).await, Some(ShelfState::Ended));
        assert_eq!(therapy.truth(release).await.standing, Standing::Expired);
        assert_eq!(
            number(&app, "SELECT COUNT(*) FROM release WHERE ended_at IS NOT NULL AND NOT revoked").await,
            1
        );
        // A laptop that was offline extends it: too late.
        let over = therapy.truth(release).await.entries;
        let later = therapy.now() + Span::from_days(7);
        let set = TermsChange { expires_at: Some(later), ..TermsChange::default() };
        let act = Act::Amend { release, set, over };
        crate::domain::sync::tests::write_as(&therapy, laptop, vec![act]).await;
        assert!(phone.ask().await.is_empty());
        assert_eq!(state(&therapy, release).await, Some(ShelfState::Ended));
        assert_eq!(therapy.truth(release).await.standing, Standing::Expired);
    })
    .await;
}

#[tokio::test]
async fn an_extension_in_time_counts_even_if_nobody_had_looked_at_the_date_yet() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = held(&app).await;
        let over = therapy.truth(release).await.entries;
        let later = therapy.now() + Span::from_days(14);
        let set = TermsChange { expires_at: Some(later), ..TermsChange::default() };
        releases::amend(&app, therapy.ada, release, set, over).await.unwrap();
        assert_eq!(therapy.item(release).await.unwrap().ends_at, later);
        therapy.pass(Span::from_days(8));
        therapy.settle().await;
        assert_eq!(state(&therapy, release).await, Some(ShelfState::Live));
        assert!(phone.ask().await.lease(release).is_some());
    })
    .await;
}

#[tokio::test]
async fn a_consent_that_runs_out_ends_the_release_on_the_day_and_a_longer_one_moves_it() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::begin(&app).await;
        therapy.consent(therapy.mia, None).await;
        let day = therapy.now() + Span::from_days(1);
        therapy.consent(therapy.tom, Some(day)).await;
        let release = therapy.release().await;
        therapy.pass(Span::from_millis(1));
        therapy.consent(therapy.tom, Some(day + Span::from_days(1))).await;
        therapy.settle().await;
        assert_eq!(therapy.item(release).await.unwrap().ends_at, day + Span::from_days(1));
        therapy.pass(Span::from_days(1));
        therapy.settle().await;
        assert_eq!(state(&therapy, release).await, Some(ShelfState::Live));
        therapy.pass(Span::from_days(1));
        therapy.settle().await;
        assert_eq!(state(&therapy, release).await, Some(ShelfState::Ended));
    })
    .await;
}

#[tokio::test]
async fn a_destroyed_clip_ends_its_releases() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = held(&app).await;
        clips::destroy(&app, therapy.ada, therapy.clip).await.unwrap();
        therapy.settle().await;
        assert_eq!(state(&therapy, release).await, Some(ShelfState::Ended));
        assert_eq!(phone.ask().await.denied(release), [(DenialKind::Ended, 1)]);
        assert_eq!(number(&app, HIGH).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_tightening_wakes_who_holds_a_laxer_lease_even_if_the_shelf_does_not_show_it() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = held(&app).await;
        therapy.unseen_phone().await;
        let amend = async |set| releases::amend(&app, therapy.ada, release, set, Vec::new()).await.unwrap();
        let night = sync_core::terms::QuietHours::between(1_320, 360);
        amend(TermsChange { quiet_hours: night, ..TermsChange::default() }).await;
        assert_eq!((number(&app, HIGH).await, number(&app, NORMAL).await), (1, 0));
        amend(TermsChange { daily_limit: Some(Some(1)), ..TermsChange::default() }).await;
        // The other phone, which holds nothing, hears of the shelf.
        assert_eq!((number(&app, HIGH).await, number(&app, NORMAL).await), (2, 1));
        let lease = phone.ask().await.lease(release).unwrap().clone();
        assert!(lease.daily_limit == Some(1) && !lease.quiet.is_empty());
        assert_eq!(number(&app, "SELECT COUNT(*) FROM denial").await, 0);
    })
    .await;
}

#[tokio::test]
async fn the_truth_about_a_device_is_the_worst_case_until_it_has_signed_otherwise() {
    use sync_core::lease::ReceiptKind;
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = held(&app).await;
        let first_end = therapy.now() + Span::from_hours(72);
        assert_eq!(therapy.known(release, &phone).await, Known::Leased { until: first_end });
        phone.hand_in(vec![phone.receipt(1, ReceiptKind::Ready, release, 1)]).await.unwrap();
        assert_eq!(
            therapy.known(release, &phone).await,
            Known::Ready { at: therapy.now(), until: first_end }
        );
        // A second, shorter lease was issued; whether it arrived nobody knows: the first may still be there.
        let set = TermsChange { offline_for: Some(Span::from_hours(1)), ..TermsChange::default() };
        releases::amend(&app, therapy.ada, release, set, Vec::new()).await.unwrap();
        let second_end = phone.ask().await.lease(release).unwrap().valid_until;
        assert_eq!(second_end, therapy.now() + Span::from_hours(1));
        assert_eq!(therapy.truth(release).await.dark_by, Some(first_end));
        therapy.revoke(RevokeOn::Release(release)).await;
        assert_eq!(therapy.known(release, &phone).await, Known::Pending { dark_by: first_end });
        // It says that it had the second: the first is gone.
        phone.ask_holding(&[(release, 2)]).await.unwrap();
        assert_eq!(therapy.known(release, &phone).await, Known::Pending { dark_by: second_end });
        therapy.pass(Span::from_hours(1));
        assert_eq!(therapy.known(release, &phone).await, Known::Lost { dark_since: second_end });
        phone.hand_in(vec![phone.receipt(2, ReceiptKind::Wiped, release, 2)]).await.unwrap();
        assert_eq!(therapy.known(release, &phone).await, Known::Wiped { at: therapy.now() });
        assert_eq!(therapy.truth(release).await.dark_by, None);
    })
    .await;
}

#[tokio::test]
async fn a_wipe_of_an_older_lease_says_nothing_of_a_newer_one() {
    use sync_core::lease::ReceiptKind;
    for_sqlite(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = held(&app).await;
        let until = phone.ask().await.lease(release).unwrap().valid_until;
        phone.hand_in(vec![phone.receipt(1, ReceiptKind::Lapsed, release, 1)]).await.unwrap();
        assert_eq!(therapy.known(release, &phone).await, Known::Leased { until });
        assert_eq!(therapy.truth(release).await.dark_by, Some(until));
    })
    .await;
}

#[tokio::test]
async fn one_client_whose_entries_cannot_be_read_keeps_nobody_else_waiting() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let (broken, ..) = held(&app).await;
        app.clock.advance(Span::from_millis(1));
        let (whole, release, _) = held(&app).await;
        // The first in every order.
        assert!(broken.client < whole.client);
        crate::testing::therapy::damage_entries(&app, broken.client).await;
        for therapy in [&broken, &whole] {
            therapy.withdraw(therapy.tom).await;
        }
        while crate::domain::follow_ups::settle_due(&app).await.unwrap() > 0 {}
        assert_eq!(state(&whole, release).await, Some(ShelfState::Ended));
        let left = "SELECT COUNT(*) FROM outbox WHERE kind = 'settle_recording' AND done_at IS NULL";
        assert!(number(&app, left).await > 0);
    })
    .await;
}

/// A backup from before the revocation is put in the place of the database.
async fn restored(database: &TestDatabase) -> (Arc<App>, Therapy, ReleaseId, Phone) {
    let app = database.app().await;
    let (therapy, release, phone) = held(&app).await;
    database.close_and_back_up(&app).await;
    let app = database.app().await;
    let (therapy, phone) = (therapy.at(&app), phone.at(&app));
    therapy.revoke(RevokeOn::Clip(therapy.clip)).await;
    assert_eq!(phone.ask().await.denied(release), [(DenialKind::Ended, 1)]);
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
        assert_eq!(state(&therapy, release).await, Some(ShelfState::Ended));
        assert_eq!(phone.ask().await.denied(release), [(DenialKind::Ended, 1)]);
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
        let answer = phone.ask_holding(&[(release, 1), (unknown, 4)]).await.unwrap();
        assert_eq!(answer.denied(release), [(DenialKind::Ended, 1)]);
        assert_eq!(answer.denied(unknown), [(DenialKind::Paused, 4)]);
        assert_eq!(therapy.known(release, &phone).await, Known::Nothing);
    })
    .await;
}

#[tokio::test]
async fn i7_after_a_restore_without_proof_everything_rests_until_a_therapist_confirms() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = held(&app).await;
        app.close().await;
        std::fs::remove_file(database.ledger_path()).unwrap();
        let app = database.app().await;
        let (therapy, phone) = (therapy.at(&app), phone.at(&app));
        therapy.settle().await;
        assert_eq!(state(&therapy, release).await, Some(ShelfState::Paused));
        assert_eq!(phone.ask().await.denied(release), [(DenialKind::Paused, 1)]);
        practice::confirm_restore(&app, therapy.ada).await.unwrap();
        assert_eq!(state(&therapy, release).await, Some(ShelfState::Live));
        assert_eq!(phone.ask().await.lease(release).unwrap().generation, 2);
    })
    .await;
}
