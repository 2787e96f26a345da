//! The audit: each deed with its actor, their role and its subject. Ids, instants and stable words
//! only.
//!
//! Append-only and hash-chained for each practice under a key ([`verification`]). [`append`] keeps the entry with the transaction;
//! the committer writes it after the work and before the ledger, because the chain's head row is
//! locked last of all: two decisions of one practice wait for each other only there, and never in a
//! circle.

use std::{collections::BTreeMap, fmt::Display};

use serde_json::Value;
use sync_core::{
    id::{ClientId, ConsentId, DeviceId, PracticeId, StaffId},
    instant::Instant,
    vocabulary::Vocabulary,
};

use crate::store::{self, StoreError, Tx, db::PendingEntry};

mod action;
mod actor;
mod subject;
pub mod verification;

pub use action::Action;
pub use actor::Actor;
pub use subject::Subject;
pub use verification::{VerifyError, verify};

/// One fact for the audit. Built with [`AuditEntry::new`] and what applies of the other methods.
#[derive(Clone)]
pub struct AuditEntry {
    practice: PracticeId,
    at: Instant,
    actor: Actor,
    action: Action,
    client: Option<ClientId>,
    subjects: Vec<Subject>,
    device: Option<DeviceId>,
    purpose: Option<&'static str>,
    consent: Option<ConsentId>,
    count: Option<u64>,
}

/// Puts an entry into the transaction; it is written when the work has succeeded, and rolled back with it.
pub fn append(tx: &mut Tx, entry: &AuditEntry) {
    tx.audit(PendingEntry {
        practice: entry.practice,
        at: entry.at,
        client: entry.client,
        body: entry.body().into_bytes(),
    });
}

/// When clips of a client's were played in the room, and by whom; newest first.
///
/// # Errors
/// When the database fails.
pub async fn played_together(
    tx: &mut Tx,
    client: ClientId,
    count: i64,
) -> Result<Vec<(Instant, Option<StaffId>)>, StoreError> {
    let found = store::audit::of_client_and_action(tx, client, Action::ReadClip.as_str(), count).await?;
    let actor = |body: &[u8]| {
        let body: Value = serde_json::from_slice(body).ok()?;
        StaffId::parse(body.get("actor_id")?.as_str()?).ok()
    };
    Ok(found.into_iter().map(|(at, body)| (at, actor(&body))).collect())
}

impl AuditEntry {
    /// Says who did what, when, in which practice.
    #[must_use]
    pub const fn new(practice: PracticeId, at: Instant, actor: Actor, action: Action) -> Self {
        Self {
            practice,
            at,
            actor,
            action,
            client: None,
            subjects: Vec::new(),
            device: None,
            purpose: None,
            consent: None,
            count: None,
        }
    }

    /// Whom it is about: the entry is in this client's own audit.
    #[must_use]
    pub const fn client(mut self, client: ClientId) -> Self {
        self.client = Some(client);
        self
    }

    /// What it is about; call it once for each thing.
    #[must_use]
    pub fn about(mut self, subject: impl Into<Subject>) -> Self {
        self.subjects.push(subject.into());
        self
    }

    /// Which device it was about, or done for.
    #[must_use]
    pub const fn device(mut self, device: DeviceId) -> Self {
        self.device = Some(device);
        self
    }

    /// For which purpose: its word in storage.
    #[must_use]
    pub const fn purpose(mut self, purpose: &'static str) -> Self {
        self.purpose = Some(purpose);
        self
    }

    /// On which consent it rests.
    #[must_use]
    pub const fn consent(mut self, consent: ConsentId) -> Self {
        self.consent = Some(consent);
        self
    }

    /// How often it was done: one entry stands for all of them.
    #[must_use]
    pub const fn count(mut self, count: u64) -> Self {
        self.count = Some(count);
        self
    }

    /// JSON with sorted keys and no spaces: the same entry is the same bytes for ever.
    fn body(&self) -> String {
        let mut body = BTreeMap::from([
            ("at", Value::from(self.at.as_millis())),
            ("actor", Value::from(self.actor.kind())),
            ("action", Value::from(self.action.as_str())),
        ]);
        let (id, role, by) = self.actor.details();
        let subjects: Vec<Value> =
            self.subjects.iter().map(|subject| Value::from(subject.to_text())).collect();
        let optional = [
            ("actor_id", id),
            ("role", role.map(|role| role.as_str().to_owned())),
            ("by", text(by)),
            ("client", text(self.client)),
            ("device", text(self.device)),
            ("purpose", text(self.purpose)),
            ("consent", text(self.consent)),
        ];
        body.extend(optional.into_iter().filter_map(|(key, value)| Some((key, Value::from(value?)))));
        if let Some(count) = self.count {
            body.insert("count", Value::from(count));
        }
        if !subjects.is_empty() {
            body.insert("subjects", Value::from(subjects));
        }
        body.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Value>().to_string()
    }
}

fn text(value: Option<impl Display>) -> Option<String> {
    value.map(|value| value.to_string())
}

#[cfg(test)]
mod tests;
