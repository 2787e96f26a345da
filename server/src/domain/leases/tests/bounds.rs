//! Generations, batches and their bounds, and keys that do not open.

use super::*;

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
