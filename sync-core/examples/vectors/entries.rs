//! Entries in their one encoding, and the folds of sets of them.

use serde_json::{Value, json};
use sync_core::{
    documents::{Letter, Note, Observation, ObservationKind, Words},
    id::EntryId,
    instant::Span,
    lease::Marks,
    orders::{Act, Author, Entry, HoldOn, Orders, RevokeOn},
    policy::{Standing, standing},
    terms::{QuietHours, Terms, TermsChange},
};

use super::world::{DEVICE, NOON, b64, clip, entry, recording, release};

fn terms() -> Terms {
    Terms {
        not_before: None,
        expires_at: NOON + Span::from_days(28),
        offline_for: Span::from_days(3),
        daily_limit: Some(3),
        quiet_hours: QuietHours::between(22 * 60, 6 * 60).unwrap_or_default(),
        planned_daily: Some(1),
    }
}

fn by_device(act: Act) -> Entry {
    Entry { by: Author::Device(DEVICE), at: NOON, act }
}

fn made(n: u8, seen: Vec<EntryId>) -> Entry {
    by_device(Act::Release {
        release: release(n),
        clip: clip(n),
        recording: recording(n),
        terms: terms(),
        seen,
    })
}

fn amended(set: TermsChange, over: Vec<EntryId>) -> Entry {
    by_device(Act::Amend { release: release(1), set, over })
}

fn limit(limit: Option<u16>) -> TermsChange {
    TermsChange { daily_limit: Some(limit), ..TermsChange::default() }
}

/// `entries.json`.
pub(crate) fn entries() -> Value {
    let everything = TermsChange {
        not_before: Some(None),
        expires_at: Some(NOON + Span::from_days(7)),
        offline_for: Some(Span::from_hours(12)),
        daily_limit: Some(Some(1)),
        quiet_hours: Some(QuietHours::NONE),
        planned_daily: Some(None),
    };
    let acts = [
        ("a release", made(1, vec![entry(1)])),
        ("an amendment of everything", amended(everything, vec![entry(1), entry(2)])),
        (
            "a hold of a release",
            by_device(Act::Hold { on: HoldOn::Release(release(1)), until: None, hits: vec![] }),
        ),
        (
            "a hold of the shelf",
            by_device(Act::Hold { on: HoldOn::Shelf, until: Some(NOON), hits: vec![release(1)] }),
        ),
        ("a lift", by_device(Act::Lift { holds: vec![entry(3)] })),
        (
            "a revocation of a release",
            by_device(Act::Revoke { on: RevokeOn::Release(release(1)), hits: vec![release(1)] }),
        ),
        ("a revocation of a clip", by_device(Act::Revoke { on: RevokeOn::Clip(clip(1)), hits: vec![] })),
        (
            "a revocation of a recording",
            by_device(Act::Revoke { on: RevokeOn::Recording(recording(1)), hits: vec![] }),
        ),
        (
            "a revocation by the server",
            Entry { by: Author::Server, at: NOON, act: Act::Revoke { on: RevokeOn::Shelf, hits: vec![] } },
        ),
        ("a confirmation", by_device(Act::Confirm { release: release(1), seen: vec![entry(4)] })),
    ];
    let taken = acts.map(|(name, entry)| json!({ "name": name, "bytes": b64(entry.encode()) }));
    let good = made(1, vec![]).encode();
    let mut longer = good.clone();
    longer.push(0);
    let unknown =
        sync_core::cbor::Map::new().with("k", "taper").with("by", DEVICE).with("at", NOON).to_bytes();
    let refused = json!([
        { "why": "a byte too many", "bytes": b64(longer) },
        { "why": "an unknown kind", "bytes": b64(unknown) },
        { "why": "cut", "bytes": b64(&good[..good.len() - 1]) },
    ]);
    json!({ "taken": taken, "refused": refused, "letters": letters(), "notes": notes() })
}

fn letters() -> Value {
    json!([
        { "name": "a return", "bytes": b64(Letter::Return { release: release(1), at: NOON }.encode()) },
        { "name": "a request", "bytes": b64(Letter::Request { release: None, at: NOON, words: "kürzer?".into() }.encode()) },
        { "name": "a rating", "bytes": b64(Letter::Rating { release: release(1), at: NOON, value: 4 }.encode()) },
        { "name": "sharing ends", "bytes": b64(Letter::Sharing { on: false, at: NOON }.encode()) },
    ])
}

fn notes() -> Value {
    let words = Words {
        release: release(1),
        at: NOON,
        note: Some("in the evening".into()),
        marks: Marks(vec![(Span::from_secs(30), "shoulders".into())]),
        parting_note: "until next time".into(),
    };
    let seen = Observation {
        kind: ObservationKind::Fixation,
        at: NOON,
        releases: vec![release(1)],
        reason: "every night".into(),
    };
    json!([
        { "name": "words", "bytes": b64(Note::Words(words).encode()) },
        { "name": "an observation", "bytes": b64(Note::Observation(seen).encode()) },
    ])
}

/// `fold.json`.
pub(crate) fn fold() -> Value {
    let revoke = |on, hits| by_device(Act::Revoke { on, hits });
    let hold = |on, hits| by_device(Act::Hold { on, until: None, hits });
    let lift = |holds| by_device(Act::Lift { holds });
    let confirm = |seen| by_device(Act::Confirm { release: release(1), seen });
    let one = || made(1, vec![]);
    let cases: Vec<(&str, Vec<Entry>)> = vec![
        ("a release is live", vec![one()]),
        ("a revocation ends it", vec![one(), revoke(RevokeOn::Release(release(1)), vec![])]),
        (
            "nothing undoes a revocation",
            vec![
                one(),
                revoke(RevokeOn::Clip(clip(1)), vec![release(1)]),
                confirm(vec![entry(1)]),
                lift(vec![entry(1)]),
            ],
        ),
        (
            "a revocation that had not seen it leaves it unconfirmed",
            vec![one(), revoke(RevokeOn::Clip(clip(1)), vec![])],
        ),
        (
            "a confirmation that saw it",
            vec![one(), revoke(RevokeOn::Recording(recording(1)), vec![]), confirm(vec![entry(1)])],
        ),
        ("a release that saw it", vec![made(1, vec![entry(1)]), revoke(RevokeOn::Clip(clip(1)), vec![])]),
        ("another clip's revocation", vec![one(), revoke(RevokeOn::Clip(clip(2)), vec![])]),
        ("a hold", vec![one(), hold(HoldOn::Release(release(1)), vec![])]),
        ("a lifted hold", vec![one(), hold(HoldOn::Shelf, vec![release(1)]), lift(vec![entry(1)])]),
        (
            "a shelf hold that had not seen it, lifted",
            vec![one(), hold(HoldOn::Shelf, vec![]), lift(vec![entry(1)])],
        ),
        (
            "the stricter of two amendments",
            vec![one(), amended(limit(Some(5)), vec![entry(0)]), amended(limit(None), vec![entry(0)])],
        ),
        (
            "an amendment over another",
            vec![
                one(),
                amended(limit(Some(1)), vec![entry(0)]),
                amended(limit(Some(9)), vec![entry(0), entry(1)]),
            ],
        ),
        ("an amendment that saw nothing", vec![one(), amended(limit(Some(9)), vec![])]),
        (
            "amendments in a circle",
            vec![
                one(),
                amended(limit(Some(9)), vec![entry(0), entry(2)]),
                amended(limit(Some(8)), vec![entry(0), entry(1)]),
            ],
        ),
        ("two releases of one id", vec![one(), made(1, vec![])]),
        ("two releases", vec![one(), made(2, vec![])]),
    ];
    let cases = cases.into_iter().map(|(name, entries)| {
        let entries: Vec<_> = (0..).zip(entries).map(|(n, act)| (entry(n), act.encode())).collect();
        case(name, &entries)
    });
    let mut cases: Vec<_> = cases.collect();
    let unreadable = [(entry(0), one().encode()), (entry(1), vec![0xa0])];
    cases.push(case("an entry that cannot be read", &unreadable));
    json!({ "now": NOON, "cases": cases })
}

fn case(name: &str, entries: &[(EntryId, Vec<u8>)]) -> Value {
    let orders = Orders::fold_encoded(entries.iter().map(|(id, bytes)| (*id, bytes.as_slice())));
    let releases: serde_json::Map<_, _> = orders
        .releases
        .iter()
        .map(|(id, release)| {
            let stands = match standing(&orders, release, NOON) {
                Standing::Live { .. } => "live",
                Standing::Later { .. } => "later",
                Standing::Held { .. } => "held",
                Standing::Unconfirmed => "unconfirmed",
                Standing::Expired => "expired",
                Standing::Revoked => "revoked",
            };
            let terms = release.terms.as_ref().map(|terms| {
                json!({ "expires_at": terms.expires_at, "offline_for": terms.offline_for, "daily_limit": terms.daily_limit, "quiet_hours": terms.quiet_hours.ranges() })
            });
            (id.to_string(), json!({ "standing": stands, "terms": terms }))
        })
        .collect();
    let entries: Vec<_> =
        entries.iter().map(|(id, bytes)| json!({ "id": id, "bytes": b64(bytes) })).collect();
    json!({ "name": name, "entries": entries, "releases": releases })
}
