//! Media on its way in: recognised by its structure, kept as ciphertext alone, refused without a
//! trace.

use std::{collections::HashSet, fs};

use anyhow::{Context, ensure};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use refrain_tests::{World, api::answer, media, server::CLIP_BYTES};
use reqwest::Method;
use serde_json::json;
use sha2::{Digest, Sha256};
use sync_core::id::ClipId;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const TITLE: &str = "Breathing by the invented river";

#[tokio::test]
async fn every_format_is_recognised_by_its_content_and_comes_out_as_it_went_in() -> anyhow::Result<()> {
    World::on_each_database(formats).await
}

async fn formats(world: World) -> anyhow::Result<World> {
    let heard = [world.client_heard, world.therapist_heard];
    let mut releases = Vec::new();
    for (name, media_type, millis) in media::provenance()? {
        let bytes = media::read(&name)?;
        // What somebody calls it, and says that it is, changes nothing.
        let said =
            BASE64_URL_SAFE_NO_PAD.encode(json!({ "title": "holiday.pdf", "heard": heard }).to_string());
        let path = format!("/v1/recordings/{}/clips", world.recording);
        let request = world.therapist.api().request(Method::POST, &path).header("Refrain-Clip", said);
        let sent = request.header("Content-Type", "application/pdf").body(bytes.clone()).send().await?;
        let (status, clip) = answer(sent).await?;
        ensure!(status == 201 && clip["media_type"] == media_type.as_str(), "{name}: {status} {clip}");
        let duration = clip["duration_ms"].as_u64().context("duration_ms")?;
        ensure!(duration.abs_diff(millis) <= 100, "{name}: {duration} ms instead of {millis}");
        let clip = ClipId::parse(clip["clip"].as_str().context("clip")?)?;
        releases.push((name, bytes, world.release_clip(clip).await?));
    }
    ensure!(releases.len() >= 7, "some formats are missing");
    let all: Vec<_> = releases.iter().map(|(_, _, release)| *release).collect();
    let mut phone = world.pair_with("Phone", &all).await?;
    phone.go_offline();
    for (name, bytes, release) in releases {
        ensure!(phone.play(release).await? == bytes, "{name} comes out as something else");
    }
    Ok(world)
}

#[tokio::test]
async fn a_clip_is_kept_as_ciphertext_and_its_words_nowhere_in_the_clear() -> anyhow::Result<()> {
    World::on_each_database(ciphertext).await
}

async fn ciphertext(mut world: World) -> anyhow::Result<World> {
    let heard = [world.client_heard, world.therapist_heard];
    let plain = media::read("breathing.opus")?;
    world.therapist.upload(world.recording, TITLE, &heard, plain.clone()).await?;
    let release = world.release().await?;
    let phone = world.pair_with("Phone", &[release]).await?;
    // Every 32 bytes of what was uploaded, but for those that any file may have: silence and padding.
    let windows: HashSet<&[u8]> = [plain.as_slice(), world.media.as_slice()]
        .into_iter()
        .flat_map(|plain| plain.chunks_exact(32))
        .filter(|window| window.iter().collect::<HashSet<_>>().len() > 8)
        .collect();
    ensure!(windows.len() > 1_000);
    let words = [TITLE, "Ben Placeholder", "Ada Testperson", "Clips of our sessions", "Invented River"];
    world.server.stop().await?;
    let files = world.server.files()?;
    ensure!(files.len() >= 3, "{files:?}");
    let found: Result<Vec<_>, _> = files.iter().map(fs::read).collect();
    let mut stored = found?;
    stored.extend(phone.stored().into_iter().map(<[u8]>::to_vec));
    for bytes in &stored {
        ensure!(!bytes.windows(32).any(|window| windows.contains(window)), "a clip lies in the clear");
        for word in &words[..4] {
            ensure!(
                !bytes.windows(word.len()).any(|window| window == word.as_bytes()),
                "{word} in the clear"
            );
        }
    }
    world.server.start_again().await?;
    Ok(world)
}

#[tokio::test]
async fn an_upload_that_is_refused_leaves_nothing_behind() -> anyhow::Result<()> {
    World::on_each_database(refused).await
}

async fn refused(world: World) -> anyhow::Result<World> {
    let before = (world.server.objects()?.len(), world.server.count("clip").await?);
    ensure!(before == (1, 1));
    let wav = media::read("breathing.wav")?;
    let mp4 = media::read("breathing.mp4")?;
    let digest = |bytes: &[u8]| {
        format!("Repr-Digest: sha-256=:{}:\r\n", BASE64_STANDARD.encode(Sha256::digest(bytes)))
    };
    let text = "This is no recording, only words about one. ".repeat(50).into_bytes();
    let page = b"<!doctype html><title>audio.mp3</title>".repeat(20);
    let cut = [&wav[..wav.len() / 2], &mp4[..mp4.len() / 2]];
    let cases = [
        ("text", text.as_slice(), text.len(), String::new(), "415", "not_media"),
        ("a page", page.as_slice(), page.len(), String::new(), "415", "not_media"),
        ("nothing", &[], 0, String::new(), "415", "not_media"),
        ("half a WAV", cut[0], cut[0].len(), String::new(), "400", "truncated"),
        ("half an MP4", cut[1], cut[1].len(), String::new(), "400", "truncated"),
        ("another's digest", &mp4, mp4.len(), digest(&wav), "422", "digest_mismatch"),
        ("too much, said beforehand", &[], CLIP_BYTES + 1, String::new(), "413", "too_large"),
    ];
    for (what, bytes, said_len, extra, status, code) in cases {
        let said = upload(&world, bytes, &format!("Content-Length: {said_len}\r\n{extra}"), false).await?;
        ensure!(said.starts_with(&format!("HTTP/1.1 {status}")) && said.contains(code), "{what}: {said}");
    }
    // Too much that was not said beforehand, in pieces.
    let piece = format!("{:x}\r\n", CLIP_BYTES / 2 + 1).into_bytes();
    let half = vec![7; CLIP_BYTES / 2 + 1];
    let chunked = [&piece, half.as_slice(), b"\r\n", &piece, half.as_slice(), b"\r\n0\r\n\r\n"].concat();
    let said = upload(&world, &chunked, "Transfer-Encoding: chunked\r\n", false).await?;
    ensure!(said.starts_with("HTTP/1.1 413") && said.contains("too_large"), "{said}");
    // One that breaks off: nobody is left to be answered.
    upload(&world, &wav[..wav.len() / 2], &format!("Content-Length: {}\r\n", wav.len()), true).await?;

    ensure!((world.server.objects()?.len(), world.server.count("clip").await?) == before);
    // And there is room for the next one.
    world.another_clip("Walking").await?;
    ensure!(world.server.objects()?.len() == 2 && world.server.count("clip").await? == 2);
    Ok(world)
}

/// Uploads as a program does that stops sending after these bytes; gives everything that it is answered.
async fn upload(world: &World, body: &[u8], headers: &str, breaks_off: bool) -> anyhow::Result<String> {
    let api = world.therapist.api();
    let host = api.base().trim_start_matches("http://");
    let said = json!({ "title": TITLE, "heard": [world.client_heard] }).to_string();
    let head = format!(
        "POST /v1/recordings/{}/clips HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\
         Refrain-Clip: {}\r\n{headers}\r\n",
        world.recording,
        api.token().context("no token")?,
        BASE64_URL_SAFE_NO_PAD.encode(said),
    );
    let mut stream = TcpStream::connect(host).await?;
    stream.write_all(head.as_bytes()).await?;
    // A server that has heard enough may stop listening before all is said.
    let _ = stream.write_all(body).await;
    if breaks_off {
        let _ = stream.shutdown().await;
    }
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
