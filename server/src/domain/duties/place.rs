//! Where a duty stands among all of a person's: client by client, and kind by kind.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sync_core::id::ClientId;

use super::What;

/// A place: the client, the kind, and up to two ids. The practice's own duties stand before those of its clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    client: [u8; 16],
    kind: u8,
    ids: [[u8; 16]; 2],
}

const NO_ID: [u8; 16] = [0; 16];
const BYTES: usize = 49;

impl Place {
    pub(super) fn of(what: &What) -> Self {
        let (client, kind, ids) = match what {
            What::ConfirmRestore { .. } => (NO_ID, 0, [NO_ID; 2]),
            What::ConfirmRelease { client, release, .. } => {
                (*client.as_bytes(), 1, [*release.as_bytes(), NO_ID])
            }
            What::AskConsent { client, release, .. } => (*client.as_bytes(), 2, [*release.as_bytes(), NO_ID]),
            What::ReadLetter { client, letter, .. } => (*client.as_bytes(), 3, [*letter.as_bytes(), NO_ID]),
            What::ConfirmDevice { client, device, .. } => {
                (*client.as_bytes(), 4, [*device.as_bytes(), NO_ID])
            }
            What::AwaitWipe { client, release, device, .. } => {
                (*client.as_bytes(), 5, [*release.as_bytes(), *device.as_bytes()])
            }
        };
        Self { client, kind, ids }
    }

    /// Behind everything of a client.
    pub(super) const fn behind(client: ClientId) -> Self {
        Self { client: *client.as_bytes(), kind: u8::MAX, ids: [[u8::MAX; 16]; 2] }
    }

    pub(super) const fn client(self) -> ClientId {
        ClientId::from_bytes(self.client)
    }

    /// Reads what [`Place::to_text`] gave.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; BYTES];
        let read = BASE64_URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        let (client, rest) = bytes.split_first_chunk::<16>()?;
        let ([kind], rest) = rest.split_first_chunk::<1>()?;
        let (first, rest) = rest.split_first_chunk::<16>()?;
        let (second, _) = rest.split_first_chunk::<16>()?;
        (read == BYTES).then_some(Self { client: *client, kind: *kind, ids: [*first, *second] })
    }

    /// Text for a URL: it says ids, and means nothing to whoever keeps it.
    #[must_use]
    pub fn to_text(self) -> String {
        let bytes = [&self.client[..], &[self.kind], &self.ids[0], &self.ids[1]].concat();
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }
}
