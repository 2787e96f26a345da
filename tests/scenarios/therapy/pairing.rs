//! How a phone comes to belong to a person, and all the callers to whom it does not belong.

use anyhow::{Context, ensure};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use refrain::domain::people::staff;
use refrain_tests::{Companion, Stranger, Therapist, World, stranger::Names};
use reqwest::Method;
use serde_json::{Value, json};
use sync_core::{
    id::{EntryId, PracticeId},
    instant::Span,
    policy::{Access, Role},
};

fn asks_to_pair(code: &str, phone: &mut Companion) -> Option<Value> {
    let vault = phone.vault();
    Some(json!({
        "code": code,
        "name": "A telephone",
        "exchange_key": BASE64.encode(vault.exchange_key()),
        "signing_key": BASE64.encode(vault.signing_key()),
    }))
}

/// The same code with another last symbol.
fn mistyped(code: &str, other: usize) -> String {
    let last = code.chars().last().unwrap_or('0');
    let symbols = "0123456789ABCDEFGHJKMNPQRSTVWXYZ".chars().filter(|symbol| *symbol != last);
    let wrong = symbols.cycle().nth(other).unwrap_or('0');
    format!("{}{wrong}", &code[..code.len() - 1])
}

#[tokio::test]
async fn a_code_pairs_one_phone_in_time_and_tells_nothing_to_those_who_guess() -> anyhow::Result<()> {
    World::on_each_database(codes).await
}

async fn codes(world: World) -> anyhow::Result<World> {
    let server = world.server.api()?;
    let code = world.therapist.invite(world.client).await?;
    let mut phone =
        Companion::pair(&server, &code.to_lowercase().replace('-', " "), "Phone", world.now()).await?;
    let pair = async |body, status, code| server.refused(Method::POST, "/v1/pair", body, status, code).await;

    // A code is used once; and a device that was paired needs new keys, whatever code it has.
    let mut fresh = phone.copy()?;
    *fresh.vault() = refrain_tests::vault::Vault::new()?;
    pair(asks_to_pair(&code, &mut fresh), 410, "code_used").await?;
    let next = world.therapist.invite(world.client).await?;
    pair(asks_to_pair(&next, &mut phone), 409, "device_key_known").await?;
    // That did not burn it, and five wrong guesses do. Then even the right one is as good as a guess.
    for guess in 0..4 {
        pair(asks_to_pair(&mistyped(&next, guess), &mut fresh), 404, "code_not_valid").await?;
    }
    let unknown = pair(asks_to_pair("0000-0000-0000", &mut fresh), 404, "code_not_valid").await?;
    let burnt = pair(asks_to_pair(&mistyped(&next, 4), &mut fresh), 404, "code_not_valid").await?;
    ensure!(unknown == burnt);
    let right = pair(asks_to_pair(&next, &mut fresh), 404, "code_not_valid").await?;
    ensure!(right == burnt, "a burnt code that was right can be told from one that was not");
    // A quarter of an hour, and not a moment longer.
    let late = world.therapist.invite(world.client).await?;
    world.server.pass(Span::from_mins(15));
    pair(asks_to_pair(&late, &mut fresh), 410, "code_expired").await?;
    let in_time = world.therapist.invite(world.client).await?;
    world.server.pass(Span::from_mins(15).saturating_sub(Span::from_millis(1)));
    Companion::pair(&server, &in_time, "Phone", world.now()).await?;
    Ok(world)
}

#[tokio::test]
async fn i3_a_phone_that_no_therapist_has_seen_gets_no_lease() -> anyhow::Result<()> {
    World::on_each_database(unconfirmed).await
}

async fn unconfirmed(world: World) -> anyhow::Result<World> {
    let release = world.release().await?;
    let code = world.therapist.invite(world.client).await?;
    let mut phone = Companion::pair(&world.server.api()?, &code, "Whose is this?", world.now()).await?;
    // It syncs nothing: the journal has what the client has written on their other phones. Nor is its question granted.
    phone.api().refused(Method::POST, "/v1/sync-tickets", Some(json!({})), 403, "device_unconfirmed").await?;
    ensure!(phone.sync().await.is_err(), "it has synced");
    phone.ask().await?;
    ensure!(phone.machine().held(release).is_none() && phone.access(release) == Access::NeedsContact);
    let known = world.therapist.known(world.client, release, phone.device).await?;
    ensure!(known["known"] == "not_confirmed" && known["name"] == "Whose is this?", "{known}");
    let clip = format!("/v1/device/clips/{}", world.clip);
    phone.api().refused(Method::GET, &clip, None, 404, "not_found").await?;
    world.therapist.confirm_device(&phone).await?;
    phone.contact().await?;
    ensure!(phone.play(release).await? == world.media);
    Ok(world)
}

#[tokio::test]
async fn what_is_not_ones_own_cannot_be_told_from_what_does_not_exist() -> anyhow::Result<()> {
    World::on_each_database(strangers).await
}

async fn strangers(world: World) -> anyhow::Result<World> {
    let release = world.release().await?;
    let phone = world.pair_with("Phone", &[release]).await?;
    let laptop = world.pair_laptop("Laptop").await?;
    let hold = world.therapist.api();
    let hold = hold.call(Method::POST, &format!("/v1/releases/{release}/holds"), Some(json!({}))).await?;
    let hold = EntryId::parse(hold["hold"].as_str().context("hold")?)?;
    let lift = Some(json!({ "holds": [hold] }));
    world.therapist.api().call(Method::POST, &format!("/v1/clients/{}/lifts", world.client), lift).await?;
    let real = Names {
        client: world.client,
        device: phone.device,
        recording: world.recording,
        participant: world.client_heard,
        form: world.form,
        clip: world.clip,
        release,
        hold,
    };
    let guessed = Names::guessed(world.now());
    let server = world.server.api()?;
    let staff = || (real.of_staff(), guessed.of_staff());
    let companion = || (real.of_companion(), guessed.of_companion());

    // Without a token, with one that was made up, with one for something else.
    for nobody in [Stranger::new(&server), Stranger::with_guessed_token(&server)] {
        nobody.learns_nothing(staff(), 401, "unauthenticated").await?;
        nobody.learns_nothing(companion(), 401, "unauthenticated").await?;
    }
    for device in [phone.api(), laptop.api()] {
        Stranger::with(device).learns_nothing(staff(), 403, "not_allowed").await?;
    }
    for other in [world.therapist.api(), laptop.api()] {
        Stranger::with(other).learns_nothing(companion(), 403, "not_allowed").await?;
    }
    // A colleague who does not treat this client, and the phone of a client of theirs.
    let colleague = colleague(&world).await?;
    let theirs = colleague.add_client("Cora Placeholder").await?;
    let code = colleague.invite(theirs).await?;
    let their_phone = Companion::pair(&server, &code, "Hers", world.now()).await?;
    colleague.confirm_device(&their_phone).await?;
    Stranger::with(colleague.api()).learns_nothing(staff(), 404, "not_found").await?;
    Stranger::with(their_phone.api()).learns_nothing(companion(), 404, "not_found").await?;
    // Nor by mixing what is theirs with what is not.
    let mixed = Names { client: theirs, ..real.clone() };
    let guess = Names { client: theirs, ..guessed.clone() };
    let only = |names: &Names, part: &str| -> Vec<_> {
        let wanted = |(_, path, body): &refrain_tests::stranger::Request| {
            path.contains(part) && body.as_ref().is_none_or(|body| body["on"] != "shelf")
        };
        names.of_staff().into_iter().filter(wanted).collect()
    };
    for part in ["/confirmation", "/lifts", "/revocations", &format!("/clients/{theirs}/releases")] {
        let requests =
            |names| only(names, part).into_iter().filter(|(method, ..)| method == Method::POST).collect();
        let asked = (requests(&mixed), requests(&guess));
        Stranger::with(colleague.api()).learns_nothing(asked, 404, "not_found").await?;
    }
    // Nobody has moved anything.
    let (standing, waits_for) = world.stands(release).await?;
    ensure!(standing == "live" && waits_for.is_none());
    Ok(world)
}

async fn colleague(world: &World) -> anyhow::Result<Therapist> {
    let practice = world.therapist.api().call(Method::GET, "/v1/practice", None).await?;
    let practice = PracticeId::parse(practice["practice"].as_str().context("practice")?)?;
    let (email, password) = ("eve.testperson@practice.example", "another long sentence of the tests");
    let new = staff::NewStaff {
        email: email.into(),
        name: "Eve Testperson".into(),
        password: password.to_owned().into(),
    };
    let (_, otpauth) = staff::add(
        &world.server.app()?.ground,
        &world.server.app()?.passwords,
        practice,
        new,
        Role::Therapist,
    )
    .await?;
    Therapist::sign_in(&world.server.api()?, email, password, &otpauth, world.now()).await
}
