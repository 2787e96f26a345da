//! Every value is read back as it was written, and has one encoding.

use super::*;
use crate::id::{ClipId, ReleaseId};

fn sixteen_bytes() -> impl Strategy<Value = [u8; 16]> {
    any::<[u8; 16]>()
}

fn instants() -> impl Strategy<Value = crate::instant::Instant> {
    any::<i64>().prop_map(crate::instant::Instant::from_millis)
}

fn spans() -> impl Strategy<Value = Span> {
    any::<u64>().prop_map(Span::from_millis)
}

prop_compose! {
    fn headers()(
        ids in (sixteen_bytes(), sixteen_bytes(), sixteen_bytes()),
        generation in any::<u64>(),
        not_before in proptest::option::of(instants()),
        ends in (instants(), instants()),
        spans in (spans(), spans()),
        daily_limit in proptest::option::of(any::<u16>()),
        days in proptest::collection::btree_set(instants(), 0..5),
        quiet in proptest::collection::vec((0..1_000_i64, 1..1_000_i64), 0..4),
    ) -> LeaseHeader {
        let at = crate::instant::Instant::from_millis;
        LeaseHeader {
            release: ReleaseId::from_bytes(ids.0),
            clip: ClipId::from_bytes(ids.1),
            device: crate::id::DeviceId::from_bytes(ids.2),
            generation,
            not_before,
            valid_until: ends.0.min(ends.1),
            ends_at: ends.0.max(ends.1),
            offline_for: spans.0,
            daily_limit,
            days: days.into_iter().collect(),
            quiet: quiet.into_iter().map(|(from, long)| (at(from), at(from + long))).collect(),
            budget: spans.1,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_header_reads_back(header in headers()) {
        let bytes = header.encode();
        let read = LeaseHeader::decode(&bytes).unwrap();
        prop_assert_eq!((&read, read.encode()), (&header, bytes));
    }

    #[test]
    fn the_sealed_part_reads_back(
        words in ("\\PC{0,40}", proptest::option::of("\\PC{0,40}"), "\\PC{0,40}", "[a-z/]{0,20}"),
        numbers in (any::<u64>(), any::<u64>(), 18..1_048_593_u32, any::<u64>()),
        marks in proptest::collection::vec((any::<u64>(), "\\PC{0,9}"), 0..5),
        key in sixteen_bytes(),
    ) {
        let written = Sealed {
            key: ClipKey::from_bytes(key),
            media: MediaRecord {
                plain_len: numbers.0,
                cipher_len: numbers.1,
                record_size: RecordSize::new(numbers.2).unwrap(),
                cipher_sha256: [7; 32],
                media_type: words.3,
            },
            duration: Span::from_millis(numbers.3),
            title: words.0,
            note: words.1,
            marks: Marks(marks.into_iter().map(|(at, words)| (Span::from_millis(at), words)).collect()),
            parting_note: words.2,
        };
        let bytes = written.encode();
        let read = Sealed::decode(&bytes).unwrap();
        prop_assert!(read.encode().as_slice() == bytes.as_slice());
        prop_assert!(read.key.expose() == written.key.expose() && read.media == written.media);
        prop_assert!(read.title == written.title && read.note == written.note && read.marks == written.marks);
        prop_assert!(read.parting_note == written.parting_note && read.duration == written.duration);
    }

    #[test]
    fn denials_receipts_and_rotations_read_back(
        ids in (sixteen_bytes(), sixteen_bytes(), sixteen_bytes(), sixteen_bytes()),
        release in proptest::option::of(sixteen_bytes()),
        numbers in (any::<u64>(), any::<u64>()),
        at in (instants(), instants()),
        which in (0..3_usize, 0..4_usize, 0..5_usize),
    ) {
        let key = signing_key(1);
        let denial = Denial {
            id: DenialId::from_bytes(ids.0),
            device: crate::id::DeviceId::from_bytes(ids.1),
            release: release.map(ReleaseId::from_bytes),
            upto_generation: numbers.0,
            kind: [DenialKind::Ended, DenialKind::Paused, DenialKind::Unpaired][which.0],
            at: at.0,
            issued_at: at.1,
            incarnation: IncarnationId::from_bytes(ids.2),
        };
        let signed = Signed::decode(&denial.sign(&key).encode()).unwrap();
        prop_assert_eq!(Denial::open(&signed, key.verifying_key()), Ok(denial));
        use ReceiptCause::{Denial as ByDenial, Lease, Person, Shelf, Time};
        use ReceiptKind::{Failed, Lapsed, Ready, Wiped};
        let receipt = Receipt {
            id: ReceiptId::from_bytes(ids.0),
            n: numbers.0,
            kind: [Ready, Wiped, Lapsed, Failed][which.1],
            device: crate::id::DeviceId::from_bytes(ids.1),
            release: ReleaseId::from_bytes(ids.2),
            clip: ClipId::from_bytes(ids.3),
            generation: numbers.1,
            cause: [Lease, Shelf, ByDenial, Time, Person][which.2],
            at: at.0,
            incarnation: IncarnationId::from_bytes(ids.3),
        };
        let signed = Signed::sign(Tag::Receipt, receipt.body(), &key);
        prop_assert_eq!(Receipt::open(&signed, key.verifying_key()), Ok(receipt));
        let rotation = Rotation {
            practice: PracticeId::from_bytes(ids.0),
            n: numbers.0,
            from: kid_of(key.verifying_key().to_sec1_point(false).as_bytes()),
            to: *signing_key(2).verifying_key(),
            at: at.0,
        };
        prop_assert_eq!(Rotation::open(&rotation.sign(&key), key.verifying_key()), Ok(rotation));
    }
}
