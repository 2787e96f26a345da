//! "May they?" of staff: each act, and the roles that may do it. One table, asked by every server and by the vet of sync.
//!
//! It says nothing about *whose* client it is: whether a member of staff treats a client is a fact, which the server reads.

use strum::{IntoStaticStr, VariantArray};

/// A member of staff, by their part in the practice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Role {
    /// Treats clients.
    Therapist,
    /// Reviews with consent; releases nothing.
    Supervisor,
    /// Runs the practice; sees no clips and no notes.
    PracticeAdmin,
}

/// An act of a member of staff.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum StaffAct {
    /// Adds a client.
    AddClient,
    /// Adds a person who is heard on recordings.
    AddParticipant,
    /// Adds a session.
    AddRecording,
    /// Publishes the text of a consent form.
    AddForm,
    /// Enters a withdrawal for any client of the practice, and not only for those whom they treat.
    WithdrawForAnyClient,
    /// Adds a clip of a session, or destroys one.
    KeepClips,
    /// Sees and hears a clip of a client whom they treat.
    SeeClips,
    /// Releases, amends, pauses, takes back, confirms: over the API, and in the orders of a client by sync.
    Decide,
    /// Reads and writes the casebook.
    KeepCasebook,
    /// Reads a client's letters, and what the client shares.
    ReadJournal,
    /// Ends the hold that a restore has placed on the practice.
    ConfirmRestore,
    /// Removes the device of a colleague.
    RemoveColleaguesDevice,
}

/// Whether a role may do an act. A new role or act does not compile until its row is here.
#[must_use]
pub const fn may(role: Role, act: StaffAct) -> bool {
    use Role::{PracticeAdmin, Supervisor, Therapist};
    match act {
        StaffAct::AddClient
        | StaffAct::AddParticipant
        | StaffAct::AddRecording
        | StaffAct::KeepClips
        | StaffAct::SeeClips
        | StaffAct::Decide
        | StaffAct::KeepCasebook
        | StaffAct::ReadJournal
        | StaffAct::ConfirmRestore => match role {
            Therapist => true,
            Supervisor | PracticeAdmin => false,
        },
        StaffAct::AddForm => match role {
            Therapist | PracticeAdmin => true,
            Supervisor => false,
        },
        StaffAct::WithdrawForAnyClient | StaffAct::RemoveColleaguesDevice => match role {
            PracticeAdmin => true,
            Therapist | Supervisor => false,
        },
    }
}
