//! A companion's state across runs, as deterministic CBOR. No key and no word is in it.

use ciborium::Value;

use super::{
    companion::{Companion, Identity},
    holding::{Held, Phase, PlaysByDay},
};
use crate::{
    cbor::{self, CborError, Map, id_list},
    clock::Clock,
    documents::ShelfState,
    id::ReleaseId,
    instant::Instant,
    lease::{LeaseHeader, ReceiptCause, Signed, Step},
    media::{MediaRecord, RecordSize},
    vocabulary::Vocabulary,
};

impl Companion {
    /// The bytes to write durably.
    pub fn save(&mut self) -> Vec<u8> {
        let clock = self.clock.persist();
        self.writing = self.stepped;
        let held = self.held.values().map(|held| save_held(held).to_value()).collect();
        let tombstones = self
            .tombstones
            .iter()
            .map(|(release, upto)| Value::Array(vec![(*release).into(), (*upto).into()]))
            .collect();
        let unsigned = self
            .unsigned
            .iter()
            .map(|(n, body)| Value::Array(vec![(*n).into(), Value::Bytes(body.clone())]))
            .collect();
        let unsent = self
            .unsent
            .iter()
            .map(|(n, signed)| Value::Array(vec![(*n).into(), Value::Bytes(signed.encode())]))
            .collect();
        let resting = self
            .resting
            .iter()
            .map(|(release, state)| Value::Array(vec![(*release).into(), state.as_str().into()]))
            .collect();
        let played = self
            .played
            .iter()
            .map(|(release, plays)| Value::Array(vec![(*release).into(), plays_value(plays)]))
            .collect();
        let denials = self
            .denials
            .iter()
            .map(|(release, signed)| Value::Array(vec![(*release).into(), Value::Bytes(signed.encode())]))
            .collect();
        let rotations = self.keys.chain().iter().map(|signed| Value::Bytes(signed.encode()));
        let rotations: Vec<_> = rotations.collect();
        Map::new()
            .with("v", 1)
            .with_some("rotations", (!rotations.is_empty()).then_some(Value::Array(rotations)))
            .with_some("clock", clock.map(Value::Bytes))
            .with("held", Value::Array(held))
            .with("tombstones", Value::Array(tombstones))
            .with("resting", Value::Array(resting))
            .with("removed", id_list(&self.removed))
            .with("played", Value::Array(played))
            .with("denials", Value::Array(denials))
            .with("hands_in", self.hands_in)
            .with("unpaired", self.unpaired)
            .with_some("incarnation", self.incarnation)
            .with("next_receipt", self.next_receipt)
            .with("unsigned", Value::Array(unsigned))
            .with("unsent", Value::Array(unsent))
            .with_some("leapt_at", self.leapt_at)
            .with("step", self.stepped.n)
            .with("step_after", Value::Bytes(self.stepped.after.to_vec()))
            .to_bytes()
    }

    /// Takes up what an earlier run saved. Follow with [`Companion::resume`].
    ///
    /// # Errors
    /// [`CborError`] when the bytes are not what [`Companion::save`] wrote: then the device starts anew, with nothing.
    pub fn restore(identity: Identity, bytes: &[u8]) -> Result<Self, CborError> {
        let mut map = Map::read(bytes)?;
        if map.integer::<u8>("v")? != 1 {
            return Err(CborError::Shape);
        }
        let mut companion = Self::new(identity);
        if map.has("rotations") {
            let chain: Vec<_> =
                map.list("rotations")?.into_iter().map(read_signed).collect::<Result<_, _>>()?;
            companion.keys.follow(companion.identity.practice, &chain).map_err(|_| CborError::Shape)?;
        }
        if map.has("clock") {
            companion.clock = Clock::restore(&map.bytes("clock")?)?;
        }
        for held in map.list("held")? {
            let held = read_held(Map::from_value(held)?)?;
            companion.held.insert(held.lease.release, held);
        }
        companion.tombstones = pairs(map.list("tombstones")?)?
            .into_iter()
            .map(|(release, upto)| Ok((cbor::id_of::<ReleaseId>(release)?, cbor::integer_of(upto)?)))
            .collect::<Result<_, CborError>>()?;
        for (release, state) in pairs(map.list("resting")?)? {
            let state =
                state.into_text().ok().and_then(|word| ShelfState::parse(&word)).ok_or(CborError::Shape)?;
            companion.resting.insert(cbor::id_of(release)?, state);
        }
        companion.removed = map.ids("removed")?.into_iter().collect();
        for (release, plays) in pairs(map.list("played")?)? {
            let plays = plays.into_array().map_err(|_| CborError::Shape)?;
            companion.played.insert(cbor::id_of(release)?, read_plays(plays)?);
        }
        for (release, signed) in pairs(map.list("denials")?)? {
            companion.denials.insert(cbor::id_of(release)?, read_signed(signed)?);
        }
        companion.hands_in = boolean(&mut map, "hands_in")?;
        companion.unpaired = boolean(&mut map, "unpaired")?;
        companion.incarnation = if map.has("incarnation") { Some(map.id("incarnation")?) } else { None };
        companion.next_receipt = map.integer("next_receipt")?;
        for (n, body) in pairs(map.list("unsigned")?)? {
            let body = body.into_bytes().map_err(|_| CborError::Shape)?;
            companion.unsigned.insert(cbor::integer_of(n)?, body);
        }
        for (n, signed) in pairs(map.list("unsent")?)? {
            companion.unsent.insert(cbor::integer_of(n)?, read_signed(signed)?);
        }
        // Phones have numbered no question before.
        if map.has("step") {
            let step = Step { n: map.integer("step")?, after: map.array("step_after")? };
            (companion.step, companion.stepped, companion.writing) = (step, step, step);
        }
        companion.leapt_at = if map.has("leapt_at") { Some(map.instant("leapt_at")?) } else { None };
        map.end()?;
        Ok(companion)
    }
}

fn save_held(held: &Held) -> Map {
    let (phase, cause) = match &held.phase {
        Phase::Fetching => ("fetching", None),
        Phase::Ready => ("ready", None),
        Phase::Locked => ("locked", None),
        Phase::Wiping { cause } => ("wiping", Some(cause.as_str())),
    };
    Map::new()
        .with("lease", Value::Bytes(held.lease.encode()))
        .with("plain_len", held.media.plain_len)
        .with("cipher_len", held.media.cipher_len)
        .with("record_size", held.media.record_size.bytes())
        .with("sha256", Value::Bytes(held.media.cipher_sha256.to_vec()))
        .with("media_type", held.media.media_type.as_str())
        .with("phase", phase)
        .with_some("cause", cause)
        .with("spent", held.spent)
        .with("plays", plays_value(&held.plays))
        .with("paused", held.paused)
}

fn read_held(mut map: Map) -> Result<Held, CborError> {
    let held = Held {
        lease: LeaseHeader::decode(&map.bytes("lease")?)?,
        media: MediaRecord {
            plain_len: map.integer("plain_len")?,
            cipher_len: map.integer("cipher_len")?,
            record_size: RecordSize::new(map.integer("record_size")?).map_err(|_| CborError::Shape)?,
            cipher_sha256: map.array("sha256")?,
            media_type: map.text("media_type")?,
        },
        phase: match map.text("phase")?.as_str() {
            "fetching" => Phase::Fetching,
            "ready" => Phase::Ready,
            "locked" => Phase::Locked,
            "wiping" => {
                Phase::Wiping { cause: ReceiptCause::parse(&map.text("cause")?).ok_or(CborError::Shape)? }
            }
            _ => return Err(CborError::Shape),
        },
        spent: map.span("spent")?,
        plays: read_plays(map.list("plays")?)?,
        paused: boolean(&mut map, "paused")?,
        failures: 0,
    };
    map.end()?;
    Ok(held)
}

fn read_signed(value: Value) -> Result<Signed, CborError> {
    Signed::decode(&value.into_bytes().map_err(|_| CborError::Shape)?)
}

fn plays_value(plays: &PlaysByDay) -> Value {
    Value::Array(plays.iter().map(|(day, n)| Value::Array(vec![(*day).into(), (*n).into()])).collect())
}

fn read_plays(list: Vec<Value>) -> Result<PlaysByDay, CborError> {
    let plays = pairs(list)?.into_iter();
    plays.map(|(day, n)| Ok((Instant::from_millis(cbor::integer_of(day)?), cbor::integer_of(n)?))).collect()
}

fn boolean(map: &mut Map, key: &str) -> Result<bool, CborError> {
    map.take(key).and_then(|value| value.as_bool()).ok_or(CborError::Shape)
}

fn pairs(list: Vec<Value>) -> Result<Vec<(Value, Value)>, CborError> {
    list.into_iter()
        .map(|pair| {
            let pair = pair.into_array().map_err(|_| CborError::Shape)?;
            let [a, b] = <[Value; 2]>::try_from(pair).map_err(|_| CborError::Shape)?;
            Ok((a, b))
        })
        .collect()
}
