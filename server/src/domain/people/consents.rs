//! Consent: given for one purpose on one recording by one person, and withdrawn at any time.
//!
//! Events are never edited. The newest one counts, by the instant at which it was said; of the same
//! instant a withdrawal wins. A consent counts until `valid_until`, exclusive. Withdrawing is a
//! restriction: it goes to the ledger, and every gate denies from its commit on; telling the
//! devices follows from the outbox.
//!
//! **A word of the person's own outranks every word that staff enter for them.** A person who
//! withdraws on their own phone means the whole session. From then on staff enter no consent for
//! them on that recording, for no purpose and under no instant, because an instant is only a number
//! that a member of staff has typed. A withdrawal that staff entered, because it was spoken, may be
//! followed by a new consent. If an event names no member of staff, the person is taken to have
//! said it.

use std::collections::BTreeSet;

use sync_core::{
    id::{ConsentId, FormId, ParticipantId, RecordingId, StaffId},
    instant::Instant,
    policy::{self, ConsentFact, Purpose, Said, StaffAct, Word, may},
    vocabulary::Vocabulary,
};

use super::{devices, recordings};
use crate::{
    domain::records::{
        audit::{self, Action, Actor, AuditEntry},
        outbox::{self, SETTLE_RECORDING},
    },
    ground::Ground,
    ledger::Restriction,
    nouns::{
        Refusal,
        callers::{CompanionCaller, StaffCaller},
        consents::{ConsentEvent, ConsentKind},
    },
    store::{self, Tx, Urgency, participants::Participant, recordings::Recording},
};

/// A consent that was signed.
pub struct NewConsent {
    /// Who.
    pub participant: ParticipantId,
    /// For what.
    pub purposes: BTreeSet<Purpose>,
    /// The text that was signed.
    pub form: FormId,
    /// When it was signed; now where it is not said.
    pub at: Option<Instant>,
    /// The first instant at which it no longer counts.
    pub valid_until: Option<Instant>,
}

/// Enters a signed consent, one event for each purpose.
///
/// # Errors
/// [`Refusal::NotFound`] when recording, participant or form is not the caller's to name; [`Refusal::WithdrawnByPerson`]
/// once the person has withdrawn on their own phone.
pub async fn give(
    ground: &Ground,
    caller: StaffCaller,
    recording: RecordingId,
    new: NewConsent,
) -> Result<Vec<ConsentId>, Refusal> {
    if new.purposes.is_empty() {
        return Err(Refusal::OutOfBounds("purposes: at least one"));
    }
    ground
        .commit(Urgency::Grant.by(caller), move |ground, tx| {
            Box::pin(async move {
                let now = ground.clock.now();
                let at = new.at.unwrap_or(now);
                // An event of tomorrow would outrank a withdrawal of today.
                if at > now {
                    return Err(Refusal::OutOfBounds("at: not in the future"));
                }
                if new.valid_until.is_some_and(|end| end <= at) {
                    return Err(Refusal::OutOfBounds("valid_until: after at"));
                }
                let recording = recordings::in_care(tx, &caller, recording).await?;
                let person = ids_of_person(tx, &recording, new.participant).await?;
                let form = store::consents::form_by_id(tx, new.form).await?;
                form.filter(|form| form.practice == caller.practice).ok_or(Refusal::NotFound)?;
                // The recording is locked from here on: a withdrawal is either seen, or comes after this.
                store::recordings::bump(tx, recording.id).await?;
                let events = store::consents::of_recording(tx, recording.id).await?;
                if have_withdrawn(&events, &person) {
                    return Err(Refusal::WithdrawnByPerson);
                }
                let mut ids = Vec::with_capacity(new.purposes.len());
                for purpose in &new.purposes {
                    let event = ConsentEvent {
                        id: ConsentId::new(now, ground.entropy.bytes()),
                        recording: recording.id,
                        participant: new.participant,
                        purpose: *purpose,
                        kind: ConsentKind::Given,
                        form: Some(new.form),
                        at,
                        valid_until: new.valid_until,
                        recorded_by: Some(caller.staff),
                    };
                    store::consents::insert(tx, &event).await?;
                    if let Some(valid_until) = event.valid_until {
                        tx.restrict(Restriction::ConsentEnd {
                            consent: event.id,
                            recording: event.recording,
                            participant: event.participant,
                            purpose: event.purpose.as_str().to_owned(),
                            at: event.at,
                            valid_until,
                        });
                    }
                    note(tx, Actor::from(&caller), &recording, &event, now, Action::SignConsent);
                    ids.push(event.id);
                }
                // A release may have waited for it, and its end may be another one now.
                outbox::enqueue(tx, SETTLE_RECORDING, recording.id.as_bytes(), now, ground.entropy.bytes())
                    .await?;
                Ok(ids)
            })
        })
        .await
        .inspect(|_| ground.bell.ring_for_work())
}

/// Enters a withdrawal, which staff may do at once when it is spoken: the therapists of the client, and practice admins.
/// No purposes means all of them.
///
/// # Errors
/// [`Refusal::NotFound`] when recording or participant is not the caller's to name.
pub async fn withdraw(
    ground: &Ground,
    caller: StaffCaller,
    recording: RecordingId,
    participant: ParticipantId,
    purposes: BTreeSet<Purpose>,
) -> Result<Vec<ConsentId>, Refusal> {
    let purposes = if purposes.is_empty() { Purpose::all().collect() } else { purposes };
    ground
        .commit(Urgency::Restriction.by(caller), move |ground, tx| {
            Box::pin(async move {
                let recording = withdrawable(tx, &caller, recording).await?;
                ids_of_person(tx, &recording, participant).await?;
                store::recordings::bump(tx, recording.id).await?;
                let events = store::consents::of_recording(tx, recording.id).await?;
                let withdrawal = Withdrawal {
                    recording: &recording,
                    by: Actor::from(&caller),
                    at: after(&events, ground),
                };
                let what = purposes.into_iter().map(|purpose| (participant, purpose));
                withdrawal.enter(ground, tx, what, Some(caller.staff)).await
            })
        })
        .await
        .inspect(|_| ground.bell.ring_for_work())
}

/// Withdraws, on their own phone, everything that a client agrees to about a session that they were in. Withdrawing twice
/// is no error. Where nothing stands that could be withdrawn, their no is entered all the same, as one to be recorded: a
/// paper that a computer has not sent yet must not count after it.
///
/// # Errors
/// [`Refusal::NotFound`] for a session that they were not in, [`Refusal::DeviceUnconfirmed`] while no therapist has said
/// yes to the phone.
pub async fn withdraw_own(
    ground: &Ground,
    caller: CompanionCaller,
    recording: RecordingId,
) -> Result<(), Refusal> {
    ground
        .commit(Urgency::Restriction.by(caller), move |ground, tx| {
            Box::pin(async move {
                devices::check_confirmed(tx, &caller).await?;
                let recording = store::recordings::by_id(tx, recording).await?.ok_or(Refusal::NotFound)?;
                let people = store::participants::on_recording(tx, recording.id).await?;
                let own: Vec<_> = people
                    .iter()
                    .filter(|person| person.client == Some(caller.client))
                    .map(|person| person.id)
                    .collect();
                if own.is_empty() {
                    return Err(Refusal::NotFound);
                }
                store::recordings::bump(tx, recording.id).await?;
                let events = store::consents::of_recording(tx, recording.id).await?;
                let withdrawal = Withdrawal {
                    recording: &recording,
                    by: Actor::from(&caller),
                    at: after(&events, ground),
                };
                let stands = |who, purpose| {
                    newest(&events, who, purpose).is_some_and(|event| event.kind == ConsentKind::Given)
                };
                let all = own.iter().flat_map(|who| Purpose::all().map(|purpose| (*who, purpose)));
                let mut what: Vec<_> = all.filter(|(who, purpose)| stands(*who, *purpose)).collect();
                if what.is_empty() && !have_withdrawn(&events, &own) {
                    what = own.iter().map(|who| (*who, Purpose::Record)).collect();
                }
                withdrawal.enter(ground, tx, what, None).await.map(drop)
            })
        })
        .await
        .inspect(|()| ground.bell.ring_for_work())
}

/// A withdrawal that is entered.
struct Withdrawal<'a> {
    recording: &'a Recording,
    by: Actor,
    at: Instant,
}

impl Withdrawal<'_> {
    async fn enter(
        &self,
        ground: &Ground,
        tx: &mut Tx,
        what: impl IntoIterator<Item = (ParticipantId, Purpose)>,
        recorded_by: Option<StaffId>,
    ) -> Result<Vec<ConsentId>, Refusal> {
        let mut ids = Vec::new();
        for (participant, purpose) in what {
            let event = ConsentEvent {
                id: ConsentId::new(self.at, ground.entropy.bytes()),
                recording: self.recording.id,
                participant,
                purpose,
                kind: ConsentKind::Withdrawn,
                form: None,
                at: self.at,
                valid_until: None,
                recorded_by,
            };
            store::consents::insert(tx, &event).await?;
            restrict(ground, tx, &event).await?;
            note(tx, self.by, self.recording, &event, self.at, Action::WithdrawConsent);
            ids.push(event.id);
        }
        Ok(ids)
    }
}

/// Never before a consent that is there, even if the clock was set back since: of the same instant the withdrawal wins.
fn after(events: &[ConsentEvent], ground: &Ground) -> Instant {
    let newest = events.iter().map(|event| event.at).max();
    newest.map_or(ground.clock.now(), |newest| newest.max(ground.clock.now()))
}

/// What one person has said last for one purpose; a withdrawal of the same instant wins, and one of the person's own always.
#[must_use]
pub fn newest(
    events: &[ConsentEvent],
    participant: ParticipantId,
    purpose: Purpose,
) -> Option<&ConsentEvent> {
    let about = events.iter().filter(|event| event.participant == participant && event.purpose == purpose);
    about.max_by_key(|event| (said(event).rank(), event.id))
}

/// What one person has said for one purpose, in the order of the events.
pub fn said_by(
    events: &[ConsentEvent],
    participant: ParticipantId,
    purpose: Purpose,
) -> impl Iterator<Item = Said> + Clone {
    let about = move |event: &&ConsentEvent| event.participant == participant && event.purpose == purpose;
    events.iter().filter(about).map(said)
}

fn said(event: &ConsentEvent) -> Said {
    let word = match event.kind {
        ConsentKind::Given => Word::Given { until: event.valid_until },
        ConsentKind::Withdrawn => Word::Withdrawn { in_person: is_own(event) },
    };
    Said { at: event.at, word }
}

/// Whether a person has withdrawn something on this recording themself; they may be on it under several ids.
fn have_withdrawn(events: &[ConsentEvent], person: &[ParticipantId]) -> bool {
    events.iter().any(|event| is_own(event) && person.contains(&event.participant))
}

/// A withdrawal that the person has said themself. One that a ledger of before this rule brings back has no name of staff
/// and counts as theirs: rather one person too many is asked again on paper than one is spoken for who has said no.
fn is_own(event: &ConsentEvent) -> bool {
    event.kind == ConsentKind::Withdrawn && event.recorded_by.is_none()
}

async fn withdrawable(
    tx: &mut Tx,
    caller: &StaffCaller,
    recording: RecordingId,
) -> Result<Recording, Refusal> {
    if may(caller.role, StaffAct::WithdrawForAnyClient) {
        let found = store::recordings::by_id(tx, recording).await?;
        return found.filter(|found| found.practice == caller.practice).ok_or(Refusal::NotFound);
    }
    recordings::in_care(tx, caller, recording).await
}

/// The ids under which a person is on a recording: a client may have been entered on it more than once.
async fn ids_of_person(
    tx: &mut Tx,
    recording: &Recording,
    participant: ParticipantId,
) -> Result<Vec<ParticipantId>, Refusal> {
    let people = store::participants::on_recording(tx, recording.id).await?;
    let found = people.iter().find(|person| person.id == participant).ok_or(Refusal::NotFound)?;
    let is_same = |person: &&Participant| {
        person.id == participant || (found.client.is_some() && person.client == found.client)
    };
    Ok(people.iter().filter(is_same).map(|person| person.id).collect())
}

/// Whether all who were in a session consent to be recorded at this instant. Each of them is asked, also who is not heard in
/// a piece of it; the therapist is one of them.
///
/// # Errors
/// [`Refusal::RecordMissing`].
pub(in crate::domain) async fn check_record(
    tx: &mut Tx,
    recording: RecordingId,
    now: Instant,
) -> Result<(), Refusal> {
    let people = store::participants::on_recording(tx, recording).await?;
    let events = store::consents::of_recording(tx, recording).await?;
    let consents = |person: &Participant| match consent(&events, person.id, Purpose::Record) {
        ConsentFact::Given { until } => until.is_none_or(|until| now < until),
        ConsentFact::NotAsked | ConsentFact::Withdrawn => false,
    };
    if people.is_empty() || !people.iter().all(consents) {
        return Err(Refusal::RecordMissing);
    }
    Ok(())
}

/// What counts of what one person has said for one purpose.
#[must_use]
pub fn consent(events: &[ConsentEvent], participant: ParticipantId, purpose: Purpose) -> ConsentFact {
    policy::consent(said_by(events, participant, purpose))
}

async fn restrict(ground: &Ground, tx: &mut Tx, event: &ConsentEvent) -> Result<(), Refusal> {
    tx.restrict(Restriction::Withdrawal {
        consent: event.id,
        recording: event.recording,
        participant: event.participant,
        purpose: event.purpose.as_str().to_owned(),
        at: event.at,
        recorded_by: event.recorded_by,
    });
    // Due now: a withdrawal may bear a later instant than the clock, which was set back.
    let (now, random) = (ground.clock.now(), ground.entropy.bytes());
    Ok(outbox::enqueue(tx, SETTLE_RECORDING, event.recording.as_bytes(), now, random).await?)
}

fn note(tx: &mut Tx, by: Actor, recording: &Recording, event: &ConsentEvent, at: Instant, action: Action) {
    let entry = AuditEntry::new(recording.practice, at, by, action)
        .client(recording.client)
        .about(recording.id)
        .about(event.participant)
        .purpose(event.purpose.as_str())
        .consent(event.id);
    audit::append(tx, &entry);
}

#[cfg(test)]
mod tests;
