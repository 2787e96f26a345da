use std::sync::Mutex as StdMutex;

use futures_util::{FutureExt, future::join_all};
use sync_core::{instant::Instant, lease::DenialKind};
use tokio::sync::Notify;

use super::*;
use crate::{
    app::App,
    ledger::Restriction,
    testing::{Seed, execute, for_each_database, for_sqlite, number, number_in, therapy::Therapy},
};

const ADD: &str = "INSERT INTO slip (id) VALUES (1)";
const COUNT: &str = "SELECT COUNT(*) FROM slip";
/// Accepted by the statement, refused by COMMIT: what a full disk or a lost connection does at that moment.
const DOOM: &str = "INSERT INTO doomed (slip) VALUES (99)";

async fn with_slips(app: &App) {
    execute(app, "CREATE TABLE slip (id BIGINT PRIMARY KEY)").await;
    execute(app, "CREATE TABLE doomed (slip BIGINT REFERENCES slip (id) DEFERRABLE INITIALLY DEFERRED)")
        .await;
}

async fn run(app: &App, urgency: Urgency, sql: &'static [&'static str]) -> Result<(), StoreError> {
    app.committer
        .commit(urgency, move |tx| {
            Box::pin(async move {
                for sql in sql {
                    tx.run(sql).await?;
                }
                Ok(())
            })
        })
        .await
}

#[tokio::test]
async fn what_is_answered_ok_is_committed() {
    for_each_database(|database| async move {
        let app = database.app().await;
        with_slips(&app).await;
        run(&app, Urgency::Grant, &[ADD]).await.unwrap();
        assert_eq!(number(&app, COUNT).await, 1);
    })
    .await;
}

#[tokio::test]
async fn work_that_fails_or_panics_takes_back_itself_only() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let device = Seed::sow(&app).await.device;
        with_slips(&app).await;
        let before = number(&app, "SELECT seq FROM ledger_position").await;
        let fails = app.committer.commit(Urgency::Grant, move |tx| {
            Box::pin(async move {
                tx.restrict(Restriction::Unpair { device, at: Instant::from_millis(1) });
                tx.run("INSERT INTO slip (id) VALUES (2)").await?;
                Err::<(), _>(StoreError::Inconsistent("test"))
            })
        });
        let panics = app.committer.commit(Urgency::Grant, |tx| {
            Box::pin(async move {
                tx.run("INSERT INTO slip (id) VALUES (3)").await?;
                if true {
                    panic!("as a test wants it");
                }
                Ok::<_, StoreError>(())
            })
        });
        let succeeds = run(&app, Urgency::Grant, &[ADD]);
        let (failed, panicked, succeeded) = tokio::join!(fails, panics, succeeds);
        assert!(matches!(failed, Err(StoreError::Inconsistent("test"))), "{failed:?}");
        assert!(matches!(panicked, Err(StoreError::Panicked)), "{panicked:?}");
        succeeded.unwrap();
        assert_eq!(number(&app, "SELECT MAX(id) FROM slip").await, 1);
        assert_eq!(number(&app, "SELECT seq FROM ledger_position").await, before);
    })
    .await;
}

#[tokio::test]
async fn a_statement_that_fails_leaves_the_next_piece_of_work_untouched() {
    for_each_database(|database| async move {
        let app = database.app().await;
        with_slips(&app).await;
        let both = [run(&app, Urgency::Grant, &[ADD, ADD]), run(&app, Urgency::Grant, &[ADD])];
        let done = join_all(both).await;
        assert!(matches!(done[0], Err(StoreError::Conflict)), "{done:?}");
        assert!(done[1].is_ok() && number(&app, COUNT).await == 1, "{done:?}");
    })
    .await;
}

#[tokio::test]
async fn waiting_callers_share_one_transaction_and_restrictions_go_first() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        with_slips(&app).await;
        let (blocked, open, order) = (Arc::new(Notify::new()), Arc::new(Notify::new()), Arc::default());
        let first = app.committer.commit(Urgency::Grant, {
            let (blocked, open) = (Arc::clone(&blocked), Arc::clone(&open));
            move |_| {
                Box::pin(async move {
                    blocked.notify_one();
                    open.notified().await;
                    Ok::<_, StoreError>(())
                })
            }
        });
        let listed = |name: &'static str, urgency: Urgency| {
            let order: Arc<StdMutex<Vec<_>>> = Arc::clone(&order);
            let db = app.db.clone();
            app.committer.commit(urgency, move |tx| {
                Box::pin(async move {
                    tx.run(ADD).await.or_else(|_| Ok::<_, StoreError>(()))?;
                    let here = number_in(tx, COUNT).await?;
                    let outside = number_in(&mut db.read().await?, COUNT).await?;
                    order.lock().unwrap().push((name, here, outside));
                    Ok::<_, StoreError>(())
                })
            })
        };
        let rest = async {
            blocked.notified().await;
            let mut waiting = [listed("grant", Urgency::Grant), listed("restriction", Urgency::Restriction)]
                .map(|work| Box::pin(work));
            for work in &mut waiting {
                assert!(work.as_mut().now_or_never().is_none());
            }
            open.notify_one();
            join_all(waiting).await
        };
        let (first, rest) = tokio::join!(first, rest);
        first.unwrap();
        assert!(rest.iter().all(Result::is_ok), "{rest:?}");
        // Both see the row, and nobody outside does: it is not committed when the second does its work.
        assert_eq!(*order.lock().unwrap(), [("restriction", 1, 0), ("grant", 1, 0)]);
    })
    .await;
}

#[tokio::test]
async fn a_failure_at_commit_fails_everyone_in_the_group_and_leaves_nothing_half_done() {
    for_each_database(|database| async move {
        let app = database.app().await;
        with_slips(&app).await;
        let both =
            [run(&app, Urgency::Grant, &[DOOM]), run(&app, Urgency::Grant, &["INSERT INTO slip VALUES (5)"])];
        let done = join_all(both).await;
        assert!(matches!(done[0], Err(StoreError::InDoubt)), "{done:?}");
        if !app.db.is_postgres() {
            assert!(matches!(done[1], Err(StoreError::InDoubt)), "{done:?}");
            assert_eq!(number(&app, COUNT).await, 0);
        }
        run(&app, Urgency::Grant, &[ADD]).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_caller_that_goes_away_cancels_nothing() {
    for_each_database(|database| async move {
        let app = database.app().await;
        with_slips(&app).await;
        for (urgency, sql) in
            [(Urgency::Grant, &[ADD]), (Urgency::Restriction, &["INSERT INTO slip VALUES (2)"])]
        {
            let mut impatient = Box::pin(run(&app, urgency, sql));
            assert!(impatient.as_mut().now_or_never().is_none());
        }
        app.committer.close().await;
        assert_eq!(number(&app, COUNT).await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_closed_committer_takes_no_work() {
    for_each_database(|database| async move {
        let app = database.app().await;
        app.committer.close().await;
        let refused = run(&app, Urgency::Restriction, &[]).await;
        assert!(matches!(refused, Err(StoreError::Busy)), "{refused:?}");
    })
    .await;
}

/// The ledger had the line, COMMIT failed: the restriction must bind before anything else is decided.
#[tokio::test]
async fn the_ledgers_end_is_replayed_before_the_next_grant() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let seed = Seed::sow(&app).await;
        with_slips(&app).await;
        let at = app.clock.now();
        let unpair = app.committer.commit(Urgency::Restriction, move |tx| {
            Box::pin(async move {
                tx.restrict(Restriction::Unpair { device: seed.device, at });
                tx.run(DOOM).await
            })
        });
        let failed = unpair.await;
        assert!(matches!(failed, Err(StoreError::InDoubt)), "{failed:?}");
        assert_eq!(number(&app, "SELECT COUNT(*) FROM device WHERE removed_at IS NULL").await, 1);
        let grant = app.committer.commit(Urgency::Grant, |tx| {
            Box::pin(number_in(tx, "SELECT COUNT(*) FROM device WHERE removed_at IS NULL"))
        });
        assert_eq!(grant.await.unwrap(), 0);
        app.close().await;
        assert_eq!(database.app().await.tick().await.unwrap(), crate::domain::jobs::restore::Verdict::Level);
    })
    .await;
}

/// As above, and the check that runs every few minutes comes first and fails: it has replayed nothing.
#[tokio::test]
async fn i3_a_check_that_failed_leaves_the_replay_to_the_next_lease_question() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (_, release, phone) = Therapy::held(&app).await;
        with_slips(&app).await;
        let (at, device) = (app.clock.now(), phone.caller.device);
        let unpair = app.committer.commit(Urgency::Restriction, move |tx| {
            Box::pin(async move {
                tx.restrict(Restriction::Unpair { device, at });
                tx.run(DOOM).await
            })
        });
        let failed = unpair.await;
        assert!(matches!(failed, Err(StoreError::InDoubt)), "{failed:?}");
        let check = app.committer.commit_alone(|_| {
            Box::pin(async { Err::<(), _>(StoreError::Inconsistent("a check that fails")) })
        });
        check.await.unwrap_err();
        let answer = phone.ask().await;
        assert!(answer.lease(release).is_none(), "a lease of a device that is removed");
        assert!(answer.denials.iter().any(|denial| denial.kind == DenialKind::Unpaired));
    })
    .await;
}

#[tokio::test]
async fn a_full_disk_is_an_error_and_nothing_is_half_done() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        with_slips(&app).await;
        execute(&app, "CREATE TABLE big (bytes BLOB)").await;
        execute(&app, "PRAGMA max_page_count = 1").await;
        let filling = &[ADD, "INSERT INTO big VALUES (zeroblob(50000000))"];
        let full = run(&app, Urgency::Grant, filling).await;
        assert!(full.is_err());
        assert_eq!(number(&app, COUNT).await, 0);
        execute(&app, "PRAGMA max_page_count = 1000000").await;
        run(&app, Urgency::Grant, &[ADD]).await.unwrap();
    })
    .await;
}
