//! Readings: the audit's entries for words and clips that staff were shown, one an hour for each
//! person and thing.
//!
//! A page that stands open asks every few seconds, so an entry for each answer would hide the
//! others. **A reading that cannot be entered is refused.**

use sync_core::{
    documents::Kind,
    id::{ClientId, ClipId, PracticeId, ReleaseId, StaffId},
    instant::Span,
    policy::Purpose,
    vocabulary::Vocabulary,
};

use super::audit::{self, Action, Actor, AuditEntry};
use crate::{
    ground::Ground,
    nouns::{
        Refusal,
        callers::{ConsoleCaller, StaffCaller},
    },
    store::{StoreError, Urgency},
    turns::Payer,
};

/// How long one entry stands for what the same person is shown of the same thing.
const STANDS_FOR: Span = Span::from_hours(1);

/// A thing that staff are shown.
#[derive(Debug, Clone, Copy)]
pub enum Reading {
    /// The names of the clients in their care.
    Caseload,
    /// A client's letters.
    Letters(ClientId),
    /// What a client shares of their listening.
    Listening(ClientId),
    /// A client's recordings, with the people on them and their consents.
    Recordings(ClientId),
    /// A client's observations.
    Casebook(ClientId),
    /// The words that go with a release.
    Words(ClientId, ReleaseId),
    /// A clip, watched in the room.
    Clip(ClientId, ClipId),
    /// A document, over sync.
    Document(ClientId, Kind),
}

/// Who is shown something.
#[derive(Clone, Copy)]
pub struct Reader {
    practice: PracticeId,
    staff: StaffId,
    actor: Actor,
    payer: Payer,
}

impl From<StaffCaller> for Reader {
    fn from(caller: StaffCaller) -> Self {
        let (actor, payer) = (Actor::from(&caller), caller.into());
        Self { practice: caller.practice, staff: caller.staff, actor, payer }
    }
}

impl From<ConsoleCaller> for Reader {
    fn from(caller: ConsoleCaller) -> Self {
        let (actor, payer) = (Actor::from(&caller), caller.into());
        Self { practice: caller.practice, staff: caller.staff, actor, payer }
    }
}

impl Reading {
    const fn client(self) -> Option<ClientId> {
        match self {
            Self::Caseload => None,
            Self::Letters(client)
            | Self::Listening(client)
            | Self::Recordings(client)
            | Self::Casebook(client)
            | Self::Words(client, _)
            | Self::Clip(client, _)
            | Self::Document(client, _) => Some(client),
        }
    }

    const fn action(self) -> Action {
        match self {
            Self::Caseload => Action::ReadCaseload,
            Self::Letters(_) => Action::ReadLetters,
            Self::Listening(_) => Action::ReadListening,
            Self::Recordings(_) => Action::ReadRecordings,
            Self::Clip(..) => Action::ReadClip,
            Self::Casebook(_) | Self::Words(..) | Self::Document(..) => Action::OpenDocument,
        }
    }

    /// What tells it from another of the same client.
    fn thing(self) -> (&'static str, [u8; 16]) {
        let word = self.action().as_str();
        match self {
            Self::Words(_, release) => (word, *release.as_bytes()),
            Self::Clip(_, clip) => (word, *clip.as_bytes()),
            Self::Document(_, kind) => (kind.as_str(), [1; 16]),
            _ => (word, [0; 16]),
        }
    }
}

/// Enters that this reader is shown this, unless that was entered within the last hour.
///
/// # Errors
/// When it cannot be: then it must not be shown.
pub async fn note(ground: &Ground, reader: impl Into<Reader>, reading: Reading) -> Result<(), Refusal> {
    let Reader { practice, staff, actor, payer } = reader.into();
    let now = ground.clock.now();
    let (word, thing) = reading.thing();
    let what = (staff, word, reading.client(), thing);
    if ground.read_lately.is_done(&what, now, STANDS_FOR) {
        return Ok(());
    }
    let mut entry = AuditEntry::new(practice, now, actor, reading.action());
    if let Some(client) = reading.client() {
        entry = entry.client(client);
    }
    entry = match reading {
        Reading::Words(_, release) => entry.about(release),
        Reading::Clip(_, clip) => entry.about(clip).purpose(Purpose::ReviewTogether.as_str()),
        _ => entry,
    };
    let keep = ground.committer.commit::<_, StoreError, _>(Urgency::Grant.by(payer), move |tx| {
        Box::pin(async move {
            audit::append(tx, &entry);
            Ok(())
        })
    });
    keep.await?;
    ground.read_lately.note(what, now, STANDS_FOR);
    Ok(())
}
