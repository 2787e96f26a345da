//! A client's device: sync-core's state machine and documents, a vault, a little storage, a clock, and a way to the server.

mod effects;
mod line;
mod questions;
mod sync;

use std::collections::BTreeMap;

use anyhow::{Context, bail, ensure};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sync_core::{
    device::{Companion as Machine, Documents, Identity, Phase},
    digits::Digits,
    documents::PlayKey,
    id::{ClientId, DeviceId, PracticeId, ReleaseId},
    instant::{Instant, Span},
    lease::VerifyingKey,
    media::Opener,
    policy::Access,
};

use self::line::Line;
use crate::{
    api::{Api, text},
    device_clock::DeviceClock,
    push_service::{PushService, Subscriber},
    socket::Wire,
    vault::Vault,
};

/// Media time that one record of a clip is taken to last when the budget is debited.
const STRETCH: Span = Span::from_secs(60);

/// A phone, tablet or browser of a client.
pub struct Companion {
    /// What its person calls it.
    pub name: String,
    /// Its id.
    pub device: DeviceId,
    /// Its person.
    pub client: ClientId,
    /// Its clocks.
    pub clock: DeviceClock,
    /// Whether it has a network.
    pub online: bool,
    /// What happens to its frames.
    pub wire: Wire,
    /// Whether it follows rotations of the practice's key.
    pub follows: bool,
    api: Api,
    machine: Machine,
    identity: Identity,
    vault: Vault,
    /// Ciphertext, as far as it has been fetched.
    files: BTreeMap<ReleaseId, Vec<u8>>,
    saved: Vec<u8>,
    documents: Documents,
    /// The documents as they were saved last, while the line changes them. Otherwise they are saved as they are.
    kept_documents: Option<Vec<u8>>,
    line: Option<Line>,
    /// After how many pieces the next download breaks off.
    pub breaks_after: Option<usize>,
    /// The number of the last receipt that the server has said to have.
    pub taken_upto: u64,
}

impl Companion {
    /// Pairs with a code, as a device whose clock shows `now`.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn pair(server: &Api, code: &str, name: &str, now: Instant) -> anyhow::Result<Self> {
        Self::pair_with(server, code, name, now, true).await
    }

    /// Pairs as a device of the release before, which signs no request.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn pair_unsigned(server: &Api, code: &str, name: &str, now: Instant) -> anyhow::Result<Self> {
        Self::pair_with(server, code, name, now, false).await
    }

    async fn pair_with(
        server: &Api,
        code: &str,
        name: &str,
        now: Instant,
        signs: bool,
    ) -> anyhow::Result<Self> {
        let vault = Vault::new()?;
        let request = json!({
            "code": code,
            "name": name,
            "exchange_key": BASE64.encode(vault.exchange_key()),
            "signing_key": BASE64.encode(vault.signing_key()),
        });
        let paired = server.call(Method::POST, "/v1/pair", Some(request)).await?;
        let authority = BASE64.decode(text(&paired["authority"], "public_key")?)?;
        let identity = Identity {
            device: DeviceId::parse(text(&paired, "device")?)?,
            practice: PracticeId::parse(text(&paired, "practice")?)?,
            exchange_key: vault.exchange_key(),
            authority: VerifyingKey::from_sec1_bytes(&authority)?,
            rotations: paired["authority"]["rotations"].as_u64().context("rotations")?,
        };
        let api = server.with_token(text(&paired, "token")?);
        let api = if signs { api.with_signer(vault.signer()) } else { api };
        let (shelf, journal) = sync::listed(&api).await?;
        let documents = Documents::new(shelf, journal);
        Ok(Self {
            name: name.to_owned(),
            device: identity.device,
            client: ClientId::parse(text(&paired, "client")?)?,
            clock: DeviceClock::at(now),
            online: true,
            wire: Wire::Whole,
            follows: true,
            api,
            machine: Machine::new(identity.clone()),
            identity,
            vault,
            files: BTreeMap::new(),
            saved: Vec::new(),
            kept_documents: None,
            documents,
            line: None,
            breaks_after: None,
            taken_upto: 0,
        })
    }

    /// The four digits that it shows its person.
    ///
    /// # Errors
    /// Never in practice: its own key is one.
    pub fn digits(&self) -> anyhow::Result<Digits> {
        let signing = self.vault.signing_key().try_into().ok().context("a point of 65 bytes")?;
        Ok(Digits::of(self.device, &self.vault.exchange_key(), &signing))
    }

    /// Subscribes to wake-ups.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn subscribe(&self, service: &PushService) -> anyhow::Result<Subscriber> {
        let subscriber = service.subscribe();
        let body = subscriber.to_json();
        self.api.call(Method::PUT, "/v1/device/push-subscription", Some(body)).await?;
        Ok(subscriber)
    }

    /// Comes online, syncs, asks for leases if any are due, and finishes what that brings.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses the device.
    pub async fn contact(&mut self) -> anyhow::Result<()> {
        ensure!(self.online, "{} is offline", self.name);
        // A connection that is open already would be level with what it has heard, not with what is on its way.
        self.line = None;
        let effects = self.machine.resume();
        self.perform(effects).await?;
        self.sync().await?;
        let before = self.machine.incarnation();
        self.ask().await?;
        if before.is_some() && before != self.machine.incarnation() {
            self.documents.forget_shelf();
            self.line = None;
            self.sync().await?;
        }
        Ok(())
    }

    /// Goes to another address from now on.
    pub fn reach(&mut self, server: &Api) {
        self.api = self.api.toward(server);
        self.line = None;
    }

    /// The network is lost.
    pub fn go_offline(&mut self) {
        self.online = false;
        self.line = None;
    }

    /// The network is back; nothing is done yet.
    pub const fn go_online(&mut self) {
        self.online = true;
    }

    /// Time passes on this device.
    ///
    /// # Errors
    /// When what lapses cannot be erased.
    pub async fn pass(&mut self, time: Span) -> anyhow::Result<()> {
        // Not in one leap, which no honest clock makes.
        let mut left = time;
        loop {
            let step = left.min(Span::from_hours(12));
            self.clock.advance(step);
            let effects = self.machine.tick(self.clock.reading());
            self.perform(effects).await?;
            left = left.saturating_sub(step);
            if left == Span::ZERO {
                return Ok(());
            }
        }
    }

    /// The app is killed and started again: only what was saved is left.
    ///
    /// # Errors
    /// When the saved state cannot be read.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        self.clock.restart();
        self.line = None;
        if !self.saved.is_empty() {
            self.machine = Machine::restore(self.identity.clone(), &self.saved)?;
        }
        self.documents = self.restored_documents()?;
        self.kept_documents = None;
        let effects = self.machine.resume();
        self.perform(effects).await
    }

    /// May this play now?
    pub fn access(&mut self, release: ReleaseId) -> Access {
        self.machine.access(release, self.clock.reading())
    }

    /// Debits a stretch of media time without playing it; gives how many effects that had.
    ///
    /// # Errors
    /// With the [`Access`] that stands against it.
    pub async fn debit(&mut self, release: ReleaseId, stretch: Span) -> anyhow::Result<usize> {
        let debited = self.machine.debit(release, stretch, self.clock.reading());
        let effects = debited.map_err(|refused| anyhow::anyhow!("{refused:?}"))?;
        let count = effects.len();
        self.perform(effects).await?;
        Ok(count)
    }

    /// Plays a clip from beginning to end without a network; gives the bytes that were heard.
    ///
    /// # Errors
    /// With the [`Access`] that stands against it.
    pub async fn play(&mut self, release: ReleaseId) -> anyhow::Result<Vec<u8>> {
        let held = match self.machine.held(release) {
            Some(held) => held.clone(),
            None => bail!("{:?}", self.access(release)),
        };
        let key = self.vault.key(release);
        let duration = self.vault.words(release).map_or(Span::ZERO, |words| words.duration);
        let stretches = duration.as_millis().div_ceil(STRETCH.as_millis()).max(1);
        for _ in 0..stretches {
            self.debit(release, STRETCH).await?;
        }
        let key = key.context("the key is gone")?;
        let file = self.files.get(&release).context("no ciphertext")?;
        let layout = held.media.layout()?;
        let mut heard = Vec::new();
        let opener = Opener::new(&key, file.get(..21).context("too short")?, layout)?;
        for index in 0..layout.records() {
            let range = layout.cipher_range(index).context("no such record")?;
            let (from, to) = (usize::try_from(range.start)?, usize::try_from(range.end)?);
            let mut record = file.get(from..to).context("too short")?.to_vec();
            heard.extend_from_slice(opener.open(index, &mut record)?);
        }
        let (effects, counted) = self.machine.played(release, duration, duration, true, self.clock.reading());
        self.perform(effects).await?;
        if let Some(play) = counted {
            self.count(PlayKey { device: self.device, release, day: play.day, part: play.part });
        }
        Ok(heard)
    }

    /// Its way to the API.
    #[must_use]
    pub const fn api(&self) -> &Api {
        &self.api
    }

    /// Its key store.
    pub const fn vault(&mut self) -> &mut Vault {
        &mut self.vault
    }

    /// Its state machine.
    pub const fn machine(&mut self) -> &mut Machine {
        &mut self.machine
    }

    /// Every release of which something is here.
    pub fn leased(&self) -> impl Iterator<Item = ReleaseId> + '_ {
        self.machine.releases()
    }

    /// The number of the lease that is held of a release.
    #[must_use]
    pub fn generation(&self, release: ReleaseId) -> Option<u64> {
        self.machine.held(release).map(|held| held.lease.generation)
    }

    /// Whether the clip is here and was read back.
    #[must_use]
    pub fn is_ready(&self, release: ReleaseId) -> bool {
        self.machine.held(release).is_some_and(|held| held.phase == Phase::Ready)
    }

    /// Whether nothing of a clip is left: no key, no words, no ciphertext, no lease.
    #[must_use]
    pub fn is_wiped(&self, release: ReleaseId) -> bool {
        self.vault.key(release).is_none()
            && !self.files.contains_key(&release)
            && self.machine.held(release).is_none()
    }

    /// Everything that this device stores of clips, as one would find it on its disk. The client's own letters are not among
    /// it.
    #[must_use]
    pub fn stored(&self) -> Vec<&[u8]> {
        self.files.values().map(Vec::as_slice).chain([self.saved.as_slice()]).collect()
    }

    /// A copy of this device, as restored from an operating system's backup.
    ///
    /// # Errors
    /// When the saved documents cannot be read.
    pub fn copy(&self) -> anyhow::Result<Self> {
        Ok(Self {
            name: format!("{} (copy)", self.name),
            device: self.device,
            client: self.client,
            clock: self.clock,
            online: self.online,
            wire: self.wire,
            follows: self.follows,
            api: self.api.clone(),
            machine: self.machine.clone(),
            identity: self.identity.clone(),
            vault: self.vault.copy()?,
            files: self.files.clone(),
            saved: self.saved.clone(),
            documents: self.restored_documents()?,
            kept_documents: None,
            line: None,
            breaks_after: None,
            taken_upto: self.taken_upto,
        })
    }

    /// What the server says of a request with this device's token; for refusals.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn send(&self, method: Method, path: &str) -> anyhow::Result<(StatusCode, Value)> {
        self.api.send(method, path, None).await
    }
}
