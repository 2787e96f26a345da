//! Connections as devices have them, without a socket: frames in, frames out.

use automerge::{ActorId, Change};
use sync_core::{
    documents::{self as views, Document, Letter, entries},
    id::{ClipId, EntryId, ReleaseId},
    lease::DenialKind,
    orders::{Act, Author, Entry, HoldOn, RevokeOn},
    terms::TermsChange,
    vocabulary::Vocabulary,
};

use super::*;
use crate::{
    domain::people::devices,
    nouns::callers::{CompanionCaller, ConsoleCaller},
    store::Urgency,
    testing::{
        execute, for_each_database, for_sqlite, number,
        therapy::{FIRST, Therapy, end_care},
    },
};

/// A device with a connection and its own copies of documents.
pub(crate) struct Device {
    connection: Connection,
    peer: Peer,
    pub(crate) documents: BTreeMap<DocumentId, Document>,
    pub(crate) refusals: Vec<String>,
    pub(crate) withheld: Vec<DocumentId>,
}

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (refusals, withheld) = (&self.refusals, self.withheld.len());
        write!(f, "acknowledged: {}, {refusals:?}, {withheld} withheld", self.is_acknowledged())
    }
}

impl Device {
    pub(crate) async fn connect(therapy: &Therapy, caller: DeviceCaller, kinds: &[Kind]) -> Self {
        let mut tx = therapy.app.ground.db.read().await.unwrap();
        let named = store::documents::ids_of_client(&mut tx, therapy.client).await.unwrap();
        let wanted = named.into_iter().filter(|(kind, _)| kinds.contains(kind));
        let documents = wanted.map(|(_, id)| (id, Document::new())).collect();
        Self::connect_with(therapy, caller, documents).await
    }

    /// Connects with what the device has.
    pub(crate) async fn connect_with(
        therapy: &Therapy,
        caller: DeviceCaller,
        documents: BTreeMap<DocumentId, Document>,
    ) -> Self {
        let (mut peer, join) = Peer::initiate(PeerName::new("a-device").unwrap());
        let mut connection = Connection::new(therapy.app.binders.clone(), caller);
        for frame in connection.hear(&join).await.unwrap() {
            peer.hear(&frame).unwrap();
        }
        Self { connection, peer, documents, refusals: Vec::new(), withheld: Vec::new() }
    }

    /// Talks until neither side has anything to say.
    pub(crate) async fn exchange(&mut self) -> Result<(), Close> {
        loop {
            let documents = &self.documents;
            let peer = &mut self.peer;
            let told: Vec<_> = documents
                .iter()
                .filter_map(|(id, document)| peer.tell(*id, document, Access::Write))
                .collect();
            if told.is_empty() {
                return Ok(());
            }
            for frame in told {
                let answers = self.connection.hear(&frame).await?;
                self.take(answers);
            }
        }
    }

    fn take(&mut self, frames: Vec<Vec<u8>>) {
        for frame in frames {
            match self.peer.hear(&frame).unwrap() {
                Heard::Message { document, message, .. } => {
                    let known = self.documents.get_mut(&document).unwrap();
                    self.peer.absorb(document, known, *message, Access::Write).unwrap();
                }
                Heard::Refused(code) => self.refusals.push(code),
                Heard::Unavailable(document) => self.withheld.push(document),
                Heard::Nothing | Heard::Greeted(_) | Heard::Left => {}
            }
        }
    }

    /// Hears of what changed elsewhere.
    pub(crate) async fn hear_of(&mut self, therapy: &Therapy) -> Result<(), Close> {
        let frames = self.connection.tell(therapy.client).await?;
        self.take(frames);
        self.exchange().await
    }

    /// Whether the server has said that everything of the only document is durable.
    pub(crate) fn is_acknowledged(&self) -> bool {
        self.documents.iter().all(|(id, document)| self.peer.is_level(*id, document))
    }

    /// Whether what was written late is durable, and the device was then sent to the list of documents.
    pub(crate) fn went_through(&self) -> bool {
        self.refusals.is_empty() && self.is_acknowledged() && self.withheld.len() == 1
    }

    pub(crate) fn only(&mut self) -> &mut Document {
        self.documents.values_mut().next().unwrap()
    }
}

pub(crate) fn encoded(laptop: ConsoleCaller, therapy: &Therapy, act: Act) -> (EntryId, Vec<u8>) {
    let entry = Entry { by: Author::Device(laptop.device), at: therapy.now(), act };
    (EntryId::from_bytes(therapy.app.ground.entropy.bytes()), entry.encode())
}

/// Writes acts as a laptop that syncs; gives the code of a refusal.
pub(crate) async fn try_write_as(therapy: &Therapy, laptop: ConsoleCaller, acts: Vec<Act>) -> Option<String> {
    let mut device = Device::connect(therapy, DeviceCaller::Console(laptop), &[Kind::Orders]).await;
    device.exchange().await.unwrap();
    let new: Vec<_> = acts.into_iter().map(|act| encoded(laptop, therapy, act)).collect();
    views::append(device.only(), &new).unwrap();
    device.exchange().await.unwrap();
    device.refusals.pop()
}

pub(crate) async fn write_as(therapy: &Therapy, laptop: ConsoleCaller, acts: Vec<Act>) {
    assert_eq!(try_write_as(therapy, laptop, acts).await, None);
}

pub(crate) fn revocation(release: ReleaseId) -> Act {
    Act::Revoke { on: RevokeOn::Release(release), hits: vec![release] }
}

pub(crate) fn release_of(therapy: &Therapy, clip: ClipId) -> Act {
    Act::Release {
        release: ReleaseId::new(therapy.now(), therapy.app.ground.entropy.bytes()),
        clip,
        recording: therapy.recording,
        terms: therapy.terms(),
        seen: Vec::new(),
    }
}

#[tokio::test]
async fn a_laptops_release_reaches_the_phone_and_its_revocation_at_once() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let (laptop, phone) = (therapy.laptop().await, therapy.phone().await);
        let companion = DeviceCaller::Companion(phone.caller);
        let mut shelf = Device::connect(&therapy, companion, &[Kind::Shelf]).await;
        shelf.exchange().await.unwrap();
        let listener = shelf.connection.listener();
        write_as(&therapy, laptop, vec![release_of(&therapy, therapy.clip)]).await;
        assert!(matches!(listener.hear().await, crate::domain::documents::binder::Heard::Changed(_)));
        shelf.hear_of(&therapy).await.unwrap();
        let on_shelf = views::Shelf::read(shelf.only());
        assert_eq!(on_shelf, therapy.shelf().await);
        let release = *on_shelf.0.keys().next().unwrap();
        phone.ask().await;
        write_as(&therapy, laptop, vec![revocation(release)]).await;
        shelf.hear_of(&therapy).await.unwrap();
        assert_eq!(views::Shelf::read(shelf.only()).0[&release].state, views::ShelfState::Ended);
        assert_eq!(phone.ask().await.denied(release), [(DenialKind::Ended, FIRST)]);
    })
    .await;
}

#[tokio::test]
async fn i5_a_restriction_among_refused_changes_is_entered_all_the_same() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let (therapy, other) = (Therapy::consented(&app).await, Therapy::consented(&app).await);
        let (release, laptop) = (therapy.release().await, therapy.laptop().await);
        let acts = vec![revocation(release), release_of(&therapy, other.clip)];
        let refused = try_write_as(&therapy, laptop, acts).await;
        assert_eq!(refused.as_deref(), Some("entry_names_unknown"));
        assert!(therapy.truth(release).await.standing.has_ended());
        assert_eq!(number(&app, "SELECT COUNT(*) FROM entry WHERE device IS NOT NULL").await, 1);
    })
    .await;
}

#[tokio::test]
async fn i5_a_therapist_whose_care_has_ended_loses_open_documents_with_the_next_message() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let (release, laptop) = (therapy.release().await, therapy.laptop().await);
        let kinds = [Kind::Orders, Kind::Casebook];
        let mut device = Device::connect(&therapy, DeviceCaller::Console(laptop), &kinds).await;
        device.exchange().await.unwrap();
        end_care(&app, therapy.client, laptop.staff).await;

        // What changed elsewhere is not told any more.
        let before: Vec<_> = device.documents.values().map(Document::get_heads).collect();
        let phone = therapy.phone_of_someone_elses_doing().await;
        phone.ask().await;
        crate::domain::decisions::commit::settle(&app.binders, therapy.client, Urgency::Grant).await.unwrap();
        device.hear_of(&therapy).await.unwrap();
        assert_eq!(device.withheld.len(), 2);
        assert_eq!(before, device.documents.values().map(Document::get_heads).collect::<Vec<_>>());

        // What takes something away still counts; what gives does not, and nothing is told in return.
        let orders = device.orders(&therapy).await;
        let gives = encoded(laptop, &therapy, release_of(&therapy, therapy.clip));
        let takes = encoded(laptop, &therapy, revocation(release));
        let document = device.documents.get_mut(&orders).unwrap();
        views::append(document, &[gives]).unwrap();
        views::append(document, &[takes]).unwrap();
        device.exchange().await.unwrap();
        let mut tx = app.ground.db.read().await.unwrap();
        let written = store::entries::of_client(&mut tx, therapy.client).await.unwrap();
        let revoked = written.iter().filter(|(_, bytes)| {
            Entry::decode(bytes).is_ok_and(|entry| entry.by == Author::Device(laptop.device))
        });
        assert_eq!(revoked.count(), 1);
        assert_eq!(phone.ask().await.denied(release), [(DenialKind::Paused, FIRST)]);
    })
    .await;
}

#[tokio::test]
async fn i5_a_removed_device_is_put_out_and_its_last_restriction_kept() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let (release, laptop) = (therapy.release().await, therapy.laptop().await);
        let mut device = Device::connect(&therapy, DeviceCaller::Console(laptop), &[Kind::Orders]).await;
        device.exchange().await.unwrap();
        // As another server would: no connection here is told.
        execute(&app, "UPDATE device SET removed_at = 1800000000000").await;
        let hold = Act::Hold { on: HoldOn::Release(release), until: None, hits: Vec::new() };
        let new = encoded(laptop, &therapy, hold);
        views::append(device.only(), &[new]).unwrap();
        assert!(matches!(device.exchange().await, Err(Close::Unpaired)));
        assert_eq!(therapy.truth(release).await.holds.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn i5_a_removed_phone_reads_and_writes_nothing_more_on_an_open_connection() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let phone = therapy.phone().await;
        let kinds = [Kind::Shelf, Kind::Journal];
        let companion = DeviceCaller::Companion(phone.caller);
        let mut device = Device::connect(&therapy, companion, &kinds).await;
        device.exchange().await.unwrap();
        let listener = device.connection.listener();
        devices::remove(&app.binders, therapy.ada, therapy.client, phone.caller.device).await.unwrap();
        assert!(matches!(listener.hear().await, crate::domain::documents::binder::Heard::Ended(_)));
        therapy.release().await;
        assert!(matches!(device.hear_of(&therapy).await, Err(Close::Unpaired)));
        assert!(device.documents.values().all(|document| views::Shelf::read(document).0.is_empty()));
    })
    .await;
}

#[tokio::test]
async fn i5_nobody_gets_a_document_of_somebody_elses_client_or_of_another_kind() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, other) = (Therapy::consented(&app).await, Therapy::consented(&app).await);
        let (laptop, phone) = (therapy.laptop().await, therapy.phone().await);
        let (console, companion) = (DeviceCaller::Console(laptop), DeviceCaller::Companion(phone.caller));
        let every: Vec<_> = Kind::all().collect();
        let withheld = async |of: &Therapy, caller, kinds: &[Kind]| {
            let mut device = Device::connect(of, caller, kinds).await;
            device.exchange().await.unwrap();
            assert!(device.documents.values().all(Document::is_empty) || device.withheld.is_empty());
            device.withheld.len()
        };
        assert_eq!(withheld(&other, console, &every).await, 4);
        assert_eq!(withheld(&other, companion, &every).await, 4);
        assert_eq!(withheld(&therapy, companion, &[Kind::Orders, Kind::Casebook]).await, 2);
        assert_eq!(withheld(&therapy, console, &[Kind::Journal]).await, 1);
        assert_eq!(withheld(&therapy, console, &[Kind::Orders, Kind::Casebook, Kind::Shelf]).await, 0);
        assert_eq!(withheld(&therapy, companion, &[Kind::Shelf, Kind::Journal]).await, 0);
    })
    .await;
}

#[tokio::test]
async fn an_entry_that_the_ledger_brought_back_does_not_strand_the_laptop_that_wrote_it() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let (release, laptop) = (therapy.release().await, therapy.laptop().await);
        let new = encoded(laptop, &therapy, revocation(release));
        let (id, bytes, client, at) = (new.0, new.1.clone(), therapy.client, therapy.now());
        // As the ledger's replay does: the row, and not the document.
        crate::testing::therapy::write(&app, move |tx| {
            Box::pin(async move {
                store::replays::bump_client(tx, client).await?;
                store::entries::insert_if_missing(tx, client, id, &bytes, at).await.map(drop)
            })
        })
        .await;
        let mut device = Device::connect(&therapy, DeviceCaller::Console(laptop), &[Kind::Orders]).await;
        device.exchange().await.unwrap();
        views::append(device.only(), &[new]).unwrap();
        device.exchange().await.unwrap();
        assert_eq!((device.refusals.len(), number(&app, "SELECT COUNT(*) FROM entry").await), (0, 2));
        assert_eq!(device.only().get_heads(), therapy.document(Kind::Orders).await.get_heads());
    })
    .await;
}

#[tokio::test]
async fn a_change_that_waits_for_another_is_taken_when_that_has_come() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let (release, laptop) = (therapy.release().await, therapy.laptop().await);
        let console = DeviceCaller::Console(laptop);
        let mut device = Device::connect(&therapy, console, &[Kind::Orders]).await;
        device.exchange().await.unwrap();
        let id = *device.documents.keys().next().unwrap();
        let known = device.only().get_heads();
        for _ in 0..2 {
            let set = TermsChange { daily_limit: Some(Some(1)), ..TermsChange::default() };
            let new = encoded(laptop, &therapy, Act::Amend { release, set, over: Vec::new() });
            views::append(device.only(), &[new]).unwrap();
        }
        let mut changes = device.only().get_changes(&known);
        assert_eq!(changes.len(), 2);
        let message = |change: Change| automerge::sync::Message {
            heads: Vec::new(),
            need: Vec::new(),
            have: Vec::new(),
            changes: vec![change.raw_bytes().to_vec()].into(),
            flags: None,
            version: automerge::sync::MessageVersion::V1,
        };
        let late = changes.remove(1);
        device.connection.message(id, message(late)).await.unwrap();
        assert_eq!(number(&app, "SELECT COUNT(*) FROM entry").await, 1);
        let early = changes.remove(0);
        device.connection.message(id, message(early)).await.unwrap();
        assert_eq!(number(&app, "SELECT COUNT(*) FROM entry").await, 3);
    })
    .await;
}

#[tokio::test]
async fn a_phones_letter_arrives_and_an_actor_of_another_device_is_not_taken_over() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let (phone, second) = (therapy.phone().await, therapy.phone().await);
        let release = therapy.release().await;
        let letter = |id: u8, at| (EntryId::from_bytes([id; 16]), Letter::Return { release, at }.encode());
        let actor = ActorId::from([5; 16]);
        let mut last = None;
        for (n, caller) in [(1, phone.caller), (2, second.caller)] {
            let caller: CompanionCaller = caller;
            let mut device =
                Device::connect(&therapy, DeviceCaller::Companion(caller), &[Kind::Journal]).await;
            device.exchange().await.unwrap();
            device.only().set_actor(actor.clone());
            views::append(device.only(), &[letter(n, therapy.now())]).unwrap();
            device.exchange().await.unwrap();
            last = device.refusals.pop();
        }
        assert_eq!(last.as_deref(), Some("actor_not_yours"));
        assert_eq!(entries(&therapy.document(Kind::Journal).await).len(), 1);
    })
    .await;
}

impl Therapy {
    /// A phone that is paired when nobody treats the client any more.
    async fn phone_of_someone_elses_doing(&self) -> crate::testing::therapy::Phone {
        let phone = self.unseen_phone().await;
        execute(&self.app, "UPDATE device SET confirmed_at = 1").await;
        phone
    }
}

impl Device {
    async fn orders(&self, therapy: &Therapy) -> DocumentId {
        let mut tx = therapy.app.ground.db.read().await.unwrap();
        let named = store::documents::ids_of_client(&mut tx, therapy.client).await.unwrap();
        named.into_iter().find(|(kind, _)| *kind == Kind::Orders).unwrap().1
    }
}
