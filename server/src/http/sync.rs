//! Sockets: automerge-repo's protocol over WebSocket.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    extract::{
        State, WebSocketUpgrade,
        ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code},
    },
    response::Response,
};
use sync_core::sync::{MAX_FRAME_BYTES, ProtocolError};
use tokio::time::timeout;

use super::{error::ProblemBody, path::Ids};
use crate::{
    app::App,
    domain::{
        Refusal,
        binder::Heard,
        caller::DeviceCaller,
        sync::{Close, Connection},
        tickets,
        tokens::BearerToken,
    },
};

/// The default of axum costs 128 KiB for each idle connection.
const READ_BUFFER: usize = 4 * 1_024;
/// How long a peer may take to answer a farewell.
const FAREWELL: Duration = Duration::from_secs(2);

/// Opens a socket for a device that can send a header.
#[utoipa::path(get, path = "/v1/sync", tag = "devices", responses(
    (status = 101, description = "automerge-repo, protocol version 1"), (status = 401, body = ProblemBody),
    (status = 403, body = ProblemBody)))]
pub async fn open(
    State(app): State<Arc<App>>,
    caller: DeviceCaller,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Refusal> {
    serve(app, caller, upgrade).await
}

/// Opens a socket with a ticket, once.
#[utoipa::path(get, path = "/v1/sync/{ticket}", tag = "devices", params(("ticket" = String, Path)), responses(
    (status = 101, description = "automerge-repo, protocol version 1"), (status = 401, body = ProblemBody)))]
pub async fn open_with_ticket(
    State(app): State<Arc<App>>,
    Ids(ticket): Ids<String>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Refusal> {
    let caller = tickets::redeem(&app, BearerToken::sent(&ticket)).await?;
    serve(app, caller, upgrade).await
}

async fn serve(app: Arc<App>, caller: DeviceCaller, upgrade: WebSocketUpgrade) -> Result<Response, Refusal> {
    tickets::admit(&app, &caller).await?;
    // Counted from here on: whoever stops the server waits until each of them has been told.
    let counted = app.sockets.token();
    Ok(upgrade
        .read_buffer_size(READ_BUFFER)
        .max_message_size(MAX_FRAME_BYTES)
        .max_frame_size(MAX_FRAME_BYTES)
        .on_upgrade(async move |socket| {
            run(app, caller, socket).await;
            drop(counted);
        }))
}

async fn run(app: Arc<App>, caller: DeviceCaller, mut socket: WebSocket) {
    let stop = app.stop.clone();
    let mut incarnations = app.incarnations();
    let mut connection = Connection::new(app, caller);
    let listener = connection.listener();
    let end = loop {
        let frames = tokio::select! {
            () = stop.cancelled() => break End::Stopping,
            changed = incarnations.changed() => match changed {
                // What the peer knows of our documents is of another life.
                Ok(()) | Err(_) => break End::Because(Close::Retry),
            },
            heard = listener.hear() => match heard {
                Heard::Ended => break End::Because(Close::Unpaired),
                Heard::Crowded => {
                    break End::Because(Close::Protocol(ProtocolError::TooManyConnections));
                }
                Heard::Changed(clients) => {
                    let mut frames = Vec::new();
                    let mut failed = None;
                    for client in clients {
                        match connection.tell(client).await {
                            Ok(told) => frames.extend(told),
                            Err(close) => failed = Some(close),
                        }
                    }
                    if let Some(close) = failed {
                        break End::Because(close);
                    }
                    frames
                }
            },
            received = socket.recv() => match received {
                Some(Ok(Message::Binary(bytes))) => match connection.hear(&bytes).await {
                    Ok(frames) => frames,
                    Err(close) => break End::Because(close),
                },
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                Some(Ok(Message::Text(_))) => break End::NotBinary,
                Some(Ok(Message::Close(_))) | None => return,
                // A frame beyond the limit, or no frame at all. Where the network is gone nobody hears of it.
                Some(Err(_)) => break End::Unreadable,
            },
        };
        for frame in frames {
            if socket.send(Message::Binary(Bytes::from(frame))).await.is_err() {
                return;
            }
        }
    };
    // What the connection keeps goes before the farewell, which a hostile peer could draw out.
    drop(connection);
    let (code, reason) = end.told();
    let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
    // The peer may be gone already; there is nobody left to tell.
    if socket.send(Message::Close(Some(frame))).await.is_ok() {
        // What the peer has on its way must be read: a connection that is dropped with bytes unread is reset, and a reset
        // overtakes the reason.
        let _ = timeout(FAREWELL, async { while let Some(Ok(_)) = socket.recv().await {} }).await;
    }
}

enum End {
    Stopping,
    NotBinary,
    Unreadable,
    Because(Close),
}

impl End {
    const fn told(&self) -> (u16, &'static str) {
        match self {
            Self::Stopping => (close_code::RESTART, "server_stopping"),
            Self::NotBinary => (close_code::UNSUPPORTED, "not_binary"),
            Self::Unreadable => (close_code::PROTOCOL, "frame_unreadable"),
            Self::Because(Close::Protocol(error)) => (close_code::PROTOCOL, error.code()),
            Self::Because(Close::Left) => (close_code::NORMAL, "left"),
            Self::Because(Close::Unpaired) => (close_code::POLICY, "device_removed"),
            Self::Because(Close::Retry) => (close_code::AGAIN, "retry"),
        }
    }
}
