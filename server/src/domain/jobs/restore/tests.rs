mod forgotten;

use std::{fs, sync::Arc};

use sync_core::{
    id::{ConsentId, StaffId},
    instant::Span,
    lease::DenialKind,
    policy::Role,
};

use super::*;
use crate::{
    app::App,
    domain::{callers::pairing, jobs::beginning::Said, people::devices},
    nouns::hindrances::Hindrances,
    store::Urgency,
    testing::{
        Seed, TestDatabase, execute, for_each_database, for_postgres, for_sqlite, number, therapy::Therapy,
    },
};

const PAIRED: &str = "SELECT COUNT(*) FROM device WHERE removed_at IS NULL";
/// A decision voids no lease: what a device may still play is known from the device alone, or from the lease's end.
const VOID_LEASES: &str = "SELECT COUNT(*) FROM lease WHERE voided_at IS NOT NULL";
const HELD: &str = "SELECT COUNT(*) FROM practice WHERE held_at IS NOT NULL";

/// Records restrictions as if their nouns had done the rest.
async fn restrict(app: &App, restrictions: Vec<Restriction>) {
    let done: Result<(), StoreError> = app
        .ground
        .committer
        .commit(Urgency::Restriction, move |tx| {
            Box::pin(async move {
                restrictions.into_iter().for_each(|restriction| tx.restrict(restriction));
                Ok(())
            })
        })
        .await;
    done.unwrap();
}

fn unpair(seed: &Seed) -> Vec<Restriction> {
    vec![Restriction::Unpair { device: seed.device, at: Instant::from_millis(5) }]
}

async fn check_again(app: &App) -> Checked {
    let (ledger, now, entropy) = (app.ledger().clone(), app.ground.clock.now(), app.ground.entropy.clone());
    let checked: Result<Checked, StoreError> = app
        .ground
        .committer
        .commit_alone(move |tx| {
            Box::pin(async move {
                check(tx, &ledger, "main", When::Start { new_ledger: false }, now, &entropy).await
            })
        })
        .await;
    checked.unwrap()
}

/// Goes on from a backup until a later mark.
async fn live_past_a_backup(database: &TestDatabase, later: Vec<Restriction>) {
    let app = database.app().await;
    database.clock.advance(Span::from_hours(1));
    restrict(&app, later).await;
    app.close().await;
}

/// The operator says that the ledger is lost.
const LOST: Said = Said { new_ledger: true, joins: false, new_push_key: false, clock_is_right: false };

async fn sown_and_backed_up(database: &TestDatabase) -> (Seed, IncarnationId) {
    let app = database.app().await;
    let seed = Seed::sow(&app).await;
    let incarnation = app.ground.incarnation();
    app.close().await;
    database.back_up().await;
    (seed, incarnation)
}

#[tokio::test]
async fn a_start_after_a_stop_changes_nothing() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let seed = Seed::sow(&app).await;
        let incarnation = app.ground.incarnation();
        restrict(&app, unpair(&seed)).await;
        app.close().await;
        let app = database.app().await;
        assert_eq!((app.ground.incarnation(), number(&app, HELD).await), (incarnation, 0));
        // Level, so not replayed: this test did not unpair the device in the database.
        assert_eq!(number(&app, PAIRED).await, 1);
        assert_eq!(check_again(&app).await.verdict, Verdict::Level);
    })
    .await;
}

#[tokio::test]
async fn a_crash_between_ledger_and_commit_is_replayed_in_the_same_incarnation() {
    for_each_database(|database| async move {
        let (seed, incarnation) = sown_and_backed_up(&database).await;
        // What a crash leaves: a line on disk, of which the database knows nothing.
        let ledger = Ledger::open(
            &database.ledger_path(),
            Instant::from_millis(5),
            &Entropy::System,
            &Hindrances::default(),
        )
        .unwrap();
        let end = ledger.read_after(0).await.unwrap().end;
        let facts = unpair(&seed).into_iter().map(Fact::Restriction).collect();
        ledger.append(end, Instant::from_millis(5), facts).await.unwrap();
        ledger.close();
        let app = database.app().await;
        assert_eq!((number(&app, PAIRED).await, number(&app, VOID_LEASES).await), (0, 0));
        assert_eq!((app.ground.incarnation(), number(&app, HELD).await), (incarnation, 0));
    })
    .await;
}

#[tokio::test]
async fn i7_a_restored_backup_replays_every_kind_of_restriction_into_a_new_incarnation() {
    for_each_database(|database| async move {
        let (seed, incarnation) = sown_and_backed_up(&database).await;
        let consent = ConsentId::new(Instant::from_millis(5), Entropy::System.bytes());
        let mut later = unpair(&seed);
        later.push(Restriction::Entry {
            client: seed.client,
            id: EntryId::from_bytes([1; 16]),
            bytes: vec![1, 2],
        });
        later.push(Restriction::Destroy { clip: seed.clip, at: Instant::from_millis(6) });
        later.push(Restriction::Withdrawal {
            consent,
            recording: seed.recording,
            participant: seed.participant,
            purpose: "release_to_client".to_owned(),
            at: Instant::from_millis(7),
            // A colleague who came to the staff after the backup was made.
            recorded_by: Some(StaffId::new(Instant::from_millis(7), Entropy::System.bytes())),
        });
        live_past_a_backup(&database, later).await;
        database.restore().await;

        let app = database.app().await;
        assert_ne!(app.ground.incarnation(), incarnation);
        assert_eq!((number(&app, PAIRED).await, number(&app, VOID_LEASES).await), (0, 0));
        assert_eq!(number(&app, "SELECT COUNT(*) FROM entry").await, 1);
        assert_eq!(
            number(&app, "SELECT COUNT(*) FROM clip WHERE wrapped_key IS NULL AND destroyed_at = 6").await,
            1
        );
        assert_eq!(
            number(&app, "SELECT COUNT(*) FROM consent_event WHERE kind = 'withdrawn' AND at = 7").await,
            1
        );
        assert_eq!(number(&app, "SELECT version FROM client").await, 1);
        assert_eq!(number(&app, "SELECT version FROM recording").await, 1);
        assert_eq!(number(&app, "SELECT COUNT(*) FROM audit_entry").await, 4);
        // The ledger's end is proved: nobody has to confirm anything.
        assert_eq!(number(&app, HELD).await, 0);
        assert_eq!(check_again(&app).await.verdict, Verdict::Level);
    })
    .await;
}

#[tokio::test]
async fn i7_a_removal_that_a_backup_had_forgotten_is_denied_wakes_its_phone_and_takes_its_codes_along() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = Therapy::held(&app).await;
        pairing::invite_next(&app.ground, phone.caller).await.unwrap();
        database.close_and_back_up(&app).await;
        let app = database.app().await;
        let therapy = therapy.at(&app);
        let device = phone.caller.device;
        // A lease that the backup does not know.
        let newest = phone.at(&app).ask().await.lease(release).unwrap().generation;
        database.clock.advance(Span::from_hours(1));
        devices::remove(&app.binders, therapy.ada, therapy.client, device).await.unwrap();
        app.close().await;
        database.restore().await;

        let app = database.app().await;
        assert_eq!(number(&app, "SELECT COUNT(*) FROM invitation").await, 0, "its codes are void");
        let due = "SELECT COUNT(*) FROM outbox WHERE kind = 'wake_up' AND urgency = 'high'";
        assert_eq!(number(&app, due).await, 1);
        let denied = "SELECT COUNT(*) FROM denial WHERE kind = 'unpaired'";
        assert_eq!(number(&app, denied).await, 1);
        let answer = phone.at(&app).ask().await;
        let denial = answer.denials.iter().find(|denial| denial.kind == DenialKind::Unpaired).unwrap();
        assert!(answer.is_empty() && denial.upto_generation >= newest);
        assert_eq!(number(&app, denied).await, 1, "one is enough");
    })
    .await;
}

#[tokio::test]
async fn a_restored_backup_is_known_by_its_mark_even_when_nothing_was_restricted_since() {
    for_each_database(|database| async move {
        let (_, incarnation) = sown_and_backed_up(&database).await;
        live_past_a_backup(&database, Vec::new()).await;
        database.restore().await;
        let app = database.app().await;
        assert_ne!(app.ground.incarnation(), incarnation);
        assert_eq!(number(&app, HELD).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_replay_done_twice_changes_nothing_more() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let seed = Seed::sow(&app).await;
        restrict(&app, unpair(&seed)).await;
        let lines: Arc<Vec<Line>> = Arc::new(app.ledger().read_after(0).await.unwrap().lines);
        for _ in 0..2 {
            let lines = Arc::clone(&lines);
            let done: Result<(), StoreError> = app
                .ground
                .committer
                .commit(Urgency::Restriction, move |tx| Box::pin(async move { replay(tx, &lines).await }))
                .await;
            done.unwrap();
            assert_eq!(number(&app, "SELECT COUNT(*) FROM audit_entry").await, 1);
            assert_eq!(number(&app, "SELECT removed_at FROM device").await, 5);
        }
    })
    .await;
}

#[tokio::test]
async fn a_replay_of_what_the_database_never_knew_is_passed_over() {
    for_each_database(|database| async move {
        let app = database.app().await;
        database.close_and_back_up(&app).await;
        let app = database.app().await;
        let seed = Seed::sow(&app).await;
        let mut all = unpair(&seed);
        all.push(Restriction::Entry {
            client: seed.client,
            id: EntryId::from_bytes([1; 16]),
            bytes: vec![1],
        });
        all.push(Restriction::Destroy { clip: seed.clip, at: Instant::from_millis(6) });
        restrict(&app, all).await;
        app.close().await;
        database.restore().await;
        let app = database.app().await;
        assert_eq!(number(&app, "SELECT COUNT(*) FROM entry").await, 0);
    })
    .await;
}

#[tokio::test]
async fn i7_a_missing_ledger_holds_every_practice_until_a_therapist_confirms() {
    for_each_database(|database| async move {
        let (seed, incarnation) = sown_and_backed_up(&database).await;
        fs::remove_file(database.ledger_path()).unwrap();
        let app = database.app_that_was_told(LOST).await;
        assert_ne!(app.ground.incarnation(), incarnation);
        assert_eq!(number(&app, HELD).await, 1);

        let caller = |role| StaffCaller { staff: seed.staff, practice: seed.practice, role };
        let confirm = |role| {
            let (caller, now, entropy) = (caller(role), app.ground.clock.now(), app.ground.entropy.clone());
            app.ground.committer.commit(Urgency::Grant, move |tx| {
                Box::pin(async move { confirm_after_restore(tx, &caller, now, &entropy).await })
            })
        };
        assert!(matches!(confirm(Role::PracticeAdmin).await, Err(Refusal::NotAllowed)));
        assert_eq!(number(&app, HELD).await, 1);
        confirm(Role::Therapist).await.unwrap();
        assert_eq!(number(&app, HELD).await, 0);
        assert!(matches!(confirm(Role::Therapist).await, Err(Refusal::Conflict)));
        app.close().await;
        // The new ledger proves itself from now on.
        assert_eq!(number(&*database.app().await, HELD).await, 0);
    })
    .await;
}

#[tokio::test]
async fn i7_a_ledger_that_has_lost_its_end_holds_every_practice() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let seed = Seed::sow(&app).await;
        let old_ledger = fs::read(database.ledger_path()).unwrap();
        restrict(&app, unpair(&seed)).await;
        app.close().await;
        fs::write(database.ledger_path(), old_ledger).unwrap();
        assert_eq!(number(&*database.app().await, HELD).await, 1);
    })
    .await;
}

#[tokio::test]
async fn i7_another_ledger_than_the_databases_holds_every_practice() {
    for_sqlite(|database| async move {
        let (_, incarnation) = sown_and_backed_up(&database).await;
        fs::remove_file(database.ledger_path()).unwrap();
        let stranger = Ledger::open(
            &database.ledger_path(),
            Instant::from_millis(5),
            &Entropy::System,
            &Hindrances::default(),
        )
        .unwrap();
        stranger.close();
        let app = database.app_that_was_told(LOST).await;
        assert_eq!(number(&app, HELD).await, 1);
        assert_ne!(app.ground.incarnation(), incarnation);
    })
    .await;
}

#[tokio::test]
async fn a_restore_beside_other_servers_ledgers_holds_every_practice() {
    for_each_database(|database| async move {
        let app = database.app().await;
        Seed::sow(&app).await;
        let second = "INSERT INTO ledger_position (server, ledger, seq, hash) \
                      SELECT 'second', ledger, seq, hash FROM ledger_position";
        execute(&app, second).await;
        database.close_and_back_up(&app).await;
        live_past_a_backup(&database, Vec::new()).await;
        database.restore().await;
        assert_eq!(number(&*database.app().await, HELD).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_new_server_beside_others_holds_nothing() {
    for_postgres(|database| async move {
        let app = database.app().await;
        Seed::sow(&app).await;
        let mut settings = database.settings();
        settings.server = "second".to_owned();
        settings.ledger_path = database.dir.path().join("second.jsonl");
        let second = App::open(settings).await.unwrap();
        assert_eq!(number(&second, HELD).await, 0);
        assert_eq!(second.ground.incarnation(), app.ground.incarnation());
    })
    .await;
}

#[tokio::test]
async fn a_database_that_is_exchanged_under_a_running_server_is_noticed_by_the_next_tick() {
    for_each_database(|database| async move {
        let app = database.app().await;
        Seed::sow(&app).await;
        let incarnation = app.ground.incarnation();
        let told = app.ground.incarnations();
        // What such an exchange takes away, as far as the check can see it.
        execute(&app, "DELETE FROM ledger_mark").await;
        assert_eq!(app.tick().await.unwrap(), Verdict::Restored);
        assert_ne!(app.ground.incarnation(), incarnation);
        assert!(told.has_changed().unwrap());
        assert_eq!(app.tick().await.unwrap(), Verdict::Level);
        assert_eq!(number(&app, "SELECT COUNT(*) FROM ledger_mark").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_practice_at_rest_does_not_let_the_ledger_grow() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::begin(&app).await;
        let len = async || fs::metadata(database.ledger_path()).unwrap().len();
        app.tick().await.unwrap();
        let before = len().await;
        for _ in 0..3 {
            assert_eq!(app.tick().await.unwrap(), Verdict::Level);
        }
        assert_eq!(len().await, before);
        // What is audited is news.
        therapy.phone().await;
        app.tick().await.unwrap();
        assert!(len().await > before);
    })
    .await;
}
