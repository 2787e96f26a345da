use std::sync::Arc;

use sync_core::instant::Span;

use super::*;
use crate::{
    app::App,
    store::Urgency,
    testing::{for_each_database, for_postgres, number},
};

const NOON: Instant = Instant::from_millis(1_900_000_000_000);
const CLAIMED: Span = Span::from_mins(2);

async fn leave_one(app: &Arc<App>, n: u8, urgency: &'static str) {
    let left: Result<(), StoreError> = app
        .ground
        .committer
        .commit(Urgency::Grant, move |tx| {
            Box::pin(async move {
                let new = NewWork {
                    id: OutboxId::from_bytes([n; 16]),
                    kind: "knock",
                    subject: &[n; 16],
                    urgency,
                    created_at: NOON,
                    expires_at: NOON + Span::from_days(1),
                };
                leave(tx, &new).await
            })
        })
        .await;
    left.unwrap();
}

async fn claim_at(app: &App, now: Instant, limit: u32) -> Vec<u8> {
    let claimed: Result<Vec<Work>, StoreError> = app
        .ground
        .committer
        .commit(Urgency::Grant, move |tx| {
            Box::pin(async move { claim(tx, "knock", now, now + CLAIMED, limit).await })
        })
        .await;
    numbers(claimed.unwrap())
}

fn numbers(works: Vec<Work>) -> Vec<u8> {
    works.into_iter().map(|work| work.subject[0]).collect()
}

#[tokio::test]
async fn work_is_claimed_once_most_urgent_first_and_handed_on_when_nobody_finishes_it() {
    for_each_database(|database| async move {
        let app = database.app().await;
        leave_one(&app, 1, "low").await;
        leave_one(&app, 2, "high").await;
        leave_one(&app, 3, "normal").await;
        assert_eq!(claim_at(&app, NOON - Span::from_millis(1), 9).await, Vec::<u8>::new());
        assert_eq!(claim_at(&app, NOON, 1).await, [2]);
        assert_eq!(claim_at(&app, NOON, 1).await, [3]);
        assert_eq!(claim_at(&app, NOON, 9).await, [1]);
        assert_eq!(claim_at(&app, NOON, 9).await, Vec::<u8>::new());

        let done: Result<(), StoreError> = app
            .ground
            .committer
            .commit(Urgency::Grant, |tx| {
                Box::pin(async move {
                    finish(tx, OutboxId::from_bytes([2; 16])).await?;
                    put_off(tx, OutboxId::from_bytes([3; 16]), NOON + Span::from_mins(9)).await
                })
            })
            .await;
        done.unwrap();
        let mut tx = app.ground.db.read().await.unwrap();
        assert_eq!(next_due(&mut tx, "knock").await.unwrap(), Some(NOON + CLAIMED));
        assert_eq!(next_due(&mut tx, "other").await.unwrap(), None);
        drop(tx);
        assert_eq!(claim_at(&app, NOON + CLAIMED, 9).await, [1]);
        assert_eq!(claim_at(&app, NOON + Span::from_mins(9), 9).await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn two_servers_never_claim_the_same_piece() {
    for_postgres(|database| async move {
        let app = database.app().await;
        for n in 1..=4 {
            leave_one(&app, n, "normal").await;
        }
        // Both transactions are open at once: the second skips what the first has locked, and does not wait.
        let (mut one, mut other) =
            (app.ground.db.write().await.unwrap(), app.ground.db.write().await.unwrap());
        let first = claim(&mut one, "knock", NOON, NOON + CLAIMED, 2).await.unwrap();
        let second = claim(&mut other, "knock", NOON, NOON + CLAIMED, 9).await.unwrap();
        let mut all = [numbers(first), numbers(second)].concat();
        all.sort_unstable();
        assert_eq!(all, [1, 2, 3, 4]);
    })
    .await;
}

/// A wake-up of one device that is worth sending for so many days.
fn news(n: u8, created_at: Instant, days: u64) -> NewWork<'static> {
    NewWork {
        id: OutboxId::from_bytes([n; 16]),
        kind: "knock",
        subject: &[7; 16],
        urgency: "high",
        created_at,
        expires_at: created_at + Span::from_days(days),
    }
}

/// Id, attempts and end of what is claimed.
async fn claimed(tx: &mut Tx, now: Instant) -> Vec<(u8, i64, Instant)> {
    let works = claim(tx, "knock", now, now + CLAIMED, 9).await.unwrap();
    works.into_iter().map(|work| (work.id.as_bytes()[0], work.attempts, work.expires_at)).collect()
}

async fn outstanding(app: &App) -> i64 {
    number(app, "SELECT COUNT(*) FROM outbox WHERE kind = 'knock'").await
}

/// Does work on the outbox in a transaction of its own.
macro_rules! on_outbox {
    ($app:expr, |$tx:ident| $work:expr) => {{
        let mut tx = $app.ground.db.write().await.unwrap();
        let $tx = &mut tx;
        let answer = $work;
        tx.commit().await.unwrap();
        answer
    }};
}

#[tokio::test]
async fn one_piece_waits_and_what_is_left_again_refreshes_it() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let late = NOON + Span::from_hours(1);
        on_outbox!(app, |tx| {
            leave(tx, &news(1, NOON, 3)).await.unwrap();
            leave(tx, &news(2, late, 5)).await.unwrap();
            leave(tx, &news(3, late, 1)).await.unwrap();
        });
        assert_eq!(outstanding(&app).await, 1);
        // As early as the earliest, for as long as the longest.
        let got = on_outbox!(app, |tx| claimed(tx, NOON).await);
        assert_eq!(got, [(1, 1, late + Span::from_days(5))]);
    })
    .await;
}

#[tokio::test]
async fn what_is_left_makes_a_piece_due_that_was_put_off() {
    for_each_database(|database| async move {
        let app = database.app().await;
        on_outbox!(app, |tx| {
            leave(tx, &news(1, NOON, 3)).await.unwrap();
            claimed(tx, NOON).await;
            put_off(tx, OutboxId::from_bytes([1; 16]), NOON + Span::from_days(2)).await.unwrap();
        });
        let soon = NOON + Span::from_mins(5);
        assert!(on_outbox!(app, |tx| claimed(tx, soon).await).is_empty());
        on_outbox!(app, |tx| leave(tx, &news(2, soon, 1)).await.unwrap());
        let got = on_outbox!(app, |tx| claimed(tx, soon).await);
        assert_eq!(got, [(1, 2, NOON + Span::from_days(3))], "its attempts count on");
    })
    .await;
}

#[tokio::test]
async fn news_that_comes_while_a_worker_sends_is_sent_after_it() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (first, second) = (OutboxId::from_bytes([1; 16]), OutboxId::from_bytes([2; 16]));
        on_outbox!(app, |tx| leave(tx, &news(1, NOON, 3)).await.unwrap());
        assert_eq!(on_outbox!(app, |tx| claimed(tx, NOON).await).len(), 1);
        // The device may be asking at this moment, before the next decision is committed.
        on_outbox!(app, |tx| leave(tx, &news(2, NOON, 3)).await.unwrap());
        on_outbox!(app, |tx| finish(tx, first).await.unwrap());
        assert_eq!(on_outbox!(app, |tx| claimed(tx, NOON).await), [(2, 1, NOON + Span::from_days(3))]);
        // The other way round: the first is put off, and then there is one again.
        on_outbox!(app, |tx| leave(tx, &news(3, NOON, 9)).await.unwrap());
        on_outbox!(app, |tx| put_off(tx, second, NOON + Span::from_hours(1)).await.unwrap());
        assert_eq!(outstanding(&app).await, 1);
        assert_eq!(on_outbox!(app, |tx| claimed(tx, NOON).await), [(3, 2, NOON + Span::from_days(9))]);
    })
    .await;
}

#[tokio::test]
async fn on_postgresql_a_decision_and_a_worker_at_once_lose_no_news() {
    for_postgres(|database| async move {
        let app = database.app().await;
        on_outbox!(app, |tx| leave(tx, &news(1, NOON, 3)).await.unwrap());
        // The worker has claimed it and not committed yet: the decision waits for that, and leaves its own.
        let mut worker = app.ground.db.write().await.unwrap();
        assert_eq!(claimed(&mut worker, NOON).await.len(), 1);
        let decision = async { on_outbox!(app, |tx| leave(tx, &news(2, NOON, 3)).await.unwrap()) };
        let (decided, ()) = tokio::join!(decision, async { worker.commit().await.unwrap() });
        let () = decided;
        assert_eq!(on_outbox!(app, |tx| claimed(tx, NOON).await), [(2, 1, NOON + Span::from_days(3))]);
        // The decision has refreshed it and not committed yet: the worker leaves it until it can know why.
        let later = NOON + Span::from_mins(9);
        let (first, second) = (OutboxId::from_bytes([1; 16]), OutboxId::from_bytes([2; 16]));
        on_outbox!(app, |tx| {
            finish(tx, first).await.unwrap();
            put_off(tx, second, later).await.unwrap();
        });
        let mut decision = app.ground.db.write().await.unwrap();
        leave(&mut decision, &news(3, later, 3)).await.unwrap();
        assert!(on_outbox!(app, |tx| claimed(tx, later).await).is_empty());
        decision.commit().await.unwrap();
        assert_eq!(on_outbox!(app, |tx| claimed(tx, later).await), [(2, 2, later + Span::from_days(3))]);
    })
    .await;
}
