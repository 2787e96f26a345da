//! A device's changes as a proposal: vetted, and applied to a copy.

use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::Change;
use sync_core::{
    authority::{Denied, Vetted, Writer, vet},
    documents::{self as views, Kind},
};

use crate::domain::{
    decisions::commit::{Late, Proposal},
    documents::{binder::Contents, sheet::Sheet},
};

pub(super) fn propose(
    sheet: &Sheet,
    kind: Kind,
    writer: Writer,
    changes: Vec<Change>,
) -> Result<Proposal, Denied> {
    let (candidate, vetted) = vetted(sheet, kind, writer, changes)?;
    let mut proposal = Proposal::nothing();
    if vetted.changes.is_empty() {
        return Ok(proposal);
    }
    proposal.sheets.insert(kind, candidate);
    proposal.new_actors = vetted.new_actors.into_iter().map(|actor| (kind, actor)).collect();
    match kind {
        Kind::Orders => proposal.entries = vetted.entries,
        Kind::Journal => proposal.letters = vetted.entries,
        Kind::Casebook => proposal.notes = vetted.entries,
        Kind::Shelf => {}
    }
    Ok(proposal)
}

/// Vets changes, and applies them to a copy.
fn vetted(
    sheet: &Sheet,
    kind: Kind,
    writer: Writer,
    changes: Vec<Change>,
) -> Result<(Sheet, Vetted), Denied> {
    let vetted =
        catch_unwind(AssertUnwindSafe(|| vet(&sheet.document, kind, &sheet.actors, writer, changes)));
    let vetted = vetted.unwrap_or(Err(Denied::BadEntry))?;
    let mut candidate = sheet.clone();
    candidate.apply(vetted.changes.clone())?;
    Ok((candidate, vetted))
}

/// What late changes bring: to the old document themselves, to its successor their facts. Entries of the orders are rows,
/// which settlement brings into whatever document is in use.
pub(super) fn propose_late(
    contents: &Contents,
    old: &Sheet,
    kind: Kind,
    writer: Writer,
    changes: Vec<Change>,
) -> Result<Proposal, Denied> {
    let (sheet, vetted) = vetted(old, kind, writer, changes)?;
    let mut proposal = Proposal::nothing();
    match kind {
        Kind::Orders => proposal.entries = vetted.entries,
        Kind::Journal => {
            let mut successor = contents.sheet(kind).map_err(|_| Denied::BadDocument)?.clone();
            let counted = views::late_plays(&old.document, &sheet.document);
            let ops = (vetted.entries.len() + counted.len()) as u64;
            let made_ready = successor.values.make_ready(&mut successor.document, ops);
            made_ready
                .and_then(|()| views::append(&mut successor.document, &vetted.entries))
                .and_then(|()| views::copy_plays(&counted, &mut successor.document))
                .map_err(|_| Denied::BadDocument)?;
            proposal.sheets.insert(kind, successor);
            proposal.letters = vetted.entries;
        }
        Kind::Casebook => {
            let mut successor = contents.sheet(kind).map_err(|_| Denied::BadDocument)?.clone();
            let made_ready =
                successor.values.make_ready(&mut successor.document, vetted.entries.len() as u64);
            made_ready
                .and_then(|()| views::append(&mut successor.document, &vetted.entries))
                .map_err(|_| Denied::BadDocument)?;
            proposal.sheets.insert(kind, successor);
            proposal.notes = vetted.entries;
        }
        Kind::Shelf => return Err(Denied::NotWritable),
    }
    proposal.late = Some(Late { kind, sheet, new_actors: vetted.new_actors });
    Ok(proposal)
}
