//! A peer that breaks the protocol is told how before the socket closes.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use futures_util::{SinkExt, StreamExt};
use refrain_tests::{Companion, Process, World, case::SignIn, database::Database, stock_client::ticket_url};
use sync_core::{
    documents::DocumentId,
    sync::{MAX_CONNECTIONS, MAX_FRAME_BYTES},
};
use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, protocol::CloseFrame},
};

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// No answer comes later than this, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn who_breaks_the_protocol_is_told_how() -> anyhow::Result<()> {
    let world = World::begin(Database::Sqlite).await?;
    let phone = world.pair("Phone").await?;
    let (shelf, _) = phone.document_ids();
    let cases: [(Message, u16, &str); 8] = [
        (Message::text("hello"), 1003, "not_binary"),
        (binary(b""), 1002, "frame_malformed"),
        (binary(b"no CBOR"), 1002, "frame_malformed"),
        (binary(&hex("a16474797065646a6f696e")), 1002, "frame_malformed"),
        (binary(&join("2")), 1002, "protocol_version"),
        (binary(&sync(shelf)), 1002, "not_greeted"),
        (binary(&vec![0; MAX_FRAME_BYTES]), 1002, "frame_malformed"),
        (binary(&[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), 1002, "frame_malformed"),
    ];
    for (message, code, reason) in cases {
        let mut stream = open(&phone).await?;
        stream.send(message).await?;
        expect_close(&mut stream, code, reason).await?;
    }

    // A frame that says that it is longer than any may be is not waited for.
    let mut stream = open(&phone).await?;
    let MaybeTlsStream::Plain(tcp) = stream.get_mut() else { bail!("plain HTTP") };
    let mut head = vec![0x82, 0xff];
    head.extend((u64::try_from(MAX_FRAME_BYTES)? + 1).to_be_bytes());
    head.extend([0; 4]);
    tcp.write_all(&head).await?;
    expect_close(&mut stream, 1002, "frame_unreadable").await?;

    // A ticket opens one socket.
    let url = ticket_url(phone.api()).await?;
    let (_first, _) = connect_async(&url).await?;
    ensure!(connect_async(&url).await.is_err(), "a ticket was good twice");
    world.server.end().await
}

#[tokio::test]
async fn with_one_connection_too_many_the_oldest_gives_way() -> anyhow::Result<()> {
    let world = World::begin(Database::Sqlite).await?;
    let (phone, tablet) = (world.pair("Phone").await?, world.pair("Tablet").await?);
    let mut others = open(&tablet).await?;
    let mut streams = Vec::new();
    for _ in 0..MAX_CONNECTIONS {
        streams.push(open(&phone).await?);
    }
    for oldest in 0..3 {
        streams.push(open(&phone).await?);
        expect_close(&mut streams[oldest], 1002, "connections_too_many").await?;
    }
    // The rest go on, and so do other devices.
    for stream in streams.iter_mut().skip(3).chain([&mut others]) {
        stream.send(binary(b"")).await?;
        expect_close(stream, 1002, "frame_malformed").await?;
    }
    world.server.end().await
}

#[tokio::test]
async fn an_orderly_stop_of_the_program_tells_every_socket() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut process = Process::set_up(Database::Sqlite, folder.path()).await?;
    process.start().await?;
    let (server, now) = (process.api()?, process.now());
    let sign_in = SignIn { otpauth: &process.otpauth, at: now };
    let case = refrain_tests::Case::open(&server, sign_in, "2026-01-14T09:00:00Z").await?;
    let phone = case.pair(&server, "Phone", now).await?;
    let mut streams = Vec::new();
    for _ in 0..MAX_CONNECTIONS {
        streams.push(open(&phone).await?);
    }
    let ((), ended) = tokio::try_join!(
        async {
            for stream in &mut streams {
                expect_close(stream, 1012, "server_stopping").await?;
            }
            anyhow::Ok(())
        },
        process.terminate()
    )?;
    ensure!(ended.code() == Some(0), "{ended}");
    ensure!(TcpStream::connect(process.address()?).await.is_err(), "it still listens");
    process.end().await
}

async fn open(phone: &Companion) -> anyhow::Result<Stream> {
    let (stream, _) = connect_async(ticket_url(phone.api()).await?).await?;
    Ok(stream)
}

async fn expect_close(stream: &mut Stream, code: u16, reason: &str) -> anyhow::Result<()> {
    loop {
        let heard =
            timeout(PATIENCE, stream.next()).await.with_context(|| format!("waiting for {reason}"))?;
        match heard.with_context(|| format!("broken off without {reason}"))?? {
            Message::Close(Some(CloseFrame { code: said, reason: why })) => {
                ensure!(
                    u16::from(said) == code && why.as_str() == reason,
                    "{said} {why}, not {code} {reason}"
                );
                return Ok(());
            }
            Message::Close(None) => bail!("closed without {reason}"),
            _ => {}
        }
    }
}

fn binary(bytes: &[u8]) -> Message {
    Message::Binary(bytes.to_vec().into())
}

/// `{"type": "join", "senderId": "x", "supportedProtocolVersions": [version]}`
fn join(version: &str) -> Vec<u8> {
    let mut frame = hex("a36474797065646a6f696e6873656e64657249646178");
    frame.extend(hex("7819737570706f7274656450726f746f636f6c56657273696f6e7381"));
    frame.push(0x60 + version.len() as u8);
    frame.extend(version.as_bytes());
    frame
}

/// `{"type": "sync", "senderId": "x", "targetId": "y", "documentId": …, "data": h'42'}`
fn sync(document: DocumentId) -> Vec<u8> {
    let mut frame =
        hex("a564747970656473796e636873656e64657249646178687461726765744964617 96a646f63756d656e744964");
    let id = document.to_string();
    frame.extend([0x78, id.len() as u8]);
    frame.extend(id.as_bytes());
    frame.extend(hex("64646174614142"));
    frame
}

fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits.bytes().filter(u8::is_ascii_hexdigit).collect();
    let value = |digit: u8| (digit as char).to_digit(16).unwrap_or_default() as u8;
    digits.chunks_exact(2).map(|pair| value(pair[0]) << 4 | value(pair[1])).collect()
}
