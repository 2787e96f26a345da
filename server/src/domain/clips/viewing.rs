//! Watching a clip together in the room: in the clear, for the care team, with nothing released.

use std::ops::Range;

use bytes::Bytes;
use futures_util::{Stream, stream};
use sync_core::{
    id::ClipId,
    media::{Layout, Opener},
    policy::{ConsentFact, Purpose},
};
use zeroize::Zeroizing;

use super::{Clip, in_care, key};
use crate::{
    domain::{
        people::consents,
        records::readings::{self, Reader, Reading},
    },
    ground::Ground,
    nouns::{Refusal, callers::StaffCaller},
    objects::{ObjectName, Objects},
    store::{self, StoreError, Tx},
};

/// How many records are opened at a time.
const RECORDS: u64 = 8;
/// A clip that may be watched.
pub struct Viewing {
    /// What its bytes are.
    pub media_type: String,
    /// How long it is, in bytes.
    pub len: u64,
    object: ObjectName,
    objects: Objects,
    opener: Opener,
    /// Who is shown it, and what the audit calls it.
    reading: (Reader, Reading),
}

/// Opens a clip for watching, where everybody heard in it consents to that.
///
/// # Errors
/// [`Refusal::NotFound`] for clips of clients whom the caller does not treat, [`Refusal::ClipDestroyed`],
/// [`Refusal::ConsentMissing`].
pub async fn open(ground: &Ground, caller: StaffCaller, clip: ClipId) -> Result<Viewing, Refusal> {
    let mut tx = ground.db.read().await?;
    let clip = in_care(&mut tx, caller, clip).await?;
    if clip.destroyed_at.is_some() {
        return Err(Refusal::ClipDestroyed);
    }
    if clip.held_back_at.is_some() || !is_consented(ground, &mut tx, &clip).await? {
        return Err(Refusal::ConsentMissing);
    }
    let key = key(ground, &mut tx, &clip).await?;
    drop(tx);
    let layout = clip.media.layout().map_err(|_| StoreError::Inconsistent("clip"))?;
    let header = ground.objects.get_range(&clip.object, 0..Layout::HEADER_LEN as u64).await?;
    let opener = Opener::new(&key, &header, layout).map_err(|_| Refusal::Unavailable)?;
    let (objects, object, len) = (ground.objects.clone(), clip.object, layout.plain_len());
    let reading = (caller.into(), Reading::Clip(clip.client, clip.id));
    Ok(Viewing { media_type: clip.media.media_type, len, object, objects, opener, reading })
}

impl Viewing {
    /// Enters into the audit that it is shown, unless that was entered within the last hour.
    ///
    /// # Errors
    /// When that cannot be: then it is not shown.
    pub async fn note(&self, ground: &Ground) -> Result<(), Refusal> {
        let (reader, reading) = self.reading;
        readings::note(ground, reader, reading).await
    }

    /// A range of the plain bytes, a few records at a time: a long clip is never whole in memory.
    pub fn stream(self, range: Range<u64>) -> impl Stream<Item = Result<Bytes, Refusal>> + Send + 'static {
        let records = self.opener.layout().records_holding(range.clone());
        stream::try_unfold((self, records), move |(viewing, mut records)| {
            let range = range.clone();
            async move {
                if records.is_empty() {
                    return Ok(None);
                }
                let some = records.start..records.end.min(records.start + RECORDS);
                records.start = some.end;
                let bytes = viewing.read(some, &range).await?;
                Ok(Some((bytes, (viewing, records))))
            }
        })
    }

    async fn read(&self, records: Range<u64>, wanted: &Range<u64>) -> Result<Bytes, Refusal> {
        let layout = self.opener.layout();
        let mut plain = Vec::new();
        for index in records {
            let (Some(sealed), Some(place)) = (layout.cipher_range(index), layout.plain_range(index)) else {
                return Err(Refusal::Unavailable);
            };
            let mut record = Zeroizing::new(self.objects.get_range(&self.object, sealed).await?.to_vec());
            let opened = self.opener.open(index, &mut record).map_err(|_| Refusal::Unavailable)?;
            let from = wanted.start.saturating_sub(place.start);
            let to = wanted.end.min(place.end).saturating_sub(place.start);
            let part = usize::try_from(from).ok().zip(usize::try_from(to).ok());
            let part = part.and_then(|(from, to)| opened.get(from..to)).ok_or(Refusal::Unavailable)?;
            plain.extend_from_slice(part);
        }
        Ok(plain.into())
    }
}

async fn is_consented(ground: &Ground, tx: &mut Tx, clip: &Clip) -> Result<bool, Refusal> {
    let events = store::consents::of_recording(tx, clip.recording).await?;
    let heard = store::clips::participants(tx, clip.id).await?;
    let now = ground.clock.now();
    let consents = |person: &_| match consents::consent(&events, *person, Purpose::ReviewTogether) {
        ConsentFact::Given { until } => until.is_none_or(|until| now < until),
        ConsentFact::NotAsked | ConsentFact::Withdrawn => false,
    };
    Ok(!heard.is_empty() && heard.iter().all(consents))
}
