//! A companion's documents, and a server that answers on one connection.

use automerge::ActorId;

use super::*;
use crate::{
    documents::{self, Document, DocumentId, Kind, Letter, PlayKey},
    id::EntryId,
    sync::{Access, Heard, Peer, PeerName},
};

const SHELF: DocumentId = DocumentId::from_bytes([1; 16]);
const JOURNAL: DocumentId = DocumentId::from_bytes([2; 16]);

/// A server's end: it takes what comes, without a vet.
struct Desk {
    peer: Peer,
    shelf: Document,
    journal: Document,
}

impl Desk {
    fn new() -> Self {
        let make = |kind, actor: u8| documents::create(kind, ActorId::from([actor; 16])).unwrap();
        let mut shelf = make(Kind::Shelf, 8);
        on_shelf(&[(1, ShelfState::Live)]).write(&mut shelf).unwrap();
        let peer = Peer::accept(PeerName::new("server").unwrap(), "life-1".into());
        Self { peer, shelf, journal: make(Kind::Journal, 9) }
    }

    fn hear(&mut self, frame: &[u8]) -> Vec<Vec<u8>> {
        match self.peer.hear(frame).unwrap() {
            Heard::Greeted(Some(answer)) => vec![answer],
            Heard::Message { document: SHELF, message, .. } => {
                self.peer.absorb(SHELF, &mut self.shelf, *message, Access::Read).unwrap();
                self.peer.tell(SHELF, &self.shelf, Access::Read).into_iter().collect()
            }
            Heard::Message { message, .. } => {
                self.peer.absorb(JOURNAL, &mut self.journal, *message, Access::Write).unwrap();
                self.peer.tell(JOURNAL, &self.journal, Access::Write).into_iter().collect()
            }
            other => panic!("{other:?}"),
        }
    }

    fn letters(&self) -> usize {
        documents::entries(&self.journal).len()
    }
}

/// Talks until both have nothing more to say; gives what the companion was told.
fn talk(phone: &mut Documents, desk: &mut Desk) -> Vec<Told> {
    let (mut connection, join) = Connection::open(PeerName::new("phone").unwrap());
    let mut heard = Vec::new();
    let mut frames = desk.hear(&join);
    while !frames.is_empty() {
        let mut answers = Vec::new();
        for frame in frames {
            let told = connection.hear(phone, &frame).unwrap();
            answers.extend(told.frames.iter().cloned());
            if told.greeted.is_some() {
                answers.extend(connection.tell(phone));
            }
            heard.push(told);
        }
        frames = answers.iter().flat_map(|frame| desk.hear(frame)).collect();
    }
    assert!(connection.is_level(phone));
    heard
}

fn returned(n: u8) -> (EntryId, Letter) {
    (EntryId::from_bytes([n; 16]), Letter::Return { release: release(n), at: NOON })
}

#[test]
fn what_was_written_before_the_first_contact_arrives_with_it() {
    let (mut phone, mut desk) = (Documents::new(SHELF, JOURNAL), Desk::new());
    let (id, letter) = returned(1);
    phone.write(id, &letter);
    let today = PlayKey { device: DEVICE, release: release(1), day: NOON, part: None };
    phone.count(today);
    phone.count(today);
    let heard = talk(&mut phone, &mut desk);
    assert_eq!(heard[0].greeted.as_deref(), Some("life-1"));
    assert!(heard.iter().any(|told| told.changed));
    assert_eq!(phone.shelf(), on_shelf(&[(1, ShelfState::Live)]));
    assert_eq!(desk.letters(), 1);
    assert_eq!(documents::plays(&desk.journal).values().copied().collect::<Vec<_>>(), [2]);
    assert!(phone.is_all_sent());
    // A day's count goes on from what was shared of it.
    phone.count(today);
    desk.peer = Peer::accept(PeerName::new("server").unwrap(), "life-1".into());
    talk(&mut phone, &mut desk);
    assert_eq!(documents::plays(&desk.journal)[&today], 3);
}

#[test]
fn a_letter_that_a_restored_server_has_lost_is_written_again() {
    let mut phone = Documents::new(SHELF, JOURNAL);
    talk(&mut phone, &mut Desk::new());
    let (id, letter) = returned(1);
    phone.write(id, &letter);
    assert!(!phone.is_all_sent());
    // The journal is refused, or has a successor: the copy goes, the letter does not.
    phone.forget_journal();
    phone.named(SHELF, JOURNAL);
    let mut desk = Desk::new();
    talk(&mut phone, &mut desk);
    assert_eq!(desk.letters(), 1);
    assert!(phone.letters() == [(id, letter)]);
}

#[test]
fn a_day_that_was_counted_goes_on_when_its_journal_is_replaced() {
    let (mut phone, mut desk) = (Documents::new(SHELF, JOURNAL), Desk::new());
    let today = PlayKey { device: DEVICE, release: release(1), day: NOON, part: None };
    (0..5).for_each(|_| phone.count(today));
    talk(&mut phone, &mut desk);
    phone.forget_journal();
    (0..3).for_each(|_| phone.count(today));
    desk.peer = Peer::accept(PeerName::new("server").unwrap(), "life-1".into());
    talk(&mut phone, &mut desk);
    assert_eq!(documents::plays(&desk.journal)[&today], 8);
}

#[test]
fn what_was_saved_of_documents_is_what_is_restored() {
    let mut phone = Documents::new(SHELF, JOURNAL);
    talk(&mut phone, &mut Desk::new());
    let (id, letter) = returned(1);
    phone.write(id, &letter);
    phone.count(PlayKey { device: DEVICE, release: release(1), day: NOON, part: None });
    let saved = phone.save();
    let restored = Documents::restore(&saved).unwrap();
    assert_eq!(restored.save(), saved);
    assert_eq!(restored.shelf(), phone.shelf());
    assert!(restored.letters() == phone.letters());
    assert!(Documents::restore(&saved[..saved.len() - 1]).is_err());
}

#[test]
fn more_counts_than_a_change_may_have_are_written_in_several() {
    let (mut phone, mut desk) = (Documents::new(SHELF, JOURNAL), Desk::new());
    for day in 0..100 {
        let day = NOON + Span::from_days(day);
        phone.count(PlayKey { device: DEVICE, release: release(1), day, part: None });
    }
    talk(&mut phone, &mut desk);
    assert_eq!(documents::plays(&desk.journal).len(), 100);
    assert!(desk.journal.get_changes(&[]).iter().all(|change| change.len() <= 64));
}

#[test]
fn a_successor_is_begun_with_nothing() {
    let mut phone = Documents::new(SHELF, JOURNAL);
    talk(&mut phone, &mut Desk::new());
    assert!(!phone.named(SHELF, JOURNAL));
    assert!(!phone.shelf().0.is_empty());
    assert!(phone.named(DocumentId::from_bytes([3; 16]), JOURNAL));
    assert!(phone.shelf().0.is_empty());
}

#[test]
fn a_letter_knows_whether_it_has_arrived_and_the_same_one_twice_is_one() {
    let (mut phone, mut desk) = (Documents::new(SHELF, JOURNAL), Desk::new());
    let [first, second] = [returned(1), returned(2)];
    phone.write(first.0, &first.1);
    // A phone that dies before it has noted that it was written writes it once more.
    phone.write(first.0, &first.1);
    talk(&mut phone, &mut desk);
    assert_eq!(desk.letters(), 1);
    phone.write(second.0, &second.1);
    assert!(phone.has_arrived(first.0));
    assert!(!phone.has_arrived(second.0));
}
