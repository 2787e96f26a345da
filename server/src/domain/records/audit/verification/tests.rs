use sha2::{Digest, Sha256};

use super::*;
use crate::{
    app::App,
    domain::records::audit::{
        Actor, AuditEntry,
        tests::{add, filled, verified},
    },
    ledger,
    store::{Urgency, db::on_tx},
    testing::{Kept, TestDatabase, execute, for_each_database, for_postgres, number, number_in},
};

/// As `refrain audit verify` does it: the ledger first, then one state of the database.
async fn verified_with_marks(
    database: &TestDatabase,
    app: &App,
    practice: PracticeId,
) -> Result<Verified, VerifyError> {
    let marks = ledger::marks(&database.ledger_path()).unwrap();
    let mut tx = app.ground.db.snapshot().await.unwrap();
    verify(&mut tx, &app.ground.keys.audit_key(), practice, &marks).await
}

async fn sign_in(app: &App, practice: PracticeId) {
    add(app, AuditEntry::new(practice, app.ground.clock.now(), Actor::Operator, Action::SignIn)).await;
}

type Row = (i64, i64, Option<Vec<u8>>, Vec<u8>);

/// What a writer of the database can do who knows this program: hash every entry anew by the rule of before there was a key.
/// This is also what a database from then is like.
async fn hash_anew_without_key(app: &App, practice: PracticeId) {
    let done: Result<(), StoreError> = app
        .ground
        .committer
        .commit(Urgency::Grant, move |tx| {
            Box::pin(async move {
                let id = practice.as_bytes().as_slice();
                let rows: Vec<Row> = on_tx!(tx, c => sqlx::query_as(
                    "SELECT seq, at, client, body FROM audit_entry WHERE practice = $1 ORDER BY seq"
                ).bind(id).fetch_all(c).await)?;
                let mut head = [0; 32];
                for (seq, at, client, body) in rows {
                    let hash: [u8; 32] = Sha256::new()
                        .chain_update(b"refrain/audit/v1")
                        .chain_update(id)
                        .chain_update(seq.to_be_bytes())
                        .chain_update(head)
                        .chain_update(at.to_be_bytes())
                        .chain_update([u8::from(client.is_some())])
                        .chain_update(client.unwrap_or_else(|| vec![0; 16]))
                        .chain_update(body)
                        .finalize()
                        .into();
                    on_tx!(tx, c => sqlx::query(
                        "UPDATE audit_entry SET prev_hash = $3, hash = $4 WHERE practice = $1 AND seq = $2"
                    ).bind(id).bind(seq).bind(head.as_slice()).bind(hash.as_slice()).execute(c).await.map(drop))?;
                    head = hash;
                }
                on_tx!(tx, c => sqlx::query("UPDATE audit_head SET hash = $2 WHERE practice = $1")
                    .bind(id).bind(head.as_slice()).execute(c).await.map(drop))?;
                Ok(())
            })
        })
        .await;
    done.unwrap();
}

const CHANGE: &str = "UPDATE audit_entry SET at = at + 1 WHERE seq = 2";
/// The end of the chain of five, with its head where it was one entry earlier.
const CUT: [&str; 2] = [
    "UPDATE audit_head SET seq = 4, hash = (SELECT prev_hash FROM audit_entry WHERE seq = 5 \
     AND practice = audit_head.practice) WHERE seq = 5",
    "DELETE FROM audit_entry WHERE seq = 5",
];
const CALL_OLD: &str = "UPDATE audit_head SET keyed_after = seq WHERE seq > 1";

#[tokio::test]
async fn entries_that_changed_places_are_found() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let practice = filled(&app).await;
        for (from, to) in [(3, 30), (4, 3), (30, 4)] {
            let sql: &str = format!("UPDATE audit_entry SET seq = {to} WHERE seq = {from}").leak();
            execute(&app, sql).await;
        }
        assert_eq!(verified(&app, practice).await, Err(3));
    })
    .await;
}

#[tokio::test]
async fn a_chain_that_was_hashed_anew_without_the_key_is_found() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let practice = filled(&app).await;
        app.tick().await.unwrap();
        execute(&app, CHANGE).await;
        hash_anew_without_key(&app, practice).await;
        let found = verified_with_marks(&database, &app, practice).await;
        assert!(matches!(found, Err(VerifyError::Changed { seq: 1 })), "{found:?}");

        // A chain that is called older than the key hangs together. The ledger has seen another.
        execute(&app, CALL_OLD).await;
        assert_eq!(verified(&app, practice).await, Ok(5));
        let found = verified_with_marks(&database, &app, practice).await;
        assert!(matches!(found, Err(VerifyError::Rewritten { after: 0, seq: 5, .. })), "{found:?}");
        // Nor does it help that the server goes on from there, under its key.
        sign_in(&app, practice).await;
        app.tick().await.unwrap();
        assert_eq!(verified(&app, practice).await, Ok(6));
        let found = verified_with_marks(&database, &app, practice).await;
        assert!(matches!(found, Err(VerifyError::Rewritten { after: 0, seq: 5, .. })), "{found:?}");
    })
    .await;
}

#[tokio::test]
async fn entries_from_before_the_key_are_bound_by_the_first_one_under_it() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let practice = filled(&app).await;
        hash_anew_without_key(&app, practice).await;
        execute(&app, CALL_OLD).await;
        sign_in(&app, practice).await;
        app.tick().await.unwrap();
        let chain = verified_with_marks(&database, &app, practice).await.unwrap().chain;
        assert_eq!((chain.entries, chain.keyed_after), (6, 5));

        // The place where the key begins cannot be moved either way.
        for to in ["4", "6"] {
            let sql: &str = format!("UPDATE audit_head SET keyed_after = {to} WHERE seq = 6").leak();
            execute(&app, sql).await;
            assert!(verified(&app, practice).await.is_err(), "moved to {to}");
        }
        execute(&app, "UPDATE audit_head SET keyed_after = 5 WHERE seq = 6").await;
        assert_eq!(verified(&app, practice).await, Ok(6));
        execute(&app, CHANGE).await;
        assert_eq!(verified(&app, practice).await, Err(2));
        execute(&app, "DELETE FROM audit_entry WHERE seq = 6").await;
        hash_anew_without_key(&app, practice).await;
        sign_in(&app, practice).await;
        let found = verified_with_marks(&database, &app, practice).await;
        assert!(found.is_err(), "{found:?}");
    })
    .await;
}

#[tokio::test]
async fn an_end_that_was_cut_off_since_a_mark_is_found() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let practice = filled(&app).await;
        app.tick().await.unwrap();
        assert_eq!(verified_with_marks(&database, &app, practice).await.unwrap().chain.entries, 5);
        for sql in CUT {
            execute(&app, sql).await;
        }
        // The chain alone does not tell.
        assert_eq!(verified(&app, practice).await, Ok(4));
        let found = verified_with_marks(&database, &app, practice).await;
        assert!(matches!(found, Err(VerifyError::CutOff { seq: 5, seen: 5, .. })), "{found:?}");
        // The server that goes on from there has put its own entry in the place.
        sign_in(&app, practice).await;
        let found = verified_with_marks(&database, &app, practice).await;
        assert!(matches!(found, Err(VerifyError::Rewritten { after: 0, seq: 5, .. })), "{found:?}");
    })
    .await;
}

#[tokio::test]
async fn a_server_tells_at_its_next_mark_that_its_audit_was_cut() {
    for_each_database(|database| async move {
        let kept = Kept::default();
        let writer = kept.clone();
        let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).finish();
        let _guard = tracing::subscriber::set_default(subscriber);
        let app = database.app().await;
        filled(&app).await;
        for _ in 0..2 {
            app.tick().await.unwrap();
        }
        assert!(!kept.text().contains("newest mark says"), "{}", kept.text());
        for sql in CUT {
            execute(&app, sql).await;
        }
        app.tick().await.unwrap();
        assert!(kept.text().contains("newest mark says"), "{}", kept.text());
    })
    .await;
}

#[tokio::test]
async fn what_a_restore_has_lost_is_told_and_no_break() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let practice = filled(&app).await;
        database.close_and_back_up(&app).await;
        let app = database.app().await;
        for _ in 0..2 {
            sign_in(&app, practice).await;
        }
        app.close().await;
        database.restore().await;
        let app = database.app().await;
        sign_in(&app, practice).await;
        app.tick().await.unwrap();
        let found = verified_with_marks(&database, &app, practice).await.unwrap();
        let lost = [Lost { from: 6, to: 7, incarnation: app.ground.incarnation() }];
        assert_eq!((found.chain.entries, found.lost.as_slice()), (7, lost.as_slice()));

        // A restore of before explains nothing that was cut off after it: with the word of a second restore, or without.
        database.close_and_back_up(&app).await;
        let app = database.app().await;
        app.close().await;
        database.restore().await;
        let app = database.app().await;
        app.tick().await.unwrap();
        let found = verified_with_marks(&database, &app, practice).await.unwrap();
        assert_eq!((found.chain.entries, found.lost.len()), (8, 1));
        for sql in [CUT[0].replace('4', "7").replace('5', "8"), CUT[1].replace('5', "8")] {
            execute(&app, sql.leak()).await;
        }
        assert_eq!(verified(&app, practice).await, Ok(7));
        let found = verified_with_marks(&database, &app, practice).await;
        assert!(matches!(found, Err(VerifyError::CutOff { seq: 8, seen: 8, .. })), "{found:?}");
        for sql in [CUT[0].replace('4', "6").replace('5', "7"), CUT[1].replace('5', "7")] {
            execute(&app, sql.leak()).await;
        }
        assert_eq!(verified(&app, practice).await, Ok(6));
        let found = verified_with_marks(&database, &app, practice).await;
        assert!(matches!(found, Err(VerifyError::CutOff { seq: 7, seen: 7, .. })), "{found:?}");
    })
    .await;
}

#[tokio::test]
async fn a_restore_that_nobody_with_the_key_has_written_explains_nothing() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let practice = filled(&app).await;
        app.tick().await.unwrap();
        // All is called older than the key, and the first entry a restore.
        let made_up = IncarnationId::from_bytes([7; 16]);
        let body = format!(r#"{{"action":"restore","actor":"server","at":1,"subjects":["{made_up}"]}}"#);
        let hex: String = body.bytes().map(|byte| format!("{byte:02x}")).collect();
        let sql = match app.ground.db.is_postgres() {
            true => format!("UPDATE audit_entry SET body = '\\x{hex}'::bytea WHERE seq = 1"),
            false => format!("UPDATE audit_entry SET body = X'{hex}' WHERE seq = 1"),
        };
        execute(&app, sql.leak()).await;
        execute(&app, CALL_OLD).await;
        hash_anew_without_key(&app, practice).await;
        assert_eq!(verified(&app, practice).await, Ok(5));
        let found = verified_with_marks(&database, &app, practice).await;
        assert!(matches!(found, Err(VerifyError::Rewritten { seq: 5, .. })), "{found:?}");
    })
    .await;
}

#[tokio::test]
async fn entries_that_come_while_the_chain_is_walked_are_no_break() {
    for_postgres(|database| async move {
        let app = database.app().await;
        let practice = filled(&app).await;
        let mut tx = app.ground.db.snapshot().await.unwrap();
        number_in(&mut tx, "SELECT COUNT(*) FROM practice").await.unwrap();
        sign_in(&app, practice).await;
        let found = verify(&mut tx, &app.ground.keys.audit_key(), practice, &[]).await.unwrap();
        assert_eq!(found.chain.entries, 5);
        assert_eq!(number(&app, "SELECT COUNT(*) FROM audit_entry WHERE seq = 6").await, 1);
    })
    .await;
}

#[tokio::test]
async fn another_key_does_not_verify() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let practice = filled(&app).await;
        let mut tx = app.ground.db.snapshot().await.unwrap();
        let found = verify(&mut tx, &AuditKey::new([1; 32]), practice, &[]).await;
        assert!(matches!(found, Err(VerifyError::Changed { seq: 1 })), "{found:?}");
    })
    .await;
}
