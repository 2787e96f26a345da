//! One connection's talk, over a wire that may double, reorder and break.

use anyhow::Context;
use rand::{RngExt, rngs::StdRng};
use sync_core::{
    documents::DocumentId,
    sync::{Heard, Peer, PeerName},
};

/// What the network does to a connection.
#[derive(Debug, Clone, Copy)]
pub struct Wire {
    /// After how many frames it breaks.
    pub breaks_after: usize,
    /// How often, of a thousand frames, one is doubled or comes late.
    pub bends: u32,
}

/// How a talk went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Talk {
    /// Both have said all that they had to say.
    Done,
    /// The connection broke.
    Broken,
    /// The server has refused something, with this code: the device must fetch the document afresh.
    Refused(String),
}

/// What a server does with a frame.
pub(super) enum Served {
    /// It answers.
    Says(Vec<Vec<u8>>),
    /// It refuses what came for a document, by this code, and syncs that document no further.
    Refuses(DocumentId, &'static str),
}

/// What a device does with a frame.
pub(super) enum Replied {
    /// It answers.
    Says(Vec<Vec<u8>>),
    /// It was refused something, by this code, and closes the connection.
    Parts(String),
}

/// A name in a greeting.
pub(super) fn name(name: &str) -> anyhow::Result<PeerName> {
    PeerName::new(name).context("a name that is none")
}

/// Lets both ends say what they have to say after the greeting, until neither has anything, or the wire breaks.
pub(super) fn talk(
    join: Vec<u8>,
    wire: Wire,
    rng: &mut StdRng,
    mut device: impl FnMut(&[u8]) -> anyhow::Result<Replied>,
    mut serve: impl FnMut(&mut Peer, &[u8]) -> anyhow::Result<Served>,
) -> anyhow::Result<Talk> {
    let mut server = Peer::accept(name("server")?, "storage".to_owned());
    let Heard::Greeted(Some(greeting)) = server.hear(&join)? else { return Ok(Talk::Done) };
    let Replied::Says(mut up) = device(&greeting)? else { return Ok(Talk::Done) };
    let mut down: Vec<Vec<u8>> = Vec::new();
    let mut frames = 0;
    while !(up.is_empty() && down.is_empty()) {
        for frame in bent(std::mem::take(&mut up), wire, rng) {
            frames += 1;
            if frames > wire.breaks_after {
                return Ok(Talk::Broken);
            }
            match serve(&mut server, &frame)? {
                Served::Says(answers) => down.extend(answers),
                Served::Refuses(document, code) => {
                    down.extend(server.refuse(code));
                    down.extend(server.withhold(document));
                }
            }
        }
        for frame in bent(std::mem::take(&mut down), wire, rng) {
            frames += 1;
            if frames > wire.breaks_after {
                return Ok(Talk::Broken);
            }
            match device(&frame)? {
                Replied::Says(answers) => up.extend(answers),
                Replied::Parts(code) => return Ok(Talk::Refused(code)),
            }
        }
        anyhow::ensure!(frames < 400, "the two never stop talking");
    }
    Ok(Talk::Done)
}

/// A network that doubles a frame now and then, or brings two in the other order.
fn bent(mut frames: Vec<Vec<u8>>, wire: Wire, rng: &mut StdRng) -> Vec<Vec<u8>> {
    if wire.bends > 0 && !frames.is_empty() && rng.random_range(0..1_000) < wire.bends {
        let last = frames.len() - 1;
        if last > 0 && rng.random() {
            frames.swap(0, last);
        } else {
            frames.push(frames[last].clone());
        }
    }
    frames
}
