//! TLS: HTTP/1, HTTP/2 and sockets, and a certificate that is replaced under them.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::{Context, bail, ensure};
use futures_util::{SinkExt, StreamExt};
use hyper::{Request, ext::Protocol};
use hyper_util::rt::{TokioExecutor, TokioIo};
use refrain::{config::Config, serve};
use refrain_tests::{Companion, World, database::Database, stock_client::ticket_url};
use reqwest::{Certificate, Client, Version};
use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use sync_core::sync::{Heard, Peer, PeerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{
        Message,
        protocol::{CloseFrame, Role},
    },
};

type Stream = WebSocketStream<TlsStream<TcpStream>>;

/// No answer comes later than this, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn tls_serves_both_http_versions_and_sockets_and_takes_a_new_certificate_under_them()
-> anyhow::Result<()> {
    let world = World::begin(Database::Sqlite).await?;
    let phone = world.pair("Phone").await?;
    let folder = tempfile::tempdir()?;
    let old = write_certificate(folder.path())?;
    let running = serve::start(Arc::clone(world.server.app()?), &config(folder.path())?).await?;
    let port = running.address().port();

    for (trusting, version) in
        [(old.builder()?, Version::HTTP_2), (old.builder()?.http1_only(), Version::HTTP_11)]
    {
        let (status, spoken) = documents(&trusting.build()?, &phone, port).await?;
        ensure!((status, spoken) == (200, version), "{status} over {spoken:?}");
    }
    let mut open = old.socket(&phone, port).await?;
    greet(&mut open).await?;
    let kept = old.builder()?.build()?;
    ensure!(documents(&kept, &phone, port).await?.0 == 200);

    // Another certificate on disk, and the same listener.
    let new = write_certificate(folder.path())?;
    ensure!(
        documents(&new.builder()?.build()?, &phone, port).await.is_err(),
        "it was read before it was told to be"
    );
    running.reload_certificate().await?;
    ensure!(documents(&new.builder()?.build()?, &phone, port).await?.0 == 200);
    ensure!(documents(&old.builder()?.build()?, &phone, port).await.is_err(), "the old one is still shown");
    let mut another = new.socket(&phone, port).await?;
    greet(&mut another).await?;

    // What was open stays open.
    ensure!(documents(&kept, &phone, port).await?.0 == 200, "the old connection was dropped");
    open.send(Message::Ping(b"still here?".as_slice().into())).await?;
    ensure!(matches!(hear(&mut open).await?, Message::Pong(_)));

    // One that cannot be used changes nothing.
    std::fs::write(folder.path().join("key.pem"), "no key")?;
    ensure!(running.reload_certificate().await.is_err());
    ensure!(documents(&new.builder()?.build()?, &phone, port).await?.0 == 200);

    let (stopped, told) = tokio::join!(running.stop(), async {
        for stream in [&mut open, &mut another] {
            let Message::Close(Some(CloseFrame { code, reason })) = hear(stream).await? else {
                bail!("expected a farewell")
            };
            ensure!(u16::from(code) == 1012 && reason.as_str() == "server_stopping", "{code} {reason}");
        }
        Ok(())
    });
    stopped?;
    told?;
    ensure!(TcpStream::connect(("127.0.0.1", port)).await.is_err(), "it still listens");
    world.server.end().await
}

/// Browsers that have a connection with HTTP/2 open sockets on it, where the server says that it takes them (RFC 8441).
#[tokio::test]
async fn a_socket_is_opened_over_http_2_and_told_of_its_end() -> anyhow::Result<()> {
    let world = World::begin(Database::Sqlite).await?;
    let phone = world.pair("Phone").await?;
    let folder = tempfile::tempdir()?;
    let trust = write_certificate(folder.path())?;
    let running = serve::start(Arc::clone(world.server.app()?), &config(folder.path())?).await?;
    let port = running.address().port();
    let stream = TokioIo::new(trust.connect(port, &[b"h2"]).await?);
    let (mut requests, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await?;
    let connection = tokio::spawn(connection);
    // The server's settings have come with the first answer.
    let alive = Request::get(format!("https://localhost:{port}/healthz")).body(String::new())?;
    ensure!(requests.send_request(alive).await?.status() == 204);

    let path = ticket_path(&phone).await?;
    let token = format!("Bearer {}", phone.api().token().context("token")?);
    let mut open = Vec::new();
    for (path, token) in [(path.as_str(), None), ("/v1/sync", Some(&token))] {
        let mut asked = Request::connect(format!("https://localhost:{port}{path}"))
            .extension(Protocol::from_static("websocket"))
            .header("Sec-WebSocket-Version", "13");
        if let Some(token) = token {
            asked = asked.header("Authorization", token);
            let signer = phone.api().signer().context("a phone that signs")?;
            for (name, value) in signer.headers("CONNECT", (path, ""), &[])? {
                asked = asked.header(name, value);
            }
        }
        let answer = requests.send_request(asked.body(String::new())?).await?;
        ensure!(answer.status() == 200, "{}", answer.status());
        let upgraded = TokioIo::new(hyper::upgrade::on(answer).await?);
        let mut stream = WebSocketStream::from_raw_socket(upgraded, Role::Client, None).await;
        greet(&mut stream).await?;
        open.push(stream);
    }
    let (stopped, told) = tokio::join!(running.stop(), async {
        for stream in &mut open {
            let Message::Close(Some(CloseFrame { code, reason })) = hear(stream).await? else {
                bail!("expected a farewell")
            };
            ensure!(u16::from(code) == 1012 && reason.as_str() == "server_stopping", "{code} {reason}");
        }
        Ok(())
    });
    stopped?;
    told?;
    connection.abort();
    world.server.end().await
}

/// A certificate that somebody trusts, and no other.
struct Trust {
    pem: String,
    der: Vec<u8>,
}

/// Writes a new certificate and key for localhost.
fn write_certificate(folder: &Path) -> anyhow::Result<Trust> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    std::fs::write(folder.join("cert.pem"), made.cert.pem())?;
    std::fs::write(folder.join("key.pem"), made.signing_key.serialize_pem())?;
    Ok(Trust { pem: made.cert.pem(), der: made.cert.der().to_vec() })
}

fn config(folder: &Path) -> anyhow::Result<Config> {
    let toml = r#"
        listen = "127.0.0.1:0"
        public_url = "https://localhost"
        database.url = "sqlite://unused"
        objects.url = "file://unused"
        ledger.path = "unused"
        keys.dir = "unused"
        push.contact = "mailto:operator@practice.example"
        tls.cert = "cert.pem"
        tls.key = "key.pem"
    "#;
    Ok(Config::parse(toml, folder)?)
}

impl Trust {
    fn builder(&self) -> anyhow::Result<reqwest::ClientBuilder> {
        Ok(Client::builder().no_proxy().tls_certs_only([Certificate::from_pem(self.pem.as_bytes())?]))
    }

    async fn connect(&self, port: u16, speaking: &[&[u8]]) -> anyhow::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.der.clone().into())?;
        let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = speaking.iter().map(|name| name.to_vec()).collect();
        let tcp = TcpStream::connect(("127.0.0.1", port)).await?;
        let connector = TlsConnector::from(Arc::new(config));
        Ok(connector.connect(ServerName::try_from("localhost")?, tcp).await?)
    }

    async fn socket(&self, phone: &Companion, port: u16) -> anyhow::Result<Stream> {
        let stream = self.connect(port, &[]).await?;
        let path = ticket_path(phone).await?;
        let (stream, _) = client_async(format!("wss://localhost:{port}{path}"), stream).await?;
        Ok(stream)
    }
}

async fn ticket_path(phone: &Companion) -> anyhow::Result<String> {
    let url = ticket_url(phone.api()).await?;
    Ok(format!("/v1/{}", url.split("/v1/").nth(1).context("a path")?))
}

async fn documents(client: &Client, phone: &Companion, port: u16) -> anyhow::Result<(u16, Version)> {
    let url = format!("https://localhost:{port}/v1/device/documents");
    let mut request = client.get(url).bearer_auth(phone.api().token().context("token")?).build()?;
    phone.api().signer().context("a phone that signs")?.sign(&mut request)?;
    let answer = client.execute(request).await?;
    Ok((answer.status().as_u16(), answer.version()))
}

async fn greet<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut WebSocketStream<S>) -> anyhow::Result<()> {
    let (mut peer, join) = Peer::initiate(PeerName::new("phone").context("a name")?);
    stream.send(Message::Binary(join.into())).await?;
    let Message::Binary(answer) = hear(stream).await? else { bail!("expected a frame") };
    ensure!(matches!(peer.hear(&answer)?, Heard::Greeted(None)));
    Ok(())
}

async fn hear<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut WebSocketStream<S>) -> anyhow::Result<Message> {
    Ok(timeout(PATIENCE, stream.next()).await?.context("broken off")??)
}
