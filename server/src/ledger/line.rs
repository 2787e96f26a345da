//! One line: its JSON, its hash, and how it hangs on the line before.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sync_core::{
    id::{
        ClientId, ClipId, ConsentId, DeviceId, EntryId, IncarnationId, LedgerId, ParticipantId, PracticeId,
        RecordingId, ReleaseId, StaffId,
    },
    instant::Instant,
};

use super::{AuditHead, Fact, Mark, MarkedAudit, Restriction};

/// A line that hashes to what it says.
#[derive(Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number, from 0.
    pub seq: i64,
    /// The hash of the line before; zeros for the first.
    pub prev: [u8; 32],
    /// Its own hash.
    pub hash: [u8; 32],
    /// When it was written.
    pub at: Instant,
    /// What it says.
    pub fact: Fact,
}

const HASH_CHARS: usize = 43;
const HASH_KEY: &str = r#","hash":""#;

impl Line {
    /// Writes a line, with its line feed; gives its hash too.
    pub(super) fn write(seq: i64, prev: &[u8; 32], at: Instant, fact: &Fact) -> Option<(String, [u8; 32])> {
        let body = Body { seq, prev: BASE64_URL_SAFE_NO_PAD.encode(prev), at, fact: Words::from(fact) };
        let mut text = serde_json::to_string(&body).ok()?;
        // The hash goes inside of the object, last, so that what it covers is simply what stands before it.
        text.pop();
        let hash = hash_of(&text);
        let encoded = BASE64_URL_SAFE_NO_PAD.encode(hash);
        Some((format!("{text}{HASH_KEY}{encoded}\"}}\n"), hash))
    }

    /// Reads a line without its line feed; `None` when it is not whole or not as it was written.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        let covered = text.len().checked_sub(HASH_KEY.len() + HASH_CHARS + 2)?;
        let (covered, tail) = text.split_at_checked(covered)?;
        let encoded = tail.strip_prefix(HASH_KEY)?.strip_suffix("\"}")?;
        let hash = decode(encoded)?;
        if hash_of(covered) != hash {
            return None;
        }
        let body: Body = serde_json::from_str(&format!("{covered}}}")).ok()?;
        Some(Self {
            seq: body.seq,
            prev: decode(&body.prev)?,
            hash,
            at: body.at,
            fact: body.fact.try_into().ok()?,
        })
    }
}

fn hash_of(covered: &str) -> [u8; 32] {
    Sha256::new().chain_update(b"refrain/ledger/v1").chain_update(covered).finalize().into()
}

fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

#[derive(Serialize, Deserialize)]
struct Body {
    seq: i64,
    prev: String,
    at: Instant,
    fact: Words,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Words {
    Begin {
        ledger: LedgerId,
    },
    Mark {
        mark: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        audit: Option<AuditWords>,
    },
    Entry {
        client: ClientId,
        id: EntryId,
        bytes: String,
    },
    Made {
        client: ClientId,
        clip: ClipId,
        release: ReleaseId,
        at: Instant,
    },
    Withdrawal {
        consent: ConsentId,
        recording: RecordingId,
        participant: ParticipantId,
        purpose: String,
        at: Instant,
        // Lines of before this was kept have none: then the person counts as having said it themself, which binds more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        recorded_by: Option<StaffId>,
    },
    ConsentEnd {
        consent: ConsentId,
        recording: RecordingId,
        participant: ParticipantId,
        purpose: String,
        at: Instant,
        valid_until: Instant,
    },
    Unpair {
        device: DeviceId,
        at: Instant,
    },
    Destroy {
        clip: ClipId,
        at: Instant,
    },
}

#[derive(Serialize, Deserialize)]
struct AuditWords {
    incarnation: IncarnationId,
    heads: Vec<HeadWords>,
}

#[derive(Serialize, Deserialize)]
struct HeadWords {
    practice: PracticeId,
    entries: i64,
    hash: String,
}

impl From<MarkedAudit> for AuditWords {
    fn from(audit: MarkedAudit) -> Self {
        let head = |AuditHead { practice, entries, hash }| HeadWords {
            practice,
            entries,
            hash: BASE64_URL_SAFE_NO_PAD.encode(hash),
        };
        Self { incarnation: audit.incarnation, heads: audit.heads.into_iter().map(head).collect() }
    }
}

impl TryFrom<AuditWords> for MarkedAudit {
    type Error = NotBytes;

    fn try_from(words: AuditWords) -> Result<Self, NotBytes> {
        let head = |HeadWords { practice, entries, hash }| {
            Ok(AuditHead { practice, entries, hash: decode(&hash).ok_or(NotBytes)? })
        };
        let heads = words.heads.into_iter().map(head).collect::<Result<_, _>>()?;
        Ok(Self { incarnation: words.incarnation, heads })
    }
}

impl From<&Fact> for Words {
    fn from(fact: &Fact) -> Self {
        match fact.clone() {
            Fact::Begin(ledger) => Self::Begin { ledger },
            Fact::Mark(Mark { value, audit }) => {
                Self::Mark { mark: BASE64_URL_SAFE_NO_PAD.encode(value), audit: audit.map(AuditWords::from) }
            }
            Fact::Restriction(Restriction::Entry { client, id, bytes }) => {
                Self::Entry { client, id, bytes: BASE64_URL_SAFE_NO_PAD.encode(bytes) }
            }
            Fact::Restriction(Restriction::Made { client, clip, release, at }) => {
                Self::Made { client, clip, release, at }
            }
            Fact::Restriction(Restriction::Withdrawal {
                consent,
                recording,
                participant,
                purpose,
                at,
                recorded_by,
            }) => Self::Withdrawal { consent, recording, participant, purpose, at, recorded_by },
            Fact::Restriction(Restriction::ConsentEnd {
                consent,
                recording,
                participant,
                purpose,
                at,
                valid_until,
            }) => Self::ConsentEnd { consent, recording, participant, purpose, at, valid_until },
            Fact::Restriction(Restriction::Unpair { device, at }) => Self::Unpair { device, at },
            Fact::Restriction(Restriction::Destroy { clip, at }) => Self::Destroy { clip, at },
        }
    }
}

/// Bytes in a line that are not base64url.
struct NotBytes;

impl TryFrom<Words> for Fact {
    type Error = NotBytes;

    fn try_from(words: Words) -> Result<Self, NotBytes> {
        let restriction = match words {
            Words::Begin { ledger } => return Ok(Self::Begin(ledger)),
            Words::Mark { mark, audit } => {
                let value = decode(&mark).ok_or(NotBytes)?;
                return Ok(Self::Mark(Mark { value, audit: audit.map(MarkedAudit::try_from).transpose()? }));
            }
            Words::Entry { client, id, bytes } => {
                let bytes = BASE64_URL_SAFE_NO_PAD.decode(bytes).map_err(|_| NotBytes)?;
                Restriction::Entry { client, id, bytes }
            }
            Words::Made { client, clip, release, at } => Restriction::Made { client, clip, release, at },
            Words::Withdrawal { consent, recording, participant, purpose, at, recorded_by } => {
                Restriction::Withdrawal { consent, recording, participant, purpose, at, recorded_by }
            }
            Words::ConsentEnd { consent, recording, participant, purpose, at, valid_until } => {
                Restriction::ConsentEnd { consent, recording, participant, purpose, at, valid_until }
            }
            Words::Unpair { device, at } => Restriction::Unpair { device, at },
            Words::Destroy { clip, at } => Restriction::Destroy { clip, at },
        };
        Ok(Self::Restriction(restriction))
    }
}
