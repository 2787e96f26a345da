//! The journal, by caller and by time: letters always, plays only while they are shared.

use std::collections::BTreeSet;

use sync_core::{
    documents::{PartOfDay, PlayKey, append, record_plays},
    id::EntryId,
    instant::Span,
    policy::{Purpose, Role},
};

use super::*;
use crate::{
    domain::{people::consents, sync::tests::Device},
    nouns::callers::DeviceCaller,
    testing::{
        for_each_database, for_sqlite,
        therapy::{Phone, Therapy, employ},
    },
};

/// A phone at its journal.
struct Writer {
    device: Device,
    phone: Phone,
}

impl Writer {
    async fn open(therapy: &Therapy) -> Self {
        let phone = therapy.phone().await;
        let mut device =
            Device::connect(therapy, DeviceCaller::Companion(phone.caller), &[Kind::Journal]).await;
        device.exchange().await.unwrap();
        Self { device, phone }
    }

    async fn write(&mut self, therapy: &Therapy, letter: Letter) {
        let id = EntryId::from_bytes(therapy.app.ground.entropy.bytes());
        append(self.device.documents.values_mut().next().unwrap(), &[(id, letter.encode())]).unwrap();
        self.exchange().await;
    }

    async fn play(&mut self, release: ReleaseId, day: Instant, part: Option<PartOfDay>, times: u32) {
        let key = PlayKey { device: self.phone.caller.device, release, day, part };
        record_plays(self.device.documents.values_mut().next().unwrap(), key, times).unwrap();
        self.exchange().await;
    }

    async fn exchange(&mut self) {
        self.device.exchange().await.unwrap();
        assert!(self.device.refusals.is_empty());
    }
}

async fn heard(therapy: &Therapy) -> Listening {
    let heard = listening(&therapy.app.ground, therapy.ada, therapy.client).await.unwrap();
    // Their phones are told the same.
    let mut tx = therapy.app.ground.db.read().await.unwrap();
    let told =
        letters::is_shared(&therapy.app.ground, &mut tx, therapy.practice, therapy.client).await.unwrap();
    assert_eq!(told, heard.shared);
    heard
}

#[tokio::test]
async fn i4_plays_and_ratings_are_shown_only_while_they_are_shared_and_letters_always() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let release = therapy.release().await;
        let (mut phone, mut tablet) = (Writer::open(&therapy).await, Writer::open(&therapy).await);
        let day = therapy.now();
        phone.play(release, day, Some(PartOfDay::Night), 2).await;
        tablet.play(release, day, Some(PartOfDay::Night), 1).await;
        tablet.play(release, day, Some(PartOfDay::Evening), 1).await;
        // A companion that does not tell parts.
        tablet.play(release, day, None, 1).await;
        phone.write(&therapy, Letter::Rating { release, at: day, value: 3 }).await;
        phone.write(&therapy, Letter::Request { release: None, at: day, words: "Longer?".into() }).await;
        phone.write(&therapy, Letter::Return { release, at: day }).await;
        let silent = heard(&therapy).await;
        assert!(!silent.shared && silent.days.is_empty() && silent.ratings.is_empty(), "nobody was asked");

        let share = async |phone: &mut Writer, on: bool| {
            therapy.pass(Span::from_secs(1));
            // By a clock that is wrong by a year: what the server received last counts.
            let at = if on { day + Span::from_days(365) } else { day - Span::from_days(365) };
            phone.write(&therapy, Letter::Sharing { on, at }).await;
        };
        share(&mut phone, true).await;
        let shared = heard(&therapy).await;
        assert!(shared.shared);
        let parts = [(PartOfDay::Night, 3), (PartOfDay::Evening, 1)].into();
        assert_eq!(shared.days, [((release, day), DayPlays { plays: 5, parts })].into());
        assert_eq!(shared.ratings, [(release, day, 3)]);
        share(&mut tablet, false).await;
        assert!(!heard(&therapy).await.shared && heard(&therapy).await.days.is_empty());
        share(&mut phone, true).await;
        assert!(heard(&therapy).await.shared);
        // Said to somebody of the staff, it counts like a switch on the phone.
        therapy.pass(Span::from_secs(1));
        let purposes: BTreeSet<_> = [Purpose::SharePracticeData].into();
        consents::withdraw(&app.ground, therapy.ada, therapy.recording, therapy.mia, purposes).await.unwrap();
        assert!(!heard(&therapy).await.shared);
        share(&mut tablet, true).await;
        assert!(heard(&therapy).await.shared);

        let letters = letters(&app.ground, therapy.ada, therapy.client).await.unwrap();
        assert_eq!(letters.len(), 2);
        assert!(
            letters
                .iter()
                .any(|one| matches!(&one.letter, Letter::Request { words, .. } if words == "Longer?"))
        );
    })
    .await;
}

#[tokio::test]
async fn what_stands_out_is_told_while_the_plays_are_shared_and_the_clip_plays() {
    for_sqlite(async |database| {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let release = therapy.release().await;
        let mut phone = Writer::open(&therapy).await;
        let day = therapy.now();
        phone.play(release, day, Some(PartOfDay::Morning), 5).await;
        assert_eq!(heard(&therapy).await.signs, [], "nothing is shared yet");
        phone.write(&therapy, Letter::Sharing { on: true, at: day }).await;
        assert_eq!(heard(&therapy).await.signs, [(release, Sign::Several { plays: 5, day })]);
        therapy.hold(release, None).await;
        assert_eq!(heard(&therapy).await.signs, [], "a clip that rests is not heard, and that says nothing");
    })
    .await;
}

#[tokio::test]
async fn of_one_instant_a_no_counts() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let mut phone = Writer::open(&therapy).await;
        let at = therapy.now();
        for on in [true, false, true] {
            phone.write(&therapy, Letter::Sharing { on, at }).await;
        }
        assert!(!heard(&therapy).await.shared);
    })
    .await;
}

#[tokio::test]
async fn a_journal_is_read_by_those_who_treat_the_client_and_by_nobody_else() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let stranger = employ(&app, therapy.practice, Role::Therapist).await;
        let admin = employ(&app, therapy.practice, Role::PracticeAdmin).await;
        let of = |caller| letters(&app.ground, caller, therapy.client);
        assert!(matches!(of(stranger).await, Err(Refusal::NotFound)));
        assert!(matches!(of(admin).await, Err(Refusal::NotAllowed)));
        assert!(matches!(listening(&app.ground, stranger, therapy.client).await, Err(Refusal::NotFound)));
        assert!(matches!(listening(&app.ground, admin, therapy.client).await, Err(Refusal::NotAllowed)));
    })
    .await;
}
