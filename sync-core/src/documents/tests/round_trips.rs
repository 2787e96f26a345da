//! Letters and notes are read back as they were written.

use proptest::prelude::*;

use super::*;

fn letters() -> impl Strategy<Value = Shown<Letter>> {
    let at = any::<i64>().prop_map(Instant::from_millis);
    let id = any::<[u8; 16]>().prop_map(ReleaseId::from_bytes);
    prop_oneof![
        (id.clone(), at.clone()).prop_map(|(release, at)| Shown(Letter::Return { release, at })),
        (proptest::option::of(id.clone()), at.clone(), "\\PC{0,300}")
            .prop_map(|(release, at, words)| Shown(Letter::Request { release, at, words })),
        (id, at.clone(), 0..=4_u8).prop_map(|(release, at, value)| Shown(Letter::Rating {
            release,
            at,
            value
        })),
        (any::<bool>(), at).prop_map(|(on, at)| Shown(Letter::Sharing { on, at })),
    ]
}

fn notes() -> impl Strategy<Value = Shown<Note>> {
    let at = any::<i64>().prop_map(Instant::from_millis);
    let id = any::<[u8; 16]>().prop_map(ReleaseId::from_bytes);
    let kinds = [ObservationKind::Fixation, ObservationKind::Distress, ObservationKind::Other];
    let mark = (any::<u64>().prop_map(Span::from_millis), "\\PC{0,20}");
    prop_oneof![
        (
            id.clone(),
            at.clone(),
            proptest::option::of("\\PC{0,50}"),
            proptest::collection::vec(mark, 0..5),
            "\\PC{0,50}"
        )
            .prop_map(|(release, at, note, marks, parting_note)| {
                Shown(Note::Words(Words { release, at, note, marks: Marks(marks), parting_note }))
            }),
        (0..3_usize, at, proptest::collection::vec(id, 0..5), "\\PC{0,200}").prop_map(
            move |(kind, at, releases, reason)| {
                Shown(Note::Observation(Observation { kind: kinds[kind], at, releases, reason }))
            }
        ),
    ]
}

proptest! {
    #[test]
    fn a_letter_reads_back(letter in letters()) {
        prop_assert!(Letter::decode(&letter.0.encode()) == Ok(letter.0));
    }

    #[test]
    fn a_note_reads_back(note in notes()) {
        prop_assert!(Note::decode(&note.0.encode()) == Ok(note.0));
    }
}

/// What people write shows itself to nobody: not to a failing test either.
struct Shown<T>(T);

impl<T> std::fmt::Debug for Shown<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("words")
    }
}
