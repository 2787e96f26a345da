//! The shelf: the part of the orders that a client may see. Ids, instants and numbers; never a word
//! (invariant I4).

use std::collections::{BTreeMap, HashMap};
use strum::{IntoStaticStr, VariantArray};

use automerge::{
    AutomergeError, ObjId, ObjType, ROOT, ReadDoc, ScalarValue, ScalarValueRef, Value, ValueRef,
    iter::{DocItem, DocObjItem, MapRangeItem},
    transaction::Transactable,
};

use super::{Document, OpenError, readable};
use crate::{
    id::{ClipId, ReleaseId},
    instant::{Instant, Span},
    vocabulary::Vocabulary,
};

/// Where a release stands, as far as the client is told; the stricter is the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ShelfState {
    /// May play, as its lease says.
    Live,
    /// Rests for now.
    Paused,
    /// Over. Every kind of ending looks the same.
    Ended,
}

/// One release on the shelf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShelfItem {
    /// The clip.
    pub clip: ClipId,
    /// Where it stands.
    pub state: ShelfState,
    /// When it begins.
    pub not_before: Option<Instant>,
    /// When it ends.
    pub ends_at: Instant,
    /// How long it plays without contact.
    pub offline_for: Span,
    /// Plays a day.
    pub daily_limit: Option<u16>,
}

/// Every release that the client may see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shelf(pub BTreeMap<ReleaseId, ShelfItem>);

impl Shelf {
    /// Reads the shelf. Of a newer version's shelf nothing plays. An item that cannot be read, from a newer version perhaps, rests; of several values for one
    /// state the strictest counts, and of several items for one release: a server that was restored makes an item anew
    /// that a device has from its former life.
    #[must_use]
    pub fn read(document: &Document) -> Self {
        let Some(releases) = releases(document) else { return Self::default() };
        let newer = readable(document) == Err(OpenError::Newer);
        let at_least = if newer { ShelfState::Paused } else { ShelfState::Live };
        let (mut shelf, mut items) = (BTreeMap::new(), HashMap::new());
        // One pass over the document, in which parents come before their children: asking for each item and field on its
        // own costs several times as much.
        for DocObjItem { obj, item } in document.iter() {
            let DocItem::Map(field) = item else { continue };
            if *obj == releases {
                let Ok(release) = ReleaseId::parse(&field.key) else { continue };
                if field.conflict {
                    shelf.extend(read_strictest(document, &releases, &field.key).map(|item| (release, item)));
                } else if matches!(field.value, ValueRef::Object(ObjType::Map)) {
                    items.insert(field.id(), (release, Fields::default()));
                }
            } else if let Some((_, fields)) = items.get_mut(&*obj) {
                fields.take(document, &obj, &field);
            }
        }
        shelf.extend(items.into_values().map(|(release, fields)| (release, fields.item())));
        for item in shelf.values_mut() {
            item.state = item.state.max(at_least);
        }
        Self(shelf)
    }

    /// What a shelf says that said `before`: what was there and is not here is over.
    #[must_use]
    pub fn after(&self, before: &Self) -> Self {
        let mut after = self.0.clone();
        for (release, item) in &before.0 {
            after.entry(*release).or_insert(ShelfItem { state: ShelfState::Ended, ..item.clone() });
        }
        Self(after)
    }

    /// Writes what differs, in one change; what is on the document and not here is over. Says whether anything did.
    ///
    /// # Errors
    /// [`AutomergeError`] when the document is no shelf or the transaction fails: then nothing is written.
    pub fn write(&self, document: &mut Document) -> Result<bool, AutomergeError> {
        let now = Self::read(document);
        let wanted = self.after(&now);
        if now == wanted {
            return Ok(false);
        }
        let releases = releases(document).ok_or(AutomergeError::NotAnObject)?;
        document
            .transact::<_, _, AutomergeError>(|tx| {
                for (release, item) in &wanted.0 {
                    if now.0.get(release) == Some(item) {
                        continue;
                    }
                    let key = release.to_string();
                    let object = match tx.get(&releases, key.as_str())? {
                        Some((Value::Object(ObjType::Map), object)) => object,
                        _ => tx.put_object(&releases, key.as_str(), ObjType::Map)?,
                    };
                    write_item(tx, &object, item, now.0.get(release))?;
                }
                Ok(())
            })
            .map(|_| true)
            .map_err(|failure| failure.error)
    }
}

fn releases(document: &Document) -> Option<ObjId> {
    match document.get(ROOT, "releases") {
        Ok(Some((Value::Object(ObjType::Map), id))) => Some(id),
        _ => None,
    }
}

/// Of several items for one release the last one with the strictest state of all.
fn read_strictest(document: &Document, releases: &ObjId, key: &str) -> Option<ShelfItem> {
    let items = document.get_all(releases, key).unwrap_or_default().into_iter();
    let items = items.filter(|(value, _)| matches!(value, Value::Object(ObjType::Map)));
    let read = |(_, item): (Value<'_>, ObjId)| {
        let mut fields = Fields::default();
        document.map_range(&item, ..).for_each(|field| fields.take(document, &item, &field));
        fields.item()
    };
    items.map(read).reduce(|before, item| ShelfItem { state: before.state.max(item.state), ..item })
}

/// What was read of an item so far.
#[derive(Default)]
struct Fields {
    clip: Option<ClipId>,
    state: Option<ShelfState>,
    not_before: Option<i64>,
    ends_at: Option<i64>,
    offline_for: Option<i64>,
    daily_limit: Option<i64>,
}

impl Fields {
    fn take(&mut self, document: &Document, item: &ObjId, field: &MapRangeItem<'_>) {
        match (field.key.as_ref(), &field.value) {
            ("state", _) if field.conflict => self.state = Some(read_state(document, item)),
            ("state", ValueRef::Scalar(ScalarValueRef::Str(word))) => self.state = ShelfState::parse(word),
            ("clip", ValueRef::Scalar(ScalarValueRef::Str(text))) => self.clip = ClipId::parse(text).ok(),
            ("not_before", ValueRef::Scalar(ScalarValueRef::Int(at))) => self.not_before = Some(*at),
            ("ends_at", ValueRef::Scalar(ScalarValueRef::Int(at))) => self.ends_at = Some(*at),
            ("offline_for", ValueRef::Scalar(ScalarValueRef::Int(span))) => self.offline_for = Some(*span),
            ("daily_limit", ValueRef::Scalar(ScalarValueRef::Int(limit))) => self.daily_limit = Some(*limit),
            _ => {}
        }
    }

    fn item(self) -> ShelfItem {
        let Self { clip, state, not_before, ends_at, offline_for, daily_limit } = self;
        let offline_for = offline_for.and_then(|span| u64::try_from(span).ok()).map(Span::from_millis);
        let mut state = state.unwrap_or(ShelfState::Paused);
        if state == ShelfState::Live && (clip.is_none() || ends_at.is_none() || offline_for.is_none()) {
            state = ShelfState::Paused;
        }
        ShelfItem {
            clip: clip.unwrap_or(ClipId::from_bytes([0; 16])),
            state,
            not_before: not_before.map(Instant::from_millis),
            ends_at: Instant::from_millis(ends_at.unwrap_or(0)),
            offline_for: offline_for.unwrap_or(Span::ZERO),
            // A limit that does not fit is none of ours: no play at all rather than no limit.
            daily_limit: daily_limit.map(|limit| u16::try_from(limit).unwrap_or(0)),
        }
    }
}

fn read_state(document: &Document, item: &ObjId) -> ShelfState {
    let values = document.get_all(item, "state").unwrap_or_default();
    let states = values.into_iter().map(|(value, _)| match &value {
        Value::Scalar(value) => value.as_str().and_then(ShelfState::parse).unwrap_or(ShelfState::Paused),
        Value::Object(_) => ShelfState::Paused,
    });
    states.max().unwrap_or(ShelfState::Paused)
}

/// Writes the fields that differ: an unchanged one costs nothing on the wire.
fn write_item(
    tx: &mut impl Transactable,
    object: &ObjId,
    item: &ShelfItem,
    before: Option<&ShelfItem>,
) -> Result<(), AutomergeError> {
    let mut put = |key: &str, value: ScalarValue, same: bool| {
        if same { Ok(()) } else { tx.put(object, key, value) }
    };
    let integer = |value: Option<i64>| value.map_or(ScalarValue::Null, ScalarValue::Int);
    let offline_for = i64::try_from(item.offline_for.as_millis()).unwrap_or(i64::MAX);
    put("clip", item.clip.to_string().into(), before.is_some_and(|b| b.clip == item.clip))?;
    put("state", item.state.as_str().into(), before.is_some_and(|b| b.state == item.state))?;
    put(
        "not_before",
        integer(item.not_before.map(Instant::as_millis)),
        before.map_or(item.not_before.is_none(), |b| b.not_before == item.not_before),
    )?;
    put("ends_at", item.ends_at.as_millis().into(), before.is_some_and(|b| b.ends_at == item.ends_at))?;
    put("offline_for", offline_for.into(), before.is_some_and(|b| b.offline_for == item.offline_for))?;
    put(
        "daily_limit",
        integer(item.daily_limit.map(i64::from)),
        before.map_or(item.daily_limit.is_none(), |b| b.daily_limit == item.daily_limit),
    )
}
