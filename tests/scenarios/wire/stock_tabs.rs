//! Stock clients as people use them: of several releases, in two tabs at once, offline for long, and come back.

use anyhow::{Context, ensure};
use refrain_tests::{
    Companion, StockClient, World,
    stock_client::{Published, Tab, bytes},
};
use serde_json::{Value, json};
use sync_core::{
    device::Documents,
    documents::{self, DocumentId, Letter},
    id::{EntryId, ReleaseId},
};

/// More than a year of letters, three a day, each written offline by a change of its own.
const LETTERS: usize = 1_100;

fn terms() -> Value {
    json!({ "expires_at": "2027-01-20T08:00:00Z" })
}

/// A phone that a stock client speaks for, a tablet that sees what arrives, and what is spoken of.
pub(crate) struct Talk {
    pub(crate) phone: Companion,
    pub(crate) tablet: Companion,
    pub(crate) release: ReleaseId,
    pub(crate) journal: DocumentId,
}

impl Talk {
    pub(crate) async fn begin(world: &World) -> anyhow::Result<Self> {
        let release = world.therapist.release(world.client, world.clip, terms()).await?;
        let (phone, mut tablet) = (world.pair("Phone").await?, world.pair("Tablet").await?);
        let (_, journal) = phone.document_ids();
        tablet.sync().await?;
        Ok(Self { phone, tablet, release, journal })
    }

    /// A letter to be put.
    pub(crate) fn letter(&self, world: &World, value: u8) -> Value {
        let letter = Letter::Rating { release: self.release, at: world.now(), value };
        let id = EntryId::from_bytes(rand::random());
        json!({ "path": ["entries", id.to_string()], "value": bytes(&letter.encode()) })
    }

    /// The tablet writes a letter, and the server has it.
    pub(crate) async fn tablet_writes(&mut self, world: &World) -> anyhow::Result<Value> {
        let letter = Letter::Rating { release: self.release, at: world.now(), value: 4 };
        let id = self.tablet.write(&letter)?;
        self.tablet.sync().await?;
        Ok(json!({ "path": ["entries", id.to_string()], "value": bytes(&letter.encode()) }))
    }

    /// Waits until a stock client has a letter.
    pub(crate) async fn reached(&self, stock: &mut StockClient, letter: &Value) -> anyhow::Result<()> {
        let id = letter["path"][1].as_str().context("an id")?;
        stock.until(self.journal, &["entries", id], letter["value"].clone()).await
    }

    /// Waits until the tablet has so many letters.
    pub(crate) async fn arrived(&mut self, letters: usize) -> anyhow::Result<()> {
        let all_there = |known: &Documents| documents::entries(known.journal_document()).len() == letters;
        self.tablet.until_documents(all_there).await
    }
}

#[tokio::test]
async fn releases_of_the_stock_client_speak_with_one_another_through_the_server() -> anyhow::Result<()> {
    let Some(_) = StockClient::start_as(Published::Older).await? else { return Ok(()) };
    World::on_each_database(two_releases).await
}

async fn two_releases(world: World) -> anyhow::Result<World> {
    let mut talk = Talk::begin(&world).await?;
    let start = StockClient::start_as;
    let (Some(mut newest), Some(mut older)) =
        (start(Published::Newest).await?, start(Published::Older).await?)
    else {
        return Ok(world);
    };
    newest.open(talk.phone.api()).await?;
    older.open(talk.tablet.api()).await?;
    let (shelf, _) = talk.phone.document_ids();
    ensure!(newest.read(shelf).await? == older.read(shelf).await?);
    newest.put_all(talk.journal, json!([talk.letter(&world, 1)])).await?;
    talk.arrived(1).await?;
    let (second, third) = (talk.letter(&world, 2), talk.letter(&world, 3));
    older.put_all(talk.journal, json!([second, third])).await?;
    talk.arrived(3).await?;
    talk.reached(&mut newest, &second).await?;
    talk.reached(&mut newest, &third).await?;

    world.therapist.revoke(world.client, json!({ "release": talk.release }), None).await?;
    let release = talk.release.to_string();
    for stock in [&mut newest, &mut older] {
        stock.until(shelf, &["releases", &release, "state"], "ended".into()).await?;
    }
    Ok(world)
}

#[tokio::test]
async fn what_was_written_offline_for_a_year_arrives_when_the_stock_client_comes_back() -> anyhow::Result<()>
{
    let Some(_) = StockClient::start_as(Published::Older).await? else { return Ok(()) };
    World::on_each_database(comes_back).await
}

async fn comes_back(world: World) -> anyhow::Result<World> {
    let mut talk = Talk::begin(&world).await?;
    let mut arrived = 0;
    for published in [Published::Newest, Published::Older] {
        let Some(mut stock) = StockClient::start_as(published).await? else { return Ok(world) };
        stock.open(talk.phone.api()).await?;
        stock.put_all(talk.journal, json!([talk.letter(&world, 1)])).await?;
        arrived += 1;
        talk.arrived(arrived).await?;
        stock.cut().await?;
        let letters: Vec<_> = (0..LETTERS).map(|_| talk.letter(&world, 2)).collect();
        stock.put_all(talk.journal, Value::from(letters)).await?;
        stock.reopen(talk.phone.api()).await?;
        arrived += LETTERS;
        if let Err(error) = talk.arrived(arrived).await {
            let refused = stock.refusals().await?;
            return Err(error.context(format!("{published:?}, which was refused {refused}")));
        }
        let meanwhile = talk.tablet_writes(&world).await?;
        talk.reached(&mut stock, &meanwhile).await?;
        arrived += 1;
    }
    Ok(world)
}

#[tokio::test]
async fn two_tabs_of_one_storage_both_read_and_both_write() -> anyhow::Result<()> {
    let Some(_) = StockClient::start().await? else { return Ok(()) };
    World::on_each_database(two_tabs).await
}

async fn two_tabs(world: World) -> anyhow::Result<World> {
    let mut talk = Talk::begin(&world).await?;
    let Some(mut stock) = StockClient::start().await? else { return Ok(world) };
    let mut storages = Vec::new();
    for tab in ["one", "two"] {
        stock.turn_to(tab);
        stock.open_as(talk.phone.api(), Tab { shared: true, ..Tab::default() }).await?;
        storages.push(stock.storage_id().await?);
    }
    ensure!(storages[0].is_some() && storages[0] == storages[1], "{storages:?}");
    for (written, tab) in ["one", "two", "one", "two"].into_iter().enumerate() {
        stock.turn_to(tab);
        stock.put_all(talk.journal, json!([talk.letter(&world, 1)])).await?;
        talk.arrived(written + 1).await?;
    }
    // One of them goes, and the other goes on.
    stock.turn_to("one");
    stock.close().await?;
    stock.turn_to("two");
    let last = talk.letter(&world, 1);
    stock.put_all(talk.journal, json!([last])).await?;
    talk.arrived(5).await?;
    // It comes back under another peer id, over the same storage.
    stock.turn_to("one");
    stock.open_as(talk.phone.api(), Tab { shared: true, ..Tab::default() }).await?;
    talk.reached(&mut stock, &last).await?;
    Ok(world)
}

#[tokio::test]
async fn what_is_said_in_passing_goes_no_further_and_does_no_harm() -> anyhow::Result<()> {
    let Some(_) = StockClient::start().await? else { return Ok(()) };
    World::on_each_database(in_passing).await
}

async fn in_passing(world: World) -> anyhow::Result<World> {
    let mut talk = Talk::begin(&world).await?;
    let Some(mut stock) = StockClient::start().await? else { return Ok(world) };
    for (tab, device) in [("phone", talk.phone.api()), ("tablet", talk.tablet.api())] {
        stock.turn_to(tab);
        stock.open_as(device, Tab { gossip: true, ..Tab::default() }).await?;
        stock.listen(talk.journal).await?;
        stock.subscribe(&["3bd2cb13-3e2c-4f5b-9cb0-1a1d4b8c9e10".to_owned()]).await?;
    }
    stock.turn_to("phone");
    stock.broadcast(talk.journal, "I am looking at this").await?;
    let letter = talk.letter(&world, 1);
    stock.put_all(talk.journal, json!([letter])).await?;
    talk.arrived(1).await?;
    stock.turn_to("tablet");
    talk.reached(&mut stock, &letter).await?;
    // What came after it has come: that somebody is looking is told to nobody.
    ensure!(stock.heard().await? == json!([]));
    Ok(world)
}
