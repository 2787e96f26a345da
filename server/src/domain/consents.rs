//! Consent: given for one purpose on one recording by one person, and withdrawn at any time.
//!
//! Events are never edited. The newest one counts, by the instant at which it was said; of the same instant a withdrawal
//! wins. What is given counts until `valid_until`, exclusive. Withdrawing is a restriction: it goes to the ledger, and
//! every gate denies from its commit on; telling the devices follows from the outbox.

use std::{collections::BTreeSet, sync::Arc};

use sync_core::{
    id::{ConsentId, FormId, ParticipantId, RecordingId, StaffId},
    instant::Instant,
};

use super::{
    Refusal,
    audit::{self, Action, Actor, AuditEntry},
    caller::{CompanionCaller, Role, StaffCaller},
    devices,
    follow_ups::{self, SETTLE_RECORDING},
    recordings,
};
use crate::{
    app::App,
    ledger::Restriction,
    store::{self, Tx, Urgency, consents::ConsentEvent, recordings::Recording},
};

pub use sync_core::policy::Purpose;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// Each of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word in storage and JSON.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// Reads the word.
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|each| each.as_str() == word)
            }
        }
    };
}

words! {
    /// What happened to a consent.
    ConsentKind {
        /// It was given.
        Given "given",
        /// It was withdrawn.
        Withdrawn "withdrawn",
    }
}

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
/// [`Refusal::NotFound`] when recording, participant or form is not the caller's to name.
pub async fn give(
    app: &Arc<App>,
    caller: StaffCaller,
    recording: RecordingId,
    new: NewConsent,
) -> Result<Vec<ConsentId>, Refusal> {
    if new.purposes.is_empty() {
        return Err(Refusal::OutOfBounds("purposes: at least one"));
    }
    let work_app = Arc::clone(app);
    app.committer
        .commit(Urgency::Grant, move |tx| {
            Box::pin(async move {
                let now = work_app.clock.now();
                let at = new.at.unwrap_or(now);
                // An event of tomorrow would outrank a withdrawal of today.
                if at > now {
                    return Err(Refusal::OutOfBounds("at: not in the future"));
                }
                if new.valid_until.is_some_and(|end| end <= at) {
                    return Err(Refusal::OutOfBounds("valid_until: after at"));
                }
                let recording = recordings::in_care(tx, &caller, recording).await?;
                check_participant(tx, &recording, new.participant).await?;
                let form = store::consents::form_by_id(tx, new.form).await?;
                form.filter(|form| form.practice == caller.practice).ok_or(Refusal::NotFound)?;
                store::recordings::bump(tx, recording.id).await?;
                let mut ids = Vec::with_capacity(new.purposes.len());
                for purpose in &new.purposes {
                    let event = ConsentEvent {
                        id: ConsentId::new(now, work_app.entropy.bytes()),
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
                follow_ups::enqueue(
                    tx,
                    SETTLE_RECORDING,
                    recording.id.as_bytes(),
                    now,
                    work_app.entropy.bytes(),
                )
                .await?;
                Ok(ids)
            })
        })
        .await
        .inspect(|_| app.work.notify_one())
}

/// Enters a withdrawal, which staff may do at once when it is spoken: the therapists of the client, and practice admins.
/// No purposes means all of them.
///
/// # Errors
/// [`Refusal::NotFound`] when recording or participant is not the caller's to name.
pub async fn withdraw(
    app: &Arc<App>,
    caller: StaffCaller,
    recording: RecordingId,
    participant: ParticipantId,
    purposes: BTreeSet<Purpose>,
) -> Result<Vec<ConsentId>, Refusal> {
    let purposes = if purposes.is_empty() { Purpose::ALL.iter().copied().collect() } else { purposes };
    let work_app = Arc::clone(app);
    app.committer
        .commit(Urgency::Restriction, move |tx| {
            Box::pin(async move {
                let recording = withdrawable(tx, &caller, recording).await?;
                check_participant(tx, &recording, participant).await?;
                store::recordings::bump(tx, recording.id).await?;
                let events = store::consents::of_recording(tx, recording.id).await?;
                let withdrawal = Withdrawal {
                    recording: &recording,
                    by: Actor::from(&caller),
                    at: after(&events, &work_app),
                };
                let what = purposes.into_iter().map(|purpose| (participant, purpose));
                withdrawal.enter(&work_app, tx, what, Some(caller.staff)).await
            })
        })
        .await
        .inspect(|_| app.work.notify_one())
}

/// Withdraws, on their own phone, everything that a client agrees to about a session that they were in. Withdrawing twice
/// is no error.
///
/// # Errors
/// [`Refusal::NotFound`] for a session that they were not in, [`Refusal::DeviceUnconfirmed`] while no therapist has said
/// yes to the phone.
pub async fn withdraw_own(
    app: &Arc<App>,
    caller: CompanionCaller,
    recording: RecordingId,
) -> Result<(), Refusal> {
    let work_app = Arc::clone(app);
    app.committer
        .commit(Urgency::Restriction, move |tx| {
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
                    at: after(&events, &work_app),
                };
                let stands = |who, purpose| {
                    newest(&events, who, purpose).is_some_and(|event| event.kind == ConsentKind::Given)
                };
                let all = own.iter().flat_map(|who| Purpose::ALL.iter().map(|purpose| (*who, *purpose)));
                let what: Vec<_> = all.filter(|(who, purpose)| stands(*who, *purpose)).collect();
                withdrawal.enter(&work_app, tx, what, None).await.map(drop)
            })
        })
        .await
        .inspect(|()| app.work.notify_one())
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
        app: &App,
        tx: &mut Tx,
        what: impl IntoIterator<Item = (ParticipantId, Purpose)>,
        recorded_by: Option<StaffId>,
    ) -> Result<Vec<ConsentId>, Refusal> {
        let mut ids = Vec::new();
        for (participant, purpose) in what {
            let event = ConsentEvent {
                id: ConsentId::new(self.at, app.entropy.bytes()),
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
            restrict(app, tx, &event).await?;
            note(tx, self.by, self.recording, &event, self.at, Action::WithdrawConsent);
            ids.push(event.id);
        }
        Ok(ids)
    }
}

/// Never before a consent that is there, even if the clock was set back since: of the same instant the withdrawal wins.
fn after(events: &[ConsentEvent], app: &App) -> Instant {
    let newest = events.iter().map(|event| event.at).max();
    newest.map_or(app.clock.now(), |newest| newest.max(app.clock.now()))
}

/// What one person has said last for one purpose; a withdrawal of the same instant wins.
#[must_use]
pub fn newest(
    events: &[ConsentEvent],
    participant: ParticipantId,
    purpose: Purpose,
) -> Option<&ConsentEvent> {
    let about = events.iter().filter(|event| event.participant == participant && event.purpose == purpose);
    about.max_by_key(|event| (event.at, event.kind == ConsentKind::Withdrawn, event.id))
}

async fn withdrawable(
    tx: &mut Tx,
    caller: &StaffCaller,
    recording: RecordingId,
) -> Result<Recording, Refusal> {
    if caller.role == Role::PracticeAdmin {
        let found = store::recordings::by_id(tx, recording).await?;
        return found.filter(|found| found.practice == caller.practice).ok_or(Refusal::NotFound);
    }
    recordings::in_care(tx, caller, recording).await
}

async fn check_participant(
    tx: &mut Tx,
    recording: &Recording,
    participant: ParticipantId,
) -> Result<(), Refusal> {
    let people = store::participants::on_recording(tx, recording.id).await?;
    people.iter().any(|person| person.id == participant).then_some(()).ok_or(Refusal::NotFound)
}

async fn restrict(app: &App, tx: &mut Tx, event: &ConsentEvent) -> Result<(), Refusal> {
    tx.restrict(Restriction::Withdrawal {
        consent: event.id,
        recording: event.recording,
        participant: event.participant,
        purpose: event.purpose.as_str().to_owned(),
        at: event.at,
    });
    // Due now: a withdrawal may bear a later instant than the clock, which was set back.
    let (now, random) = (app.clock.now(), app.entropy.bytes());
    Ok(follow_ups::enqueue(tx, SETTLE_RECORDING, event.recording.as_bytes(), now, random).await?)
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
mod tests {
    use super::*;

    const ANNA: ParticipantId = ParticipantId::from_bytes([1; 16]);

    fn event(n: u8, kind: ConsentKind, at: i64, valid_until: Option<i64>) -> ConsentEvent {
        ConsentEvent {
            id: ConsentId::from_bytes([n; 16]),
            recording: RecordingId::from_bytes([9; 16]),
            participant: ANNA,
            purpose: Purpose::ReleaseToClient,
            kind,
            form: None,
            at: Instant::from_millis(at),
            valid_until: valid_until.map(Instant::from_millis),
            recorded_by: None,
        }
    }

    fn says(events: &[ConsentEvent]) -> Option<ConsentKind> {
        newest(events, ANNA, Purpose::ReleaseToClient).map(|event| event.kind)
    }

    #[test]
    fn who_was_never_asked_has_said_nothing() {
        assert_eq!(says(&[]), None);
        let given = [event(1, ConsentKind::Given, 1, None)];
        assert!(newest(&given, ANNA, Purpose::Training).is_none());
        assert!(newest(&given, ParticipantId::from_bytes([2; 16]), Purpose::ReleaseToClient).is_none());
    }

    #[test]
    fn the_newest_event_counts_and_a_withdrawal_of_the_same_instant_wins() {
        use ConsentKind::{Given, Withdrawn};
        assert_eq!(says(&[event(1, Given, 1, None)]), Some(Given));
        assert_eq!(says(&[event(1, Given, 1, None), event(2, Withdrawn, 2, None)]), Some(Withdrawn));
        assert_eq!(says(&[event(1, Given, 3, None), event(2, Withdrawn, 2, None)]), Some(Given));
        assert_eq!(says(&[event(9, Given, 2, None), event(1, Withdrawn, 2, None)]), Some(Withdrawn));
    }
}
