//! Access to a casebook, for writing and for reading.

use sync_core::policy::Role;
use sync_core::{
    documents::{Kind, ObservationKind},
    id::StaffId,
    lease::Marks,
    orders::RevokeOn,
    terms::TermsChange,
};

use super::*;
use crate::{
    app::App,
    domain::desk::releases::{self, Amendment, NewRelease, NewRevocation},
    testing::{
        for_each_database, for_sqlite, number,
        therapy::{Therapy, damage, employ},
    },
};

fn observed(reason: &str) -> NewObservation {
    NewObservation { kind: ObservationKind::Distress, reason: reason.into() }
}

async fn read(therapy: &Therapy) -> Vec<(EntryId, Observation)> {
    observations(&therapy.app.ground, therapy.ada, therapy.client).await.unwrap()
}

async fn audited(app: &App) -> i64 {
    number(app, "SELECT COUNT(*) FROM audit_entry").await
}

#[tokio::test]
async fn an_observation_is_kept_by_itself_and_changes_nothing_else() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let (release, phone) = (therapy.release().await, therapy.phone().await);
        let before = number(&app, "SELECT COUNT(*) FROM entry").await;
        let kept =
            observe(&app.binders, therapy.ada, therapy.client, vec![release], observed("Upset on Sunday."))
                .await;
        kept.unwrap();
        assert_eq!(number(&app, "SELECT COUNT(*) FROM entry").await, before, "no order");
        assert!(phone.ask().await.lease(release).is_some(), "it plays on");
        let found = read(&therapy).await;
        let [(_, one)] = found.as_slice() else { panic!("{}", found.len()) };
        assert_eq!((one.kind, one.reason.as_str()), (ObservationKind::Distress, "Upset on Sunday."));
        assert_eq!((one.releases.as_slice(), one.at), ([release].as_slice(), app.ground.clock.now()));
        // Beside an end it is one of the same.
        let observation = Some(observed("Again on Monday."));
        let new = NewRevocation { on: RevokeOn::Release(release), observation };
        releases::revoke(&app.binders, therapy.ada, therapy.client, new).await.unwrap();
        assert_eq!(read(&therapy).await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn i4_observations_and_words_are_stored_sealed() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        observe(&app.binders, therapy.ada, therapy.client, Vec::new(), observed("Upset on Sunday."))
            .await
            .unwrap();
        let binder = app.binders.of(therapy.client).await.unwrap();
        let mut tx = app.ground.db.read().await.unwrap();
        let stored = store::documents::of_client_and_kind(&mut tx, therapy.client, Kind::Casebook);
        let stored = stored.await.unwrap().unwrap();
        let changes = store::documents::changes(&mut tx, stored.id).await.unwrap();
        let rows = store::notes::observations(&mut tx, therapy.client).await.unwrap();
        drop((tx, binder));
        assert!(!changes.is_empty() && rows.len() == 1);
        for bytes in changes.iter().chain([&stored.snapshot, &rows[0].1]) {
            assert!(!bytes.windows(6).any(|window| window == b"Sunday"));
        }
    })
    .await;
}

#[tokio::test]
async fn the_words_of_a_release_are_those_that_its_clip_carries() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let plain = therapy.release().await;
        let words_of = |release| words(&app.ground, therapy.ada, release);
        assert!(!words_of(plain).await.unwrap().parting_note.is_empty(), "the default, as it is sent");
        let said = ReleaseWords {
            note: Some("Before you go out.".into()),
            marks: Marks(vec![(sync_core::instant::Span::from_millis(10), "Shoulders.".into())]),
            parting_note: "See you on Monday.".into(),
        };
        let new =
            NewRelease { clip: therapy.clip, terms: therapy.terms(), seen: Vec::new(), words: Some(said) };
        let release = releases::release(&app.binders, therapy.ada, therapy.client, new).await.unwrap();
        let found = words_of(release).await.unwrap();
        assert_eq!((found.note.as_deref(), found.marks.0.len()), (Some("Before you go out."), 1));
        assert_eq!(found.parting_note, "See you on Monday.");
        assert!(matches!(words_of(ReleaseId::from_bytes([9; 16])).await, Err(Refusal::NotFound)));
        // A taper says its sentence before it is met, and leaves the other words alone.
        let taper = |note: &str| Amendment {
            set: TermsChange { daily_limit: Some(Some(1)), ..TermsChange::default() },
            over: Vec::new(),
            note: Some(note.into()),
        };
        therapy.pass(sync_core::instant::Span::from_secs(1));
        releases::amend(&app.binders, therapy.ada, release, taper(" For now, once a day. ")).await.unwrap();
        let found = words_of(release).await.unwrap();
        assert_eq!((found.note.as_deref(), found.marks.0.len()), (Some("For now, once a day."), 1));
        assert_eq!(found.parting_note, "See you on Monday.");
        therapy.pass(sync_core::instant::Span::from_secs(1));
        releases::amend(&app.binders, therapy.ada, release, taper("")).await.unwrap();
        assert_eq!(words_of(release).await.unwrap().note, None);
    })
    .await;
}

#[tokio::test]
async fn each_reading_is_audited_and_nobody_reads_but_the_care_team() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let release = therapy.release().await;
        let before = audited(&app).await;
        read(&therapy).await;
        words(&app.ground, therapy.ada, release).await.unwrap();
        assert_eq!(audited(&app).await, before + 2);
        let stranger = employ(&app, therapy.practice, Role::Therapist).await;
        let supervisor = StaffCaller { role: Role::Supervisor, ..therapy.ada };
        let client = therapy.client;
        assert!(matches!(observations(&app.ground, stranger, client).await, Err(Refusal::NotFound)));
        assert!(matches!(words(&app.ground, stranger, release).await, Err(Refusal::NotFound)));
        assert!(matches!(observations(&app.ground, supervisor, client).await, Err(Refusal::NotAllowed)));
        // One that there is and one that there is not are answered alike.
        for release in [release, ReleaseId::from_bytes([9; 16])] {
            assert!(matches!(words(&app.ground, supervisor, release).await, Err(Refusal::NotAllowed)));
        }
        let kept = observe(&app.binders, stranger, client, Vec::new(), observed("")).await;
        assert!(matches!(kept, Err(Refusal::NotFound)));
        let of_nobody = StaffCaller { staff: StaffId::from_bytes([9; 16]), ..therapy.ada };
        assert!(matches!(observations(&app.ground, of_nobody, client).await, Err(Refusal::NotFound)));
        let foreign = vec![ReleaseId::from_bytes([9; 16])];
        let kept = observe(&app.binders, therapy.ada, client, foreign, observed("")).await;
        assert!(matches!(kept, Err(Refusal::NotFound)));
        assert!(read(&therapy).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_note_that_cannot_be_kept_says_so() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let long =
            observe(&app.binders, therapy.ada, therapy.client, Vec::new(), observed(&"a".repeat(17_000)))
                .await;
        assert!(matches!(long, Err(Refusal::OutOfBounds(_))), "{long:?}");
        let release = therapy.release().await;
        damage(&app, therapy.client, Kind::Casebook).await;
        app.binders.of(therapy.client).await.unwrap().forget().await;
        let told =
            observe(&app.binders, therapy.ada, therapy.client, Vec::new(), observed("Every night.")).await;
        assert!(matches!(told, Err(Refusal::NoteNotKept)), "{told:?}");
        let set = TermsChange { daily_limit: Some(Some(1)), ..TermsChange::default() };
        let taper = Amendment { set, note: Some("Once a day.".into()), ..Amendment::default() };
        let told = releases::amend(&app.binders, therapy.ada, release, taper).await;
        assert!(matches!(told, Err(Refusal::NoteNotKept)), "{told:?}");
        let known = crate::domain::desk::device_state::of_client(&app.ground, therapy.ada, therapy.client)
            .await
            .unwrap();
        let limit = known.into_iter().find(|one| one.id == release).unwrap().terms.unwrap().daily_limit;
        assert_eq!(limit, Some(1), "what takes something away is in force");
    })
    .await;
}
