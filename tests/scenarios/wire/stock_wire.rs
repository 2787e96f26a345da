//! Stock clients, seen from the wire: in which version of automerge's sync messages they speak, and
//! under which names.
//!
//! Version 1 carries each change as an item of its own. Version 2 carries all that it has in one
//! item: several changes, or the whole document. A peer that says flags reads both. The server says
//! none of documents that may be written, so that a device keeps to version 1. If changes come in
//! version 2 all the same, they are vetted; a document is refused by name.

use anyhow::{Context, ensure};
use refrain_tests::{
    StockClient, World,
    stock_client::{Published, Tab},
};
use serde_json::{Value, json};

use super::stock_tabs::Talk;

const RELEASES: [Published; 2] = [Published::Newest, Published::Older];

#[tokio::test]
async fn stock_clients_write_in_version_one_and_are_answered_in_version_two() -> anyhow::Result<()> {
    let Some(_) = StockClient::start_as(Published::Older).await? else { return Ok(()) };
    World::on_each_database(both_versions).await
}

async fn both_versions(world: World) -> anyhow::Result<World> {
    let mut talk = Talk::begin(&world).await?;
    for (before, published) in RELEASES.into_iter().enumerate() {
        let Some(mut stock) = StockClient::start_as(published).await? else { return Ok(world) };
        stock.open(talk.phone.api()).await?;
        stock.put_all(talk.journal, json!([talk.letter(&world, 1)])).await?;
        talk.arrived(before + 1).await?;
        let versions = stock.versions().await?;
        ensure!(versions == json!({ "said": [1], "heard": [2] }), "{published:?}: {versions}");
    }
    Ok(world)
}

#[tokio::test]
async fn what_a_stock_client_writes_in_version_two_is_vetted_or_refused_by_name() -> anyhow::Result<()> {
    let Some(_) = StockClient::start_as(Published::Older).await? else { return Ok(()) };
    World::on_each_database(version_two).await
}

async fn version_two(world: World) -> anyhow::Result<World> {
    let mut talk = Talk::begin(&world).await?;
    let mut letters = 0;
    for published in RELEASES {
        let Some(mut stock) = StockClient::start_as(published).await? else { return Ok(world) };
        let several = |count| Value::from((0..count).map(|_| talk.letter(&world, 1)).collect::<Vec<_>>());
        let (many, few, very_many) = (several(20), several(3), several(60));
        stock.open(talk.phone.api()).await?;
        stock.put_all(talk.journal, many).await?;
        letters += 20;
        talk.arrived(letters).await?;
        stock.close().await?;

        // A few changes among many come as changes, all in one item.
        let hinted = Tab { hints: true, ..Tab::default() };
        stock.open_as(talk.phone.api(), hinted).await?;
        stock.put_all(talk.journal, few).await?;
        letters += 3;
        talk.arrived(letters).await.with_context(|| format!("{published:?}"))?;
        let versions = stock.versions().await?;
        ensure!(versions["said"].as_array().is_some_and(|said| said.contains(&json!(2))), "{versions}");

        // More than a third of the document comes from the newest as the whole document, from the older as changes still.
        stock.cut().await?;
        stock.put_all(talk.journal, very_many).await?;
        stock.reopen(talk.phone.api()).await?;
        match published {
            Published::Newest => ensure!(stock.refusal().await? == "change_not_single"),
            Published::Older => letters += 60,
        }
        talk.arrived(letters).await.with_context(|| format!("{published:?}"))?;
    }
    Ok(world)
}

#[tokio::test]
async fn a_stock_client_that_changes_its_peer_id_on_one_socket_goes_on() -> anyhow::Result<()> {
    let Some(_) = StockClient::start_as(Published::Older).await? else { return Ok(()) };
    World::on_each_database(another_name).await
}

async fn another_name(world: World) -> anyhow::Result<World> {
    let mut talk = Talk::begin(&world).await?;
    let mut letters = 0;
    for published in RELEASES {
        let Some(mut stock) = StockClient::start_as(published).await? else { return Ok(world) };
        stock.open(talk.phone.api()).await?;
        // The last name is the tablet's own device id: what a peer calls itself gives it nothing of another's.
        for name in ["first", "second", &talk.tablet.device.to_string()] {
            stock.rename(name).await?;
            stock.put_all(talk.journal, json!([talk.letter(&world, 1)])).await?;
            letters += 1;
            talk.arrived(letters).await.with_context(|| format!("{published:?} as {name}"))?;
            let answer = talk.tablet_writes(&world).await?;
            letters += 1;
            talk.reached(&mut stock, &answer).await.with_context(|| format!("{published:?} as {name}"))?;
        }
        let plays = format!("{}/{}/{}", talk.tablet.device, talk.release, world.now().as_millis());
        stock.put(talk.journal, &["plays", &plays], json!(1)).await?;
        ensure!(stock.refusal().await? == "entry_not_yours", "{published:?}");
    }
    Ok(world)
}

#[tokio::test]
async fn a_stock_client_that_comes_back_under_another_peer_id_over_the_same_storage_goes_on()
-> anyhow::Result<()> {
    let Some(_) = StockClient::start_as(Published::Older).await? else { return Ok(()) };
    World::on_each_database(comes_back_as_another).await
}

async fn comes_back_as_another(world: World) -> anyhow::Result<World> {
    let mut talk = Talk::begin(&world).await?;
    let mut letters = 0;
    for published in RELEASES {
        let Some(mut stock) = StockClient::start_as(published).await? else { return Ok(world) };
        let mut known = Vec::new();
        for run in ["one", "two", "three"] {
            stock.turn_to(run);
            stock.open_as(talk.phone.api(), Tab { shared: true, ..Tab::default() }).await?;
            known.push((stock.storage_id().await?, stock.peer_id().await?));
            let letter = talk.letter(&world, 1);
            stock.put_all(talk.journal, json!([letter])).await?;
            letters += 1;
            talk.arrived(letters).await.with_context(|| format!("{published:?}, {run}"))?;
            // The same repository goes on over a second socket, as somebody else again.
            stock.cut().await?;
            stock.rename(&format!("{run} again")).await?;
            stock.put_all(talk.journal, json!([talk.letter(&world, 1)])).await?;
            stock.reopen(talk.phone.api()).await?;
            letters += 1;
            talk.arrived(letters).await.with_context(|| format!("{published:?}, {run} again"))?;
            stock.close().await?;
        }
        let [first, second, third] = &known[..] else { anyhow::bail!("{known:?}") };
        ensure!(first.0.is_some() && first.0 == second.0 && first.0 == third.0, "{known:?}");
        ensure!(first.1 != second.1 && second.1 != third.1, "{known:?}");
    }
    Ok(world)
}
