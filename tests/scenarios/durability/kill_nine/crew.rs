//! The crew at work: two laptops, a phone, a tablet, and the therapist at the API.

use anyhow::{Context, ensure};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use refrain::http::wire::time::Time;
use refrain_tests::{Case, Companion, Laptop, Process, Therapist, api::text, case::SignIn};
use reqwest::Method;
use serde_json::json;
use sync_core::{
    documents::{self, Kind, Letter, Note, Words},
    id::{ClientId, ClipId, RecordingId, ReleaseId},
    instant::{Instant, Span},
    lease::Marks,
    orders::RevokeOn,
    terms::{QuietHours, Terms, TermsChange},
};
use tokio::{
    sync::{
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
        watch,
    },
    task::JoinHandle,
};

use super::{Observer, Promise, Promises};

/// How many releases may play at once: a phone fetches each of them.
const LIVE: usize = 4;

/// Everybody, between two kills.
pub(super) struct Crew {
    place: Place,
    seeds: StdRng,
    laptops: Vec<Laptop>,
    pub(super) companions: Vec<Companion>,
    pub(super) therapist: Option<Therapist>,
}

/// Everybody, at work.
pub(super) struct AtWork {
    laptops: Vec<JoinHandle<anyhow::Result<Laptop>>>,
    companions: Vec<JoinHandle<anyhow::Result<Companion>>>,
    therapist: Option<JoinHandle<anyhow::Result<Therapist>>>,
}

/// What everybody knows.
#[derive(Clone, Copy)]
struct Place {
    client: ClientId,
    clip: ClipId,
    recording: RecordingId,
    now: Instant,
}

/// One worker's dice, whom it tells, and how it knows that the end has come.
struct Shift {
    place: Place,
    random: StdRng,
    tell: UnboundedSender<Promise>,
    killed: watch::Receiver<bool>,
}

impl Crew {
    pub(super) async fn assemble(process: &Process, random: &mut StdRng) -> anyhow::Result<(Self, Observer)> {
        let (server, now) = (process.api()?, process.now());
        let yesterday = Time(now - Span::from_days(1));
        let sign_in = SignIn { otpauth: &process.otpauth, at: now };
        let recorded_at = json!(yesterday);
        let case = Case::open(&server, sign_in, recorded_at.as_str().context("a time")?).await?;
        let mut laptops = Vec::new();
        for name in ["Laptop", "Her phone"] {
            laptops.push(Laptop::pair(case.therapist.api(), name, case.client).await?);
        }
        let mut companions = Vec::new();
        for name in ["Phone", "Tablet"] {
            companions.push(case.pair(&server, name, now).await?);
        }
        let archive = Laptop::pair(case.therapist.api(), "Archive", case.client).await?;
        let mirror = case.pair(&server, "Mirror", now).await?;
        let observer = Observer::new(case.client, &archive, &mirror);
        let place = Place { client: case.client, clip: case.clip, recording: case.recording, now };
        let seeds = StdRng::from_rng(random);
        let crew = Self { place, seeds, laptops, companions, therapist: Some(case.therapist) };
        Ok((crew, observer))
    }

    /// Everybody sets to work, and tells what the server has acknowledged.
    pub(super) fn work(&mut self, killed: &watch::Receiver<bool>) -> (UnboundedReceiver<Promise>, AtWork) {
        let (tell, told) = unbounded_channel();
        let Self { place, seeds, .. } = self;
        let mut shift = || Shift {
            place: *place,
            random: StdRng::from_rng(seeds),
            tell: tell.clone(),
            killed: killed.clone(),
        };
        let laptops = self.laptops.drain(..).map(|laptop| tokio::spawn(shift().of_laptop(laptop))).collect();
        let companions = self.companions.drain(..);
        let companions = companions.map(|companion| tokio::spawn(shift().of_companion(companion))).collect();
        let therapist = self.therapist.take();
        let therapist = therapist.map(|therapist| tokio::spawn(shift().of_therapist(therapist)));
        (told, AtWork { laptops, companions, therapist })
    }

    /// Everybody comes back, with the error of whoever failed before the kill.
    pub(super) async fn come_back(&mut self, at_work: AtWork) -> anyhow::Result<()> {
        for laptop in at_work.laptops {
            self.laptops.push(laptop.await??);
        }
        for companion in at_work.companions {
            self.companions.push(companion.await??);
        }
        if let Some(therapist) = at_work.therapist {
            self.therapist = Some(therapist.await??);
        }
        Ok(())
    }

    /// Everybody gets done what was interrupted.
    pub(super) async fn finish(&mut self, promises: &mut Promises) -> anyhow::Result<()> {
        for laptop in &mut self.laptops {
            laptop.sync().await?;
            ensure!(laptop.unsent() == 0, "{} has {} entries left", laptop.name, laptop.unsent());
            written(laptop).into_iter().for_each(|promise| promises.note(promise));
        }
        for companion in &mut self.companions {
            companion.contact().await?;
            companion.hand_in().await?;
            ensure!(companion.machine().receipts().is_empty(), "{} has receipts left", companion.name);
            promises.note(letters(companion));
        }
        Ok(())
    }
}

impl Shift {
    async fn of_laptop(mut self, mut laptop: Laptop) -> anyhow::Result<Laptop> {
        while !*self.killed.borrow() {
            self.decide(&mut laptop)?;
            match laptop.sync().await {
                Ok(()) => {
                    ensure!(laptop.unsent() == 0);
                    written(&mut laptop).into_iter().for_each(|promise| self.tell(promise));
                }
                Err(_) if *self.killed.borrow() => break,
                Err(error) => return Err(error.context(laptop.name)),
            }
        }
        laptop.go_offline();
        Ok(laptop)
    }

    /// One decision, offline.
    fn decide(&mut self, laptop: &mut Laptop) -> anyhow::Result<()> {
        let Place { clip, recording, now, .. } = self.place;
        let orders = laptop.folded();
        let live: Vec<_> = orders.releases.iter().filter(|(_, release)| !release.revoked).collect();
        let release_another = live.len() < LIVE && self.random.random_bool(0.5);
        if live.is_empty() || release_another {
            let release = laptop.release(clip, recording, terms(now), now);
            laptop.note(&Note::Words(Words {
                release,
                at: now,
                note: None,
                marks: Marks(Vec::new()),
                parting_note: "You can do this without it now.".into(),
            }));
            return Ok(());
        }
        let (release, known) = live[self.random.random_range(0..live.len())];
        match self.random.random_range(0..100_u8) {
            0..40 => laptop.revoke(*release, RevokeOn::Release(*release), now)?,
            // Seldom: every later release must name it as seen.
            40..42 => laptop.revoke(*release, RevokeOn::Clip(clip), now)?,
            42..60 => drop(laptop.hold(*release, None, now)),
            60..80 if !known.holds.is_empty() => laptop.lift(known.holds.keys().copied().collect(), now),
            80..90 if !known.unseen.is_empty() => laptop.confirm(*release, now)?,
            _ => {
                let days = self.random.random_range(1..30);
                let expires_at = Some(now + Span::from_days(days));
                laptop.amend(*release, TermsChange { expires_at, ..TermsChange::default() }, now)?;
            }
        }
        Ok(())
    }

    async fn of_companion(mut self, mut companion: Companion) -> anyhow::Result<Companion> {
        while !*self.killed.borrow() {
            if self.random.random_bool(0.5) {
                let shelf: Vec<ReleaseId> = companion.shelf().0.into_keys().collect();
                if !shelf.is_empty() {
                    let release = shelf[self.random.random_range(0..shelf.len())];
                    let value = self.random.random_range(0..=4);
                    companion.write(&Letter::Rating { release, at: self.place.now, value })?;
                }
            }
            match companion.contact().await {
                Ok(()) => self.tell(letters(&companion)),
                Err(_) if *self.killed.borrow() => break,
                Err(error) => return Err(error.context(companion.name)),
            }
        }
        companion.go_offline();
        companion.go_online();
        Ok(companion)
    }

    async fn of_therapist(mut self, therapist: Therapist) -> anyhow::Result<Therapist> {
        let mut released = Vec::new();
        while !*self.killed.borrow() {
            match self.ask(&therapist, &mut released).await {
                Ok(promise) => self.tell(promise),
                Err(_) if *self.killed.borrow() => break,
                Err(error) => return Err(error.context("the therapist")),
            }
        }
        Ok(therapist)
    }

    /// One request, and what a success promises.
    async fn ask(&mut self, therapist: &Therapist, released: &mut Vec<ReleaseId>) -> anyhow::Result<Promise> {
        let client = self.place.client;
        if self.random.random_bool(0.3) {
            return Ok(Promise::Client(therapist.add_client("Somebody Else").await?));
        }
        // Whatever was released is taken back before more is, or phones would have ever more to fetch.
        if let Some(release) = released.pop() {
            therapist.revoke(client, json!({ "release": release }), None).await?;
            return Ok(Promise::Revoked(release));
        }
        let release = self.release(therapist).await?;
        released.push(release);
        Ok(Promise::Released(release))
    }

    /// Releases; where somebody has taken the clip back meanwhile, once more with that named as seen.
    async fn release(&self, therapist: &Therapist) -> anyhow::Result<ReleaseId> {
        let Place { client, clip, now, .. } = self.place;
        let path = format!("/v1/clients/{client}/releases");
        let mut seen = Vec::new();
        loop {
            let terms = json!({ "expires_at": Time(now + Span::from_days(7)) });
            let request = json!({ "clip": clip, "terms": terms, "seen": seen });
            let (status, body) = therapist.api().send(Method::POST, &path, Some(request)).await?;
            if body["code"] == "unseen" {
                seen.extend(body["entries"].as_array().context("entries")?.iter().cloned());
                continue;
            }
            ensure!(status.is_success(), "was answered {status}: {body}");
            return Ok(ReleaseId::parse(text(&body, "release")?)?);
        }
    }

    fn tell(&self, promise: Promise) {
        // Whoever listens has gone only when the round has failed already.
        let _ = self.tell.send(promise);
    }
}

/// After a sync the server has named the laptop's heads as its own.
fn written(laptop: &mut Laptop) -> [Promise; 2] {
    let (orders, casebook) = laptop.document_ids();
    let known = laptop.documents();
    [(Kind::Orders, orders), (Kind::Casebook, casebook)]
        .map(|(kind, id)| Promise::Entries(kind, known.get(&id).map(documents::entries).unwrap_or_default()))
}

fn letters(companion: &Companion) -> Promise {
    Promise::Entries(Kind::Journal, documents::entries(companion.documents().journal_document()))
}

fn terms(now: Instant) -> Terms {
    Terms {
        not_before: None,
        expires_at: now + Span::from_days(7),
        offline_for: Span::from_hours(72),
        daily_limit: None,
        quiet_hours: QuietHours::NONE,
        planned_daily: None,
    }
}
