//! The one question about a client: does this therapist treat them?

use sync_core::{
    documents::{DocumentId, Kind},
    id::ClientId,
};

use crate::{
    ground::Ground,
    nouns::{Refusal, callers::StaffCaller},
    store::{self, Tx, clients::Client},
};

/// Finds a client whom the caller treats. Every function that takes a client's id from a therapist begins here.
///
/// # Errors
/// [`Refusal::NotFound`], for unknown clients and those of others alike.
pub async fn in_care(tx: &mut Tx, caller: &StaffCaller, client: ClientId) -> Result<Client, Refusal> {
    let found = store::clients::in_care(tx, client, caller.staff).await?;
    found.filter(|client| client.practice == caller.practice).ok_or(Refusal::NotFound)
}

/// Names the documents of a client to their therapist.
///
/// # Errors
/// [`Refusal::NotFound`] when the caller does not treat the client.
pub async fn documents_of(
    ground: &Ground,
    caller: StaffCaller,
    client: ClientId,
) -> Result<Vec<(Kind, DocumentId)>, Refusal> {
    let mut tx = ground.db.read().await?;
    in_care(&mut tx, &caller, client).await?;
    Ok(store::documents::ids_of_client(&mut tx, client).await?)
}
