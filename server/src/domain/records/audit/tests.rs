use std::collections::HashSet;

use sync_core::{
    id::{RecordingId, StaffId},
    policy::Role,
};

use super::*;
use crate::{
    app::App,
    store::{StoreError, Urgency},
    testing::{Seed, execute, for_each_database, number},
};

pub(super) async fn add(app: &App, entry: AuditEntry) {
    let done: Result<(), StoreError> = app
        .ground
        .committer
        .commit(Urgency::Grant, move |tx| {
            Box::pin(async move {
                append(tx, &entry);
                Ok(())
            })
        })
        .await;
    done.unwrap();
}

pub(super) async fn verified(app: &App, practice: PracticeId) -> Result<i64, i64> {
    let mut tx = app.ground.db.snapshot().await.unwrap();
    match verify(&mut tx, &app.ground.keys.audit_key(), practice, &[]).await {
        Ok(verified) => Ok(verified.chain.entries),
        Err(VerifyError::Changed { seq } | VerifyError::Missing { seq }) => Err(seq),
        Err(other) => panic!("{other:?}"),
    }
}

/// Five entries of one practice, and one of another.
pub(super) async fn filled(app: &App) -> PracticeId {
    let (seed, other) = (Seed::sow(app).await, Seed::sow(app).await);
    let actor = Actor::Staff { id: seed.staff, role: Role::Therapist, device: None };
    for n in 0..5 {
        let entry = AuditEntry::new(seed.practice, Instant::from_millis(n), actor, Action::Release);
        add(app, entry.client(seed.client).about(seed.release).about(seed.clip)).await;
    }
    add(app, AuditEntry::new(other.practice, Instant::from_millis(9), Actor::Operator, Action::SignIn)).await;
    assert_eq!((verified(app, seed.practice).await, verified(app, other.practice).await), (Ok(5), Ok(1)));
    seed.practice
}

#[tokio::test]
async fn an_edited_entry_is_found() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let practice = filled(&app).await;
        execute(&app, "UPDATE audit_entry SET body = substr(body, 2) WHERE seq = 3").await;
        assert_eq!(verified(&app, practice).await, Err(3));
    })
    .await;
}

#[tokio::test]
async fn an_entry_whose_instant_or_client_was_changed_is_found() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let practice = filled(&app).await;
        execute(&app, "UPDATE audit_entry SET client = practice WHERE seq = 5").await;
        assert_eq!(verified(&app, practice).await, Err(5));
        execute(&app, "UPDATE audit_entry SET client = NULL WHERE seq = 4").await;
        assert_eq!(verified(&app, practice).await, Err(4));
        execute(&app, "UPDATE audit_entry SET at = at + 1 WHERE seq = 2").await;
        assert_eq!(verified(&app, practice).await, Err(2));
    })
    .await;
}

#[tokio::test]
async fn a_removed_entry_is_found() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let practice = filled(&app).await;
        execute(&app, "DELETE FROM audit_entry WHERE seq = 2").await;
        assert_eq!(verified(&app, practice).await, Err(2));
    })
    .await;
}

#[tokio::test]
async fn a_cut_end_disagrees_with_the_head() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let practice = filled(&app).await;
        execute(&app, "DELETE FROM audit_entry WHERE seq = 5").await;
        assert_eq!(verified(&app, practice).await, Err(5));
        execute(&app, "UPDATE audit_head SET seq = 4 WHERE seq = 5").await;
        assert_eq!(verified(&app, practice).await, Err(4));
    })
    .await;
}

#[tokio::test]
async fn an_entry_is_taken_back_with_its_work() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let practice = filled(&app).await;
        let failed: Result<(), StoreError> = app
            .ground
            .committer
            .commit(Urgency::Grant, move |tx| {
                Box::pin(async move {
                    append(
                        tx,
                        &AuditEntry::new(practice, Instant::from_millis(1), Actor::Server, Action::SignIn),
                    );
                    Err(StoreError::Conflict)
                })
            })
            .await;
        assert!(failed.is_err());
        assert_eq!(verified(&app, practice).await, Ok(5));
    })
    .await;
}

#[tokio::test]
async fn entries_that_are_added_at_once_are_one_chain() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let practice = filled(&app).await;
        let entry = |n| AuditEntry::new(practice, Instant::from_millis(n), Actor::Server, Action::GrantLease);
        futures_util::future::join_all((0..40).map(|n| add(&app, entry(n)))).await;
        assert_eq!(verified(&app, practice).await, Ok(45));
        assert_eq!(number(&app, "SELECT COUNT(*) FROM audit_entry").await, 46);
    })
    .await;
}

#[test]
fn a_body_is_canonical_json_of_ids_and_words() {
    let id = [7; 16];
    let actor = Actor::Staff {
        id: StaffId::from_bytes(id),
        role: Role::Supervisor,
        device: Some(DeviceId::from_bytes([1; 16])),
    };
    let entry =
        AuditEntry::new(PracticeId::from_bytes(id), Instant::from_millis(5), actor, Action::SignConsent)
            .client(ClientId::from_bytes(id))
            .about(RecordingId::from_bytes(id))
            .purpose("training")
            .consent(ConsentId::from_bytes(id));
    let hex = "07".repeat(16);
    assert_eq!(
        entry.body(),
        format!(
            r#"{{"action":"sign_consent","actor":"staff","actor_id":"staff_{hex}","at":5,"by":"dev_{ones}","client":"client_{hex}","consent":"consent_{hex}","purpose":"training","role":"supervisor","subjects":["rec_{hex}"]}}"#,
            ones = "01".repeat(16)
        )
    );
}

#[test]
fn every_action_has_a_word_of_its_own() {
    let words: HashSet<&str> = Action::all().map(|action| action.as_str()).collect();
    assert_eq!(words.len(), Action::all().len());
}
