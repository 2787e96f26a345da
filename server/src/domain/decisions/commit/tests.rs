//! Invariant I6 at its source: memory follows the database through every failure, and two servers
//! agree.

use std::sync::Arc;

use automerge::ChangeHash;
use sync_core::{
    documents::{Shelf, entries},
    instant::Span,
    orders::{Act, Entry, RevokeOn},
};

use super::*;
use crate::{
    app::App,
    domain::{decisions::restrictions, documents::binder::Heard},
    testing::{
        TestDatabase, execute, for_each_database, for_postgres, for_sqlite, number,
        therapy::{Therapy, end_care},
    },
    workers,
};

/// Fails every COMMIT: the constraint is looked at only then.
const DOOM: &str = "CREATE TABLE doom (id INTEGER NOT NULL, other INTEGER, \
                    FOREIGN KEY (other) REFERENCES doomed (id) DEFERRABLE INITIALLY DEFERRED)";

async fn make_doom(app: &App) {
    execute(app, "CREATE TABLE doomed (id INTEGER NOT NULL PRIMARY KEY)").await;
    execute(app, DOOM).await;
}

async fn heads(app: &App, therapy: &Therapy, kind: Kind) -> Vec<ChangeHash> {
    let binder = app.binders.of(therapy.client).await.unwrap();
    let open = binder.open(&app.ground).await.unwrap();
    open.contents().unwrap().sheet(kind).unwrap().document.get_heads()
}

/// Every new row of a table makes COMMIT fail from now on.
pub(crate) async fn doom(app: &App, database: &TestDatabase, table: &str) {
    make_doom(app).await;
    if database.url.starts_with("sqlite") {
        let trigger = format!(
            "CREATE TRIGGER doom_{table} AFTER INSERT ON {table} BEGIN INSERT INTO doom VALUES (1, 404); END"
        );
        execute(app, trigger.leak()).await;
    } else {
        execute(
            app,
            "CREATE FUNCTION doomed_row() RETURNS trigger LANGUAGE plpgsql AS \
             'BEGIN INSERT INTO doom VALUES (1, 404); RETURN NEW; END'",
        )
        .await;
        let trigger = format!(
            "CREATE TRIGGER doom_{table} AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION doomed_row()"
        );
        execute(app, trigger.leak()).await;
    }
}

/// Rows of the table can be committed again.
pub(crate) async fn lift_doom(app: &App, database: &TestDatabase, table: &str) {
    let of = if database.url.starts_with("sqlite") { String::new() } else { format!(" ON {table}") };
    execute(app, format!("DROP TRIGGER doom_{table}{of}").leak()).await;
}

#[tokio::test]
async fn i6_nothing_is_told_of_what_was_not_committed_and_the_next_read_is_right() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        // Held, so that memory lives from one request to the next as it does under a connection.
        let binder = app.binders.of(therapy.client).await.unwrap();
        let listener = app.binders.listen(therapy.phone().await.caller.device);
        binder.subscribe(&listener);
        let (orders, shelf) =
            (heads(&app, &therapy, Kind::Orders).await, heads(&app, &therapy, Kind::Shelf).await);
        doom(&app, &database, "entry").await;
        let failed = therapy.release_as(therapy.terms(), Vec::new()).await;
        assert!(matches!(failed, Err(Refusal::Unavailable)), "{failed:?}");
        // Whoever listens reads anew, and what there is to read is what was there before.
        assert!(matches!(listener.hear().await, Heard::Changed(_)));
        assert_eq!(heads(&app, &therapy, Kind::Orders).await, orders);
        assert_eq!(heads(&app, &therapy, Kind::Shelf).await, shelf);
        assert_eq!(number(&app, "SELECT COUNT(*) FROM entry").await, 0);
        lift_doom(&app, &database, "entry").await;
        let release = therapy.release().await;
        assert!(therapy.item(release).await.is_some());
        let stored = therapy.document(Kind::Orders).await.get_heads();
        assert_eq!(heads(&app, &therapy, Kind::Orders).await, stored);
    })
    .await;
}

#[tokio::test]
async fn a_decision_that_was_refused_leaves_memory_as_it_was() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let release = therapy.release().await;
        let binder = app.binders.of(therapy.client).await.unwrap();
        let before = heads(&app, &therapy, Kind::Orders).await;
        end_care(&app, therapy.client, therapy.ada.staff).await;
        // The desk asks before it begins; what begins before the care ends is asked again under the locks.
        let by = Proposer::staff(therapy.ada);
        let done = commit(&app.ground, &binder, Urgency::Grant, by, |_| Ok(Proposal::nothing())).await;
        assert!(matches!(done, Err(Refusal::NotFound)), "{done:?}");
        assert_eq!(heads(&app, &therapy, Kind::Orders).await, before);
        assert!(therapy.item(release).await.is_some());
    })
    .await;
}

#[tokio::test]
async fn a_proposal_that_says_to_take_away_only_and_gives_is_refused() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let laptop = therapy.laptop().await;
        let act = Act::Lift { holds: vec![EntryId::from_bytes([1; 16])] };
        let bytes =
            Entry { by: sync_core::orders::Author::Device(laptop.device), at: therapy.now(), act }.encode();
        let binder = app.binders.of(therapy.client).await.unwrap();
        let entered =
            restrictions::enter(&app.ground, &binder, laptop, vec![(EntryId::from_bytes([2; 16]), bytes)])
                .await;
        assert!(matches!(entered, Err(Refusal::NotARestriction)), "{entered:?}");
    })
    .await;
}

pub(crate) async fn second_server(database: &TestDatabase) -> Arc<App> {
    let mut settings = database.settings();
    settings.server = "second".to_owned();
    settings.ledger_path = database.dir.path().join("second.jsonl");
    App::open(settings).await.unwrap()
}

#[tokio::test]
async fn what_one_server_writes_another_one_reads_before_it_writes() {
    for_postgres(|database| async move {
        let (one, two) = (database.app().await, second_server(&database).await);
        let here = Therapy::consented(&one).await;
        let there = here.at(&two);
        let kept = (one.binders.of(here.client).await.unwrap(), two.binders.of(here.client).await.unwrap());
        let mut releases = Vec::new();
        for n in 0..6 {
            // No notice is listened to here: the version alone tells each that it is behind.
            releases.push(if n % 2 == 0 { here.release().await } else { there.release().await });
        }
        for release in &releases {
            assert!(here.item(*release).await.is_some());
        }
        here.revoke(RevokeOn::Clip(here.clip)).await;
        let phone = there.phone().await;
        assert!(phone.ask().await.is_empty());
        let unseen = there.release_as(there.terms(), Vec::new()).await;
        assert!(matches!(unseen, Err(Refusal::Unseen(_))), "{unseen:?}");
        drop(kept);
    })
    .await;
}

#[tokio::test]
async fn two_servers_that_write_at_once_lose_nothing() {
    for_postgres(|database| async move {
        let (one, two) = (database.app().await, second_server(&database).await);
        let here = Arc::new(Therapy::consented(&one).await);
        let there = Arc::new(here.at(&two));
        for _ in 0..8 {
            let write = |therapy: &Arc<Therapy>| {
                let therapy = Arc::clone(therapy);
                tokio::spawn(async move { therapy.release().await })
            };
            let (a, b) = (write(&here), write(&there));
            let (a, b) = (a.await.unwrap(), b.await.unwrap());
            let shelf = here.shelf().await;
            assert!(shelf.0.contains_key(&a) && shelf.0.contains_key(&b));
        }
        assert_eq!(number(&one, "SELECT COUNT(*) FROM entry").await, 16);
        let document = here.document(Kind::Orders).await;
        assert_eq!(entries(&document).len(), 16);
    })
    .await;
}

#[tokio::test]
async fn a_change_on_one_server_is_told_to_the_connections_of_another() {
    for_postgres(|database| async move {
        let (one, two) = (database.app().await, second_server(&database).await);
        let here = Therapy::consented(&one).await;
        let binder = two.binders.of(here.client).await.unwrap();
        let before = binder.open(&two.ground).await.unwrap().contents().unwrap().version;
        let listener = two.binders.listen(here.phone().await.caller.device);
        binder.subscribe(&listener);
        let running = workers::start(&two);
        let release = here.release().await;
        loop {
            let Heard::Changed(_) = listener.hear().await else { panic!("ended") };
            let open = binder.open(&two.ground).await.unwrap();
            let contents = open.contents().unwrap();
            // The worker also compares once when it begins to listen, which may be before the release.
            if contents.version > before {
                assert!(Shelf::read(&contents.sheet(Kind::Shelf).unwrap().document).0.contains_key(&release));
                break;
            }
        }
        running.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_device_that_is_removed_on_one_server_is_cut_off_on_another() {
    for_postgres(|database| async move {
        let (one, two) = (database.app().await, second_server(&database).await);
        let here = Therapy::consented(&one).await;
        let device = here.phone().await.caller.device;
        let binder = two.binders.of(here.client).await.unwrap();
        let listener = two.binders.listen(device);
        binder.subscribe(&listener);
        let running = workers::start(&two);
        // The worker compares once when it begins to listen; from then on it hears.
        assert!(matches!(listener.hear().await, Heard::Changed(_)));
        crate::domain::people::devices::remove(&one.binders, here.ada, here.client, device).await.unwrap();
        while !matches!(listener.hear().await, Heard::Ended(_)) {}
        running.stop().await;
    })
    .await;
}

#[tokio::test]
async fn memory_of_another_life_of_the_database_is_forgotten() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let binder = app.binders.of(therapy.client).await.unwrap();
        therapy.release().await;
        let version = binder.open(&app.ground).await.unwrap().contents().unwrap().version;
        // An exchange of the database under the server, as far as a check can see it.
        execute(&app, "UPDATE client SET version = version - 1").await;
        execute(&app, "DELETE FROM ledger_mark").await;
        app.tick().await.unwrap();
        assert_eq!(binder.open(&app.ground).await.unwrap().contents().unwrap().version, version - 1);
    })
    .await;
}

#[tokio::test]
async fn the_clock_of_a_decision_is_the_servers() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let release = therapy.release().await;
        therapy.pass(Span::from_days(7));
        let late = crate::domain::desk::releases::amend(
            &app.binders,
            therapy.ada,
            release,
            crate::domain::desk::releases::Amendment {
                set: sync_core::terms::TermsChange { daily_limit: Some(Some(1)), ..Default::default() },
                ..Default::default()
            },
        );
        assert!(matches!(late.await, Err(Refusal::ReleaseEnded)));
    })
    .await;
}
