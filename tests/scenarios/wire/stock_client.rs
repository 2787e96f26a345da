//! The stock automerge-repo client reads and writes as far as it may, and no further.

use anyhow::ensure;
use refrain_tests::{StockClient, World, stock_client::bytes, world::has_ended};
use serde_json::{Value, json};
use sync_core::{
    documents::{self, DocumentId, Kind, Letter, PlayKey},
    id::EntryId,
    instant::Instant,
};

/// Five days after the world begins.
const ENDS_AT: Instant = Instant::from_millis(1_800_432_000_000);

fn terms() -> Value {
    json!({ "expires_at": "2027-01-20T08:00:00Z" })
}

#[tokio::test]
async fn the_stock_client_reads_a_shelf_and_sees_a_revocation_arrive() -> anyhow::Result<()> {
    let Some(_) = StockClient::start().await? else { return Ok(()) };
    World::on_each_database(reads_the_shelf).await
}

async fn reads_the_shelf(world: World) -> anyhow::Result<World> {
    let Some(mut stock) = StockClient::start().await? else { return Ok(world) };
    let release = world.therapist.release(world.client, world.clip, terms()).await?;
    let phone = world.pair("Phone").await?;
    let (shelf, _) = phone.document_ids();
    stock.open(phone.api()).await?;
    let read = stock.read(shelf).await?;
    let item = &read["releases"][release.to_string()];
    ensure!(
        *item
            == json!({
                "clip": world.clip,
                "state": "live",
                "ends_at": ENDS_AT.as_millis(),
                "offline_for": 72 * 3_600_000,
            }),
        "{read}"
    );

    world.therapist.revoke(world.client, json!({ "release": release }), None).await?;
    let release = release.to_string();
    stock.until(shelf, &["releases", &release, "state"], "ended".into()).await?;
    Ok(world)
}

#[tokio::test]
async fn the_stock_client_writes_letters_that_arrive_and_overwrites_none() -> anyhow::Result<()> {
    let Some(_) = StockClient::start().await? else { return Ok(()) };
    World::on_each_database(writes_letters).await
}

async fn writes_letters(world: World) -> anyhow::Result<World> {
    let Some(mut stock) = StockClient::start().await? else { return Ok(world) };
    let release = world.therapist.release(world.client, world.clip, terms()).await?;
    let (phone, mut tablet) = (world.pair("Phone").await?, world.pair("Tablet").await?);
    let (_, journal) = phone.document_ids();
    tablet.sync().await?;
    let letter = |value| Letter::Rating { release, at: world.now(), value }.encode();

    // Several changes on one connection: each rests on the one before it.
    stock.open(phone.api()).await?;
    let (first, second) = (entry_id(), entry_id());
    stock.put(journal, &["entries", &first.to_string()], bytes(&letter(3))).await?;
    stock.put(journal, &["entries", &second.to_string()], bytes(&letter(4))).await?;
    let plays = |device| PlayKey { device, release, day: world.now(), part: None };
    stock.put(journal, &["plays", &plays(phone.device).to_string()], json!(2)).await?;
    stock.put(journal, &["plays", &plays(phone.device).to_string()], json!(3)).await?;
    tablet
        .until_documents(|known| {
            let journal = known.journal_document();
            documents::entries(journal).len() == 2
                && documents::plays(journal).get(&plays(phone.device)) == Some(&3)
        })
        .await?;
    let there = documents::entries(tablet.documents().journal_document());
    ensure!(there.contains(&(first, letter(3))) && there.contains(&(second, letter(4))));
    stock.close().await?;

    // What it may not write, each on a connection of its own: it is told, and nobody else is.
    let first = first.to_string();
    let refused = [
        (vec!["entries", &first], bytes(&letter(0)), "change_not_a_new_entry"),
        (vec!["entries", "not a key"], bytes(&letter(0)), "entry_malformed"),
        (vec!["v"], json!(2), "change_not_a_new_entry"),
    ];
    for (path, value, code) in refused {
        stock.open(phone.api()).await?;
        stock.put(journal, &path, value).await?;
        ensure!(stock.refusal().await? == code, "{path:?}");
        stock.close().await?;
    }
    stock.open(phone.api()).await?;
    let foreign = plays(tablet.device).to_string();
    stock.put(journal, &["plays", &foreign], json!(9)).await?;
    ensure!(stock.refusal().await? == "entry_not_yours");
    stock.close().await?;
    stock.open(phone.api()).await?;
    let third = entry_id().to_string();
    stock.put(journal, &["entries", &third], bytes(b"no letter")).await?;
    ensure!(stock.refusal().await? == "entry_malformed");
    stock.close().await?;
    stock.open(phone.api()).await?;
    stock.remove(journal, &["entries", &first]).await?;
    ensure!(stock.refusal().await? == "change_not_a_new_entry");
    stock.close().await?;

    // All that was refused has reached neither the server nor another device; letters still arrive.
    stock.open(phone.api()).await?;
    let last = entry_id();
    stock.put(journal, &["entries", &last.to_string()], bytes(&letter(1))).await?;
    tablet.until_documents(|known| documents::entries(known.journal_document()).len() >= 3).await?;
    let there = documents::entries(tablet.documents().journal_document());
    ensure!(there.len() == 3 && there.contains(&(last, letter(1))), "{} entries", there.len());
    ensure!(documents::plays(tablet.documents().journal_document()).len() == 1);
    Ok(world)
}

#[tokio::test]
async fn the_stock_client_writes_no_shelf_and_is_told_so() -> anyhow::Result<()> {
    let Some(_) = StockClient::start().await? else { return Ok(()) };
    World::on_each_database(writes_no_shelf).await
}

async fn writes_no_shelf(world: World) -> anyhow::Result<World> {
    let Some(mut stock) = StockClient::start().await? else { return Ok(world) };
    let release = world.therapist.release(world.client, world.clip, terms()).await?;
    let (phone, mut tablet) = (world.pair("Phone").await?, world.pair("Tablet").await?);
    let (shelf, _) = phone.document_ids();
    stock.open(phone.api()).await?;
    let path = release.to_string();
    stock.put(shelf, &["releases", &path, "ends_at"], json!(i64::MAX >> 11)).await?;
    ensure!(stock.refusal().await? == "document_not_writable");
    tablet.sync().await?;
    ensure!(tablet.shelf().0[&release].ends_at == ENDS_AT);
    ensure!(!has_ended(&tablet.shelf(), release));

    // What it has spoilt for itself does not keep a revocation from it.
    world.therapist.revoke(world.client, json!({ "release": release }), None).await?;
    stock.until(shelf, &["releases", &path, "state"], "ended".into()).await?;
    Ok(world)
}

#[tokio::test]
async fn what_the_stock_client_may_not_read_looks_like_what_is_not_there() -> anyhow::Result<()> {
    let Some(_) = StockClient::start().await? else { return Ok(()) };
    World::on_each_database(reads_nothing_else).await
}

async fn reads_nothing_else(world: World) -> anyhow::Result<World> {
    let Some(mut stock) = StockClient::start().await? else { return Ok(world) };
    let (phone, laptop) = (world.pair("Phone").await?, world.pair_laptop("Laptop").await?);
    let (orders, casebook) = laptop.document_ids();
    let nobodys = DocumentId::from_bytes(rand::random());
    stock.open(phone.api()).await?;
    for document in [orders, casebook, nobodys] {
        ensure!(stock.read(document).await? == "unavailable", "{document}");
    }
    stock.close().await?;

    // The therapist's, the other way round: her two documents and the shelf, and no journal.
    let (shelf, journal) = phone.document_ids();
    stock.open(laptop.api()).await?;
    ensure!(stock.read(journal).await? == "unavailable");
    for (document, kind) in [(orders, Kind::Orders), (casebook, Kind::Casebook)] {
        ensure!(stock.read(document).await? == json!({ "v": 1, "entries": {} }), "{kind:?}");
    }
    ensure!(stock.read(shelf).await?["releases"] == json!({}));
    Ok(world)
}

fn entry_id() -> EntryId {
    EntryId::from_bytes(rand::random())
}
