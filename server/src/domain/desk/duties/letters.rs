//! Reads the kinds of unread letters, without their words.

use sync_core::{
    documents::Letter,
    id::{ClientId, EntryId, PracticeId, ReleaseId},
};

use super::What;
use crate::{
    domain::documents,
    ground::Ground,
    nouns::Refusal,
    store::{Tx, duties::UnreadLetter},
};

/// What a letter says, without its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// "This doesn't help me."
    Return {
        /// Of which release.
        release: ReleaseId,
    },
    /// A question.
    Request {
        /// About which release, if one.
        release: Option<ReleaseId>,
    },
}

/// What was met among letters that were not read yet.
#[derive(Default)]
pub(super) struct Met {
    /// Returns, requests, and what cannot be read now.
    pub(super) told: Vec<What>,
    /// What has nothing in it for anybody to read.
    pub(super) wordless: Vec<(ClientId, EntryId)>,
}

/// Reads what letters say.
pub(super) async fn read(
    ground: &Ground,
    tx: &mut Tx,
    practice: PracticeId,
    unread: Vec<UnreadLetter>,
) -> Result<Met, Refusal> {
    let mut met = Met::default();
    if unread.is_empty() {
        return Ok(met);
    }
    // A key that is not here hides no letter.
    let key = ground.keys.practice(tx, practice).await.ok();
    for UnreadLetter { client, letter, received_at, sealed } in unread {
        let opened =
            key.as_ref().and_then(|key| documents::letters::opened(key, client, letter, sealed.as_deref()?));
        let says = match opened {
            Some(Letter::Rating { .. } | Letter::Sharing { .. }) => {
                met.wordless.push((client, letter));
                continue;
            }
            Some(Letter::Return { release, .. }) => Some(Says::Return { release }),
            Some(Letter::Request { release, .. }) => Some(Says::Request { release }),
            None => None,
        };
        met.told.push(What::ReadLetter { client, letter, says, received_at });
    }
    Ok(met)
}
