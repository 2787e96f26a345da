//! The log of a process: kept as it comes, and read for its address.

use super::*;

/// Keeps what is written, so that the pipe never fills, and says where the program listens.
/// Until when a pipe is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    Listening,
    Ended,
}

pub(super) fn keep(
    pipe: impl AsyncRead + Unpin + Send + 'static,
    said: Said,
    mut listening: Option<oneshot::Sender<SocketAddr>>,
    until: Until,
) {
    tokio::spawn(async move {
        let mut lines = BufReader::new(pipe).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            if let Some(address) = address_in(&line)
                && let Some(listening) = listening.take()
            {
                // Nobody waits for it any longer if the program was dropped meanwhile.
                let _ = listening.send(address);
                if until == Until::Listening {
                    // Open, and full before long.
                    return std::future::pending().await;
                }
            }
            said.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        }
    });
}

pub(super) fn address_in(line: &str) -> Option<SocketAddr> {
    let record: Value = serde_json::from_str(line).ok()?;
    let fields = &record["fields"];
    if fields["message"] != "listening" {
        return None;
    }
    fields["address"].as_str()?.parse().ok()
}

pub(super) fn last_lines(said: &Said) -> String {
    let said = said.lock().unwrap_or_else(PoisonError::into_inner);
    said[said.len().saturating_sub(LAST_LINES)..].join("\n")
}
