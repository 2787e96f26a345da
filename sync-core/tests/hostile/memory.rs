//! How much memory the worst messages cost, counted by the allocator.

use automerge::{
    ReadDoc,
    sync::{ChunkList, State, SyncDoc},
};
use miniz_oxide::deflate::compress_to_vec;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use sync_core::{
    documents::{Document, DocumentId, Kind, Letter, append, create, load},
    id::EntryId,
    lease::Signed,
    sync::{Access, Frame, Heard, MAX_FRAME_BYTES, Peer, PeerName},
};

const ID: DocumentId = DocumentId::from_bytes([7; 16]);
const MIB: u64 = 1 << 20;

/// The most bytes that were allocated at one moment while this ran.
pub fn peak(work: impl FnOnce()) -> u64 {
    allocation_counter::measure(work).bytes_max
}

fn orders() -> Document {
    create(Kind::Orders, automerge::ActorId::from([1; 16])).unwrap()
}

fn server() -> Peer {
    let name = |name| PeerName::new(name).unwrap();
    let (_, join) = Peer::initiate(name("device"));
    let mut server = Peer::accept(name("server"), "storage".into());
    server.hear(&join).unwrap();
    server
}

/// A sync frame of raw data, written by hand: [`Frame::encode`] would copy it and be counted.
fn frame(data: Vec<u8>) -> Vec<u8> {
    let name = |name| PeerName::new(name).unwrap();
    Frame::Sync { sender: name("device"), target: name("server"), document: ID, request: false, data }
        .encode()
}

/// The whole way of a message that is not taken: gives its length, the peak, and the code that refuses it.
fn refused(data: Vec<u8>, access: Access) -> (u64, u64, &'static str) {
    let (mut server, document, frame) = (server(), orders(), frame(data));
    let mut code = "";
    let peak = peak(|| {
        let mut message = match server.hear(&frame) {
            Ok(Heard::Message { message, .. }) => message,
            Ok(_) => return,
            Err(error) => return code = error.code(),
        };
        if access == Access::Write
            && let Err(error) = server.take_changes(ID, &document, &mut message)
        {
            return code = error.code();
        }
        if let Err(error) = server.absorb(ID, &mut document.clone(), *message, access) {
            code = error.code();
        }
    });
    (frame.len() as u64, peak, code)
}

/// A sync message around lists that are given raw, counted in LEB128.
fn raw(parts: &[&[u8]]) -> Vec<u8> {
    [&[&[0x42][..]], parts].concat().concat()
}

/// LEB128.
fn number(value: u32) -> Vec<u8> {
    let bytes = (32 - value.leading_zeros()).div_ceil(7).max(1);
    (0..bytes).map(|i| (value >> (7 * i) & 0x7f) as u8 | if i + 1 < bytes { 0x80 } else { 0 }).collect()
}

const ROOM: usize = MAX_FRAME_BYTES - 1_024;

fn with_chunks(chunks: Vec<Vec<u8>>) -> Vec<u8> {
    let mut message = orders().generate_sync_message(&mut State::new()).unwrap();
    message.changes = ChunkList::from(chunks);
    message.encode()
}

/// A chunk of type 2 whose checksum nobody gets to look at.
fn compressed(body: &[u8]) -> Vec<u8> {
    let packed = compress_to_vec(body, 9);
    [&[0x85, 0x6f, 0x4a, 0x83, 0, 0, 0, 0, 2][..], &number(packed.len() as u32), &packed].concat()
}

#[test]
fn the_worst_messages_cost_less_than_four_times_what_a_frame_may_have() {
    let hashes = (ROOM / 32) as u32;
    let shorts = (ROOM / 2) as u32;
    let cases: [(&str, Vec<u8>, &str); 8] = [
        (
            "a list of as many heads as fit",
            raw(&[&number(hashes), &vec![1; hashes as usize * 32], &[0, 0, 0]]),
            "sync_message_too_large",
        ),
        (
            "as many needs as fit",
            raw(&[&[0], &number(hashes), &vec![1; hashes as usize * 32], &[0, 0]]),
            "sync_message_too_large",
        ),
        (
            "two million filters of two bytes",
            raw(&[&[0, 0], &number(shorts), &vec![0; ROOM], &[0]]),
            "sync_message_too_large",
        ),
        (
            "four million chunks of no bytes",
            raw(&[&[0, 0, 0], &number(ROOM as u32), &vec![0; ROOM]]),
            "sync_message_malformed",
        ),
        (
            "a chunk of 64 KiB that becomes 64 MiB",
            with_chunks(vec![compressed(&vec![0; 64 << 20])]),
            "change_too_long",
        ),
        (
            "many of them, in one frame",
            with_chunks(vec![compressed(&vec![0; 64 << 20]); ROOM / 66_000]),
            "change_too_long",
        ),
        ("a document of four MiB", with_chunks(vec![large_document()]), "change_not_single"),
        ("a chunk that says to be longer than memory", with_chunks(vec![endless()]), "change_malformed"),
    ];
    for (what, data, code) in cases {
        let (len, peak, refused) = refused(data, Access::Write);
        assert_eq!(refused, code, "{what}");
        assert!(peak < 4 * len.max(MIB), "{what}: {peak} bytes of memory for {len}");
    }
}

fn endless() -> Vec<u8> {
    [&[0x85, 0x6f, 0x4a, 0x83, 0, 0, 0, 0, 1][..], &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]]
        .concat()
}

fn large_document() -> Vec<u8> {
    let mut document = orders();
    let mut rng = StdRng::seed_from_u64(1);
    let facts: Vec<_> = (0..15).map(|n| (id(n), (0..250 << 10).map(|_| rng.random()).collect())).collect();
    append(&mut document, &facts).unwrap();
    let saved = document.save();
    assert!(saved.len() as u64 > 3 * MIB);
    saved
}

fn id(n: u64) -> EntryId {
    EntryId::from_bytes([&[7; 8][..], &n.to_be_bytes()].concat().try_into().unwrap())
}

#[test]
fn thousands_of_small_chunks_that_become_great_changes_cost_no_more_than_a_message_may_bring() {
    let mut document = orders();
    append(&mut document, &[(id(1), vec![0; 255 * 1_024])]).unwrap();
    let change = document.get_last_local_change().unwrap();
    let bytes = change.raw_bytes();
    let header = 9 + bytes[9..].iter().position(|byte| byte & 0x80 == 0).unwrap() + 1;
    let mut packed = compressed(&bytes[header..]);
    packed[4..8].copy_from_slice(&bytes[4..8]);
    assert!(packed.len() < 1_024);
    let (len, peak, code) = refused(with_chunks(vec![packed; 4_000]), Access::Write);
    assert_eq!(code, "changes_too_long");
    // Unpacked they would be a thousand million bytes.
    assert!(peak < 16 * MIB + 4 * len, "{peak} bytes of memory for {len}");
}

#[test]
fn what_a_reader_sends_is_not_unpacked() {
    let bombs = vec![compressed(&vec![0; 64 << 20]); 8];
    let (len, peak, code) = refused(with_chunks(bombs), Access::Read);
    assert_eq!(code, "");
    assert!(peak < 4 * len + MIB, "{peak} bytes of memory for {len}");
}

#[test]
fn a_change_that_is_asked_for_again_and_again_is_sent_once() {
    let mut document = orders();
    append(&mut document, &[(id(1), vec![7; 100 * 1_024])]).unwrap();
    let hash = document.get_heads()[0].0;
    let needs = hash.repeat(1_000);
    let mut server = server();
    let data = raw(&[&[0], &number(1_000), &needs, &[0, 0]]);
    let Ok(Heard::Message { message, .. }) = server.hear(&frame(data)) else { panic!("a message") };
    server.absorb(ID, &mut document.clone(), *message, Access::Write).unwrap();
    let peak = peak(|| {
        assert!(server.tell(ID, &document, Access::Write).is_some_and(|answer| answer.len() < 110 * 1_024))
    });
    assert!(peak < 2 * MIB, "{peak} bytes of memory for one change of 100 KiB");
    assert_eq!(document.stats().num_changes, 2);
}

#[test]
fn frames_and_statements_of_very_many_items_are_refused_before_they_are_made() {
    let items = [vec![0x9a, 0, 0x3f, 0xf0, 0], vec![0; ROOM]].concat();
    let mut server = server();
    let heard = peak(|| assert!(server.hear(&items).is_err()));
    let read = peak(|| assert!(Signed::decode(&items).is_err()));
    // One item fewer than are too many, in a letter as long as a change may be.
    let list = [vec![0x99, 0xff, 0xf0], vec![0; 65_500]].concat();
    let letter = peak(|| assert!(Letter::decode(&list).is_err()));
    assert!(heard.max(read).max(letter) < MIB / 16, "{heard}, {read} and {letter} bytes of memory");
}

#[test]
fn small_changes_to_a_journal_that_was_loaded_cost_no_more_memory_than_its_size() {
    let mut journal = create(Kind::Journal, automerge::ActorId::from([1; 16])).unwrap();
    let mut rng = StdRng::seed_from_u64(2);
    let mut long = |_| (EntryId::from_bytes(rng.random()), (0..1_500).map(|_| rng.random()).collect());
    let long: Vec<_> = (0..2_000).map(&mut long).collect();
    append(&mut journal, &long).unwrap();
    let (saved, heads) = (journal.save(), journal.get_heads());
    for _ in 0..40 {
        // Under keys that fall between the others, as random ones do.
        let short: Vec<_> = (0..50).map(|_| (EntryId::from_bytes(rng.random()), vec![7; 20])).collect();
        append(&mut journal, &short).unwrap();
    }
    let changes = journal.get_changes(&heads);
    let raw: Vec<_> = changes.iter().map(|change| change.raw_bytes().to_vec()).collect();
    let applied = peak(|| {
        let mut loaded = load(&saved, &[]).unwrap();
        loaded.values.apply(&mut loaded.document, changes).unwrap();
        assert_eq!(loaded.document.get_heads(), journal.get_heads());
    });
    let read = peak(|| assert_eq!(load(&saved, &raw).unwrap().document.get_heads(), journal.get_heads()));
    // 2,000 operations on three megabytes: six thousand megabytes, if each copied what is there.
    assert!(applied.max(read) < 32 * MIB, "{applied} and {read} bytes of memory");
}

#[test]
fn documents_as_large_as_they_are_before_their_successors_open_in_64_mib() {
    // The server replaces a document that has a megabyte or 4,096 changes. A client's twenty years are a row of such ones.
    for kind in [Kind::Orders, Kind::Journal, Kind::Casebook] {
        let mut document = create(kind, automerge::ActorId::from([1; 16])).unwrap();
        let mut rng = StdRng::seed_from_u64(3);
        for _ in 0..4_096 {
            append(&mut document, &[(EntryId::from_bytes(rng.random()), vec![7; 250])]).unwrap();
        }
        let raw: Vec<_> =
            document.get_changes(&[]).iter().map(|change| change.raw_bytes().to_vec()).collect();
        let (saved, count) = (document.save(), document.stats().num_ops);
        // One that was compacted, and one whose changes were never.
        let compact = peak(|| assert_eq!(load(&saved, &[]).unwrap().document.stats().num_ops, count));
        let empty = create(kind, automerge::ActorId::from([1; 16])).unwrap().save();
        let loose = peak(|| assert_eq!(load(&empty, &raw).unwrap().document.stats().num_ops, count));
        println!("{kind:?}: {compact} bytes compact, {loose} loose");
        assert!(compact.max(loose) < 64 * MIB, "{kind:?}: {compact} and {loose} bytes of memory");
    }
}
