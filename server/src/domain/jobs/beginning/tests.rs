use std::fs;

use super::*;
use crate::{
    app::{App, AppSettings, StartError},
    keys::KeyError,
    testing::{TestDatabase, for_each_database, for_postgres, for_sqlite, number, therapy::Therapy},
};

const HELD: &str = "SELECT COUNT(*) FROM practice WHERE held_at IS NOT NULL";

async fn refusal(settings: AppSettings) -> String {
    match App::open(settings).await {
        Ok(_) => panic!("it began"),
        Err(error) => error.to_string(),
    }
}

/// A practice that was served, and is not now.
async fn served(database: &TestDatabase) {
    let app = database.app().await;
    Therapy::begin(&app).await;
    app.close().await;
}

fn with_ledger(database: &TestDatabase, file: &str) -> AppSettings {
    AppSettings { ledger_path: database.dir.path().join(file), ..database.settings() }
}

#[tokio::test]
async fn a_wrong_path_of_the_ledger_stops_the_start_and_holds_nobody() {
    for_each_database(|database| async move {
        served(&database).await;
        let path = database.dir.path().join("leger.jsonl");
        let told = refusal(with_ledger(&database, "leger.jsonl")).await;
        assert!(
            told.starts_with("ledger.path: there is no ledger here") && told.contains("--new-ledger"),
            "{told}"
        );
        assert!(!path.exists(), "a ledger was made");
        // Somebody has made one there before.
        let other = AppSettings {
            database_url: format!("sqlite://{}", database.dir.path().join("other.db").display()),
            key_dir: database.dir.path().join("other"),
            ..with_ledger(&database, "leger.jsonl")
        };
        App::open(other).await.unwrap().close().await;
        let told = refusal(with_ledger(&database, "leger.jsonl")).await;
        assert!(told.starts_with("ledger.path: the database knows another ledger"), "{told}");
        let app = database.app().await;
        assert_eq!(number(&app, HELD).await, 0);
    })
    .await;
}

#[tokio::test]
async fn i7_an_older_database_with_its_ledger_missing_gives_nothing_under_any_name() {
    for_each_database(|database| async move {
        served(&database).await;
        fs::remove_file(database.ledger_path()).unwrap();
        let renamed = || AppSettings { server: "pod-7".to_owned(), ..database.settings() };
        let told = refusal(renamed()).await;
        assert!(
            told.starts_with("server: the database knows no server of this name, but \"main\""),
            "{told}"
        );
        assert!(told.contains("--join") && told.contains("--new-ledger"), "{told}");
        let lost = Said { new_ledger: true, ..Said::default() };
        let app = App::open(AppSettings { said: lost, ..renamed() }).await.unwrap();
        assert_eq!(number(&app, HELD).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_further_server_begins_beside_one_that_runs_or_if_it_is_said_so() {
    for_postgres(|database| async move {
        let second = |said| AppSettings {
            server: "second".to_owned(),
            said,
            ..with_ledger(&database, "second.jsonl")
        };
        served(&database).await;
        refusal(second(Said::default())).await;
        let first = database.app().await;
        let app = App::open(second(Said::default())).await.unwrap();
        assert_eq!(number(&app, HELD).await, 0);
        app.close().await;
        first.close().await;
        let third = AppSettings { server: "third".to_owned(), ..with_ledger(&database, "third.jsonl") };
        let app =
            App::open(AppSettings { said: Said { joins: true, ..Said::default() }, ..third }).await.unwrap();
        assert_eq!(number(&app, HELD).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_server_that_was_renamed_is_told_its_name() {
    for_each_database(|database| async move {
        served(&database).await;
        let told = refusal(AppSettings { server: "mian".to_owned(), ..database.settings() }).await;
        assert!(told.ends_with("write server = \"main\""), "{told}");
    })
    .await;
}

#[tokio::test]
async fn an_empty_database_where_the_old_one_was_is_noticed() {
    for_sqlite(|database| async move {
        served(&database).await;
        let elsewhere = format!("sqlite://{}", database.dir.path().join("empty.db").display());
        let told = refusal(AppSettings { database_url: elsewhere, ..database.settings() }).await;
        assert!(told.starts_with("database.url: there is no practice in this database"), "{told}");
        database.app().await;
    })
    .await;
}

#[tokio::test]
async fn two_servers_of_one_name_or_on_one_sqlite_file_are_refused_by_name() {
    for_each_database(|database| async move {
        let first = database.app().await;
        let told = refusal(with_ledger(&database, "second.jsonl")).await;
        let setting = if first.ground.db.is_postgres() {
            "server: a server of this name"
        } else {
            "database.url: another"
        };
        assert!(told.contains(setting), "{told}");
        first.close().await;
        database.app().await;
    })
    .await;
}

#[tokio::test]
async fn a_lost_push_key_is_not_replaced_without_a_word() {
    for_sqlite(|database| async move {
        served(&database).await;
        let key = database.settings().key_dir.join("vapid.key");
        fs::remove_file(&key).unwrap();
        let refused = App::open(database.settings()).await;
        assert!(matches!(refused, Err(StartError::Keys(KeyError::NoPushKey))) && !key.exists());
        database.app_that_was_told(Said { new_push_key: true, ..Said::default() }).await;
        assert!(key.exists());
    })
    .await;
}
