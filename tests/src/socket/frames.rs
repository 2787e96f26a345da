//! Frames of a device on their way to the server, and back, with faults on demand.

use std::time::Duration;

use anyhow::{Context, bail};
use futures_util::{SinkExt, StreamExt};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest,
        http::{HeaderValue, Request},
        protocol::CloseFrame,
    },
};

use crate::api::Api;

/// No answer comes later than this, on the slowest machine: one that stood still for half a minute has been seen.
const PATIENCE: Duration = Duration::from_secs(90);

/// What happens to the frames that a device sends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wire {
    /// They arrive once, in order.
    #[default]
    Whole,
    /// Each arrives twice.
    Twice,
    /// Those that are sent together arrive last first.
    Backwards,
    /// The connection is lost after so many more frames.
    CutAfter(usize),
}

/// The request for a socket, signed if the caller signs.
fn upgrade(api: &Api) -> anyhow::Result<Request<()>> {
    const PATH: &str = "/v1/sync";
    let url = format!("{}{PATH}", api.base().replacen("http", "ws", 1));
    let mut request = url.into_client_request()?;
    let token = api.token().context("no token")?;
    request.headers_mut().insert("Authorization", HeaderValue::from_str(&format!("Bearer {token}"))?);
    if let Some(signer) = api.signer() {
        request.headers_mut().extend(signer.headers("GET", (PATH, ""), &[])?);
    }
    Ok(request)
}

/// An open WebSocket. Which protocol its frames speak is its owner's matter.
pub struct Frames {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    wire: Wire,
}

impl Frames {
    /// Connects with the caller's token, and sends the greeting, which no fault hits.
    ///
    /// # Errors
    /// When the server refuses or cannot be reached.
    pub async fn open(api: &Api, wire: Wire, join: Vec<u8>) -> anyhow::Result<Self> {
        let stream = match connect_async(upgrade(api)?).await {
            // To be signed again, over the challenge of this answer.
            Err(Error::Http(refused))
                if api.signer().is_some_and(|signer| signer.heard(refused.headers())) =>
            {
                connect_async(upgrade(api)?).await
            }
            connected => connected,
        };
        let (stream, _) = stream?;
        let mut frames = Self { stream, wire };
        frames.send_raw(join).await?;
        Ok(frames)
    }

    /// Sends what is said together, as far as the wire carries it.
    ///
    /// # Errors
    /// When the connection has ended, or is cut.
    pub async fn send(&mut self, mut frames: Vec<Vec<u8>>) -> anyhow::Result<()> {
        match self.wire {
            Wire::Whole | Wire::CutAfter(_) => {}
            Wire::Twice => frames = frames.into_iter().flat_map(|frame| [frame.clone(), frame]).collect(),
            Wire::Backwards => frames.reverse(),
        }
        for frame in frames {
            if let Wire::CutAfter(left) = &mut self.wire {
                if *left == 0 {
                    self.stream.close(None).await?;
                    bail!("the connection was cut");
                }
                *left -= 1;
            }
            self.send_raw(frame).await?;
        }
        Ok(())
    }

    async fn send_raw(&mut self, bytes: Vec<u8>) -> anyhow::Result<()> {
        Ok(self.stream.send(Message::Binary(bytes.into())).await?)
    }

    /// Waits for the next frame.
    ///
    /// # Errors
    /// When the connection ends first, or the server says nothing.
    pub async fn next(&mut self) -> anyhow::Result<Vec<u8>> {
        loop {
            let heard = timeout(PATIENCE, self.stream.next()).await.context("the server says nothing")?;
            match heard.context("the connection has ended")?? {
                Message::Binary(bytes) => return Ok(bytes.to_vec()),
                Message::Close(frame) => {
                    let reason = frame.map(|frame| frame.reason.to_string()).unwrap_or_default();
                    bail!("closed: {reason}");
                }
                _ => {}
            }
        }
    }

    /// Waits for the server to close; gives the reason.
    ///
    /// # Errors
    /// When the connection breaks without one.
    pub async fn closed(&mut self) -> anyhow::Result<String> {
        loop {
            match timeout(PATIENCE, self.stream.next()).await?.context("broken")?? {
                Message::Close(Some(CloseFrame { reason, .. })) => return Ok(reason.to_string()),
                Message::Close(None) => bail!("closed without a reason"),
                _ => {}
            }
        }
    }
}
