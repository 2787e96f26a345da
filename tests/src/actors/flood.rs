//! Floods: callers come in great numbers, each within its limits.
//!
//! A [`Flood`] goes on for a while, from many connections at once. The server's answers to it do not
//! matter. The time that bystanders wait does ([`crate::bystander`]).

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use bytes::Bytes;
use futures_util::future::join_all;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use sync_core::{
    id::{ClipId, DeviceId, IncarnationId, ReceiptId, ReleaseId},
    instant::Instant,
    lease::{Receipt, ReceiptCause, ReceiptKind, Signed, Tag},
};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpSocket, TcpStream},
    time::{self, sleep, timeout_at},
};

use crate::{
    api::{Api, text},
    case::Case,
    vault::Vault,
};

/// A kind of flood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flood {
    /// A thousand connections from five addresses that say nothing.
    Silent,
    /// As many that stop in the middle of a head.
    HalfHeads,
    /// Bodies of which a byte comes now and then, from strangers.
    DrippingBodies,
    /// A removed phone that ends its subscription, over HTTP/2 and many streams.
    Unsubscribing,
    /// A removed phone that hands in denials which the practice has never signed.
    BadDenials,
    /// Thirty unconfirmed phones that hand in, again and again, receipts which the server has.
    KnownReceipts,
    /// Strangers who guess tickets for sockets.
    Tickets,
    /// Strangers who guess passwords.
    SignIns,
    /// A therapist who pauses the clips of her own client as often as she can.
    Pauses,
    /// Two therapists who upload clips of the greatest size, four at a time each.
    Uploads,
}

/// Every kind.
pub const FLOODS: [Flood; 10] = [
    Flood::Silent,
    Flood::HalfHeads,
    Flood::DrippingBodies,
    Flood::Unsubscribing,
    Flood::BadDenials,
    Flood::KnownReceipts,
    Flood::Tickets,
    Flood::SignIns,
    Flood::Pauses,
    Flood::Uploads,
];

/// How many connections say nothing.
const SILENT: u16 = 1_000;
/// How many denials a question hands in.
const DENIALS: usize = 200;
/// How long a clip may be, in bytes.
const GREATEST: usize = 64 << 20;
/// How many receipts a delivery has.
const RECEIPTS: u64 = 200;

/// A therapist who uploads clips.
pub struct Uploader {
    /// With her session.
    pub api: Api,
    /// Where to.
    pub path: String,
    /// What she says of each.
    pub said: String,
}

impl Uploader {
    /// The therapist of a case, who uploads to its recording.
    #[must_use]
    pub fn of(case: &Case) -> Self {
        let heard = [case.client_heard, case.therapist_heard];
        Self {
            api: case.therapist.api().clone(),
            path: format!("/v1/recordings/{}/clips", case.recording),
            said: BASE64.encode(json!({ "title": "Long", "heard": heard }).to_string()),
        }
    }
}

/// Those who flood.
pub struct Crowd {
    /// Where the server is.
    pub server: Api,
    /// A phone that was removed.
    pub removed: Api,
    /// Phones that no therapist has confirmed, each with receipts that it has handed in.
    pub phones: Vec<(Api, Value)>,
    /// A therapist, and where she pauses the clips of her client.
    pub therapist: (Api, String),
    /// Therapists who upload.
    pub uploaders: Vec<Uploader>,
    /// By which part of its connections a flood comes: 1 for all of them.
    pub part: usize,
}

impl Crowd {
    /// Goes on at another address: after the server has started again.
    pub fn go_to(&mut self, server: &Api) {
        for api in [&mut self.server, &mut self.removed, &mut self.therapist.0] {
            *api = api.toward(server);
        }
        self.phones.iter_mut().for_each(|(phone, _)| *phone = phone.toward(server));
        self.uploaders.iter_mut().for_each(|uploader| uploader.api = uploader.api.toward(server));
    }

    /// Floods the server until a moment; gives how many requests were answered.
    ///
    /// # Errors
    /// When no connection can be made at all.
    pub async fn flood(&self, flood: Flood, until: time::Instant) -> anyhow::Result<usize> {
        match flood {
            Flood::Silent => self.hold(b"", until).await,
            Flood::HalfHeads => self.hold(b"GET /healthz HTTP/1.1\r\nhost: loc", until).await,
            Flood::DrippingBodies => {
                let head =
                    b"POST /v1/sign-in HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
                             content-length: 60000\r\n\r\n{";
                self.hold(head, until).await
            }
            Flood::Unsubscribing => {
                let unsubscribe =
                    |http: &Client| on(http, &self.removed, Method::DELETE, "/v1/device/push-subscription");
                many(&self.removed, 40 / self.part, 32, true, until, unsubscribe).await
            }
            Flood::BadDenials => {
                let denial = BASE64.encode(bad_denial());
                let nonce = BASE64.encode([7; 32]);
                let question = json!({ "nonce": nonce, "denials": vec![denial; DENIALS] });
                let ask = |http: &Client| {
                    on(http, &self.removed, Method::POST, "/v1/device/leases").json(&question)
                };
                many(&self.removed, 100 / self.part, 1, false, until, ask).await
            }
            Flood::KnownReceipts => {
                let floods = self.phones.iter().step_by(self.part).map(|(phone, receipts)| {
                    many(phone, 1, 8, true, until, move |http: &Client| {
                        on(http, phone, Method::POST, "/v1/device/receipts").json(receipts)
                    })
                });
                join_all(floods).await.into_iter().sum()
            }
            Flood::Tickets => {
                let guess = |http: &Client| {
                    let path = format!("/v1/sync/{}", BASE64.encode(rand::random::<[u8; 32]>()));
                    on(http, &self.server, Method::GET, &path)
                        .header("connection", "upgrade")
                        .header("upgrade", "websocket")
                        .header("sec-websocket-version", "13")
                        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
                };
                many(&self.server, 60 / self.part, 1, false, until, guess).await
            }
            Flood::SignIns => {
                let guess = |http: &Client| {
                    let email = format!("{:x}@practice.example", rand::random::<u64>());
                    let body = json!({ "email": email, "password": "a guessed password", "code": "000000" });
                    on(http, &self.server, Method::POST, "/v1/sign-in").json(&body)
                };
                many(&self.server, 60 / self.part, 1, false, until, guess).await
            }
            Flood::Pauses => {
                let (therapist, path) = &self.therapist;
                let pause = |http: &Client| on(http, therapist, Method::POST, path).json(&json!({}));
                many(therapist, 4, 16, true, until, pause).await
            }
            Flood::Uploads => {
                let media = silence(GREATEST / self.part.pow(2));
                let floods = self.uploaders.iter().map(|Uploader { api, path, said }| {
                    let media = media.clone();
                    many(api, 4, 1, false, until, move |http: &Client| {
                        on(http, api, Method::POST, path).header("Refrain-Clip", said).body(media.clone())
                    })
                });
                join_all(floods).await.into_iter().sum()
            }
        }
    }

    /// Opens many connections from five addresses, and one more for each that the server ends; each says the beginning of
    /// something and now and then a byte more.
    async fn hold(&self, says: &[u8], until: time::Instant) -> anyhow::Result<usize> {
        let address = address(&self.server)?;
        let holders = (0..SILENT).step_by(self.part).map(|n| async move {
            let mut count = 0;
            while time::Instant::now() < until {
                let Ok(mut stream) = connect(2 + n % 5, address).await else {
                    sleep(Duration::from_millis(100)).await;
                    continue;
                };
                count += 1;
                if stream.write_all(says).await.is_err() {
                    continue;
                }
                loop {
                    let ended = timeout_at(
                        until.min(time::Instant::now() + Duration::from_secs(2)),
                        stream.readable(),
                    );
                    if ended.await.is_ok() || time::Instant::now() >= until {
                        break;
                    }
                    if !says.is_empty() && stream.write_all(b" ").await.is_err() {
                        break;
                    }
                }
            }
            count
        });
        Ok(join_all(holders).await.into_iter().sum())
    }
}

/// Pairs a phone that does nothing but hand in receipts of its own making; gives its way to the API, and the receipts.
///
/// # Errors
/// When the server refuses.
pub async fn pair_talker(server: &Api, code: &str, now: Instant) -> anyhow::Result<(Api, Value)> {
    let vault = Vault::new()?;
    let request = json!({
        "code": code,
        "name": "Talker",
        "exchange_key": BASE64.encode(vault.exchange_key()),
        "signing_key": BASE64.encode(vault.signing_key()),
    });
    let paired = server.call(Method::POST, "/v1/pair", Some(request)).await?;
    let device = DeviceId::parse(text(&paired, "device")?)?;
    let receipts = (1..=RECEIPTS).map(|n| {
        let receipt = Receipt {
            id: ReceiptId::new(now, rand::random()),
            n,
            kind: ReceiptKind::Lapsed,
            device,
            release: ReleaseId::new(now, rand::random()),
            clip: ClipId::new(now, rand::random()),
            generation: 1,
            cause: ReceiptCause::Time,
            at: now,
            incarnation: IncarnationId::from_bytes([1; 16]),
        };
        let body = receipt.body();
        let signature = vault.sign(&Signed::message(Tag::Receipt, &body));
        BASE64.encode(Signed { body, signature }.encode())
    });
    let receipts = json!({ "receipts": receipts.collect::<Vec<_>>() });
    let phone = server.with_token(text(&paired, "token")?);
    phone.call(Method::POST, "/v1/device/receipts", Some(receipts.clone())).await?;
    Ok((phone, receipts))
}

/// A sound file of this length in which nothing is heard.
fn silence(len: usize) -> Bytes {
    let size = |less: usize| u32::try_from(len - less).unwrap_or(u32::MAX).to_le_bytes();
    let format = [16, 0, 0, 0, 1, 0, 2, 0, 0x44, 0xac, 0, 0, 0x10, 0xb1, 2, 0, 4, 0, 16, 0];
    let mut file = [b"RIFF".as_slice(), &size(8), b"WAVEfmt ", &format, b"data", &size(44)].concat();
    file.resize(len, 0);
    file.into()
}

/// Sends requests over so many connections, so many at a time on each, until a moment.
async fn many(
    by: &Api,
    connections: usize,
    at_a_time: usize,
    http2: bool,
    until: time::Instant,
    request: impl Fn(&Client) -> RequestBuilder + Sync,
) -> anyhow::Result<usize> {
    let client = || {
        let builder = Client::builder().no_proxy();
        let builder = if http2 { builder.http2_prior_knowledge() } else { builder };
        builder.build()
    };
    let clients = (0..connections).map(|_| client()).collect::<Result<Vec<_>, _>>()?;
    let request = &request;
    let senders =
        clients.iter().flat_map(|client| (0..at_a_time).map(move |_| client)).map(|client| async move {
            let mut answered = 0;
            while time::Instant::now() < until {
                let Ok(mut request) = request(client).build() else { break };
                if by.signer().is_some_and(|signer| signer.sign(&mut request).is_err()) {
                    break;
                }
                match timeout_at(until, client.execute(request)).await {
                    Ok(Ok(answer)) => {
                        by.signer().map(|signer| signer.heard(answer.headers()));
                        let _ = timeout_at(until, answer.bytes()).await;
                        answered += 1;
                    }
                    Ok(Err(_)) => sleep(Duration::from_millis(10)).await,
                    Err(_) => {}
                }
            }
            answered
        });
    Ok(join_all(senders).await.into_iter().sum())
}

fn on(http: &Client, api: &Api, method: Method, path: &str) -> RequestBuilder {
    let request = http.request(method, format!("{}{path}", api.base()));
    match api.token() {
        Some(token) => request.bearer_auth(token),
        None => request,
    }
}

fn address(server: &Api) -> anyhow::Result<SocketAddr> {
    let url = url::Url::parse(server.base())?;
    let port = url.port().unwrap_or(80);
    Ok((Ipv4Addr::LOCALHOST, port).into())
}

/// Connects from an address of the loopback's network.
async fn connect(from: u16, to: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    let [high, low] = from.to_be_bytes();
    socket.bind((Ipv4Addr::new(127, 0, high, low), 0).into())?;
    socket.connect(to).await
}

/// In the shape of a statement, and signed by nobody.
fn bad_denial() -> Vec<u8> {
    Signed { body: vec![0xa0; 200], signature: [1; 64] }.encode()
}
