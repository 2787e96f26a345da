//! The place of a duty among all of a person's: by urgency, and of the same urgency the oldest
//! first.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sync_core::{id::ClientId, instant::Instant};

use super::{Says, What};

/// How urgent a duty is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// A client has stopped a clip because it does not help them, or has sent a letter that cannot be read and may say so.
    Now,
    /// Nothing plays in the whole practice until it is done, or a client's phone was copied.
    High,
    /// A client waits for it.
    Normal,
    /// Nothing can be done but to wait, or to ask the client.
    Low,
}

/// The cursor of a page: a place in the list. It is made of what does not change as long as the duty waits, so that a list can be read in pages while others
/// work: urgency, since when, the client, the kind, and up to two ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    urgency: u8,
    since: i64,
    client: [u8; 16],
    kind: u8,
    ids: [[u8; 16]; 2],
}

const NO_ID: [u8; 16] = [0; 16];
const BYTES: usize = 58;

impl What {
    /// How urgent it is.
    #[must_use]
    pub const fn urgency(&self) -> Urgency {
        match self {
            Self::ReadLetter { says: Some(Says::Return { .. }) | None, .. } => Urgency::Now,
            Self::ConfirmRestore { .. } | Self::NoteCopy { .. } => Urgency::High,
            Self::ConfirmRelease { .. }
            | Self::AskConsent { .. }
            | Self::ConfirmDevice { .. }
            | Self::DecideRestriction { .. }
            | Self::ReadLetter { says: Some(Says::Request { .. }), .. } => Urgency::Normal,
            Self::AwaitWipe { .. } | Self::NoteDeaf { .. } => Urgency::Low,
        }
    }

    /// Since when it is known to wait. Of a device that is to stop that is not known, and the instant by which it is dark
    /// comes nearer with each receipt: those stand in the order of their releases, which does not change.
    const fn since(&self) -> Instant {
        match self {
            Self::ConfirmRestore { since }
            | Self::ConfirmRelease { since, .. }
            | Self::AskConsent { since, .. }
            | Self::DecideRestriction { since, .. }
            | Self::NoteDeaf { since, .. }
            | Self::AwaitWipe { since, .. } => *since,
            Self::ReadLetter { received_at, .. } => *received_at,
            Self::ConfirmDevice { paired_at, .. } => *paired_at,
            Self::NoteCopy { found_at, .. } => *found_at,
        }
    }
}

impl Cursor {
    pub(in crate::domain) fn of(what: &What) -> Self {
        let of = |client: &ClientId, kind, ids| (*client.as_bytes(), kind, ids);
        let (client, kind, ids) = match what {
            What::ConfirmRestore { .. } => (NO_ID, 0, [NO_ID; 2]),
            What::ConfirmRelease { client, release, .. } => of(client, 1, [*release.as_bytes(), NO_ID]),
            What::AskConsent { client, release, .. } => of(client, 2, [*release.as_bytes(), NO_ID]),
            What::ReadLetter { client, letter, .. } => of(client, 3, [*letter.as_bytes(), NO_ID]),
            What::ConfirmDevice { client, device, .. } => of(client, 4, [*device.as_bytes(), NO_ID]),
            What::NoteCopy { client, device, .. } => of(client, 7, [*device.as_bytes(), NO_ID]),
            What::NoteDeaf { client, device, .. } => of(client, 8, [*device.as_bytes(), NO_ID]),
            What::DecideRestriction { client, entry, .. } => of(client, 6, [*entry.as_bytes(), NO_ID]),
            What::AwaitWipe { client, release, device, .. } => {
                of(client, 5, [*release.as_bytes(), *device.as_bytes()])
            }
        };
        let (urgency, since) = (what.urgency() as u8, what.since().as_millis());
        Self { urgency, since, client, kind, ids }
    }

    /// Reads what [`Cursor::to_text`] gave.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; BYTES];
        let read = BASE64_URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        let ([urgency], rest) = bytes.split_first_chunk::<1>()?;
        let (since, rest) = rest.split_first_chunk::<8>()?;
        let (client, rest) = rest.split_first_chunk::<16>()?;
        let ([kind], rest) = rest.split_first_chunk::<1>()?;
        let (first, rest) = rest.split_first_chunk::<16>()?;
        let (second, _) = rest.split_first_chunk::<16>()?;
        let place = Self {
            urgency: *urgency,
            since: i64::from_be_bytes(*since),
            client: *client,
            kind: *kind,
            ids: [*first, *second],
        };
        (read == BYTES).then_some(place)
    }

    /// Text for a URL: it says ids and an instant, and means nothing outside of this server.
    #[must_use]
    pub fn to_text(self) -> String {
        let since = self.since.to_be_bytes();
        let bytes =
            [&[self.urgency][..], &since, &self.client, &[self.kind], &self.ids[0], &self.ids[1]].concat();
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }
}
