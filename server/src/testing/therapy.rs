//! A therapy in progress, with its people and their devices as actors: by rows and domain calls, without HTTP.

mod phone;
mod rows;

use std::{collections::BTreeSet, sync::Arc};
use sync_core::{
    documents::{Document, Kind, Shelf, ShelfItem, ShelfState},
    id::{
        ClientId, ClipId, DeviceId, EntryId, FormId, IncarnationId, ParticipantId, PracticeId, ReceiptId,
        RecordingId, ReleaseId, StaffId,
    },
    instant::{Instant, Span},
    lease::{
        Batch, Denial, DenialKind, LeaseHeader, Receipt, ReceiptCause, ReceiptKind, Signed, Tag, VerifyingKey,
    },
    orders::RevokeOn,
    policy::{Purpose, Role},
    terms::{QuietHours, Terms},
};

use p256::{ecdsa::SigningKey, elliptic_curve::Generate};

use super::{authority, execute};
use crate::{
    app::App,
    domain::{
        clips::{self, NewClip},
        desk::{
            On,
            device_state::{self, DeviceTruth, Known, ReleaseTruth},
            releases::{self, NewRelease, NewRevocation},
        },
        documents,
        jobs::settling,
        leases::{self, Question, receipts},
        people::{
            clients,
            consents::{self, NewConsent},
            forms,
            participants::{self, NewParticipant},
            recordings::{self, NewRecording},
        },
    },
    nouns::{
        Refusal,
        callers::{CompanionCaller, ConsoleCaller, StaffCaller},
        entropy::Entropy,
        participant_kind::ParticipantKind,
    },
    store::{
        self, StoreError, Tx, Urgency,
        devices::{NewDevice, Person},
        practices::Practice,
        staff::NewStaff,
        tokens::{Owner, TokenKind},
    },
};

pub(crate) use self::rows::{damage, damage_entries, employ, end_care, token, write};

/// The generation of a device's first lease of a release while the tests' clock stands where it starts.
pub(crate) const FIRST: u64 = 1_800_000_000_000;

/// A therapist, Ada, who treats Mia; a recording with Mia and her partner Tom on it, and a clip in which both are heard.
pub(crate) struct Therapy {
    pub(crate) app: Arc<App>,
    pub(crate) practice: PracticeId,
    pub(crate) ada: StaffCaller,
    pub(crate) client: ClientId,
    pub(crate) recording: RecordingId,
    pub(crate) mia: ParticipantId,
    pub(crate) tom: ParticipantId,
    pub(crate) clip: ClipId,
    pub(crate) form: FormId,
}

/// A client's phone, with keys.
#[derive(Clone)]
pub(crate) struct Phone {
    app: Arc<App>,
    pub(crate) caller: CompanionCaller,
    pub(crate) exchange_key: [u8; 65],
    signing_key: SigningKey,
}

/// What a phone was answered, verified.
pub(crate) struct Answer {
    pub(crate) batch: Batch,
    pub(crate) denials: Vec<Denial>,
}

impl Therapy {
    /// The same therapy on another server of its database.
    pub(crate) fn at(&self, app: &Arc<App>) -> Self {
        Self { app: Arc::clone(app), ..*self }
    }

    /// When all have consented to be recorded, and were asked about nothing else.
    pub(crate) async fn begin(app: &Arc<App>) -> Self {
        let practice = rows::open_practice(app).await;
        let ada = employ(app, practice, Role::Therapist).await;
        let client = clients::add(&app.ground, ada, "Mia").await.unwrap().id;
        let add = |kind, client| {
            let new = NewParticipant { kind, name: "Somebody".into(), client, staff: None };
            participants::add(&app.ground, ada, new)
        };
        let mia = add(ParticipantKind::Client, Some(client)).await.unwrap();
        let tom = add(ParticipantKind::Partner, None).await.unwrap();
        let recorded_at = app.ground.clock.now();
        let new = NewRecording { client, recorded_at, participants: [mia, tom].into() };
        let recording = recordings::add(&app.ground, ada, new).await.unwrap();
        let (form, _) = forms::add(&app.ground, ada, vec!["You may stop at any time.".into()]).await.unwrap();
        for person in [mia, tom] {
            sign(app, ada, recording, person, form, [Purpose::Record].into(), None).await;
        }
        let clip = upload(app, ada, recording, [mia, tom].into()).await;
        Self { app: Arc::clone(app), practice, ada, client, recording, mia, tom, clip, form }
    }

    /// When everybody has consented.
    pub(crate) async fn consented(app: &Arc<App>) -> Self {
        let therapy = Self::begin(app).await;
        therapy.consent(therapy.mia, None).await;
        therapy.consent(therapy.tom, None).await;
        therapy
    }

    /// A released clip that a phone holds; no wake-up is left.
    pub(crate) async fn held(app: &Arc<App>) -> (Self, ReleaseId, Phone) {
        let therapy = Self::consented(app).await;
        let (phone, release) = (therapy.phone().await, therapy.release().await);
        phone.ask().await;
        therapy.settle().await;
        execute(app, "DELETE FROM outbox").await;
        (therapy, release, phone)
    }

    /// A couple in therapy with Ada: a clip of a session with both, to which everybody consents, as it is for Mia and as it
    /// is for Tom, who is a client of his own here. Both therapies name his person on the recording `tom`.
    pub(crate) async fn couple(app: &Arc<App>) -> (Self, Self) {
        let mia = Self::begin(app).await;
        let client = clients::add(&app.ground, mia.ada, "Tom").await.unwrap().id;
        let named = NewParticipant {
            kind: ParticipantKind::Client,
            name: "Tom".into(),
            client: Some(client),
            staff: None,
        };
        let tom = participants::add(&app.ground, mia.ada, named).await.unwrap();
        let people: BTreeSet<_> = [mia.mia, tom].into();
        let new = NewRecording {
            client: mia.client,
            recorded_at: app.ground.clock.now(),
            participants: people.clone(),
        };
        let recording = recordings::add(&app.ground, mia.ada, new).await.unwrap();
        for person in &people {
            sign(app, mia.ada, recording, *person, mia.form, [Purpose::Record].into(), None).await;
        }
        let clip = upload(app, mia.ada, recording, people).await;
        let mia = Self { recording, clip, tom, ..mia };
        mia.consent(mia.mia, None).await;
        mia.consent(mia.tom, None).await;
        let tom = Self { client, ..mia.at(app) };
        (mia, tom)
    }

    /// The same therapy, with another clip of the same session.
    pub(crate) async fn another_clip(&self) -> Self {
        let clip = upload(&self.app, self.ada, self.recording, [self.mia, self.tom].into()).await;
        Self { clip, ..self.at(&self.app) }
    }

    pub(crate) async fn consent(&self, participant: ParticipantId, valid_until: Option<Instant>) {
        self.consent_to(participant, [Purpose::ReleaseToClient].into(), valid_until).await;
    }

    pub(crate) async fn consent_to(
        &self,
        participant: ParticipantId,
        purposes: BTreeSet<Purpose>,
        valid_until: Option<Instant>,
    ) {
        sign(&self.app, self.ada, self.recording, participant, self.form, purposes, valid_until).await;
    }

    pub(crate) async fn withdraw(&self, participant: ParticipantId) {
        consents::withdraw(&self.app.ground, self.ada, self.recording, participant, BTreeSet::new())
            .await
            .unwrap();
    }

    /// For a week, three days without contact.
    pub(crate) fn terms(&self) -> Terms {
        Terms {
            not_before: None,
            expires_at: self.now() + Span::from_days(7),
            offline_for: Span::from_hours(72),
            daily_limit: Some(3),
            quiet_hours: QuietHours::NONE,
            planned_daily: None,
        }
    }

    pub(crate) async fn release(&self) -> ReleaseId {
        self.release_as(self.terms(), Vec::new()).await.unwrap()
    }

    pub(crate) async fn release_as(&self, terms: Terms, seen: Vec<EntryId>) -> Result<ReleaseId, Refusal> {
        let new = NewRelease { clip: self.clip, terms, seen, words: None };
        releases::release(&self.app.binders, self.ada, self.client, new).await
    }

    pub(crate) async fn revoke(&self, on: RevokeOn) {
        let new = NewRevocation { on, observation: None };
        releases::revoke(&self.app.binders, self.ada, self.client, new).await.unwrap();
    }

    pub(crate) async fn hold(&self, release: ReleaseId, until: Option<Instant>) -> EntryId {
        releases::hold(&self.app.binders, self.ada, On::Release(release), until).await.unwrap()
    }

    pub(crate) async fn lift(&self, hold: EntryId) {
        releases::lift(&self.app.binders, self.ada, self.client, vec![hold]).await.unwrap();
    }

    /// Does what a worker would.
    pub(crate) async fn settle(&self) {
        while settling::settle_due(&self.app.binders).await.unwrap() > 0 {}
        settling::settle_in_time(&self.app.binders).await.unwrap();
    }

    /// A phone whose name the therapist has seen.
    pub(crate) async fn phone(&self) -> Phone {
        let phone = self.unseen_phone().await;
        self.confirm(phone.caller.device).await.unwrap();
        phone
    }

    pub(crate) async fn unseen_phone(&self) -> Phone {
        let (signing_key, exchange) = (key(), key());
        let exchange_key = public(&exchange);
        let person = Person::Client(self.client);
        let device = pair(&self.app, self.practice, person, exchange_key, public(&signing_key)).await;
        let (client, practice) = (self.client, self.practice);
        let caller = CompanionCaller { device, client, practice, removed: false, signed_after: None };
        Phone { app: Arc::clone(&self.app), caller, exchange_key, signing_key }
    }

    /// A laptop of the therapist's.
    pub(crate) async fn laptop(&self) -> ConsoleCaller {
        self.laptop_of(self.ada).await
    }

    pub(crate) async fn laptop_of(&self, staff: StaffCaller) -> ConsoleCaller {
        let (exchange, signing) = (public(&key()), public(&key()));
        let device = pair(&self.app, self.practice, Person::Staff(staff.staff), exchange, signing).await;
        ConsoleCaller { device, staff: staff.staff, practice: self.practice, role: staff.role, ended: false }
    }

    /// What the client's devices see, as it is stored.
    pub(crate) async fn shelf(&self) -> Shelf {
        Shelf::read(&self.document(Kind::Shelf).await)
    }

    pub(crate) async fn item(&self, release: ReleaseId) -> Option<ShelfItem> {
        self.shelf().await.0.remove(&release)
    }

    pub(crate) async fn state(&self, release: ReleaseId) -> Option<ShelfState> {
        self.item(release).await.map(|item| item.state)
    }

    pub(crate) async fn document(&self, kind: Kind) -> Document {
        let mut tx = self.app.ground.db.read().await.unwrap();
        let read = documents::committed(&self.app.ground, &mut tx, self.practice, self.client, kind).await;
        read.unwrap().open(&self.app.ground, self.client).await.unwrap().unwrap().document
    }

    pub(crate) async fn truth(&self, release: ReleaseId) -> ReleaseTruth {
        let truths = device_state::of_client(&self.app.ground, self.ada, self.client).await.unwrap();
        truths.into_iter().find(|truth| truth.id == release).unwrap()
    }

    /// What is known of a release on a phone.
    pub(crate) async fn known(&self, release: ReleaseId, phone: &Phone) -> Known {
        let devices: Vec<DeviceTruth> = self.truth(release).await.devices;
        devices.into_iter().find(|truth| truth.device == phone.caller.device).unwrap().known
    }

    pub(crate) fn now(&self) -> Instant {
        self.app.ground.clock.now()
    }

    pub(crate) fn pass(&self, span: Span) {
        self.app.ground.clock.advance(span);
    }
}

/// What everybody on the staff is called here.
pub(crate) const NAME: &str = "Ada Testperson";

async fn pair(
    app: &App,
    practice: PracticeId,
    person: Person,
    exchange_key: [u8; 65],
    signing_key: [u8; 65],
) -> DeviceId {
    let (at, device) =
        (app.ground.clock.now(), DeviceId::new(app.ground.clock.now(), app.ground.entropy.bytes()));
    let mut tx = app.ground.db.read().await.unwrap();
    let sealing = app.ground.keys.practice(&mut tx, practice).await.unwrap();
    drop(tx);
    let name_sealed = sealing.seal(&format!("device.name_sealed/{device}"), b"A device");
    let confirmed_at = matches!(person, Person::Staff(_)).then_some(at);
    write(app, move |tx| {
        Box::pin(async move {
            let row = NewDevice {
                id: device,
                practice,
                person,
                name_sealed: &name_sealed,
                exchange_key: &exchange_key,
                signing_key: &signing_key,
                paired_at: at,
                confirmed_at,
            };
            store::devices::insert(tx, &row).await
        })
    })
    .await;
    device
}

async fn sign(
    app: &Arc<App>,
    staff: StaffCaller,
    recording: RecordingId,
    participant: ParticipantId,
    form: FormId,
    purposes: BTreeSet<Purpose>,
    valid_until: Option<Instant>,
) {
    let new = NewConsent { participant, purposes, form, at: None, valid_until };
    consents::give(&app.ground, staff, recording, new).await.unwrap();
}

async fn upload(
    app: &Arc<App>,
    staff: StaffCaller,
    recording: RecordingId,
    heard: BTreeSet<ParticipantId>,
) -> ClipId {
    let mut upload = app.upload_budget.begin(staff.staff, None, None).unwrap();
    upload.push(&silence()).unwrap();
    let new = NewClip { recording, title: "Breathing".into(), heard };
    clips::add(&app.ground, staff, new, upload.finish(&app.ground, staff).await.unwrap()).await.unwrap().id
}

/// A second of silence as WAV: 8 kHz, one channel, eight bits.
pub(crate) fn silence() -> Vec<u8> {
    const SAMPLES: u32 = 8_000;
    let mut wav = b"RIFF".to_vec();
    wav.extend((36 + SAMPLES).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    for part in
        [16_u32.to_le_bytes(), [1, 0, 1, 0], SAMPLES.to_le_bytes(), SAMPLES.to_le_bytes(), [1, 0, 8, 0]]
    {
        wav.extend(part);
    }
    wav.extend(b"data");
    wav.extend(SAMPLES.to_le_bytes());
    wav.extend(std::iter::repeat_n(128_u8, SAMPLES as usize));
    wav
}

pub(crate) fn key() -> SigningKey {
    SigningKey::generate_from_rng(&mut Entropy::System)
}

fn public(key: &SigningKey) -> [u8; 65] {
    key.verifying_key().to_sec1_point(false).as_bytes().try_into().unwrap()
}
