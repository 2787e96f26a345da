//! Endings: the releases that end soon, over all clients whom a member of the care team treats.
//!
//! Rows find them, without a fold of any client's orders: each settlement keeps the first instant
//! of denial of each release.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sync_core::{
    id::{ClientId, ClipId, ReleaseId},
    instant::Instant,
};

use crate::{
    domain::clips,
    ground::Ground,
    nouns::{Refusal, callers::StaffCaller},
    store::{self, releases::StoredEnding},
};

/// How many a page has at most.
pub const PAGE: usize = 100;

/// A release that ends.
pub struct Ending {
    /// Whose.
    pub client: ClientId,
    /// Which.
    pub release: ReleaseId,
    /// Of which clip.
    pub clip: ClipId,
    /// The clip's title, where the caller may read it.
    pub title: Option<String>,
    /// The first instant of denial, as far as terms, consents and the clip say.
    pub ends_at: Instant,
}

/// Where an ending stands: by its instant, then by its release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor(Instant, ReleaseId);

/// Some of the endings.
pub struct Page {
    /// The next to end first, at most [`PAGE`].
    pub endings: Vec<Ending>,
    /// After which place the next page begins, if there is more.
    pub next: Option<Cursor>,
}

/// Lists what ends before an instant, from after a place on.
///
/// # Errors
/// When the database fails.
pub async fn page(
    ground: &Ground,
    caller: StaffCaller,
    before: Instant,
    after: Option<Cursor>,
) -> Result<Page, Refusal> {
    let now = ground.clock.now();
    let Cursor(at, release) = after.unwrap_or(Cursor(now, ReleaseId::from_bytes([0; 16])));
    let wanted = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let mut tx = ground.db.read().await?;
    let (who, when) = ((caller.practice, caller.staff), (now, before));
    let found = store::releases::ending(&mut tx, who, when, (at, release), wanted).await?;
    let last = found.get(PAGE - 1).filter(|_| found.len() > PAGE);
    let next = last.map(|last| Cursor(last.ends_at, last.release));
    let mut endings = Vec::with_capacity(found.len().min(PAGE));
    for StoredEnding { ends_at, release, client, clip } in found.into_iter().take(PAGE) {
        // A title that cannot be opened hides no end.
        let title = clips::title_for(ground, &mut tx, caller, client, clip).await.ok().flatten();
        endings.push(Ending { client, release, clip, title, ends_at });
    }
    Ok(Page { endings, next })
}

impl Cursor {
    /// Reads what [`Cursor::to_text`] gave.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 24];
        let read = BASE64_URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        let (at, rest) = bytes.split_first_chunk::<8>()?;
        let (release, _) = rest.split_first_chunk::<16>()?;
        let place = Self(Instant::from_millis(i64::from_be_bytes(*at)), ReleaseId::from_bytes(*release));
        (read == bytes.len()).then_some(place)
    }

    /// Text for a URL.
    #[must_use]
    pub fn to_text(self) -> String {
        let at = self.0.as_millis().to_be_bytes();
        BASE64_URL_SAFE_NO_PAD.encode([&at[..], self.1.as_bytes()].concat())
    }
}

#[cfg(test)]
mod tests;
