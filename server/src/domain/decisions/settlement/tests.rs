//! Consequences of decisions: shelf, denials, wake-ups and ends, in every order of events.

use sync_core::{
    documents::ShelfState,
    instant::Span,
    lease::DenialKind,
    orders::{Act, RevokeOn},
    policy::Standing,
    terms::TermsChange,
};

use crate::{
    domain::{
        clips,
        desk::{
            device_state::Known,
            releases::{self, Amendment},
        },
    },
    testing::{
        execute, for_each_database, for_sqlite, number,
        therapy::{FIRST, Therapy},
    },
};

const HIGH: &str = "SELECT COUNT(*) FROM outbox WHERE kind = 'wake_up' AND urgency = 'high'";
/// All that waited has been sent: what is left from now on is a row of its own.
const SENT: &str = "DELETE FROM outbox WHERE kind = 'wake_up'";
const NORMAL: &str = "SELECT COUNT(*) FROM outbox WHERE kind = 'wake_up' AND urgency = 'normal'";

#[tokio::test]
async fn a_release_before_the_consent_appears_when_the_last_one_is_given_and_wakes_the_phone() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::begin(&app).await;
        therapy.phone().await;
        let release = therapy.release().await;
        // Not even a pause brings it onto the shelf.
        let hold = therapy.hold(release, None).await;
        assert_eq!(therapy.state(release).await, None);
        therapy.lift(hold).await;
        therapy.consent(therapy.mia, None).await;
        therapy.settle().await;
        assert_eq!(therapy.state(release).await, None);
        therapy.consent(therapy.tom, None).await;
        execute(&app, SENT).await;
        let before = number(&app, NORMAL).await;
        therapy.settle().await;
        assert_eq!(therapy.state(release).await, Some(ShelfState::Live));
        assert!(number(&app, NORMAL).await > before);
    })
    .await;
}

#[tokio::test]
async fn a_withdrawal_ends_the_release_like_any_other_end_and_wakes_who_holds_it() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = Therapy::held(&app).await;
        therapy.withdraw(therapy.tom).await;
        assert_eq!(therapy.state(release).await, Some(ShelfState::Live));
        therapy.settle().await;
        assert_eq!(therapy.state(release).await, Some(ShelfState::Ended));
        assert_eq!(number(&app, HIGH).await, 1);
        assert_eq!(phone.ask().await.denied(release), [(DenialKind::Ended, FIRST)]);
        // Once is enough, however often it is settled.
        therapy.settle().await;
        crate::domain::decisions::commit::settle(&app.binders, therapy.client, crate::store::Urgency::Grant)
            .await
            .unwrap();
        assert_eq!(number(&app, "SELECT COUNT(*) FROM denial").await, 1);
        assert_eq!(number(&app, HIGH).await, 1);
        // The same on the shelf as a therapist's own decision.
        let (other, revoked, _) = Therapy::held(&app).await;
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
            let (therapy, release, _) = Therapy::held(&app).await;
            therapy.withdraw(therapy.mia).await;
            if settles {
                therapy.settle().await;
            }
            therapy.pass(Span::from_millis(1));
            therapy.consent(therapy.mia, None).await;
            therapy.settle().await;
            assert_eq!(therapy.state(release).await, Some(ShelfState::Ended), "settled: {settles}");
            let again = therapy.release().await;
            assert_eq!(therapy.state(again).await, Some(ShelfState::Live));
        }
    })
    .await;
}

#[tokio::test]
async fn a_pause_and_its_lift_give_a_new_lease_that_the_old_denial_does_not_block() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = Therapy::held(&app).await;
        let hold = therapy.hold(release, None).await;
        assert_eq!(therapy.state(release).await, Some(ShelfState::Paused));
        assert_eq!(number(&app, HIGH).await, 1);
        let answer = phone.ask_holding(&[(release, FIRST)]).await.unwrap();
        assert_eq!(
            (answer.lease(release).is_none(), answer.denied(release)),
            (true, vec![(DenialKind::Paused, FIRST)])
        );
        therapy.lift(hold).await;
        assert_eq!(therapy.state(release).await, Some(ShelfState::Live));
        let answer = phone.ask_holding(&[(release, FIRST)]).await.unwrap();
        assert_eq!(answer.lease(release).unwrap().generation, FIRST + 1);
        assert!(answer.denied(release).iter().all(|(_, upto)| *upto < FIRST + 1));
        // The phone says that it holds the new one: the pause is done.
        assert_eq!(phone.ask_holding(&[(release, FIRST + 1)]).await.unwrap().denied(release), []);
        // Paused again: what it holds now is denied anew.
        therapy.hold(release, None).await;
        assert_eq!(phone.ask().await.denied(release), [(DenialKind::Paused, FIRST + 2)]);
        therapy.revoke(RevokeOn::Release(release)).await;
        let denied = phone.ask().await.denied(release);
        assert!(denied.contains(&(DenialKind::Ended, FIRST + 2)), "{denied:?}");
    })
    .await;
}

#[tokio::test]
async fn a_pause_passes_by_itself_when_its_time_has_come() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = Therapy::held(&app).await;
        therapy.hold(release, Some(therapy.now() + Span::from_hours(2))).await;
        assert_eq!(therapy.state(release).await, Some(ShelfState::Paused));
        therapy.pass(Span::from_hours(1));
        therapy.settle().await;
        assert_eq!(therapy.state(release).await, Some(ShelfState::Paused));
        execute(&app, "DELETE FROM outbox").await;
        therapy.pass(Span::from_hours(1));
        therapy.settle().await;
        assert_eq!(therapy.state(release).await, Some(ShelfState::Live));
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
        let (therapy, release, phone) = Therapy::held(&app).await;
        let laptop = therapy.laptop().await;
        therapy.pass(Span::from_days(7));
        therapy.settle().await;
        assert_eq!(therapy.state(release).await, Some(ShelfState::Ended));
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
        assert_eq!(therapy.state(release).await, Some(ShelfState::Ended));
        assert_eq!(therapy.truth(release).await.standing, Standing::Expired);
    })
    .await;
}

#[tokio::test]
async fn an_extension_in_time_counts_even_if_nobody_had_looked_at_the_date_yet() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = Therapy::held(&app).await;
        let over = therapy.truth(release).await.entries;
        let later = therapy.now() + Span::from_days(14);
        let set = TermsChange { expires_at: Some(later), ..TermsChange::default() };
        releases::amend(&app.binders, therapy.ada, release, Amendment { set, over, note: None })
            .await
            .unwrap();
        assert_eq!(therapy.item(release).await.unwrap().ends_at, later);
        therapy.pass(Span::from_days(8));
        therapy.settle().await;
        assert_eq!(therapy.state(release).await, Some(ShelfState::Live));
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
        assert_eq!(therapy.state(release).await, Some(ShelfState::Live));
        therapy.pass(Span::from_days(1));
        therapy.settle().await;
        assert_eq!(therapy.state(release).await, Some(ShelfState::Ended));
    })
    .await;
}

#[tokio::test]
async fn a_destroyed_clip_ends_its_releases() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = Therapy::held(&app).await;
        clips::destroy(&app.ground, therapy.ada, therapy.clip).await.unwrap();
        therapy.settle().await;
        assert_eq!(therapy.state(release).await, Some(ShelfState::Ended));
        assert_eq!(phone.ask().await.denied(release), [(DenialKind::Ended, FIRST)]);
        assert_eq!(number(&app, HIGH).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_tightening_wakes_who_holds_a_laxer_lease_even_if_the_shelf_does_not_show_it() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = Therapy::held(&app).await;
        therapy.unseen_phone().await;
        let amend = async |set| {
            releases::amend(&app.binders, therapy.ada, release, Amendment { set, ..Amendment::default() })
                .await
                .unwrap()
        };
        let night = sync_core::terms::QuietHours::between(1_320, 360);
        amend(TermsChange { quiet_hours: night, ..TermsChange::default() }).await;
        assert_eq!((number(&app, HIGH).await, number(&app, NORMAL).await), (1, 0));
        execute(&app, SENT).await;
        amend(TermsChange { daily_limit: Some(Some(1)), ..TermsChange::default() }).await;
        // The other phone, which holds nothing, hears of the shelf.
        assert_eq!((number(&app, HIGH).await, number(&app, NORMAL).await), (1, 1));
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
        let (therapy, release, phone) = Therapy::held(&app).await;
        let first_end = therapy.now() + Span::from_hours(72);
        assert_eq!(therapy.known(release, &phone).await, Known::Leased { until: first_end });
        phone.hand_in(vec![phone.receipt(1, ReceiptKind::Ready, release, FIRST)]).await.unwrap();
        assert_eq!(
            therapy.known(release, &phone).await,
            Known::Ready { at: therapy.now(), until: first_end }
        );
        // A second, shorter lease was issued; whether it arrived nobody knows: the first may still be there.
        let set = TermsChange { offline_for: Some(Span::from_hours(1)), ..TermsChange::default() };
        releases::amend(&app.binders, therapy.ada, release, Amendment { set, ..Amendment::default() })
            .await
            .unwrap();
        let second_end = phone.ask().await.lease(release).unwrap().valid_until;
        assert_eq!(second_end, therapy.now() + Span::from_hours(1));
        assert_eq!(therapy.truth(release).await.dark_by, Some(first_end));
        therapy.revoke(RevokeOn::Release(release)).await;
        assert_eq!(therapy.known(release, &phone).await, Known::Pending { dark_by: first_end });
        // It says that it had the second: the first is gone.
        phone.ask_holding(&[(release, FIRST + 1)]).await.unwrap();
        assert_eq!(therapy.known(release, &phone).await, Known::Pending { dark_by: second_end });
        therapy.pass(Span::from_hours(1));
        assert_eq!(therapy.known(release, &phone).await, Known::Lost { dark_since: second_end });
        phone.hand_in(vec![phone.receipt(2, ReceiptKind::Wiped, release, FIRST + 1)]).await.unwrap();
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
        let (therapy, release, phone) = Therapy::held(&app).await;
        let until = phone.ask().await.lease(release).unwrap().valid_until;
        phone.hand_in(vec![phone.receipt(1, ReceiptKind::Lapsed, release, FIRST)]).await.unwrap();
        assert_eq!(therapy.known(release, &phone).await, Known::Leased { until });
        assert_eq!(therapy.truth(release).await.dark_by, Some(until));
    })
    .await;
}

#[tokio::test]
async fn one_client_whose_entries_cannot_be_read_keeps_nobody_else_waiting() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let (broken, ..) = Therapy::held(&app).await;
        app.ground.clock.advance(Span::from_millis(1));
        let (whole, release, _) = Therapy::held(&app).await;
        // The first in every order.
        assert!(broken.client < whole.client);
        crate::testing::therapy::damage_entries(&app, broken.client).await;
        for therapy in [&broken, &whole] {
            therapy.withdraw(therapy.tom).await;
        }
        while crate::domain::jobs::settling::settle_due(&app.binders).await.unwrap() > 0 {}
        assert_eq!(whole.state(release).await, Some(ShelfState::Ended));
        let left = "SELECT COUNT(*) FROM outbox WHERE kind = 'settle_recording'";
        assert!(number(&app, left).await > 0);
    })
    .await;
}
