//! Uploads in pieces that break off and go on.

use futures_util::FutureExt;
use sha2::{Digest, Sha256};
use sync_core::policy::{Purpose, Role};

use super::*;
use crate::{
    domain::people::consents,
    testing::{
        for_each_database, for_sqlite, number,
        therapy::{Therapy, employ, end_care, silence},
    },
    turns::Payer,
};

const UPLOADS: &str = "SELECT COUNT(*) FROM upload";
const PIECES: &str = "SELECT COUNT(*) FROM upload_piece";

/// Two and a half pieces of sound.
fn sound() -> Vec<u8> {
    let len = u32::try_from(PIECE * 5 / 2).unwrap() - 44;
    let mut wav = b"RIFF".to_vec();
    wav.extend((36 + len).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    for part in
        [16_u32.to_le_bytes(), [1, 0, 1, 0], 8_000_u32.to_le_bytes(), 8_000_u32.to_le_bytes(), [1, 0, 8, 0]]
    {
        wav.extend(part);
    }
    wav.extend(b"data");
    wav.extend(len.to_le_bytes());
    wav.extend((0..len).map(|at| u8::try_from(at % 251).unwrap()));
    wav
}

fn new(therapy: &Therapy, media: &[u8]) -> NewUpload {
    let clip =
        NewClip { recording: therapy.recording, title: "Breathing".into(), heard: [therapy.mia].into() };
    NewUpload { clip, len: media.len() as u64, sha256: Sha256::digest(media).into() }
}

async fn begun(therapy: &Therapy, media: &[u8]) -> UploadId {
    begin(&therapy.app.ground, therapy.ada, new(therapy, media)).await.unwrap()
}

async fn send(therapy: &Therapy, upload: UploadId, media: &[u8], n: u64) -> Result<Come, Refusal> {
    let (from, to) = (n * PIECE, ((n + 1) * PIECE).min(media.len() as u64));
    let bytes = &media[usize::try_from(from).unwrap()..usize::try_from(to).unwrap()];
    let mut piece =
        therapy.app.upload_budget.begin(therapy.ada.staff, Some(bytes.len() as u64), None).unwrap();
    piece.push(bytes).unwrap();
    take(
        &therapy.app.ground,
        therapy.ada,
        upload,
        from,
        piece.finish(&therapy.app.ground, therapy.ada).await.unwrap(),
    )
    .await
}

#[tokio::test]
async fn an_upload_that_broke_off_goes_on_where_it_stopped_and_becomes_a_clip() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let media = sound();
        let upload = begun(&therapy, &media).await;
        assert_eq!(come(&app.ground, therapy.ada, upload).await.unwrap().offset, 0);
        assert!(matches!(
            finish(&app.ground, &app.upload_budget, therapy.ada, upload).await,
            Err(Refusal::Truncated)
        ));
        assert_eq!(send(&therapy, upload, &media, 0).await.unwrap().offset, PIECE);
        // Its answer was lost: it is sent again, and is here already.
        assert!(matches!(send(&therapy, upload, &media, 0).await, Err(Refusal::Conflict)));
        assert_eq!(
            come(&app.ground, therapy.ada, upload).await.unwrap(),
            Come { offset: PIECE, len: media.len() as u64 }
        );
        // Nor does anything come before its turn.
        assert!(matches!(send(&therapy, upload, &media, 2).await, Err(Refusal::Conflict)));
        send(&therapy, upload, &media, 1).await.unwrap();
        assert_eq!(send(&therapy, upload, &media, 2).await.unwrap().offset, media.len() as u64);
        assert!(matches!(send(&therapy, upload, &media, 2).await, Err(Refusal::Conflict)));
        let clip = finish(&app.ground, &app.upload_budget, therapy.ada, upload).await.unwrap();
        assert_eq!((clip.title.as_str(), clip.media.plain_len), ("Breathing", media.len() as u64));
        assert_eq!((number(&app, UPLOADS).await, number(&app, PIECES).await), (0, 0));
        assert!(matches!(come(&app.ground, therapy.ada, upload).await, Err(Refusal::NotFound)));
    })
    .await;
}

#[tokio::test]
async fn an_upload_that_is_finished_twice_at_once_becomes_one_clip() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let before = number(&app, "SELECT COUNT(*) FROM clip").await;
        let media = sound();
        let upload = begun(&therapy, &media).await;
        for n in 0..3 {
            send(&therapy, upload, &media, n).await.unwrap();
        }
        let (one, other) = tokio::join!(
            finish(&app.ground, &app.upload_budget, therapy.ada, upload),
            finish(&app.ground, &app.upload_budget, therapy.ada, upload)
        );
        let refused = [one.err(), other.err()];
        assert!(matches!(refused, [None, Some(Refusal::NotFound)] | [Some(Refusal::NotFound), None]));
        assert_eq!(number(&app, "SELECT COUNT(*) FROM clip").await, before + 1);
        assert_eq!((number(&app, UPLOADS).await, number(&app, PIECES).await), (0, 0));
    })
    .await;
}

#[tokio::test]
async fn a_piece_is_ciphertext_where_it_lies_and_gone_when_the_upload_has_ended() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let media = sound();
        let upload = begun(&therapy, &media).await;
        send(&therapy, upload, &media, 0).await.unwrap();
        let mut tx = app.ground.db.read().await.unwrap();
        let [object] = store::uploads::pieces(&mut tx, upload).await.unwrap().try_into().unwrap();
        let row = store::uploads::by_id(&mut tx, upload).await.unwrap().unwrap();
        drop(tx);
        let len = app.ground.objects.head(&object).await.unwrap();
        let stored = app.ground.objects.get_range(&object, 0..len).await.unwrap();
        assert!(len > PIECE && !stored.windows(16).any(|window| window == &media[1_000..1_016]));
        let digest = Sha256::digest(&media);
        for said in [&b"Breathing"[..], digest.as_slice()] {
            assert!(!row.said_sealed.windows(said.len()).any(|window| window == said));
        }
        discard(&app.ground, therapy.ada, upload).await.unwrap();
        assert!(app.ground.objects.head(&object).await.is_err());
        assert!(matches!(discard(&app.ground, therapy.ada, upload).await, Err(Refusal::NotFound)));
    })
    .await;
}

#[tokio::test]
async fn an_upload_is_kept_for_a_day_and_a_person_has_four() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let media = sound();
        let first = begun(&therapy, &media).await;
        send(&therapy, first, &media, 0).await.unwrap();
        app.ground.clock.advance(Span::from_secs(1));
        for _ in 0..4 {
            begun(&therapy, &media).await;
        }
        assert!(
            matches!(send(&therapy, first, &media, 1).await, Err(Refusal::NotFound)),
            "the oldest gave way"
        );
        assert_eq!(number(&app, UPLOADS).await, 5);
        assert_eq!(run_once(&app.ground).await.unwrap(), 1);
        assert_eq!((number(&app, UPLOADS).await, number(&app, PIECES).await), (4, 0));
        app.ground.clock.advance(Span::from_millis(KEPT_FOR.as_millis() - 1));
        assert_eq!(run_once(&app.ground).await.unwrap(), 0);
        let last = begun(&therapy, &media).await;
        app.ground.clock.advance(Span::from_millis(1));
        assert_eq!(run_once(&app.ground).await.unwrap(), 4);
        assert!(come(&app.ground, therapy.ada, last).await.is_ok());
        app.ground.clock.advance(KEPT_FOR);
        assert!(
            matches!(come(&app.ground, therapy.ada, last).await, Err(Refusal::NotFound)),
            "also before the worker has come"
        );
    })
    .await;
}

#[tokio::test]
async fn nobody_else_goes_on_with_it_and_its_bounds_are_those_of_a_clip() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let media = sound();
        let upload = begun(&therapy, &media).await;
        let colleague = employ(&app, therapy.practice, Role::Therapist).await;
        assert!(matches!(come(&app.ground, colleague, upload).await, Err(Refusal::NotFound)));
        assert!(matches!(
            finish(&app.ground, &app.upload_budget, colleague, upload).await,
            Err(Refusal::NotFound)
        ));
        assert!(matches!(discard(&app.ground, colleague, upload).await, Err(Refusal::NotFound)));
        assert!(matches!(begin(&app.ground, colleague, new(&therapy, &media)).await, Err(Refusal::NotFound)));
        let nothing = NewUpload { len: 0, ..new(&therapy, &media) };
        assert!(matches!(begin(&app.ground, therapy.ada, nothing).await, Err(Refusal::OutOfBounds(_))));
        let large = NewUpload { len: app.upload_budget.limit() + 1, ..new(&therapy, &media) };
        assert!(matches!(begin(&app.ground, therapy.ada, large).await, Err(Refusal::TooLarge { .. })));
        let short = send(&therapy, upload, &media[..1_000], 0).await;
        assert!(matches!(short, Err(Refusal::OutOfBounds(_))), "a piece is whole");
        // Whose care has ended meanwhile makes no clip of it.
        for n in 0..3 {
            send(&therapy, upload, &media, n).await.unwrap();
        }
        end_care(&app, therapy.client, therapy.ada.staff).await;
        assert!(matches!(
            finish(&app.ground, &app.upload_budget, therapy.ada, upload).await,
            Err(Refusal::NotFound)
        ));
    })
    .await;
}

#[tokio::test]
async fn what_is_not_what_was_said_makes_no_clip() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let before = number(&app, "SELECT COUNT(*) FROM clip").await;
        let media = sound();
        let said = NewUpload { sha256: [7; 32], ..new(&therapy, &media) };
        let upload = begin(&app.ground, therapy.ada, said).await.unwrap();
        for n in 0..3 {
            send(&therapy, upload, &media, n).await.unwrap();
        }
        assert!(matches!(
            finish(&app.ground, &app.upload_budget, therapy.ada, upload).await,
            Err(Refusal::DigestMismatch)
        ));
        let noise = vec![7; 1_000];
        let upload = begun(&therapy, &noise).await;
        send(&therapy, upload, &noise, 0).await.unwrap();
        assert!(matches!(
            finish(&app.ground, &app.upload_budget, therapy.ada, upload).await,
            Err(Refusal::NotMedia)
        ));
        assert_eq!((number(&app, UPLOADS).await, number(&app, PIECES).await), (0, 0), "they have ended");
        assert_eq!(number(&app, "SELECT COUNT(*) FROM clip").await, before);
    })
    .await;
}

async fn withdraws_record(therapy: &Therapy, participant: ParticipantId) {
    let record = [Purpose::Record].into();
    consents::withdraw(&therapy.app.ground, therapy.ada, therapy.recording, participant, record)
        .await
        .unwrap();
}

const CLIPS: &str = "SELECT COUNT(*) FROM clip";

#[tokio::test]
async fn record_is_asked_of_everybody_who_was_in_the_session_before_a_byte_is_taken() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::begin(&app).await;
        let media = sound();
        let new = || new(&therapy, &media);
        begin(&app.ground, therapy.ada, new()).await.unwrap();
        // He was there, and is not heard in this piece.
        assert!(!new().clip.heard.contains(&therapy.tom));
        withdraws_record(&therapy, therapy.tom).await;
        assert!(matches!(begin(&app.ground, therapy.ada, new()).await, Err(Refusal::RecordMissing)));
        assert!(matches!(
            clips::check(&app.ground, therapy.ada, &new().clip).await,
            Err(Refusal::RecordMissing)
        ));
        // A consent to something else is none to be recorded, and one that has run out is none at all.
        therapy.pass(Span::from_secs(1));
        therapy.consent(therapy.tom, None).await;
        assert!(matches!(begin(&app.ground, therapy.ada, new()).await, Err(Refusal::RecordMissing)));
        let until = Some(therapy.now() + Span::from_hours(1));
        therapy.consent_to(therapy.tom, [Purpose::Record].into(), until).await;
        begin(&app.ground, therapy.ada, new()).await.unwrap();
        therapy.pass(Span::from_hours(1));
        assert!(matches!(begin(&app.ground, therapy.ada, new()).await, Err(Refusal::RecordMissing)));
    })
    .await;
}

#[tokio::test]
async fn a_withdrawal_in_the_middle_of_an_upload_ends_it() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::begin(&app).await;
        let media = sound();
        let [asked, sent, whole] =
            [begun(&therapy, &media).await, begun(&therapy, &media).await, begun(&therapy, &media).await];
        send(&therapy, asked, &media, 0).await.unwrap();
        for n in 0..3 {
            send(&therapy, whole, &media, n).await.unwrap();
        }
        let clips = number(&app, CLIPS).await;
        withdraws_record(&therapy, therapy.tom).await;
        // Before a piece, with its bytes here already, and at the end.
        assert!(matches!(check(&app.ground, therapy.ada, asked, PIECE).await, Err(Refusal::RecordMissing)));
        assert!(matches!(send(&therapy, sent, &media, 0).await, Err(Refusal::RecordMissing)));
        assert!(matches!(
            finish(&app.ground, &app.upload_budget, therapy.ada, whole).await,
            Err(Refusal::RecordMissing)
        ));
        assert_eq!(number(&app, CLIPS).await, clips);
        assert_eq!((number(&app, UPLOADS).await, number(&app, PIECES).await), (0, 0), "nothing is kept");
    })
    .await;
}

#[tokio::test]
async fn a_clip_whose_bytes_came_before_a_withdrawal_is_not_made_after_it() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::begin(&app).await;
        let NewUpload { clip, .. } = new(&therapy, &[]);
        clips::check(&app.ground, therapy.ada, &clip).await.unwrap();
        let mut uploaded = app.upload_budget.begin(therapy.ada.staff, None, None).unwrap();
        uploaded.push(&silence()).unwrap();
        let before = number(&app, CLIPS).await;
        withdraws_record(&therapy, therapy.mia).await;
        let made = clips::add(
            &app.ground,
            therapy.ada,
            clip,
            uploaded.finish(&app.ground, therapy.ada).await.unwrap(),
        )
        .await;
        assert!(matches!(made, Err(Refusal::RecordMissing)));
        assert_eq!(number(&app, CLIPS).await, before);
    })
    .await;
}

/// The greatest clips would take every core, and each pause would wait for them.
#[tokio::test]
async fn a_clip_is_checked_and_sealed_when_its_turn_at_the_workbench_has_come() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let mut upload = app.upload_budget.begin(therapy.ada.staff, None, None).unwrap();
        upload.push(&silence()).unwrap();
        let seat = app.ground.clips.seat(Payer::Server).await.unwrap();
        let mut checking = Box::pin(upload.finish(&app.ground, therapy.ada));
        assert!((&mut checking).now_or_never().is_none());
        drop(seat);
        let uploaded = checking.await.unwrap();
        let seat = app.ground.clips.seat(Payer::Server).await.unwrap();
        let clip =
            NewClip { recording: therapy.recording, title: "Breathing".into(), heard: [therapy.mia].into() };
        let adding = tokio::spawn({
            let (ground, ada) = (app.ground.clone(), therapy.ada);
            async move { clips::add(&ground, ada, clip, uploaded).await.map(|clip| clip.id) }
        });
        let clips = || number(&app, "SELECT COUNT(*) FROM clip");
        let before = clips().await;
        for _ in 0..64 {
            tokio::task::yield_now().await;
        }
        assert!(!adding.is_finished());
        drop(seat);
        adding.await.unwrap().unwrap();
        assert_eq!(clips().await, before + 1);
    })
    .await;
}
