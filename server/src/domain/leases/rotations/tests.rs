//! A practice goes over to another key, and dies in the middle of it.

use std::{fs, path::PathBuf};

use sqlx::{Connection, PgConnection};
use sync_core::{
    id::{DenialId, IncarnationId, ReleaseId},
    lease::{Denial, DenialKind},
};

use super::*;
use crate::{
    app::App,
    config::LogFormat,
    domain::leases::handed_back,
    http::logs,
    testing::{
        Kept, TestDatabase, authority, for_each_database, for_postgres, number,
        therapy::{Answer, Phone, Therapy},
    },
};

/// A therapy in which everything allows, its release, and a phone that has asked.
async fn begin(app: &Arc<App>) -> (Therapy, ReleaseId, Phone) {
    let therapy = Therapy::consented(app).await;
    let (release, phone) = (therapy.release().await, therapy.phone().await);
    assert!(phone.ask().await.lease(release).is_some());
    (therapy, release, phone)
}

async fn run(app: &App, practice: PracticeId) -> Result<Authority, RotateError> {
    rotate(&app.ground.db, &app.ground.keys, practice, app.ground.clock.now()).await
}

async fn public(app: &App, practice: PracticeId) -> Authority {
    authority(app, practice).await.unwrap().public().clone()
}

/// What a device knows that has pinned `pinned` and asks for the rest.
async fn followed(app: &App, phone: &Phone, pinned: &Authority) -> PracticeKeys {
    let mut keys = PracticeKeys::pinned(verifying(&pinned.public_key).unwrap(), pinned.rotations);
    let told = after(&app.ground, phone.caller, pinned.rotations).await.unwrap();
    let told: Vec<_> = told.iter().map(|bytes| Signed::decode(bytes).unwrap()).collect();
    keys.follow(phone.caller.practice, &told).unwrap();
    keys
}

/// Asks, and reads the answer with this key alone.
async fn answer_by(phone: &Phone, key: &Authority) -> Answer {
    let (nonce, signed) = phone.send(&[], &[]).await.unwrap();
    phone.read(&signed, &verifying(&key.public_key).unwrap(), &nonce)
}

fn file(database: &TestDatabase, practice: PracticeId, end: &str) -> PathBuf {
    database.dir.path().join("keys").join(format!("authority-{practice}{end}"))
}

async fn rotations_in_the_audit(app: &App) -> i64 {
    let sql = match app.ground.db.is_postgres() {
        true => "SELECT COUNT(*) FROM audit_entry WHERE convert_from(body, 'UTF8') LIKE '%rotate_key%'",
        false => "SELECT COUNT(*) FROM audit_entry WHERE CAST(body AS TEXT) LIKE '%rotate_key%'",
    };
    number(app, sql).await
}

#[tokio::test]
async fn i3_after_a_rotation_only_the_newest_key_signs_and_devices_can_follow_to_it() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = begin(&app).await;
        let practice = therapy.practice;
        let first = public(&app, practice).await;
        let second = run(&app, practice).await.unwrap();
        let third = run(&app, practice).await.unwrap();
        assert_eq!([first.rotations, second.rotations, third.rotations], [0, 1, 2]);
        assert!(public(&app, practice).await == third);

        assert!(answer_by(&phone, &third).await.lease(release).is_some());
        for pinned in [&first, &second, &third] {
            let keys = followed(&app, &phone, pinned).await;
            assert_eq!((keys.kid(), keys.rotations()), (third.kid.clone(), 2));
        }
        for (end, there) in [(".key", false), (".1.key", false), (".2.key", true), (".1.rotation", true)] {
            assert_eq!(file(&database, practice, end).exists(), there, "{end}");
        }
        assert_eq!(rotations_in_the_audit(&app).await, 2);
    })
    .await;
}

#[tokio::test]
async fn i3_two_servers_sign_with_the_newest_key_from_its_commit_on() {
    for_postgres(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = begin(&app).await;
        let mut settings = database.settings();
        settings.server = "second".into();
        settings.ledger_path = database.dir.path().join("second.jsonl");
        let other = App::open(settings).await.unwrap();
        // Both have signed with the first key, and have it in memory.
        assert!(phone.at(&other).ask().await.lease(release).is_some());
        let newest = run(&app, therapy.practice).await.unwrap();
        for app in [&app, &other] {
            assert!(answer_by(&phone.at(app), &newest).await.lease(release).is_some());
        }
        other.close().await;
    })
    .await;
}

#[tokio::test]
async fn i3_a_question_waits_for_a_rotation_that_is_being_committed_on_postgresql() {
    for_postgres(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = begin(&app).await;
        let next = app.ground.keys.next_authority(therapy.practice, 1).unwrap().public().clone();
        let mut other = PgConnection::connect(&database.url).await.unwrap();
        let mut rotating = other.begin().await.unwrap();
        sqlx::query("UPDATE practice SET rotations = 1, authority_kid = $1, authority_key = $2")
            .bind(&next.kid)
            .bind(&next.public_key)
            .execute(&mut *rotating)
            .await
            .unwrap();
        let asking = {
            let phone = phone.clone();
            tokio::spawn(async move { phone.send(&[], &[]).await.unwrap() })
        };
        let waits = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() \
                     AND wait_event_type = 'Lock'";
        while number(&app, waits).await == 0 && !asking.is_finished() {
            tokio::task::yield_now().await;
        }
        assert!(
            !asking.is_finished(),
            "the question was answered under the key that was about to be replaced"
        );
        rotating.commit().await.unwrap();
        let (nonce, signed) = asking.await.unwrap();
        let newest = verifying(&next.public_key).unwrap();
        assert!(phone.read(&signed, &newest, &nonce).lease(release).is_some());
    })
    .await;
}

#[tokio::test]
async fn a_run_that_died_anywhere_is_ended_by_the_next() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = begin(&app).await;
        let practice = therapy.practice;
        let first = public(&app, practice).await;

        // Its key was written, and no more.
        let made = app.ground.keys.next_authority(practice, 1).unwrap().public().clone();
        assert!(phone.ask().await.lease(release).is_some(), "nothing is decided yet");
        let second = run(&app, practice).await.unwrap();
        assert!(second == made, "the key that was made is the one");

        // Its statement was written, too.
        let replaced = second.clone();
        let made = app.ground.keys.next_authority(practice, 2).unwrap();
        state(&app.ground.keys, practice, &replaced, &made, therapy.now()).unwrap();
        assert!(phone.ask().await.lease(release).is_some(), "still signed by the second");
        let third = run(&app, practice).await.unwrap();
        assert!(third == *made.public() && third.rotations == 2);

        // It was committed, and the replaced key not erased.
        let kept = fs::read(file(&database, practice, ".2.key")).unwrap();
        run(&app, practice).await.unwrap();
        crate::testing::put_key_back(&file(&database, practice, ".2.key"), &kept);
        app.close().await;
        let app = database.app().await;
        assert!(!file(&database, practice, ".2.key").exists());
        assert_eq!(followed(&app, &phone, &first).await.rotations(), 3);
        assert!(phone.at(&app).ask().await.lease(release).is_some());
    })
    .await;
}

#[tokio::test]
async fn two_runs_at_once_make_one_chain() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, _, phone) = begin(&app).await;
        let first = public(&app, therapy.practice).await;
        let (one, two) = tokio::join!(run(&app, therapy.practice), run(&app, therapy.practice));
        let done = u64::from(one.is_ok()) + u64::from(two.is_ok());
        assert!(done > 0, "{:?} {:?}", one.err(), two.err());
        assert_eq!(public(&app, therapy.practice).await.rotations, done);
        assert_eq!(followed(&app, &phone, &first).await.rotations(), done);
    })
    .await;
}

#[tokio::test]
async fn i7_a_database_from_before_a_rotation_never_signs_with_the_replaced_key() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = begin(&app).await;
        let first = public(&app, therapy.practice).await;
        database.close_and_back_up(&app).await;
        let app = database.app().await;
        let newest = run(&app, therapy.practice).await.unwrap();
        let told = after(&app.ground, phone.caller, 0).await.unwrap();
        app.close().await;
        database.restore().await;

        let app = database.app().await;
        assert!(public(&app, therapy.practice).await == newest);
        assert_eq!(
            after(&app.ground, phone.caller, 0).await.unwrap(),
            told,
            "the same statement, not another"
        );
        assert_eq!(followed(&app, &phone, &first).await.kid(), newest.kid);
        assert!(phone.at(&app).ask().await.lease(release).is_some());
    })
    .await;
}

#[tokio::test]
async fn i3_a_practice_whose_key_is_missing_gives_no_lease_and_the_others_go_on() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = begin(&app).await;
        let (_, beside, tablet) = begin(&app).await;
        let replaced = fs::read(file(&database, therapy.practice, ".key")).unwrap();
        run(&app, therapy.practice).await.unwrap();
        app.close().await;
        let key = file(&database, therapy.practice, ".1.key");
        let away = key.with_extension("away");
        fs::rename(&key, &away).unwrap();
        // A key directory from the past: the replaced key is in it, and its successor is not.
        crate::testing::put_key_back(&file(&database, therapy.practice, ".key"), &replaced);

        let kept = Kept::default();
        let writer = kept.clone();
        let filter = "info".parse().unwrap();
        let subscriber = logs::subscriber(LogFormat::Json, filter, move || writer.clone());
        let app = {
            let _here = tracing::subscriber::set_default(subscriber);
            database.app().await
        };
        assert!(kept.text().contains(r#""code":"authority_key_missing""#), "{}", kept.text());
        assert!(!kept.text().contains(&therapy.practice.to_string()));
        assert!(file(&database, therapy.practice, ".key").exists(), "erased before its successor is there");
        let (phone, tablet) = (phone.at(&app), tablet.at(&app));
        let issued = number(&app, "SELECT COUNT(*) FROM lease").await;
        assert!(matches!(phone.ask_holding(&[]).await, Err(Refusal::Unavailable)));
        assert_eq!(number(&app, "SELECT COUNT(*) FROM lease").await, issued, "none is on record");
        assert!(tablet.ask().await.lease(beside).is_some());
        // Another key under its name is none.
        fs::copy(file(&database, tablet.caller.practice, ".key"), &key).unwrap();
        assert!(phone.ask_holding(&[]).await.is_err());
        // It is found in the backup: no start is needed.
        fs::rename(&away, &key).unwrap();
        assert!(phone.ask().await.lease(release).is_some());
    })
    .await;
}

#[tokio::test]
async fn a_statement_that_does_not_lead_on_is_not_taken() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = begin(&app).await;
        let practice = therapy.practice;
        let (_, _, tablet) = begin(&app).await;
        run(&app, tablet.caller.practice).await.unwrap();
        let foreign = file(&database, tablet.caller.practice, ".1.rotation");
        fs::copy(foreign, file(&database, practice, ".1.rotation")).unwrap();
        assert!(matches!(run(&app, practice).await, Err(RotateError::Unfit)));
        app.close().await;
        let app = database.app().await;
        assert_eq!(public(&app, practice).await.rotations, 0);
        assert!(phone.at(&app).ask().await.lease(release).is_some());
    })
    .await;
}

#[tokio::test]
async fn i1_an_end_that_a_replaced_key_has_signed_is_taken_back() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = begin(&app).await;
        let replaced = authority(&app, therapy.practice).await.unwrap();
        let denial = Denial {
            id: DenialId::new(therapy.now(), app.ground.entropy.bytes()),
            device: phone.caller.device,
            release: Some(release),
            upto_generation: 1,
            kind: DenialKind::Ended,
            at: therapy.now(),
            issued_at: therapy.now(),
            incarnation: IncarnationId::from_bytes([1; 16]),
        };
        let signed = denial.sign(replaced.signing_key());
        run(&app, therapy.practice).await.unwrap();
        handed_back::take_back(&app.binders, phone.caller, vec![signed]).await.unwrap();
        assert!(phone.ask().await.lease(release).is_none());
    })
    .await;
}

#[tokio::test]
async fn a_practice_has_no_more_rotations_than_devices_follow() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, ..) = begin(&app).await;
        let full = Authority { rotations: MAX_ROTATIONS, ..public(&app, therapy.practice).await };
        let practice = therapy.practice;
        crate::testing::therapy::write(&app, move |tx| {
            Box::pin(async move { authorities::set(tx, practice, &full).await })
        })
        .await;
        assert!(matches!(run(&app, practice).await, Err(RotateError::TooMany)));
    })
    .await;
}
