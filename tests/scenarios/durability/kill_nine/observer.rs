//! An observer who was not there, and brings nothing along: asks for everything that was promised.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, ensure};
use refrain_tests::{
    Companion, Laptop, Process,
    api::{Api, text},
    socket::{Socket, Wire},
};
use reqwest::Method;
use serde_json::Value;
use sync_core::{
    documents::{self, Document, DocumentId, Kind, Shelf, ShelfState},
    id::{ClientId, EntryId, LedgerId, ReleaseId},
    orders::{Entry, Orders},
};

use super::{Crew, Promises};

/// Devices that keep nothing: each look is a first one.
pub(super) struct Observer {
    client: ClientId,
    staff: Api,
    companion: Api,
    orders: DocumentId,
    casebook: DocumentId,
    shelf: DocumentId,
    journal: DocumentId,
}

impl Observer {
    pub(super) fn new(client: ClientId, laptop: &Laptop, companion: &Companion) -> Self {
        let ((orders, casebook), (shelf, journal)) = (laptop.document_ids(), companion.document_ids());
        let (staff, companion) = (laptop.api().clone(), companion.api().clone());
        Self { client, staff, companion, orders, casebook, shelf, journal }
    }

    /// Looks at everything.
    pub(super) async fn check(
        &self,
        process: &Process,
        crew: &Crew,
        promises: &Promises,
    ) -> anyhow::Result<()> {
        let ready = process.api()?.call(Method::GET, "/readyz", None).await?;
        ensure!(ready["ledger_proved"] == true, "{ready}");
        let verified = process.run(["audit", "verify"]).await?;
        ensure!(verified.contains("unbroken"), "{verified}");
        let [orders, casebook] = read(&self.staff, [self.orders, self.casebook]).await?;
        let [shelf, journal] = read(&self.companion, [self.shelf, self.journal]).await?;
        for (kind, document) in
            [(Kind::Orders, &orders), (Kind::Casebook, &casebook), (Kind::Journal, &journal)]
        {
            has_all(kind, document, promises)?;
        }
        self.nothing_is_half_done(process, crew, promises, (&orders, &shelf)).await?;
        self.ledger_is_level(process, promises).await?;
        self.receipts_and_leases_are_known(process, crew).await
    }

    /// Rows, orders, shelf and the therapist's list say the same.
    async fn nothing_is_half_done(
        &self,
        process: &Process,
        crew: &Crew,
        promises: &Promises,
        (orders, shelf): (&Document, &Document),
    ) -> anyhow::Result<()> {
        // What the ledger brought back and its device then sent as well stands there twice, and is one entry.
        let written: BTreeSet<(EntryId, Vec<u8>)> = documents::entries(orders).into_iter().collect();
        let sql = "SELECT COUNT(*) FROM entry WHERE client = $1";
        let rows = number(process, sql, &[self.client.as_bytes()]).await?;
        ensure!(rows == i64::try_from(written.len())?, "{rows} rows for {} entries", written.len());
        let folded = Orders::fold_encoded(written.iter().map(|(id, bytes)| (*id, bytes.as_slice())));
        let standing = self.standing(crew).await?;
        let known: BTreeSet<ReleaseId> = standing.keys().copied().collect();
        ensure!(known == folded.releases.keys().copied().collect(), "the list has other releases");
        let shelf = Shelf::read(shelf);
        for (release, stands) in &standing {
            let is_revoked = folded.releases[release].revoked;
            ensure!(is_revoked == (stands == "revoked"), "{release} is {stands}");
            let shown = shelf.0.get(release).map(|item| item.state);
            let expected: &[_] = match stands.as_str() {
                "live" => &[Some(ShelfState::Live)],
                "held" => &[Some(ShelfState::Paused), None],
                "revoked" => &[Some(ShelfState::Ended), None],
                "unconfirmed" => &[Some(ShelfState::Paused), None],
                _ => &[],
            };
            ensure!(expected.contains(&shown), "{release} is {stands}, the shelf says {shown:?}");
        }
        for release in &promises.released {
            ensure!(standing.contains_key(release), "{release} was made, and is not there");
        }
        for release in &promises.revoked {
            ensure!(standing[release] == "revoked", "{release} was taken back, and is {}", standing[release]);
        }
        let clients = therapist(crew)?.call(Method::GET, "/v1/clients", None).await?;
        for client in &promises.clients {
            ensure!(
                clients.to_string().contains(&client.to_string()),
                "{client} was added, and is not there"
            );
        }
        Ok(())
    }

    async fn standing(&self, crew: &Crew) -> anyhow::Result<BTreeMap<ReleaseId, String>> {
        let path = format!("/v1/clients/{}/releases", self.client);
        let listed = therapist(crew)?.call(Method::GET, &path, None).await?;
        let releases = listed["releases"].as_array().context("releases")?;
        let stands = |truth: &Value| {
            Ok((ReleaseId::parse(text(truth, "release")?)?, text(truth, "standing")?.to_owned()))
        };
        releases.iter().map(stands).collect()
    }

    /// The database is as far as the ledger, and the ledger has every restriction.
    async fn ledger_is_level(&self, process: &Process, promises: &Promises) -> anyhow::Result<()> {
        let text = std::fs::read_to_string(process.folder().join("ledger.jsonl"))?;
        ensure!(text.ends_with('\n'), "the ledger's last line is torn");
        let lines: Vec<Value> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
        let (first, last) = (lines.first().context("no line")?, lines.last().context("no line")?);
        let ledger: LedgerId = serde_json::from_value(first["fact"]["ledger"].clone())?;
        let sql = "SELECT seq FROM ledger_position WHERE ledger = $1";
        let seq = number(process, sql, &[ledger.as_bytes()]).await?;
        ensure!(last["seq"] == seq, "the ledger is at {}, the database at {seq}", last["seq"]);
        let kept: BTreeSet<&str> = lines.iter().filter_map(|line| line["fact"]["id"].as_str()).collect();
        for (id, bytes) in promises.entries.get(&Kind::Orders).into_iter().flatten() {
            let restricts = Entry::decode(bytes)?.act.is_restriction();
            ensure!(!restricts || kept.contains(id.to_string().as_str()), "{id} is not in the ledger");
        }
        Ok(())
    }

    /// Every receipt that was taken is there and none is missing between; every lease that a device has is on record.
    async fn receipts_and_leases_are_known(&self, process: &Process, crew: &Crew) -> anyhow::Result<()> {
        for companion in &crew.companions {
            let device = companion.device.as_bytes();
            let sql = "SELECT COALESCE(MAX(n), 0) FROM receipt WHERE device = $1";
            let last = number(process, sql, &[device]).await?;
            let sql = "SELECT COUNT(*) FROM receipt WHERE device = $1";
            let count = number(process, sql, &[device]).await?;
            ensure!(last == count, "{}: {count} receipts, the last is {last}", companion.name);
            let taken = i64::try_from(companion.taken_upto)?;
            ensure!(last >= taken, "{}: {taken} receipts were taken, {last} are there", companion.name);
            for release in companion.leased() {
                let generation = i64::try_from(companion.generation(release).unwrap_or_default())?;
                let sql = "SELECT COALESCE(MAX(gen), 0) FROM lease WHERE device = $1 AND release = $2";
                let recorded = number(process, sql, &[device, release.as_bytes()]).await?;
                ensure!(recorded >= generation, "{}: lease {generation} of {recorded}", companion.name);
            }
        }
        Ok(())
    }
}

async fn number(process: &Process, sql: &'static str, ids: &[&[u8; 16]]) -> anyhow::Result<i64> {
    let ids: Vec<&[u8]> = ids.iter().map(|id| id.as_slice()).collect();
    process.database().number(process.folder(), sql, &ids).await
}

fn therapist(crew: &Crew) -> anyhow::Result<&Api> {
    Ok(crew.therapist.as_ref().context("the therapist is at work")?.api())
}

async fn read(device: &Api, ids: [DocumentId; 2]) -> anyhow::Result<[Document; 2]> {
    let mut known = BTreeMap::from(ids.map(|id| (id, Document::new())));
    Socket::open(device, Wire::Whole).await?.level(&mut known).await?;
    Ok(ids.map(|id| known.remove(&id).unwrap_or_default()))
}

fn has_all(kind: Kind, document: &Document, promises: &Promises) -> anyhow::Result<()> {
    let there: BTreeMap<EntryId, Vec<u8>> = documents::entries(document).into_iter().collect();
    for (id, bytes) in promises.entries.get(&kind).into_iter().flatten() {
        ensure!(there.get(id) == Some(bytes), "{kind:?}: {id} was acknowledged, and is not there");
    }
    Ok(())
}
