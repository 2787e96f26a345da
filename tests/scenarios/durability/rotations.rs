//! The practice goes over to other keys while phones hold leases that the replaced one has signed.

use anyhow::ensure;
use refrain_tests::{Case, Process, World, case::SignIn, database::Database};
use serde_json::{Value, json};
use sync_core::{
    id::ReleaseId,
    instant::Span,
    lease::{Rotation, RotationError},
    policy::Access,
};

#[tokio::test]
async fn i2_phones_follow_a_rotation_and_one_that_does_not_plays_to_its_leases_end() -> anyhow::Result<()> {
    World::on_each_database(rotated).await
}

async fn rotated(world: World) -> anyhow::Result<World> {
    let release = world.release().await?;
    let mut phone = world.pair_with("Phone", &[release]).await?;
    let mut old = world.pair_with("Old app", &[release]).await?;
    old.follows = false;
    let stolen = world.server.signing_key().await?;
    let newest = world.server.rotate_key().await?;
    ensure!(newest.rotations == 1 && newest.kid != stolen.public().kid);

    // Nothing changes for who holds a lease, and who asks follows.
    for device in [&mut phone, &mut old] {
        ensure!(device.play(release).await.is_ok());
    }
    world.pass(Span::from_hours(40), &mut [&mut phone, &mut old]).await?;
    let before = phone.generation(release);
    ensure!(phone.renew().await? && phone.generation(release) > before, "the phone does not renew");
    ensure!(phone.machine().practice_keys().kid() == newest.kid);
    let before = old.generation(release);
    ensure!(
        old.ask().await.is_err() && old.generation(release) == before,
        "an answer that nobody vouches for"
    );
    ensure!(old.play(release).await.is_ok(), "it was no contact, and the lease goes on");

    // The thief of the replaced key leads nobody aside.
    let aside = Rotation {
        practice: world.server.practice().await?,
        n: 1,
        from: stolen.public().kid.clone(),
        to: *p256::ecdsa::SigningKey::from_slice(&[9; 32])?.verifying_key(),
        at: world.now(),
    };
    let aside = aside.sign(stolen.signing_key());
    ensure!(phone.machine().take_rotations(&[aside]) == Err(RotationError::Forked));
    ensure!(phone.machine().practice_keys().kid() == newest.kid);

    world.pass(Span::from_hours(33), &mut [&mut phone, &mut old]).await?;
    ensure!(matches!(phone.access(release), Access::Playable { .. }));
    ensure!(old.is_wiped(release) && old.play(release).await.is_err(), "it plays beyond its lease");

    // A phone that is paired now pins the newest key, and follows from there; the first one goes on after a restart.
    let mut world = world;
    world.sign_in_again().await?;
    let mut new = world.pair_with("New phone", &[release]).await?;
    let third = world.server.rotate_key().await?;
    phone.restart().await?;
    for device in [&mut phone, &mut new] {
        device.contact().await?;
        ensure!(device.machine().practice_keys().kid() == third.kid && device.play(release).await.is_ok());
    }
    ensure!(
        new.machine().practice_keys().chain().len() == 1
            && phone.machine().practice_keys().chain().len() == 2
    );

    // What ends now is signed by the newest key, and reaches who was removed, too. An app that learns to follow follows.
    world.therapist.remove_device(world.client, new.device).await?;
    let fourth = world.server.rotate_key().await?;
    world.therapist.revoke(world.client, json!({ "release": release }), None).await?;
    old.follows = true;
    for device in [&mut phone, &mut new, &mut old] {
        device.ask().await?;
        ensure!(device.machine().practice_keys().kid() == fourth.kid, "{} did not follow", device.name);
        ensure!(device.is_wiped(release));
    }
    ensure!(new.machine().is_unpaired());
    Ok(world)
}

#[tokio::test]
async fn a_key_is_replaced_while_the_program_serves() -> anyhow::Result<()> {
    for database in [Some(Database::Sqlite), Database::postgres().await?].into_iter().flatten() {
        let folder = tempfile::tempdir()?;
        let mut process = Process::set_up(database, folder.path()).await?;
        process.start().await?;
        let told = while_it_serves(&process).await;
        process.end().await?;
        told?;
    }
    Ok(())
}

async fn while_it_serves(process: &Process) -> anyhow::Result<()> {
    let (server, now) = (process.api()?, process.now());
    let at = SignIn { otpauth: &process.otpauth, at: now };
    let case = Case::open(&server, at, "2026-01-14T09:00:00Z").await?;
    let terms = json!({ "expires_at": refrain::http::wire::time::Time(now + Span::from_days(7)) });
    let release: ReleaseId = case.therapist.release(case.client, case.clip, terms).await?;
    let mut phone = case.pair(&server, "Phone", now).await?;
    phone.contact().await?;
    let said: Value = serde_json::from_str(&process.run(["keys", "rotate", "--json"]).await?)?;
    phone.ask().await?;
    ensure!(
        said["rotations"] == 1 && said["kid"] == phone.machine().practice_keys().kid().as_str(),
        "{said}"
    );
    ensure!(phone.play(release).await.is_ok());
    let said = process.run(["keys", "rotate"]).await?;
    phone.ask().await?;
    ensure!(said.contains(&phone.machine().practice_keys().kid()), "{said}");
    let said: Value = serde_json::from_str(&process.run(["keys", "rotate", "--data", "--json"]).await?)?;
    ensure!(said["data_key"] == 1, "{said}");
    phone.ask().await?;
    ensure!(phone.play(release).await.is_ok());
    ensure!(process.run(["keys", "show"]).await?.contains("Data key 1: made at "));
    ensure!(process.run(["audit", "verify"]).await?.contains("unbroken"));
    Ok(())
}
