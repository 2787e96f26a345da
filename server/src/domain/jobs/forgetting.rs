//! Rows that are over are not kept: counts of past hours, tickets and sessions that have stopped,
//! codes that were not used, answers that nobody asks for again.
//!
//! docs/operations.md says which rows stay for good.

use crate::{
    domain::callers::{idempotency, pairing},
    ground::Ground,
    nouns::Refusal,
    store::{self, StoreError, Urgency},
};

/// Forgets what is over.
///
/// # Errors
/// When the database fails: then it is forgotten an hour later.
pub async fn run_once(ground: &Ground) -> Result<(), Refusal> {
    let now = ground.clock.now();
    let forgotten: Result<(), StoreError> = ground
        .committer
        .commit(Urgency::Grant, move |tx| {
            Box::pin(async move {
                store::hourly::forget_past(tx, now).await?;
                store::tokens::forget_all_stopped(tx, now).await?;
                store::invitations::forget_expired(tx, now - pairing::REMEMBERED_FOR).await?;
                store::idempotency::forget(tx, now - idempotency::KEPT_FOR).await
            })
        })
        .await;
    Ok(forgotten?)
}

#[cfg(test)]
mod tests {
    use sync_core::instant::Span;

    use super::*;
    use crate::{
        domain::callers::tickets,
        nouns::callers::DeviceCaller,
        testing::{for_each_database, number, therapy::Therapy},
    };

    #[tokio::test]
    async fn what_is_over_is_not_kept_and_a_phone_s_own_token_is() {
        for_each_database(|database| async move {
            let app = database.app().await;
            let therapy = Therapy::begin(&app).await;
            let phone = therapy.phone().await;
            let tokens = async || number(&app, "SELECT COUNT(*) FROM token").await;
            let codes = async || number(&app, "SELECT COUNT(*) FROM invitation").await;
            run_once(&app.ground).await.unwrap();
            let before = tokens().await;
            for _ in 0..3 {
                tickets::issue(&app.ground, DeviceCaller::Companion(phone.caller)).await.unwrap();
                pairing::invite(&app.ground, therapy.ada, therapy.client).await.unwrap();
            }
            run_once(&app.ground).await.unwrap();
            assert!(tokens().await > before && codes().await > 0, "not before it is over");
            app.ground.clock.advance(pairing::CODE_FOR);
            app.ground.clock.advance(pairing::REMEMBERED_FOR);
            app.ground.clock.advance(Span::from_millis(1));
            run_once(&app.ground).await.unwrap();
            assert_eq!((tokens().await, codes().await), (before, 0));
            assert_eq!(number(&app, "SELECT COUNT(*) FROM hourly").await, 0);
        })
        .await;
    }
}
