//! Words that an older version has left in documents are in rows after the next start.

use sync_core::documents::{ObservationKind, append};

use super::*;
use crate::{
    app::App,
    domain::{
        desk::{
            casebook::{self, NewObservation},
            journal,
        },
        documents::letters,
        sync::tests::Device,
    },
    nouns::callers::DeviceCaller,
    testing::{
        execute, for_each_database, number,
        therapy::{Therapy, damage},
    },
};

/// As an older version leaves everything.
async fn forget_rows(app: &App) {
    for sql in [
        "DELETE FROM note",
        "DELETE FROM sharing",
        "UPDATE letter SET sealed = NULL",
        "UPDATE client SET words_in_rows = FALSE",
    ] {
        execute(app, sql).await;
    }
}

#[tokio::test]
async fn a_start_puts_into_rows_what_an_older_version_has_left_in_documents() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let (release, phone) = (therapy.release().await, therapy.phone().await);
        let mut device =
            Device::connect(&therapy, DeviceCaller::Companion(phone.caller), &[Kind::Journal]).await;
        device.exchange().await.unwrap();
        let at = therapy.now();
        let sent =
            [Letter::Request { release: None, at, words: "May I?".into() }, Letter::Sharing { on: true, at }];
        let sent = sent.map(|letter| (EntryId::from_bytes(app.ground.entropy.bytes()), letter.encode()));
        append(device.documents.values_mut().next().unwrap(), &sent).unwrap();
        device.exchange().await.unwrap();
        let seen = NewObservation { kind: ObservationKind::Other, reason: "Sleeps badly.".into() };
        casebook::observe(&app.binders, therapy.ada, therapy.client, Vec::new(), seen).await.unwrap();
        let words = casebook::words(&app.ground, therapy.ada, release).await.unwrap();
        drop(device);

        forget_rows(&app).await;
        let mut tx = app.ground.db.read().await.unwrap();
        assert!(!letters::is_shared(&app.ground, &mut tx, therapy.practice, therapy.client).await.unwrap());
        drop(tx);
        assert!(matches!(
            casebook::words(&app.ground, therapy.ada, release).await,
            Err(Refusal::Unavailable)
        ));
        assert!(phone.ask().await.is_empty(), "no lease is made without the words that go with it");
        app.close().await;

        let app = database.app().await;
        let mut tx = app.ground.db.read().await.unwrap();
        assert!(letters::is_shared(&app.ground, &mut tx, therapy.practice, therapy.client).await.unwrap());
        drop(tx);
        let letters = journal::letters(&app.ground, therapy.ada, therapy.client).await.unwrap();
        assert!(letters.len() == 1 && letters[0].received_at == at);
        assert_eq!(casebook::observations(&app.ground, therapy.ada, therapy.client).await.unwrap().len(), 1);
        let found = casebook::words(&app.ground, therapy.ada, release).await.unwrap();
        assert_eq!(found.parting_note, words.parting_note);
        assert!(phone.at(&app).ask().await.lease(release).is_some());
    })
    .await;
}

#[tokio::test]
async fn documents_that_cannot_be_read_keep_the_server_from_nothing_and_are_tried_again() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        therapy.release().await;
        forget_rows(&app).await;
        damage(&app, therapy.client, Kind::Casebook).await;
        app.close().await;
        let app = database.app().await;
        assert_eq!(number(&app, "SELECT COUNT(*) FROM client WHERE words_in_rows").await, 0);
        assert_eq!(number(&app, "SELECT COUNT(*) FROM note").await, 0);
    })
    .await;
}
