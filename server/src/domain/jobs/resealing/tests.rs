use std::collections::BTreeSet;

use sync_core::{
    documents::{Kind, Letter, ObservationKind, append},
    id::EntryId,
    vocabulary::Vocabulary,
};

use super::*;
use crate::{
    app::App,
    domain::{
        callers::idempotency::{self, Answer, Asked},
        clips::{NewClip, uploads},
        credentials::tokens::Caller,
        desk::{
            casebook::{self, NewObservation},
            journal,
        },
        jobs::succession,
        people::{
            clients,
            push_subscriptions::{self, NewSubscription},
        },
        records::data_keys,
        sync::tests::Device,
    },
    nouns::callers::DeviceCaller,
    store::Tx,
    testing::{
        audited, execute, for_each_database,
        therapy::{Therapy, write},
    },
};

/// Fills every sealed column of a practice.
async fn write_everywhere(therapy: &Therapy) {
    let app = &therapy.app;
    therapy.release().await;
    let phone = therapy.phone().await;
    let subscription = NewSubscription {
        endpoint: "https://push.example/1".to_owned().into(),
        p256dh: phone.exchange_key.to_vec(),
        auth: vec![7; 16].into(),
    };
    push_subscriptions::subscribe(&app.ground, phone.caller, subscription).await.unwrap();
    let mut device = Device::connect(therapy, DeviceCaller::Companion(phone.caller), &[Kind::Journal]).await;
    device.exchange().await.unwrap();
    let at = therapy.now();
    let sent =
        [Letter::Request { release: None, at, words: "May I?".into() }, Letter::Sharing { on: true, at }];
    let sent = sent.map(|letter| (EntryId::from_bytes(app.ground.entropy.bytes()), letter.encode()));
    append(device.documents.values_mut().next().unwrap(), &sent).unwrap();
    device.exchange().await.unwrap();
    let seen = NewObservation { kind: ObservationKind::Other, reason: "Sleeps badly.".into() };
    casebook::observe(&app.binders, therapy.ada, therapy.client, Vec::new(), seen).await.unwrap();
    let mut tx = app.ground.db.read().await.unwrap();
    let named = store::documents::ids_of_client(&mut tx, therapy.client).await.unwrap();
    drop(tx);
    let journal = named.into_iter().find(|(kind, _)| *kind == Kind::Journal).unwrap();
    succession::succeed(&app.binders, therapy.client, vec![journal]).await.unwrap();
    // A change of the successor, too.
    let seen = NewObservation { kind: ObservationKind::Other, reason: "Sleeps well.".into() };
    casebook::observe(&app.binders, therapy.ada, therapy.client, Vec::new(), seen).await.unwrap();
    let clip =
        NewClip { recording: therapy.recording, title: "Breathing".into(), heard: [therapy.mia].into() };
    let new = uploads::NewUpload { clip, len: 9, sha256: [1; 32] };
    uploads::begin(&app.ground, therapy.ada, new).await.unwrap();
    let key = idempotency::Key::new(&Caller::Staff(therapy.ada), "k1", &[b"once"]);
    let Ok(Asked::First(claimed)) = idempotency::ask(&app.ground, &key).await else { panic!("claimed") };
    idempotency::keep(&app.ground, &claimed, Answer { status: 201, body: b"done".to_vec() }).await.unwrap();
}

async fn rotate(therapy: &Therapy) {
    let ground = &therapy.app.ground;
    let now = ground.clock.now();
    data_keys::rotate(&ground.db, &ground.keys, therapy.practice, now).await.unwrap();
}

async fn sealed_by_others(app: &App, practice: PracticeId, column: Column, n: u32) -> usize {
    let mut tx = app.ground.db.read().await.unwrap();
    let (mut count, mut after) = (0, sealed::BEGINNING);
    while let Some(page) = sealed::page(&mut tx, column, practice, &head(n), &after).await.unwrap() {
        count += page.others.len();
        after = page.last;
    }
    count
}

/// The rows of a column that the newest key has not sealed.
async fn rows_of(app: &App, column: Column, practice: PracticeId) -> Vec<sealed::Key> {
    let mut tx = app.ground.db.read().await.unwrap();
    let keys = app.ground.keys.practice(&mut tx, practice).await.unwrap();
    let newest = head(keys.sealing());
    let page = sealed::page(&mut tx, column, practice, &newest, &sealed::BEGINNING).await.unwrap();
    page.unwrap().others
}

/// Every column of bytes that the database has, as `(table, column)`.
async fn columns_of_bytes(tx: &mut Tx) -> Vec<(String, String)> {
    let sql = match tx.is_postgres() {
        true => {
            "SELECT table_name::text, column_name::text FROM information_schema.columns \
             WHERE table_schema = current_schema() AND data_type = 'bytea'"
        }
        false => {
            "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c \
             WHERE m.type = 'table' AND c.type = 'BLOB' AND m.name NOT LIKE '\\_sqlx%' ESCAPE '\\'"
        }
    };
    store::db::on_tx!(tx, c => sqlx::query_as(sql).fetch_all(c).await).unwrap()
}

/// Counts the values of one column of the whole database that begin with these bytes.
async fn begin_with(tx: &mut Tx, (table, column): &(String, String), head: &[u8]) -> i64 {
    let sql = format!("SELECT COUNT(*) FROM {table} WHERE substr({column}, 1, {}) = $1", head.len());
    store::db::on_tx!(tx, c => sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(head).fetch_one(c).await)
        .unwrap()
}

/// In which columns of the whole database something is sealed under this key.
async fn sealed_under(app: &App, n: u32) -> BTreeSet<(String, String)> {
    let mut tx = app.ground.db.read().await.unwrap();
    let mut found = BTreeSet::new();
    for column in columns_of_bytes(&mut tx).await {
        if begin_with(&mut tx, &column, &head(n)).await > 0 {
            found.insert(column);
        }
    }
    found
}

fn listed() -> BTreeSet<(String, String)> {
    Column::iter().map(Column::name).map(|(table, column)| (table.to_owned(), column.to_owned())).collect()
}

async fn run(therapy: &Therapy) -> Resealed {
    run_once(&therapy.app.ground).await.unwrap()
}

#[tokio::test]
async fn everything_is_sealed_anew_and_a_day_later_the_older_key_is_gone() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        write_everywhere(&therapy).await;
        assert_eq!(sealed_under(&app, 0).await, listed(), "the list has what is sealed, and nothing else");
        rotate(&therapy).await;
        assert_eq!(run(&therapy).await, Resealed::default(), "not every server knows the key yet");
        let early = clients::add(&app.ground, therapy.ada, "Eva").await.unwrap().id;
        therapy.pass(Span::from_mins(4));
        let done = run(&therapy).await;
        assert!(done.values > listed().len() && done.unsealable == 0 && done.erased == 0, "{done:?}");
        assert_eq!(sealed_under(&app, 1).await, listed());
        assert_eq!(sealed_under(&app, 0).await, BTreeSet::new());
        assert_eq!(run(&therapy).await, Resealed::default(), "once is enough");

        let phone = therapy.phone().await;
        let second = therapy.another_clip().await.release().await;
        assert!(phone.ask().await.lease(second).is_some());
        therapy.pass(Span::from_hours(23));
        assert_eq!(run(&therapy).await.erased, 0, "not yet a day");
        therapy.pass(Span::from_hours(1));
        assert_eq!(run(&therapy).await, Resealed { erased: 1, ..Resealed::default() });
        assert_eq!(audited(&app, "rotate_data_key").await.len(), 1);
        assert_eq!(audited(&app, "erase_data_keys").await.len(), 1);
        app.close().await;

        let app = database.app().await;
        let therapy = therapy.at(&app);
        let mut tx = app.ground.db.read().await.unwrap();
        let stored = store::data_keys::of_practice(&mut tx, therapy.practice).await.unwrap();
        assert_eq!(stored.iter().map(|key| key.n).collect::<Vec<_>>(), [1]);
        drop(tx);
        assert_eq!(journal::letters(&app.ground, therapy.ada, therapy.client).await.unwrap().len(), 1);
        assert_eq!(casebook::observations(&app.ground, therapy.ada, therapy.client).await.unwrap().len(), 2);
        assert_eq!(clients::find(&app.ground, therapy.ada, early).await.unwrap().name, "Eva");
        for kind in Kind::all() {
            therapy.document(kind).await;
        }
        assert!(phone.at(&app).ask().await.lease(second).is_some());
    })
    .await;
}

#[tokio::test]
async fn a_run_that_died_is_ended_by_the_next_and_words_without_a_number_are_of_the_first_key() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        write_everywhere(&therapy).await;
        // More rows than a page has.
        for n in 0..300 {
            clients::add(&app.ground, therapy.ada, &format!("Client {n}")).await.unwrap();
        }
        let without = match app.ground.db.is_postgres() {
            true => "UPDATE clip SET wrapped_key = substring(wrapped_key from 9), title_sealed = substring(title_sealed from 9)",
            false => "UPDATE clip SET wrapped_key = substr(wrapped_key, 9), title_sealed = substr(title_sealed, 9)",
        };
        execute(&app, without).await;
        assert!(therapy.phone().await.ask().await.batch.items.len() == 1, "an older version's key opens");
        rotate(&therapy).await;
        therapy.pass(Span::from_mins(4));

        // A part of one column, and no more.
        let notes = rows_of(&app, Column::Note, therapy.practice).await;
        let first = notes.into_iter().next().unwrap();
        assert_eq!(reseal(&app.ground, therapy.practice, Column::Note, first).await.unwrap().values, 1);
        app.close().await;

        let app = database.app().await;
        let therapy = therapy.at(&app);
        assert!(run(&therapy).await.values > 0);
        for column in Column::iter() {
            assert_eq!(sealed_by_others(&app, therapy.practice, column, 1).await, 0, "{column:?}");
        }
        assert!(therapy.phone().await.ask().await.batch.items.len() == 1);
    })
    .await;
}

#[tokio::test]
async fn what_a_late_server_seals_under_the_older_key_and_what_does_not_open_keep_it() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let client = therapy.client;
        let read = async || {
            let mut tx = app.ground.db.read().await.unwrap();
            store::clients::by_id(&mut tx, client).await.unwrap().unwrap().name_sealed
        };
        let put = async |name: Vec<u8>| {
            write(&app, move |tx| {
                Box::pin(async move {
                    store::db::on_tx!(tx, c => sqlx::query("UPDATE client SET name_sealed = $2 WHERE id = $1")
                        .bind(client.as_bytes().as_slice()).bind(name).execute(c).await.map(drop))?;
                    Ok(())
                })
            })
            .await;
        };
        let under_the_older = read().await;
        let mut tx = app.ground.db.read().await.unwrap();
        let mut keys = store::data_keys::of_practice(&mut tx, therapy.practice).await.unwrap();
        drop(tx);
        rotate(&therapy).await;
        therapy.pass(Span::from_mins(4));
        run(&therapy).await;

        put(under_the_older.clone()).await;
        therapy.pass(KEPT_FOR);
        let done = run(&therapy).await;
        assert_eq!((done.values, done.erased), (1, 0), "found by what would have been the last pass");
        let mut damaged = read().await;
        damaged[20] ^= 1;
        damaged[7] = 0;
        let whole = read().await;
        put(damaged).await;
        therapy.pass(AGAIN_AFTER);
        let done = run(&therapy).await;
        assert_eq!((done.unsealable, done.erased), (1, 0), "nobody knows what opens it");
        assert_eq!(run(&therapy).await, Resealed::default(), "it is not looked for every minute");
        put(whole).await;
        therapy.pass(AGAIN_AFTER);
        assert_eq!(run(&therapy).await, Resealed { erased: 1, ..Resealed::default() });

        // An operator puts a row back out of an older backup, and its key.
        let (practice, older) = (therapy.practice, keys.remove(0));
        write(&app, move |tx| Box::pin(async move { store::data_keys::insert(tx, practice, &older).await }))
            .await;
        put(under_the_older).await;
        therapy.pass(AGAIN_AFTER);
        assert_eq!(run(&therapy).await.values, 1);
        therapy.pass(AGAIN_AFTER);
        assert_eq!(run(&therapy).await, Resealed { erased: 1, ..Resealed::default() });
    })
    .await;
}

#[tokio::test]
async fn a_key_that_is_erased_while_it_is_sealed_anew_does_not_come_back() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        rotate(&therapy).await;
        therapy.pass(Span::from_mins(4));
        let rows = rows_of(&app, Column::ClipKey, therapy.practice).await;
        let mut tx = app.ground.db.read().await.unwrap();
        let old = sealed::find(&mut tx, Column::ClipKey, rows[0].clone()).await.unwrap().unwrap();
        drop(tx);
        execute(&app, "UPDATE clip SET wrapped_key = NULL").await;
        write(&app, move |tx| {
            Box::pin(async move {
                assert!(!sealed::replace(tx, Column::ClipKey, &old, b"new").await?);
                Ok(())
            })
        })
        .await;
        assert_eq!(
            crate::testing::number(&app, "SELECT COUNT(*) FROM clip WHERE wrapped_key IS NULL").await,
            1
        );
    })
    .await;
}

#[tokio::test]
async fn a_server_that_finds_everything_done_by_another_erases_no_key_before_its_time() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        rotate(&therapy).await;
        therapy.pass(Span::from_mins(4));
        assert!(pass(&app.ground, therapy.practice, 1).await.unwrap().values > 0, "the other server");
        // Though this server's clock has jumped ahead.
        therapy.pass(KEPT_FOR);
        assert_eq!(run(&therapy).await, Resealed::default());
        therapy.pass(AGAIN_AFTER);
        assert_eq!(run(&therapy).await.erased, 1);
    })
    .await;
}

#[tokio::test]
async fn nothing_goes_back_to_an_older_key_nor_under_one_that_is_erased() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        rotate(&therapy).await;
        therapy.pass(Span::from_mins(4));
        let row = rows_of(&app, Column::ClientName, therapy.practice).await.remove(0);
        // Another server erases the key under which this one seals, and this one has not heard of it.
        execute(&app, "DELETE FROM data_key WHERE n = 1").await;
        let sealed = reseal(&app.ground, therapy.practice, Column::ClientName, row.clone()).await.unwrap();
        assert_eq!(sealed, Resealed::default());
        app.ground.keys.forget_data_keys();
        rotate(&therapy).await;
        therapy.pass(Span::from_mins(4));
        assert_eq!(
            reseal(&app.ground, therapy.practice, Column::ClientName, row.clone()).await.unwrap().values,
            1
        );
        assert_eq!(
            reseal(&app.ground, therapy.practice, Column::ClientName, row).await.unwrap(),
            Resealed::default(),
            "it is there"
        );
    })
    .await;
}

/// A column that a later migration adds is in the list, too, even if no test writes it.
#[tokio::test]
async fn every_column_that_is_called_sealed_is_in_the_list() {
    // No request writes signatures, and the practice's data keys are under the master key.
    const OTHERS: [(&str, &str); 2] = [("consent_event", "signature_sealed"), ("data_key", "wrapped_key")];
    for_each_database(|database| async move {
        let app = database.app().await;
        let mut tx = app.ground.db.read().await.unwrap();
        let mut called: BTreeSet<_> = columns_of_bytes(&mut tx).await.into_iter().collect();
        drop(tx);
        called.retain(|(table, column)| {
            (column.ends_with("sealed") || column == "wrapped_key")
                && !OTHERS.contains(&(table.as_str(), column.as_str()))
        });
        assert_eq!(called.difference(&listed()).collect::<Vec<_>>(), Vec::<&(String, String)>::new());
        app.close().await;
    })
    .await;
}
