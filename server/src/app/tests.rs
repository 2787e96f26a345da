//! A server is opened, and opened again.

use sync_core::instant::Instant;

use super::*;
use crate::{
    ledger::Restriction,
    testing::{Seed, authority, for_each_database, for_postgres, for_sqlite, number},
};

#[tokio::test]
async fn a_server_starts_in_empty_folders_and_again_in_its_own() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (incarnation, seed) = (app.ground.incarnation(), Seed::sow(&app).await);
        app.close().await;
        let app = database.app().await;
        assert_eq!(app.ground.incarnation(), incarnation);
        assert!(authority(&app, seed.practice).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn two_servers_do_not_share_a_ledger() {
    for_postgres(|database| async move {
        let _app = database.app().await;
        let second = App::open(AppSettings { server: "second".to_owned(), ..database.settings() }).await;
        assert!(matches!(second, Err(StartError::Ledger(LedgerError::InUse))));
    })
    .await;
}

#[tokio::test]
async fn a_lost_or_exchanged_master_key_stops_the_start_instead_of_making_another() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        Seed::sow(&app).await;
        app.close().await;
        let master = database.dir.path().join("keys").join("master.key");
        std::fs::remove_file(&master).unwrap();
        let without = App::open(database.settings()).await;
        assert!(matches!(without, Err(StartError::Keys(KeyError::Missing))));
        assert!(!master.exists());
        MasterKey::create(master.parent().unwrap(), &Entropy::System).unwrap();
        let exchanged = App::open(database.settings()).await;
        assert!(matches!(exchanged, Err(StartError::Keys(KeyError::Unsealable))));
    })
    .await;
}

#[tokio::test]
async fn a_configured_master_key_needs_no_file() {
    for_sqlite(|database| async move {
        let mut settings = database.settings();
        settings.master_key = MasterKey::parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8").ok();
        App::open(settings).await.unwrap();
        assert!(!database.dir.path().join("keys").join("master.key").exists());
    })
    .await;
}

#[tokio::test]
async fn without_its_ledger_nothing_restrictive_is_acknowledged_and_other_work_goes_on() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let device = Seed::sow(&app).await.device;
        app.ledger.close();
        let unpaired = app
            .ground
            .committer
            .commit(Urgency::Restriction, move |tx| {
                Box::pin(async move {
                    tx.restrict(Restriction::Unpair { device, at: Instant::from_millis(1) });
                    tx.run("UPDATE device SET removed_at = 1").await
                })
            })
            .await;
        assert!(matches!(unpaired, Err(StoreError::Ledger)), "{unpaired:?}");
        assert_eq!(number(&app, "SELECT COUNT(*) FROM device WHERE removed_at IS NULL").await, 1);
        Seed::sow(&app).await;
    })
    .await;
}
