//! Documents are replaced by successors while their devices are away.

use std::time::Duration;

use anyhow::{Context, ensure};
use refrain::domain::jobs::succession;
use refrain_tests::{Companion, StockClient, World, stock_client::bytes};
use reqwest::Method;
use serde_json::json;
use sync_core::{
    documents::{self, DocumentId, Kind, Letter},
    id::EntryId,
    orders::RevokeOn,
    vocabulary::Vocabulary,
};
use tokio::time::timeout;

/// Nothing takes longer than this, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Does what the server does at night with documents that have grown; gives their new ids.
async fn replace(world: &World, kinds: &[Kind]) -> anyhow::Result<Vec<DocumentId>> {
    let before = listed(world, kinds).await?;
    let grown = kinds.iter().copied().zip(before).collect();
    succession::succeed(&world.server.app()?.binders, world.client, grown).await?;
    listed(world, kinds).await
}

async fn listed(world: &World, kinds: &[Kind]) -> anyhow::Result<Vec<DocumentId>> {
    let path = format!("/v1/clients/{}/documents", world.client);
    let named = world.therapist.api().call(Method::GET, &path, None).await?;
    let id =
        |kind: &Kind| named["documents"][kind.as_str()].as_str().and_then(|id| DocumentId::parse(id).ok());
    kinds.iter().map(|kind| id(kind).context("a document's id")).collect()
}

/// A device of the client that has only ever known the successors.
async fn letters(reader: &mut Companion) -> anyhow::Result<Vec<EntryId>> {
    reader.contact().await?;
    let there = documents::entries(reader.documents().journal_document());
    Ok(there.into_iter().map(|(id, _)| id).collect())
}

#[tokio::test]
async fn i5_a_laptop_and_a_phone_that_were_away_bring_what_they_wrote_and_go_on() -> anyhow::Result<()> {
    World::on_each_database(both_were_away).await
}

async fn both_were_away(world: World) -> anyhow::Result<World> {
    let (first, second) =
        (world.release().await?, world.release_clip(world.another_clip("Walking").await?).await?);
    let mut laptop = world.pair_laptop("Laptop").await?;
    let mut other = world.pair_laptop("Other laptop").await?;
    laptop.sync().await?;
    other.sync().await?;
    let mut phone = world.pair_with("Phone", &[first, second]).await?;
    let mut tablet = world.pair_with("Tablet", &[first, second]).await?;
    let old = (laptop.document_ids().0, phone.document_ids());

    // In the train: one clip is taken back, into the laptop's copy of the orders; on the other laptop it is only written down.
    laptop.revoke(first, RevokeOn::Release(first), world.now())?;
    laptop.append()?;
    other.hold(second, None, world.now());
    phone.go_offline();
    tablet.go_offline();
    let letter = phone.write(&Letter::Rating { release: second, at: world.now(), value: 4 })?;
    phone.play(second).await?;
    let ids = replace(&world, &[Kind::Orders, Kind::Shelf, Kind::Journal]).await?;
    let mut fresh = world.pair("Fresh phone").await?;
    ensure!(letters(&mut fresh).await?.is_empty());

    // Both come back to ids that lead on.
    laptop.sync().await?;
    ensure!(laptop.unsent() == 0 && world.stands(first).await?.0 == "revoked");
    other.sync().await?;
    ensure!(other.unsent() == 0 && other.document_ids().0 == ids[0]);
    ensure!(world.stands(second).await?.1.as_deref() == Some("held"));
    for device in [&mut phone, &mut tablet] {
        device.go_online();
        device.contact().await?;
        ensure!(device.is_wiped(first) && device.access(second) == sync_core::policy::Access::Held);
        ensure!(device.document_ids() == (ids[1], ids[2]) && device.document_ids() != old.1);
    }
    ensure!(letters(&mut fresh).await? == [letter], "the letter from the train has arrived, once");
    ensure!(
        documents::plays(fresh.documents().journal_document()).values().sum::<u32>() == 1,
        "and so has the play"
    );

    // And they go on: lifted, released, played, on the new ones.
    laptop.pull().await?;
    ensure!(laptop.document_ids().0 == ids[0] && old.0 != ids[0]);
    let holds = laptop.folded().releases[&second].holds.keys().copied().collect();
    laptop.lift(holds, world.now());
    let third = laptop.release(world.clip, world.recording, world.terms(), world.now());
    laptop.sync().await?;
    ensure!(laptop.unsent() == 0);
    let again = phone.write(&Letter::Rating { release: second, at: world.now(), value: 2 })?;
    phone.contact().await?;
    ensure!(phone.play(second).await.is_ok(), "what was paused goes on");
    ensure!(phone.is_ready(third) && phone.play(third).await.is_ok(), "what is new arrives");
    let arrived = letters(&mut fresh).await?;
    ensure!(arrived.len() == 2 && arrived.contains(&again) && arrived.contains(&letter));
    Ok(world)
}

#[tokio::test]
async fn a_stock_client_that_stays_on_an_old_document_loses_nothing() -> anyhow::Result<()> {
    let Some(_) = StockClient::start().await? else { return Ok(()) };
    World::on_each_database(stays_on_the_old_one).await
}

async fn stays_on_the_old_one(world: World) -> anyhow::Result<World> {
    let Some(mut stock) = StockClient::start().await? else { return Ok(world) };
    let release = world.release().await?;
    let phone = world.pair("Phone").await?;
    let mut reader = world.pair("Reader").await?;
    let (_, old) = phone.document_ids();
    let letter = |value| bytes(&Letter::Rating { release, at: world.now(), value }.encode());
    let ids: Vec<_> = (0..4).map(|_| EntryId::from_bytes(rand::random())).collect();
    let path = |n: usize| ids[n].to_string();
    stock.open(phone.api()).await?;
    stock.put(old, &["entries", &path(0)], letter(1)).await?;
    until(&mut reader, &ids[..1]).await?;
    replace(&world, &[Kind::Journal]).await?;
    // It has not looked at the list again, on the same connection and on a new one.
    stock.put(old, &["entries", &path(1)], letter(2)).await?;
    stock.put(old, &["entries", &path(2)], letter(3)).await?;
    until(&mut reader, &ids[..3]).await?;
    replace(&world, &[Kind::Journal]).await?;
    stock.cut().await?;
    stock.put(old, &["entries", &path(3)], letter(4)).await?;
    stock.reopen(phone.api()).await?;
    until(&mut reader, &ids).await?;
    stock.close().await?;
    // A repository that begins afresh is told that there is no such document, and does not wait for it.
    stock.open(phone.api()).await?;
    ensure!(stock.read(old).await? == json!("unavailable"));
    stock.close().await?;
    Ok(world)
}

/// Waits until the journal in use has these letters. What a stock client sends arrives when it arrives.
async fn until(reader: &mut Companion, ids: &[EntryId]) -> anyhow::Result<()> {
    let arrive = async {
        loop {
            let arrived = letters(reader).await?;
            if ids.iter().all(|id| arrived.contains(id)) {
                return Ok(());
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, arrive).await.context("letters do not arrive")?
}
