use sync_core::instant::Span;

use super::*;
use crate::{
    app::App,
    domain::{
        callers::tickets,
        credentials::tokens::{BearerToken, Caller, authenticate},
        desk::duties::{self, What},
    },
    nouns::callers::{CompanionCaller, DeviceCaller},
    store::tokens::{Owner, TokenKind},
    testing::{
        TestDatabase, for_each_database, number,
        therapy::{Phone, Therapy, token},
    },
};

const INSTANT: Span = Span::from_millis(1);
const REMOVED: &str = "SELECT COUNT(*) FROM device WHERE removed_at IS NOT NULL";
const DENIALS: &str = "SELECT COUNT(*) FROM denial";

/// A therapy with a phone that waits, its token, and a phone with a yes.
async fn begin(database: &TestDatabase) -> (Therapy, Phone, BearerToken, Phone) {
    let therapy = Therapy::consented(&database.app().await).await;
    let (known, waiting) = (therapy.phone().await, therapy.unseen_phone().await);
    let token = token(&therapy.app, TokenKind::Device, Owner::Device(waiting.caller.device)).await;
    (therapy, waiting, BearerToken::sent(&token), known)
}

async fn caller(app: &App, token: &BearerToken) -> CompanionCaller {
    match authenticate(&app.ground, &token.hash(), None).await.unwrap() {
        Caller::Device(DeviceCaller::Companion(caller)) => caller,
        _ => panic!("no companion"),
    }
}

async fn duties_to_confirm(therapy: &Therapy) -> usize {
    let page = duties::page(&therapy.app.ground, therapy.ada, None, None).await.unwrap();
    page.duties.iter().filter(|duty| matches!(duty.what, What::ConfirmDevice { .. })).count()
}

#[tokio::test]
async fn a_phone_that_nobody_says_yes_to_is_as_good_as_removed_after_a_day() {
    for_each_database(|database| async move {
        let (therapy, waiting, token, known) = begin(&database).await;
        let (app, device) = (&therapy.app, waiting.caller.device);
        let paired_at = therapy.now();
        therapy.pass(UNCONFIRMED_FOR.saturating_sub(INSTANT));
        assert!(!caller(app, &token).await.removed);
        assert_eq!(duties_to_confirm(&therapy).await, 1);
        therapy.pass(INSTANT);
        // By the facts and the time alone: no worker has run.
        assert_eq!(number(app, REMOVED).await, 0);
        let seen = caller(app, &token).await;
        assert!(seen.removed);
        let synced = tickets::admit(&app.ground, &DeviceCaller::Companion(seen)).await;
        assert!(matches!(synced, Err(Refusal::DeviceRemoved)));
        let confirmed = therapy.confirm(device).await;
        assert!(matches!(confirmed, Err(Refusal::DeviceRemoved)));
        assert_eq!(duties_to_confirm(&therapy).await, 0);
        let listed = devices::list_of_client(&app.ground, therapy.ada, therapy.client).await.unwrap();
        let removed_at = |id| listed.iter().find(|view| view.id == id).unwrap().removed_at;
        assert_eq!(removed_at(device), Some(paired_at + UNCONFIRMED_FOR));
        assert_eq!(removed_at(known.caller.device), None);
    })
    .await;
}

#[tokio::test]
async fn a_phone_that_has_waited_too_long_is_removed_by_the_server_like_any_other() {
    for_each_database(|database| async move {
        let (therapy, waiting, token, _) = begin(&database).await;
        let app = &therapy.app;
        therapy.pass(UNCONFIRMED_FOR.saturating_sub(INSTANT));
        assert_eq!(run_once(&app.binders).await.unwrap(), 0);
        therapy.pass(INSTANT);
        let denials = number(app, DENIALS).await;
        assert_eq!(run_once(&app.binders).await.unwrap(), 1);
        assert_eq!((number(app, REMOVED).await, number(app, DENIALS).await), (1, denials + 1));
        let ledger = std::fs::read_to_string(database.ledger_path()).unwrap();
        assert!(ledger.contains(&waiting.caller.device.to_string()), "{ledger}");
        let audited = match app.ground.db.is_postgres() {
            true => {
                "SELECT COUNT(*) FROM audit_entry WHERE convert_from(body, 'UTF8') LIKE '%unpair_device%' \
                 AND convert_from(body, 'UTF8') LIKE '%\"server\"%'"
            }
            false => {
                "SELECT COUNT(*) FROM audit_entry WHERE CAST(body AS TEXT) LIKE '%unpair_device%' \
                 AND CAST(body AS TEXT) LIKE '%\"server\"%'"
            }
        };
        assert_eq!(number(app, audited).await, 1);
        // It hears that it is not paired any more.
        assert!(caller(app, &token).await.removed);
        assert_eq!(waiting.ask().await.denials.len(), 1);
        assert_eq!(run_once(&app.binders).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_phone_that_a_therapist_says_yes_to_in_time_stays() {
    for_each_database(|database| async move {
        let (therapy, waiting, token, _) = begin(&database).await;
        let app = &therapy.app;
        therapy.pass(UNCONFIRMED_FOR.saturating_sub(INSTANT));
        therapy.confirm(waiting.caller.device).await.unwrap();
        therapy.pass(Span::from_days(30));
        assert_eq!(run_once(&app.binders).await.unwrap(), 0);
        assert!(!caller(app, &token).await.removed);
    })
    .await;
}

#[tokio::test]
async fn a_yes_and_the_end_of_the_day_at_once_on_postgresql_leave_a_phone_that_is_one_of_both() {
    crate::testing::for_postgres(|database| async move {
        let (therapy, waiting, _, _) = begin(&database).await;
        let (app, device) = (&therapy.app, waiting.caller.device);
        therapy.pass(UNCONFIRMED_FOR.saturating_sub(INSTANT));
        let digits = Some(crate::testing::digits(app, device).await);
        let yes = devices::confirm(&app.ground, therapy.ada, therapy.client, device, digits);
        let late = async {
            therapy.pass(INSTANT);
            remove(&app.binders, device).await
        };
        let (yes, late) = tokio::join!(yes, late);
        late.unwrap();
        assert_eq!(number(app, REMOVED).await == 0, yes.is_ok());
    })
    .await;
}
