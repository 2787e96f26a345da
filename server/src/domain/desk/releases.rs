//! Therapists' decisions about releases over the API: the same entries that their devices write
//! offline.
//!
//! A caller names as `seen` the entries that its form showed. If a revocation, a hold or an
//! amendment exists that the request does not name, it is refused with their ids. A restriction
//! needs nothing named, is accepted from every state, and is answered again if it is asked again.

use std::collections::BTreeSet;

use sync_core::{
    documents::{Note, Observation},
    id::{ClientId, ClipId, EntryId, ReleaseId},
    instant::Instant,
    orders::{Act, HoldOn, RevokeOn},
    policy::{changed, is_stricter_somewhere},
    terms::{Terms, TermsChange},
};

use super::{Desk, Draft, casebook, check_seen};
use crate::{
    domain::{
        decisions::everywhere,
        desk::{On, casebook::NewObservation},
        documents::{binder::Binders, notes::ReleaseWords},
    },
    nouns::{Refusal, callers::StaffCaller},
    store::{self, Urgency},
};

/// Says how far ahead an end may lie.
pub const END_RULE: &str = "expires_at: ahead, and 366 days away at most";
const BEGIN_RULE: &str = "not_before: before expires_at";
const UNTIL_RULE: &str = "until: ahead, and 366 days away at most";
const MARKS_RULE: &str = "marks: at_ms within the clip";

/// A clip to be made available.
#[derive(Clone)]
pub struct NewRelease {
    /// Which.
    pub clip: ClipId,
    /// What is allowed.
    pub terms: Terms,
    /// Revocations and holds that the form showed.
    pub seen: Vec<EntryId>,
    /// The words that go with it.
    pub words: Option<ReleaseWords>,
}

/// A change of a release's terms.
#[derive(Clone, Default)]
pub struct Amendment {
    /// What changes.
    pub set: TermsChange,
    /// The release's entries that the form showed; a change that relaxes nothing needs none.
    pub over: Vec<EntryId>,
    /// The note to the client from now on, in place of the one that is there: a taper is told before it is met.
    pub note: Option<String>,
}

/// An end.
#[derive(Clone)]
pub struct NewRevocation {
    /// What is taken back.
    pub on: RevokeOn,
    /// Why, for the casebook alone.
    pub observation: Option<NewObservation>,
}

/// Releases a clip to a client who was in the session it was recorded in.
///
/// # Errors
/// [`Refusal::NotFound`] for a client not in care or a clip of a session without them, [`Refusal::Unseen`] where something
/// stands against it that the request does not name, [`Refusal::OutOfBounds`] for terms that could never play or would
/// hardly ever end, and for words at a place that the clip does not have.
pub async fn release(
    binders: &Binders,
    caller: StaffCaller,
    client: ClientId,
    new: NewRelease,
) -> Result<ReleaseId, Refusal> {
    let desk = Desk::open(binders, caller, client).await?;
    let now = binders.ground.clock.now();
    lies_ahead(new.terms.expires_at, now, END_RULE)?;
    if new.terms.not_before.is_some_and(|from| from >= new.terms.expires_at) {
        return Err(Refusal::OutOfBounds(BEGIN_RULE));
    }
    let mut tx = binders.ground.db.read().await?;
    if !everywhere::is_theirs(&mut tx, client, RevokeOn::Clip(new.clip)).await? {
        return Err(Refusal::NotFound);
    }
    let clip = store::clips::by_id(&mut tx, new.clip).await?.ok_or(Refusal::NotFound)?;
    let taken_back = store::taken_back::of_clip(&mut tx, clip.id, clip.recording).await?;
    drop(tx);
    if clip.destroyed_at.is_some() {
        return Err(Refusal::ClipDestroyed);
    }
    let mut marks = new.words.iter().flat_map(|words| &words.marks.0);
    if marks.any(|(at, _)| at.as_millis() > clip.duration_ms) {
        return Err(Refusal::OutOfBounds(MARKS_RULE));
    }
    let release = ReleaseId::new(now, binders.ground.entropy.bytes());
    let recording = clip.recording;
    desk.write(Urgency::Grant, move |written| {
        // What was taken back on another shelf counts here before the release does.
        let taken_back: BTreeSet<_> = taken_back.iter().map(|(id, _)| *id).collect();
        written.check_known(new.seen.iter().copied().filter(|id| !taken_back.contains(id)))?;
        check_seen(&written.orders().to_be_seen(new.clip, recording) | &taken_back, &new.seen)?;
        let (clip, terms, seen) = (new.clip, new.terms.clone(), new.seen.clone());
        let mut draft = Draft::of(Act::Release { release, clip, recording, terms, seen });
        draft.notes = new.words.clone().map(|words| words.into_note(release, now)).into_iter().collect();
        Ok(draft.answering(release))
    })
    .await
}

/// Changes terms, and the sentence that goes with them.
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::ReleaseEnded`], [`Refusal::Unseen`] where it relaxes what it does not name;
/// [`Refusal::OutOfBounds`] for an end that is too far away; [`Refusal::NoteNotKept`] when all but the sentence is in force.
pub async fn amend(
    binders: &Binders,
    caller: StaffCaller,
    release: ReleaseId,
    amendment: Amendment,
) -> Result<(), Refusal> {
    let Amendment { set, over, note } = amendment;
    let desk = Desk::of_release(binders, caller, release).await?;
    let now = binders.ground.clock.now();
    // An end that has come already takes away, and is taken.
    if set.expires_at.is_some_and(|end| end > now + Terms::ENDS_WITHIN) {
        return Err(Refusal::OutOfBounds(END_RULE));
    }
    // Marks and parting note stay as they are. Where they cannot be read nothing is written over them, and what takes
    // something away is in force all the same.
    let words = match &note {
        Some(note) => Some(casebook::words_with(&binders.ground, caller, release, note).await),
        None => None,
    };
    let note_lost = words.as_ref().is_some_and(Result::is_err);
    let words = words.and_then(Result::ok);
    desk.write(Urgency::Restriction, move |written| {
        let state = written.open_release(release)?;
        if !over.iter().all(|id| state.entries.contains(id)) {
            return Err(Refusal::NotFound);
        }
        let terms = state.terms.as_ref();
        if terms.is_none_or(|terms| is_stricter_somewhere(terms, &changed(terms, &set))) {
            check_seen(state.standing.iter().copied(), &over)?;
        }
        let mut draft = Draft::of(Act::Amend { release, set: set.clone(), over: over.clone() });
        draft.notes = words.clone().map(|words| words.into_note(release, now)).into_iter().collect();
        Ok(draft)
    })
    .await?;
    if note_lost { Err(Refusal::NoteNotKept) } else { Ok(()) }
}

/// Pauses one release, or everything of a client.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::OutOfBounds`] for an end that has come already, which would pause nothing, or is too far
/// away.
pub async fn hold(
    binders: &Binders,
    caller: StaffCaller,
    on: On,
    until: Option<Instant>,
) -> Result<EntryId, Refusal> {
    let desk = Desk::on(binders, caller, on).await?;
    until.map_or(Ok(()), |until| lies_ahead(until, binders.ground.clock.now(), UNTIL_RULE))?;
    let id = EntryId::from_bytes(binders.ground.entropy.bytes());
    desk.write(Urgency::Restriction, move |written| {
        let (on, hits) = match on {
            On::Release(release) => (HoldOn::Release(release), Vec::new()),
            On::Shelf(_) => (HoldOn::Shelf, written.orders().not_revoked(RevokeOn::Shelf)),
        };
        Ok(Draft { id: Some(id), ..Draft::of(Act::Hold { on, until, hits }) }.answering(id))
    })
    .await
}

/// Ends holds. One that is lifted already stays so.
///
/// # Errors
/// [`Refusal::NotFound`] when one of them is no hold of this client.
pub async fn lift(
    binders: &Binders,
    caller: StaffCaller,
    client: ClientId,
    holds: Vec<EntryId>,
) -> Result<(), Refusal> {
    if holds.is_empty() {
        return Err(Refusal::OutOfBounds("holds: at least one"));
    }
    let desk = Desk::open(binders, caller, client).await?;
    desk.write(Urgency::Grant, move |written| {
        if !holds.iter().all(|id| written.is_hold(*id)) {
            return Err(Refusal::NotFound);
        }
        let stands = |id: &EntryId| {
            written.orders().shelf_holds.contains_key(id)
                || written.orders().releases.values().any(|release| release.holds.contains_key(id))
        };
        let holds: Vec<_> = holds.iter().copied().filter(stands).collect();
        Ok(if holds.is_empty() { Draft::default() } else { Draft::of(Act::Lift { holds }) })
    })
    .await
}

/// Takes back: one release, everything of a client, or a clip or recording, and that everywhere. What ended before stays
/// ended, and asking again writes nothing new.
///
/// # Errors
/// [`Refusal::NotFound`] for what is not this client's.
pub async fn revoke(
    binders: &Binders,
    caller: StaffCaller,
    client: ClientId,
    new: NewRevocation,
) -> Result<(), Refusal> {
    let desk = Desk::open(binders, caller, client).await?;
    let now = binders.ground.clock.now();
    // A clip need not have been released yet.
    let mut tx = binders.ground.db.read().await?;
    if !everywhere::is_theirs(&mut tx, client, new.on).await? {
        return Err(Refusal::NotFound);
    }
    drop(tx);
    desk.write(Urgency::Restriction, move |written| {
        if let RevokeOn::Release(release) = new.on {
            written.orders().releases.get(&release).ok_or(Refusal::NotFound)?;
        }
        let hits = written.orders().not_revoked(new.on);
        let is_known = match new.on {
            RevokeOn::Release(_) => true,
            on => written.orders().wide_revocations.iter().any(|(_, known)| *known == on),
        };
        let mut draft = Draft::default();
        draft.notes.extend(new.observation.clone().map(|observation| {
            let NewObservation { kind, reason } = observation;
            Note::Observation(Observation { kind, at: now, releases: hits.clone(), reason })
        }));
        if !hits.is_empty() || !is_known {
            draft.acts.push(Act::Revoke { on: new.on, hits });
        }
        Ok(draft)
    })
    .await
}

/// Confirms a release that was made without knowledge of a revocation or a hold.
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::ReleaseEnded`], [`Refusal::Unseen`] where one is not named.
pub async fn confirm(
    binders: &Binders,
    caller: StaffCaller,
    release: ReleaseId,
    seen: Vec<EntryId>,
) -> Result<(), Refusal> {
    let desk = Desk::of_release(binders, caller, release).await?;
    desk.write(Urgency::Grant, move |written| {
        let state = written.open_release(release)?;
        written.check_known(seen.iter().copied())?;
        check_seen(state.unseen.iter().copied(), &seen)?;
        let seen: Vec<_> = seen.iter().copied().filter(|id| state.unseen.contains(id)).collect();
        Ok(if seen.is_empty() { Draft::default() } else { Draft::of(Act::Confirm { release, seen }) })
    })
    .await
}

/// Whether an instant lies ahead, and not so far that nobody means it.
fn lies_ahead(at: Instant, now: Instant, rule: &'static str) -> Result<(), Refusal> {
    let fits = at > now && at <= now + Terms::ENDS_WITHIN;
    fits.then_some(()).ok_or(Refusal::OutOfBounds(rule))
}
