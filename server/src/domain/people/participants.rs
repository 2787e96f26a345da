//! People heard or seen on recordings.

use sync_core::policy::StaffAct;

use sync_core::id::{ClientId, ParticipantId, StaffId};

use crate::{
    domain::{
        people::care,
        records::audit::{self, Action, Actor, AuditEntry},
    },
    ground::Ground,
    nouns::{Refusal, callers::StaffCaller, participant_kind::ParticipantKind, words},
    store::{self, Tx, Urgency, participants::Participant},
};

/// A person who is to be added.
pub struct NewParticipant {
    /// Who they are to the therapy.
    pub kind: ParticipantKind,
    /// Their name.
    pub name: String,
    /// With the kind client: which.
    pub client: Option<ClientId>,
    /// With the kind therapist: which.
    pub staff: Option<StaffId>,
}

/// Adds a participant.
///
/// # Errors
/// [`Refusal::OutOfBounds`] when the kind and the named person do not go together; [`Refusal::NotFound`] when the named
/// person is not known to the caller.
pub async fn add(
    ground: &Ground,
    caller: StaffCaller,
    new: NewParticipant,
) -> Result<ParticipantId, Refusal> {
    caller.check_may(StaffAct::AddParticipant)?;
    let name = words::name(&new.name, "name: 1 to 200 visible characters")?.to_owned();
    let goes_together = match new.kind {
        ParticipantKind::Client => new.client.is_some() && new.staff.is_none(),
        ParticipantKind::Therapist => new.staff.is_some() && new.client.is_none(),
        ParticipantKind::Partner | ParticipantKind::FamilyMember | ParticipantKind::GroupMember => {
            new.client.is_none() && new.staff.is_none()
        }
    };
    if !goes_together {
        return Err(Refusal::OutOfBounds(
            "kind: client names a client, therapist names staff, others neither",
        ));
    }
    ground
        .commit(Urgency::Grant.by(caller), move |ground, tx| {
            Box::pin(async move {
                let at = ground.clock.now();
                let id = ParticipantId::new(at, ground.entropy.bytes());
                let key = ground.keys.practice(tx, caller.practice).await?;
                let participant = Participant {
                    id,
                    practice: caller.practice,
                    kind: new.kind,
                    client: new.client,
                    staff: new.staff,
                    name_sealed: key.seal(&name_context(id), name.as_bytes()),
                    added_by: caller.staff,
                    created_at: at,
                };
                check_person(tx, &caller, &participant).await?;
                store::participants::insert(tx, &participant).await?;
                let entry =
                    AuditEntry::new(caller.practice, at, Actor::from(&caller), Action::AddParticipant);
                let entry = match new.client {
                    Some(client) => entry.client(client),
                    None => entry,
                };
                audit::append(tx, &entry.about(id));
                Ok(id)
            })
        })
        .await
}

/// Finds a participant whom the caller may put on a recording of a client: their own clients, colleagues, people they
/// entered themselves, and people who are on a recording of this client already.
///
/// # Errors
/// [`Refusal::NotFound`] for everybody else.
pub(in crate::domain) async fn usable(
    tx: &mut Tx,
    caller: &StaffCaller,
    participant: ParticipantId,
    client: ClientId,
) -> Result<Participant, Refusal> {
    let found = store::participants::by_id(tx, participant).await?.ok_or(Refusal::NotFound)?;
    check_person(tx, caller, &found).await?;
    let known = found.client.is_some()
        || found.staff.is_some()
        || found.added_by == caller.staff
        || store::participants::known_with(tx, participant, client).await?;
    known.then_some(found).ok_or(Refusal::NotFound)
}

/// Whether whom a participant names is known to the caller.
async fn check_person(tx: &mut Tx, caller: &StaffCaller, participant: &Participant) -> Result<(), Refusal> {
    if participant.practice != caller.practice {
        return Err(Refusal::NotFound);
    }
    if let Some(client) = participant.client {
        care::in_care(tx, caller, client).await?;
    }
    if let Some(staff) = participant.staff {
        let colleague = store::staff::by_id(tx, staff).await?;
        colleague.filter(|colleague| colleague.practice == caller.practice).ok_or(Refusal::NotFound)?;
    }
    Ok(())
}

/// A participant's name.
pub(in crate::domain) async fn name_of(
    ground: &Ground,
    tx: &mut Tx,
    participant: &Participant,
) -> Result<String, Refusal> {
    let key = ground.keys.practice(tx, participant.practice).await?;
    Ok(key.open_text(&name_context(participant.id), &participant.name_sealed)?)
}

pub(in crate::domain) fn name_context(participant: ParticipantId) -> String {
    format!("participant.name_sealed/{participant}")
}
