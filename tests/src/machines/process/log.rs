//! The log of a process: kept as it comes, and read for its address.

use super::*;

/// Keeps what is written, so that the pipe never fills, and says where the program listens.
pub(super) fn keep(
    pipe: impl AsyncRead + Unpin + Send + 'static,
    said: Said,
    mut listening: Option<oneshot::Sender<SocketAddr>>,
) {
    tokio::spawn(async move {
        let mut lines = BufReader::new(pipe).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            if let Some(address) = address_in(&line)
                && let Some(listening) = listening.take()
            {
                // Nobody waits for it any longer if the program was dropped meanwhile.
                let _ = listening.send(address);
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
