//! Notes each change of a client's shelf: the client reads it as history on their own phone.

use std::collections::BTreeSet;

use sync_core::{
    documents::{Shelf, ShelfState},
    id::{ClientId, ReleaseId},
    instant::Instant,
};

use crate::{
    ground::Ground,
    nouns::{Refusal, local_days},
    store::{self, Tx, history::Turn},
};

/// Notes what a shelf shows from now on that it has not shown before; `amended` are releases whose terms have changed,
/// which a shelf does not show all of.
pub(in crate::domain) async fn note(
    ground: &Ground,
    client: ClientId,
    now: Instant,
    tx: &mut Tx,
    (shown, shows): (&Shelf, &Shelf),
    amended: &BTreeSet<ReleaseId>,
) -> Result<(), Refusal> {
    let Some(day) = local_days::date_of(&ground.settings.zone, now).map(|day| day.to_string()) else {
        return Ok(());
    };
    for (release, turn) in turns(shown, shows, amended) {
        store::history::note(tx, client, release, &day, turn).await?;
    }
    Ok(())
}

fn turns(shown: &Shelf, shows: &Shelf, amended: &BTreeSet<ReleaseId>) -> Vec<(ReleaseId, Turn)> {
    let turn = |(release, item): (&ReleaseId, &_)| match shown.0.get(release) {
        None => Some((*release, Turn::Came)),
        // What is over does not change any more: a withdrawal that comes later shows nothing.
        Some(before) if before.state == ShelfState::Ended => None,
        Some(before) => (before != item || amended.contains(release)).then_some((*release, Turn::Changed)),
    };
    shows.0.iter().filter_map(turn).collect()
}
