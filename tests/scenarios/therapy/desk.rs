//! A therapist's reading at the desk: clips, sessions, texts, letters, listening.

use anyhow::{Context, ensure};
use refrain_tests::World;
use reqwest::Method;
use serde_json::Value;
use sync_core::{documents::Letter, instant::Span};

async fn read(world: &World, path: &str) -> anyhow::Result<Value> {
    world.therapist.api().call(Method::GET, path, None).await
}

#[tokio::test]
async fn a_therapist_reads_what_there_is_of_a_client_newest_first() -> anyhow::Result<()> {
    World::on_each_database(desk).await
}

async fn desk(world: World) -> anyhow::Result<World> {
    let client = world.client;
    world.server.pass(Span::from_millis(1));
    let walking = world.another_clip("Walking").await?;
    let clips = read(&world, &format!("/v1/clients/{client}/clips")).await?;
    let titles: Vec<_> =
        clips["clips"].as_array().context("clips")?.iter().map(|clip| &clip["title"]).collect();
    ensure!(titles == ["Walking", "Breathing"], "{titles:?}");
    world.therapist.destroy(walking).await?;
    let clips = read(&world, &format!("/v1/clients/{client}/clips")).await?;
    ensure!(clips["clips"].as_array().is_some_and(|clips| clips.len() == 1), "a destroyed one is left out");
    let one = read(&world, &format!("/v1/clips/{}", world.clip)).await?;
    ensure!(clips["clips"][0] == one, "in a list as by itself");

    let people = [world.client_heard, world.therapist_heard];
    let later = world.therapist.add_recording(client, "2027-01-15T09:00:00Z", &people).await?;
    let listed = read(&world, &format!("/v1/clients/{client}/recordings")).await?;
    let recordings = listed["recordings"].as_array().context("recordings")?;
    ensure!(recordings.len() == 2 && recordings[0]["recording"] == later.to_string(), "{listed}");
    ensure!(recordings[1]["consents"].as_array().is_some_and(|consents| !consents.is_empty()));

    world.therapist.add_form(&["A second version.", "You may stop at any time."]).await?;
    let forms = read(&world, "/v1/forms").await?;
    ensure!(
        forms["forms"][0]["version"] == 2 && forms["forms"][1]["form"] == world.form.to_string(),
        "{forms}"
    );
    ensure!(forms["forms"][0]["paragraphs"][1] == "You may stop at any time.");

    let release = world.release().await?;
    let mut phone = world.pair_with("Phone", &[release]).await?;
    phone.play(release).await?;
    phone.write(&Letter::Request {
        release: Some(release),
        at: world.now(),
        words: "A longer one?".into(),
    })?;
    phone.contact().await?;
    let listening = format!("/v1/clients/{client}/listening");
    let nothing = read(&world, &listening).await?;
    ensure!(nothing["shared"] == false && nothing["days"] == Value::Array(vec![]), "{nothing}");
    phone.write(&Letter::Sharing { on: true, at: world.now() })?;
    phone.contact().await?;
    let heard = read(&world, &listening).await?;
    ensure!(heard["shared"] == true && heard["days"][0]["plays"] == 1, "{heard}");
    ensure!(heard["days"][0]["release"] == release.to_string());
    let letters = read(&world, &format!("/v1/clients/{client}/letters")).await?;
    ensure!(letters["letters"][0]["words"] == "A longer one?" && letters["letters"][0]["kind"] == "request");

    // Of other clients nothing of this is there.
    let other = world.therapist.add_client("Somebody Else").await?;
    for (list, field) in
        [("clips", "clips"), ("recordings", "recordings"), ("letters", "letters"), ("listening", "days")]
    {
        let read = read(&world, &format!("/v1/clients/{other}/{list}")).await?;
        ensure!(read[field] == Value::Array(vec![]), "{read}");
    }
    Ok(world)
}
