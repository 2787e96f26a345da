//! Clients, and the one question about them: is this therapist on the care team?

use sync_core::policy::StaffAct;

use sync_core::{id::ClientId, instant::Instant};

use crate::{
    domain::{
        documents,
        people::care,
        records::{
            audit::{self, Action, Actor, AuditEntry},
            readings::{self, Reading},
        },
    },
    ground::Ground,
    nouns::{Refusal, callers::StaffCaller, words},
    store::{self, Tx, Urgency, clients::Client},
};

/// A client as the care team sees them.
pub struct ClientView {
    /// The client.
    pub id: ClientId,
    /// Their name.
    pub name: String,
    /// Since when they are here.
    pub created_at: Instant,
}

/// Adds a client, with the caller as care team.
///
/// # Errors
/// [`Refusal::NotAllowed`] for anybody but therapists.
pub async fn add(ground: &Ground, caller: StaffCaller, name: &str) -> Result<ClientView, Refusal> {
    caller.check_may(StaffAct::AddClient)?;
    let name = words::name(name, "name: 1 to 200 visible characters")?.to_owned();
    let plain = name.clone();
    let added: Result<(ClientId, i64), Refusal> = ground
        .commit(Urgency::Grant.by(caller), move |ground, tx| {
            Box::pin(async move {
                let at = ground.clock.now();
                let id = ClientId::new(at, ground.entropy.bytes());
                let key = ground.keys.practice(tx, caller.practice).await?;
                let name_sealed = key.seal(&name_context(id), plain.as_bytes());
                store::clients::insert(tx, id, caller.practice, at, &name_sealed).await?;
                store::clients::insert_care(tx, id, caller.staff, at).await?;
                documents::create_for(ground, tx, caller.practice, id, at).await?;
                let entry = AuditEntry::new(caller.practice, at, Actor::from(&caller), Action::AddClient);
                audit::append(tx, &entry.client(id));
                Ok((id, at.as_millis()))
            })
        })
        .await;
    let (id, at) = added?;
    Ok(ClientView { id, name, created_at: Instant::from_millis(at) })
}

/// Lists the clients whom the caller treats.
///
/// # Errors
/// When the database fails.
pub async fn list(ground: &Ground, caller: StaffCaller) -> Result<Vec<ClientView>, Refusal> {
    let mut tx = ground.db.read().await?;
    let clients = store::clients::list_in_care(&mut tx, caller.staff).await?;
    let mut views = Vec::with_capacity(clients.len());
    for client in clients {
        views.push(view(ground, &mut tx, client).await?);
    }
    drop(tx);
    readings::note(ground, caller, Reading::Caseload).await?;
    Ok(views)
}

/// Reads one client. It is not audited: a page that stands open asks every few seconds, and the name alone is told.
///
/// # Errors
/// [`Refusal::NotFound`] when the caller does not treat them.
pub async fn find(ground: &Ground, caller: StaffCaller, client: ClientId) -> Result<ClientView, Refusal> {
    let mut tx = ground.db.read().await?;
    let client = care::in_care(&mut tx, &caller, client).await?;
    view(ground, &mut tx, client).await
}

async fn view(ground: &Ground, tx: &mut Tx, client: Client) -> Result<ClientView, Refusal> {
    let key = ground.keys.practice(tx, client.practice).await?;
    let name = key.open_text(&name_context(client.id), &client.name_sealed)?;
    Ok(ClientView { id: client.id, name, created_at: client.created_at })
}

pub(in crate::domain) fn name_context(client: ClientId) -> String {
    format!("client.name_sealed/{client}")
}
