//! An attacker with a phone that was paired like any other, who sends everything that a phone never
//! would.
//!
//! One [`Attack`] for each kind of hostile input in the table of limits (docs/protocol.md, section
//! 10). The frames are made once; only the server is measured.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use automerge::{
    ActorId, Change,
    sync::{ChunkList, State, SyncDoc},
};
use futures_util::{SinkExt, StreamExt};
use miniz_oxide::deflate::compress_to_vec;
use rand::RngExt;
use sync_core::{
    documents::{self, Document, DocumentId, Letter},
    id::{EntryId, ReleaseId},
    instant::Instant,
    sync::{Frame, MAX_CHANGES, MAX_FRAME_BYTES, PeerName},
};
use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

use crate::{Companion, api::Api, stock_client::ticket_url};

/// A kind of hostile input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attack {
    /// More connections than a device may have, each with as much as it may keep and all but the end of a frame.
    Crowd,
    /// Requests for documents that never were.
    UnknownDocuments,
    /// Chunks of a few kilobytes that would become megabytes.
    Bombs,
    /// Thousands of small chunks that become a thousand million bytes, each within its limit.
    ManyBombs,
    /// More changes than a message may carry.
    ManyChanges,
    /// A frame of as many items as fit.
    ManyItems,
    /// A frame that says that it is longer than any may be.
    LongFrame,
    /// Changes that wait for one that never comes, as many bytes as are kept, and then one frame more.
    Orphans,
    /// A whole document of three megabytes.
    WholeDocument,
    /// A change by the server's own actor.
    ForeignActor,
    /// Two changes under one number of an actor.
    SameNumber,
}

/// Every kind. The crowd comes first: what it has left behind shows after the others.
pub const ATTACKS: [Attack; 11] = [
    Attack::Crowd,
    Attack::UnknownDocuments,
    Attack::Bombs,
    Attack::ManyBombs,
    Attack::ManyChanges,
    Attack::ManyItems,
    Attack::LongFrame,
    Attack::Orphans,
    Attack::WholeDocument,
    Attack::ForeignActor,
    Attack::SameNumber,
];

/// No answer comes later than this, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// How many unknown documents one connection asks for.
const UNKNOWN: usize = 300;
/// How many connections a crowd is.
pub const CROWD: usize = 48;
/// What is left for the rest of a frame.
const ROOM: usize = MAX_FRAME_BYTES - 4_096;

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The attacker.
pub struct Attacker {
    api: Api,
    bombs: Vec<u8>,
    many_bombs: Vec<u8>,
    many_changes: Vec<u8>,
    orphans: Vec<Vec<u8>>,
    whole_document: Vec<u8>,
    foreign_actor: Vec<u8>,
    same_number: Vec<u8>,
}

impl Attack {
    /// The code with which it ends.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Bombs => "change_too_long",
            Self::ManyBombs | Self::Orphans => "changes_too_long",
            Self::ManyChanges => "changes_too_many",
            Self::ManyItems => "frame_malformed",
            Self::LongFrame => "frame_unreadable",
            Self::WholeDocument => "change_not_single",
            Self::ForeignActor => "actor_not_yours",
            Self::SameNumber => "change_out_of_sequence",
            Self::UnknownDocuments => "doc-unavailable",
            Self::Crowd => "connections_too_many",
        }
    }
}

impl Attacker {
    /// Takes over a paired phone that has synced its journal.
    ///
    /// # Errors
    /// When it has not.
    pub fn with(phone: &Companion, release: ReleaseId, now: Instant) -> anyhow::Result<Self> {
        let (_, journal) = phone.document_ids();
        let api = phone.api().clone();
        let known = phone.documents().journal_document();
        ensure!(!known.get_heads().is_empty(), "the journal is not synced");
        let frame = |chunks| sync(journal, message(known, chunks));
        let mut own = known.fork().with_actor(ActorId::from(rand::random::<[u8; 16]>().as_slice()));
        let base = own.get_heads();
        let letter = |value| Letter::Rating { release, at: now, value }.encode();

        let bomb = chunk(2, [0; 4], &compress_to_vec(&vec![0; 1 << 20], 9));
        let great = change_of(&own, vec![0; 255 << 10])?;
        let (header, body) = great.raw_bytes().split_at(header_len(great.raw_bytes()));
        // automerge has compressed it already where that made it shorter.
        let packed = if header[8] == 2 { body.to_vec() } else { compress_to_vec(body, 9) };
        let many_bombs = chunk(2, header[4..8].try_into()?, &packed);

        let small = change_of(&own, letter(1))?.raw_bytes().to_vec();
        let same_number = vec![small.clone(), change_of(&own, letter(2))?.raw_bytes().to_vec()];
        let server = known.get_changes(&[]).first().context("a change")?.actor_id().clone();
        let foreign_actor = change_of(&known.fork().with_actor(server), letter(1))?.raw_bytes().to_vec();

        // The first is never sent; each of the others rests on it.
        put(&mut own, letter(1))?;
        let first = own.get_heads();
        let noise = || {
            let mut noise = vec![0; 44 << 10];
            rand::rng().fill(&mut noise[..]);
            noise
        };
        (0..300).try_for_each(|_| put(&mut own, noise()))?;
        let orphans: Vec<Vec<u8>> =
            own.get_changes(&first).iter().map(|change| change.raw_bytes().to_vec()).collect();
        let whole: Vec<u8> = own.get_changes(&base).iter().take(70).try_fold(known.clone(), apply)?.save();
        Ok(Self {
            api,
            bombs: frame(vec![bomb; ROOM / 1_200]),
            many_bombs: frame(vec![many_bombs; 4_000]),
            many_changes: frame(vec![small; MAX_CHANGES + 1]),
            orphans: orphans.chunks(85).take(3).map(|part| frame(part.to_vec())).collect(),
            whole_document: frame(vec![whole]),
            foreign_actor: frame(vec![foreign_actor]),
            same_number: frame(same_number),
        })
    }

    /// Goes on at another address: after the server has started again.
    pub fn go_to(&mut self, server: &Api) {
        self.api = self.api.toward(server);
    }

    /// Attacks once in this way, over connections of its own; gives the code with which the server refused it.
    ///
    /// # Errors
    /// When the server cannot be reached, or says nothing.
    pub async fn attack(&self, attack: Attack) -> anyhow::Result<String> {
        match attack {
            Attack::Bombs => self.refused(&[&self.bombs]).await,
            Attack::ManyBombs => self.refused(&[&self.many_bombs]).await,
            Attack::ManyChanges => self.refused(&[&self.many_changes]).await,
            Attack::ManyItems => {
                let items = [vec![0x9a, 0, 0x3f, 0xf0, 0], vec![0; ROOM]].concat();
                self.refused(&[&items]).await
            }
            Attack::LongFrame => {
                let mut stream = self.open().await?;
                begin_frame(&mut stream, MAX_FRAME_BYTES + 1, 0).await?;
                code(&mut stream).await
            }
            Attack::Orphans => self.refused(&self.orphans.iter().collect::<Vec<_>>()).await,
            Attack::WholeDocument => self.refused(&[&self.whole_document]).await,
            Attack::ForeignActor => self.refused(&[&self.foreign_actor]).await,
            Attack::SameNumber => self.refused(&[&self.same_number]).await,
            Attack::UnknownDocuments => self.ask_for_unknown().await,
            Attack::Crowd => self.crowd().await,
        }
    }

    async fn open(&self) -> anyhow::Result<Stream> {
        let (mut stream, _) = connect_async(ticket_url(&self.api).await?).await?;
        let sender = name("attacker")?;
        stream.send(Message::Binary(Frame::Join { sender }.encode().into())).await?;
        loop {
            if let Message::Binary(bytes) = next(&mut stream).await?
                && matches!(Frame::decode(&bytes)?, Frame::Peer { .. })
            {
                return Ok(stream);
            }
        }
    }

    async fn refused(&self, frames: &[&Vec<u8>]) -> anyhow::Result<String> {
        let mut stream = self.open().await?;
        for frame in frames {
            stream.send(Message::Binary((*frame).clone().into())).await?;
        }
        code(&mut stream).await
    }

    async fn ask_for_unknown(&self) -> anyhow::Result<String> {
        let mut stream = self.open().await?;
        let hello = Document::new().generate_sync_message(&mut State::new()).context("a message")?.encode();
        for _ in 0..UNKNOWN {
            let frame = sync(DocumentId::from_bytes(rand::random()), hello.clone());
            stream.send(Message::Binary(frame.into())).await?;
            let Message::Binary(answer) = next(&mut stream).await? else { bail!("no answer") };
            ensure!(matches!(Frame::decode(&answer)?, Frame::Unavailable { .. }), "an unknown document");
        }
        Ok("doc-unavailable".to_owned())
    }

    /// Gives the code with which the first of them was closed.
    async fn crowd(&self) -> anyhow::Result<String> {
        let mut streams = Vec::new();
        for _ in 0..CROWD {
            let mut stream = self.open().await?;
            for frame in self.orphans.iter().take(2) {
                stream.send(Message::Binary(frame.clone().into())).await?;
                // Once it asks for what is missing, it keeps the rest.
                next(&mut stream).await?;
            }
            begin_frame(&mut stream, MAX_FRAME_BYTES, MAX_FRAME_BYTES - 1).await?;
            streams.push(stream);
        }
        code(streams.first_mut().context("a stream")?).await
    }
}

/// Waits for a refusal, or for the end of the connection.
async fn code(stream: &mut Stream) -> anyhow::Result<String> {
    loop {
        match next(stream).await? {
            Message::Close(Some(frame)) => return Ok(frame.reason.to_string()),
            Message::Close(None) => bail!("closed without a reason"),
            Message::Binary(bytes) => {
                if let Frame::Error { message, .. } = Frame::decode(&bytes)? {
                    return Ok(message);
                }
            }
            _ => {}
        }
    }
}

async fn next(stream: &mut Stream) -> anyhow::Result<Message> {
    Ok(timeout(PATIENCE, stream.next()).await.context("the server says nothing")?.context("broken off")??)
}

/// The head of a binary frame of so many bytes (RFC 6455 section 5.2), masked with zeros, and so many of them.
async fn begin_frame(stream: &mut Stream, says: usize, sends: usize) -> anyhow::Result<()> {
    let MaybeTlsStream::Plain(tcp) = stream.get_mut() else { bail!("plain HTTP") };
    let mut bytes = vec![0x82, 0xff];
    bytes.extend(u64::try_from(says)?.to_be_bytes());
    bytes.resize(bytes.len() + 4 + sends, 0);
    Ok(tcp.write_all(&bytes).await?)
}

fn name(name: &str) -> anyhow::Result<PeerName> {
    PeerName::new(name).context("a name")
}

fn sync(document: DocumentId, data: Vec<u8>) -> Vec<u8> {
    let (Ok(sender), Ok(target)) = (name("attacker"), name("server")) else { return Vec::new() };
    Frame::Sync { sender, target, document, request: false, data }.encode()
}

fn message(known: &Document, chunks: Vec<Vec<u8>>) -> Vec<u8> {
    let Some(mut message) = known.generate_sync_message(&mut State::new()) else { return Vec::new() };
    message.changes = ChunkList::from(chunks);
    message.encode()
}

fn put(document: &mut Document, fact: Vec<u8>) -> anyhow::Result<()> {
    documents::append(document, &[(EntryId::from_bytes(rand::random()), fact)])?;
    Ok(())
}

fn apply(mut document: Document, change: &Change) -> anyhow::Result<Document> {
    document.apply_changes([change.clone()])?;
    Ok(document)
}

/// The change that puts this into the journal next, after what is there.
fn change_of(document: &Document, fact: Vec<u8>) -> anyhow::Result<Change> {
    let mut ahead = document.clone();
    put(&mut ahead, fact)?;
    ahead.get_last_local_change().context("a change")
}

/// A chunk: magic 4, checksum 4, type 1, length in LEB128, body.
fn chunk(kind: u8, checksum: [u8; 4], body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x85, 0x6f, 0x4a, 0x83];
    bytes.extend(checksum);
    bytes.push(kind);
    let mut len = body.len();
    while len > 0x7f {
        bytes.push((len & 0x7f) as u8 | 0x80);
        len >>= 7;
    }
    bytes.push(len as u8);
    bytes.extend(body);
    bytes
}

fn header_len(chunk: &[u8]) -> usize {
    10 + chunk[9..].iter().take_while(|byte| **byte & 0x80 != 0).count()
}
