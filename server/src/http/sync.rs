//! Sockets: automerge-repo's protocol over WebSocket.

mod line;

use std::sync::Arc;

use axum::{
    extract::{State, WebSocketUpgrade, ws::close_code},
    response::Response,
};
use sync_core::sync::{MAX_FRAME_BYTES, ProtocolError};

use super::{
    codes::Code,
    wire::{path::Ids, upgrade::Upgrade},
};
use crate::{
    app::App,
    domain::{
        callers::tickets,
        credentials::tokens::BearerToken,
        documents::binder::{Ending, Heard},
        sync::{Close, Connection},
    },
    nouns::{Refusal, callers::DeviceCaller},
};
use line::{Line, Wire};

/// The default of axum costs 128 KiB for each idle connection.
const READ_BUFFER: usize = 4 * 1_024;

/// Opens a socket for a device that can send a header.
#[utoipa::path(get, path = "/v1/sync", operation_id = "open_sync", tag = "devices",
    responses((status = 101, description = "automerge-repo, protocol version 1")),
    extensions(("x-refusals" = json!([Code::Unauthenticated, Code::SignatureMissing,
        Code::ChallengeStale, Code::SignatureInvalid, Code::NotAllowed, Code::DeviceRemoved, Code::DeviceUnconfirmed,
        Code::UpgradeRequired]))))]
pub async fn open(
    State(app): State<Arc<App>>,
    caller: DeviceCaller,
    Upgrade(upgrade): Upgrade,
) -> Result<Response, Refusal> {
    serve(app, caller, upgrade).await
}

/// Opens a socket with a ticket, once.
#[utoipa::path(get, path = "/v1/sync/{ticket}", operation_id = "open_sync_with_ticket", tag = "devices",
    security(()), responses((status = 101, description = "automerge-repo, protocol version 1")),
    extensions(("x-refusals" = json!([Code::Unauthenticated, Code::DeviceRemoved, Code::DeviceUnconfirmed,
        Code::UpgradeRequired]))))]
pub async fn open_with_ticket(
    State(app): State<Arc<App>>,
    Ids(ticket): Ids<String>,
    Upgrade(upgrade): Upgrade,
) -> Result<Response, Refusal> {
    let caller = tickets::redeem(&app.ground, BearerToken::sent(&ticket)).await?;
    serve(app, caller, upgrade).await
}

async fn serve(app: Arc<App>, caller: DeviceCaller, upgrade: WebSocketUpgrade) -> Result<Response, Refusal> {
    tickets::admit(&app.ground, &caller).await?;
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

async fn run<S: Wire>(app: Arc<App>, caller: DeviceCaller, socket: S) {
    let mut incarnations = app.ground.incarnations();
    let stop = app.stop.clone();
    let mut connection = Connection::new(app.binders.clone(), caller);
    let listener = connection.listener();
    let mut line = Line::new(socket, Arc::clone(&listener), stop.clone());
    let end = loop {
        let frames = tokio::select! {
            () = stop.cancelled() => break End::Stopping,
            changed = incarnations.changed() => match changed {
                // What the peer knows of our documents is of another life.
                Ok(()) | Err(_) => break End::Because(Close::Retry),
            },
            heard = listener.hear() => match heard {
                Heard::Ended(ending) => break ending.into(),
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
            received = line.next() => match received {
                Ok(bytes) => match connection.hear(&bytes).await {
                    Ok(frames) => frames,
                    Err(close) => break End::Because(close),
                },
                Err(end) => break end,
            },
        };
        if let Err(end) = line.send(frames).await {
            break end;
        }
    };
    // What the connection keeps goes before the farewell, which a hostile peer could draw out.
    drop(connection);
    line.farewell(end).await;
}

/// Why a socket ends.
#[derive(Debug, Clone, Copy)]
enum End {
    /// Nobody is there to be told.
    Gone,
    Stopping,
    NotBinary,
    Unreadable,
    Because(Close),
}

impl From<Ending> for End {
    fn from(ending: Ending) -> Self {
        Self::Because(match ending {
            Ending::Unpaired => Close::Unpaired,
            Ending::Crowded => Close::Protocol(ProtocolError::TooManyConnections),
            Ending::Relieves => Close::Retry,
        })
    }
}

impl End {
    const fn told(self) -> Option<(u16, &'static str)> {
        Some(match self {
            Self::Gone => return None,
            Self::Stopping => (close_code::RESTART, "server_stopping"),
            Self::NotBinary => (close_code::UNSUPPORTED, "not_binary"),
            Self::Unreadable => (close_code::PROTOCOL, "frame_unreadable"),
            Self::Because(Close::Protocol(error)) => (close_code::PROTOCOL, error.code()),
            Self::Because(Close::Left) => (close_code::NORMAL, "left"),
            Self::Because(Close::Unpaired) => (close_code::POLICY, "device_removed"),
            Self::Because(Close::Retry) => (close_code::AGAIN, "retry"),
        })
    }
}
