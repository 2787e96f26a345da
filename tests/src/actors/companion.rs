//! A client's device: sync-core's state machine, a vault, a little storage, a clock, and a way to the server.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
};

use anyhow::{Context, bail, ensure};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sync_core::{
    device::{Companion as Machine, Effect, Identity, Invalid, Phase},
    documents::{self, Document, DocumentId, Kind, Letter, PartOfDay, PlayKey, Plays, Shelf},
    id::{ClientId, ClipId, DeviceId, EntryId, PracticeId, ReceiptId, ReleaseId},
    instant::{Instant, Span},
    lease::{BatchError, Signed, VerifyingKey},
    media::Opener,
    policy::Access,
    vocabulary::Vocabulary,
};

use crate::{
    api::{Api, text},
    device_clock::DeviceClock,
    push_service::{PushService, Subscriber},
    socket::{Socket, Wire, Withheld},
    vault::Vault,
};

/// How much ciphertext one request fetches: small, so that every clip is fetched in several pieces.
const PIECE: u64 = 100_000;
/// Media time that one record of a clip is taken to last when the budget is debited.
const STRETCH: Span = Span::from_secs(60);

/// A clip is not to be had, or not any more.
#[derive(Debug)]
struct NotThere;

impl fmt::Display for NotThere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the clip is not there")
    }
}

impl std::error::Error for NotThere {}

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
    shelf: DocumentId,
    journal: DocumentId,
    documents: BTreeMap<DocumentId, Document>,
    /// Letters and counts that the server has not said to have.
    letters: Vec<(EntryId, Vec<u8>)>,
    counts: Plays,
    socket: Option<Socket>,
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
        let (shelf, journal) = listed(&api).await?;
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
            shelf,
            journal,
            documents: BTreeMap::from([(shelf, Document::new()), (journal, Document::new())]),
            letters: Vec::new(),
            counts: Plays::new(),
            socket: None,
            breaks_after: None,
            taken_upto: 0,
        })
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
        self.socket = None;
        let effects = self.machine.resume();
        self.perform(effects).await?;
        self.sync().await?;
        let before = self.machine.incarnation();
        self.ask().await?;
        if before.is_some() && before != self.machine.incarnation() {
            self.documents.insert(self.shelf, Document::new());
            self.socket = None;
            self.sync().await?;
        }
        Ok(())
    }

    /// Syncs shelf and journal, and acts on what the shelf says.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn sync(&mut self) -> anyhow::Result<()> {
        if self.socket.is_none() {
            let socket = Socket::open(&self.api, self.wire).await?;
            let is_restored = socket.storage().is_some_and(|storage| self.machine.greeted(storage));
            self.socket = Some(socket);
            if is_restored {
                self.documents.insert(self.shelf, Document::new());
                self.ask().await?;
            }
        }
        if let Err(error) = self.level().await {
            self.socket = None;
            // Not to be had under this id: perhaps under another.
            if error.is::<Withheld>() && self.list().await? {
                return Box::pin(self.sync()).await;
            }
            return Err(error);
        }
        self.look_at_shelf().await
    }

    /// Both documents as the server has them, and in the journal what it was not known to have.
    async fn level(&mut self) -> anyhow::Result<()> {
        let socket = self.socket.as_mut().context("no socket")?;
        socket.level_reading(&mut self.documents, Some(self.shelf)).await?;
        let journal = self.documents.get_mut(&self.journal).context("no journal")?;
        let heads = journal.get_heads();
        documents::append(journal, &std::mem::take(&mut self.letters))?;
        documents::copy_plays(&std::mem::take(&mut self.counts), journal)?;
        if journal.get_heads() != heads {
            socket.level_reading(&mut self.documents, Some(self.shelf)).await?;
        }
        Ok(())
    }

    /// Asks under which ids the documents are now, and begins afresh with successors. Says whether there is one.
    async fn list(&mut self) -> anyhow::Result<bool> {
        let named = listed(&self.api).await?;
        let changed = named != (self.shelf, self.journal);
        let mut before = std::mem::take(&mut self.documents);
        (self.shelf, self.journal) = named;
        for id in [self.shelf, self.journal] {
            self.documents.insert(id, before.remove(&id).unwrap_or_default());
        }
        Ok(changed)
    }

    /// Waits on the open socket until the shelf says something, and acts on it.
    ///
    /// # Errors
    /// When the connection ends first.
    pub async fn until_shelf(&mut self, says: impl Fn(&Shelf) -> bool) -> anyhow::Result<()> {
        let shelf = self.shelf;
        let socket = self.socket.as_mut().context("no socket")?;
        let holds = |documents: &BTreeMap<DocumentId, Document>| {
            documents.get(&shelf).is_some_and(|shelf| says(&Shelf::read(shelf)))
        };
        socket.until(&mut self.documents, holds).await?;
        self.look_at_shelf().await
    }

    async fn look_at_shelf(&mut self) -> anyhow::Result<()> {
        let shelf = self.shelf();
        let effects = self.machine.shelf_changed(&shelf);
        self.perform(effects).await
    }

    /// Asks for leases, due or not, and finishes what the answer brings.
    ///
    /// # Errors
    /// When the server cannot be reached, or answers with what is no batch for this device.
    pub async fn ask(&mut self) -> anyhow::Result<()> {
        let effects = self.machine.ask(rand::random(), self.clock.reading());
        self.perform(effects).await
    }

    /// Asks the server and takes its answer as it is; for those who tamper with answers.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn batch(&mut self) -> anyhow::Result<Signed> {
        let effects = self.machine.ask(rand::random(), self.clock.reading());
        let [question @ Effect::Ask { .. }] = effects.as_slice() else { bail!("expected a question") };
        self.question(question).await
    }

    /// Takes an answer.
    ///
    /// # Errors
    /// When it is none for this device.
    pub async fn take(&mut self, batch: &Signed) -> anyhow::Result<()> {
        let effects = self.answered(batch).await?;
        self.perform(effects).await
    }

    /// Takes an answer. When another key of the practice has signed it, follows the rotations that lead there, if any do,
    /// and takes it then: the question is still out.
    async fn answered(&mut self, batch: &Signed) -> anyhow::Result<Vec<Effect>> {
        match self.machine.take_batch(batch, self.clock.reading()) {
            Err(Invalid::Batch(BatchError::AnotherKey)) if self.follows => {
                let mut effects = self.follow().await?;
                effects.extend(self.machine.take_batch(batch, self.clock.reading())?);
                Ok(effects)
            }
            taken => Ok(taken?),
        }
    }

    /// Follows the rotations that the server tells of.
    async fn follow(&mut self) -> anyhow::Result<Vec<Effect>> {
        let path = format!("/v1/device/practice-keys?after={}", self.machine.practice_keys().rotations());
        let told = self.api.call(Method::GET, &path, None).await?;
        let told = told["rotations"].as_array().context("rotations")?.iter();
        let chain = told
            .map(|signed| Ok(Signed::decode(&BASE64.decode(signed.as_str().context("a statement")?)?)?))
            .collect::<anyhow::Result<Vec<_>>>()?;
        Ok(self.machine.take_rotations(&chain)?)
    }

    async fn question(&self, question: &Effect) -> anyhow::Result<Signed> {
        let Effect::Ask { nonce, holding, removed, denials } = question else { bail!("no question") };
        let denials: Vec<_> = denials.iter().map(|denial| BASE64.encode(denial.encode())).collect();
        let holding: Vec<_> = holding
            .iter()
            .map(|(release, generation)| json!({ "release": release, "generation": generation }))
            .collect();
        let nonce = BASE64.encode(nonce);
        let body = json!({ "nonce": nonce, "holding": holding, "removed": removed, "denials": denials });
        let bytes = self.api.bytes(Method::POST, "/v1/device/leases", Some(body)).await?;
        Ok(Signed::decode(&bytes)?)
    }

    /// Goes to another address from now on.
    pub fn reach(&mut self, server: &Api) {
        self.api = self.api.toward(server);
        self.socket = None;
    }

    /// Asks for leases if it is time to; whether it was.
    ///
    /// # Errors
    /// When the server cannot be reached, or answers with what is no batch for this device.
    pub async fn renew(&mut self) -> anyhow::Result<bool> {
        let shelf = self.shelf();
        let due = self.machine.wants_leases(&shelf, self.clock.reading());
        if due {
            self.ask().await?;
        }
        Ok(due)
    }

    /// The network is lost.
    pub fn go_offline(&mut self) {
        self.online = false;
        self.socket = None;
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
        self.socket = None;
        if !self.saved.is_empty() {
            self.machine = Machine::restore(self.identity.clone(), &self.saved)?;
        }
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
            let key = PlayKey { device: self.device, release, day: play.day, part: play.part };
            let there = self.journal_here().and_then(|journal| documents::plays(journal).get(&key).copied());
            let count = there.max(self.counts.get(&key).copied()).unwrap_or(0) + 1;
            if let Some(journal) = self.journal_here() {
                documents::record_plays(journal, key, count)?;
            }
            self.counts.insert(key, count);
        }
        Ok(heard)
    }

    /// Counts plays of an earlier day, as if it had been played then; they leave the device at the next sync.
    ///
    /// # Errors
    /// When the journal is none, or has not come yet.
    pub fn played_on(
        &mut self,
        release: ReleaseId,
        (day, part): (Instant, PartOfDay),
        times: u32,
    ) -> anyhow::Result<()> {
        let key = PlayKey { device: self.device, release, day, part: Some(part) };
        let journal = self.journal_here().context("no journal")?;
        documents::record_plays(journal, key, times)?;
        self.counts.insert(key, times);
        Ok(())
    }

    /// Writes a letter; it leaves the device at the next sync.
    ///
    /// # Errors
    /// When the journal is none.
    pub fn write(&mut self, letter: &Letter) -> anyhow::Result<EntryId> {
        let id = EntryId::from_bytes(rand::random());
        if let Some(journal) = self.journal_here() {
            documents::append(journal, &[(id, letter.encode())])?;
        }
        self.letters.push((id, letter.encode()));
        Ok(id)
    }

    /// The journal, once it has come: a first sync that breaks off may have brought the shelf alone. What is written
    /// before it comes is kept beside it.
    fn journal_here(&mut self) -> Option<&mut Document> {
        self.documents.get_mut(&self.journal).filter(|journal| documents::entries_object(journal).is_some())
    }

    /// Carries out what the machine asks for, and what follows from that.
    async fn perform(&mut self, effects: Vec<Effect>) -> anyhow::Result<()> {
        let mut queue = VecDeque::from(effects);
        while let Some(effect) = queue.pop_front() {
            queue.extend(self.carry_out(effect).await?);
        }
        Ok(())
    }

    async fn carry_out(&mut self, effect: Effect) -> anyhow::Result<Vec<Effect>> {
        Ok(match effect {
            Effect::Save => {
                self.saved = self.machine.save();
                Vec::new()
            }
            question @ Effect::Ask { .. } => {
                let batch = self.question(&question).await?;
                self.answered(&batch).await?
            }
            Effect::OpenBatch { enc, info, items } => {
                let opened = self.vault.open(&enc, &info, &items)?;
                self.machine.opened(&opened)
            }
            Effect::Fetch(release) if self.online => match self.fetch(release).await {
                Ok(()) => self.machine.fetched(release),
                // Taken back since it was leased. Shelf and server say so in what follows: whoever gave up here would
                // never hear of it.
                Err(error) if error.is::<NotThere>() => Vec::new(),
                Err(error) => return Err(error),
            },
            Effect::Fetch(_) => Vec::new(),
            Effect::ReadBack(release) => {
                let plays = self.read_back(release)?;
                if !plays {
                    self.files.remove(&release);
                }
                self.machine.read_back(release, plays, self.receipt_id(), self.clock.reading())
            }
            Effect::Discard(release) => {
                self.files.remove(&release);
                Vec::new()
            }
            Effect::EraseKey(release) => {
                self.vault.erase(release);
                Vec::new()
            }
            Effect::Erase(release) => {
                self.vault.erase(release);
                self.files.remove(&release);
                self.machine.erased(release, self.receipt_id(), self.clock.reading())
            }
            Effect::Sign { n, message } => {
                let signature = self.vault.sign(&message);
                self.machine.signed(n, signature)
            }
            Effect::SendReceipts if self.online => self.send_receipts().await?,
            Effect::SendReceipts => Vec::new(),
        })
    }

    fn receipt_id(&self) -> ReceiptId {
        ReceiptId::new(self.clock.reading().wall, rand::random())
    }

    /// Fetches what is missing of a clip, piece by piece, from where an earlier download broke off.
    async fn fetch(&mut self, release: ReleaseId) -> anyhow::Result<()> {
        let held = self.machine.held(release).context("not held")?;
        let (clip, len) = (held.lease.clip, held.media.cipher_len);
        let sha256 = held.media.cipher_sha256;
        loop {
            let have = self.files.get(&release).map_or(0, |file| file.len() as u64);
            if have >= len {
                break;
            }
            if let Some(left) = &mut self.breaks_after {
                if *left == 0 {
                    self.breaks_after = None;
                    bail!("the download broke off");
                }
                *left -= 1;
            }
            let piece = self.piece(clip, have, (have + PIECE).min(len) - 1).await?;
            self.files.entry(release).or_default().extend_from_slice(&piece);
        }
        let file = self.files.get(&release).context("nothing was fetched")?;
        ensure!(Sha256::digest(file)[..] == sha256[..], "the ciphertext is another one");
        Ok(())
    }

    async fn piece(&self, clip: ClipId, from: u64, to: u64) -> anyhow::Result<Vec<u8>> {
        let request = self.api.request(Method::GET, &format!("/v1/device/clips/{clip}"));
        let response = request.header(header::RANGE, format!("bytes={from}-{to}")).send().await?;
        if response.status() == StatusCode::NOT_FOUND {
            bail!(NotThere);
        }
        ensure!(response.status() == StatusCode::PARTIAL_CONTENT, "was answered {}", response.status());
        Ok(response.bytes().await?.to_vec())
    }

    fn read_back(&self, release: ReleaseId) -> anyhow::Result<bool> {
        let held = self.machine.held(release).context("not held")?;
        let (Some(key), Some(file)) = (self.vault.key(release), self.files.get(&release)) else {
            return Ok(false);
        };
        let layout = held.media.layout()?;
        let first = layout.cipher_range(0).context("no record")?;
        let last = layout.cipher_range(layout.records() - 1).context("no record")?;
        let slice = |from: u64, to: u64| -> anyhow::Result<Vec<u8>> {
            Ok(file.get(usize::try_from(from)?..usize::try_from(to)?).unwrap_or_default().to_vec())
        };
        let (mut head, mut tail) = (slice(0, first.end)?, slice(last.start, last.end)?);
        Ok(held.media.read_back(&key, &mut head, &mut tail, file.len() as u64).is_ok())
    }

    async fn send_receipts(&mut self) -> anyhow::Result<Vec<Effect>> {
        let receipts = self.machine.receipts();
        if receipts.is_empty() {
            return Ok(Vec::new());
        }
        let encoded: Vec<_> = receipts.iter().map(|receipt| BASE64.encode(receipt.encode())).collect();
        let body = json!({ "receipts": encoded });
        let taken = self.api.call(Method::POST, "/v1/device/receipts", Some(body)).await?;
        self.taken_upto = taken["taken_upto"].as_u64().context("taken_upto")?;
        Ok(self.machine.delivered(self.taken_upto))
    }

    /// Hands in receipts that were written offline.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses them.
    pub async fn hand_in(&mut self) -> anyhow::Result<()> {
        let effects = self.send_receipts().await?;
        self.perform(effects).await
    }

    /// The shelf as far as it is known here.
    #[must_use]
    pub fn shelf(&self) -> Shelf {
        self.documents.get(&self.shelf).map(Shelf::read).unwrap_or_default()
    }

    /// The documents, for those who write what they may not.
    pub const fn documents(&mut self) -> &mut BTreeMap<DocumentId, Document> {
        &mut self.documents
    }

    /// The ids of shelf and journal.
    #[must_use]
    pub const fn document_ids(&self) -> (DocumentId, DocumentId) {
        (self.shelf, self.journal)
    }

    /// Its socket, while it is connected.
    pub const fn socket(&mut self) -> Option<&mut Socket> {
        self.socket.as_mut()
    }

    /// Its socket and documents together.
    pub const fn socket_and_documents(
        &mut self,
    ) -> (Option<&mut Socket>, &mut BTreeMap<DocumentId, Document>) {
        (self.socket.as_mut(), &mut self.documents)
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

    /// Everything that this device stores, as one would find it on its disk.
    #[must_use]
    pub fn stored(&self) -> Vec<&[u8]> {
        self.files.values().map(Vec::as_slice).chain([self.saved.as_slice()]).collect()
    }

    /// A copy of this device, as restored from an operating system's backup.
    ///
    /// # Errors
    /// Never in practice.
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
            shelf: self.shelf,
            journal: self.journal,
            documents: self.documents.clone(),
            letters: self.letters.clone(),
            counts: self.counts.clone(),
            socket: None,
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

/// The ids of shelf and journal.
async fn listed(api: &Api) -> anyhow::Result<(DocumentId, DocumentId)> {
    let named = api.call(Method::GET, "/v1/device/documents", None).await?;
    let document =
        |kind: Kind| DocumentId::parse(text(&named["documents"], kind.as_str())?).context("a document's id");
    Ok((document(Kind::Shelf)?, document(Kind::Journal)?))
}
