//! A withdrawal and questions at once, on PostgreSQL.

use super::*;

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
        for round in 0..15 {
            therapy.release().await;
            let ask = |phone: &Arc<Phone>| {
                let phone = Arc::clone(phone);
                tokio::spawn(async move { phone.ask().await.batch.items.len() })
            };
            let first = phones.each_ref().map(ask);
            // What staff take away goes first: each round gives the questions a little more of a start.
            for _ in 0..round * 100 {
                tokio::task::yield_now().await;
            }
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
