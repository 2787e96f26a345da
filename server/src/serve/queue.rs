//! The queue of connections that the server has not accepted yet.
//!
//! The system drops a connection that comes when the queue is full, and its peer asks again only
//! after a second. A stranger who opens a few hundred at once would make the others wait so long.

use std::{
    io,
    net::{SocketAddr, TcpListener},
};

use tokio::net::TcpSocket;

/// How long the queue may be. Linux shortens it to `net.core.somaxconn`.
const LENGTH: u32 = 4_096;

/// Listens at an address.
///
/// # Errors
/// When the address is taken or not ours.
pub(super) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A server that starts again takes its address back, though old connections may still end there.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(LENGTH)?.into_std()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::{
        net::TcpStream,
        time::{Instant, timeout_at},
    };

    use super::*;

    /// Within this time all connections are there. A dropped one would come after a second.
    const WITHIN: Duration = Duration::from_millis(900);

    #[tokio::test]
    async fn hundreds_may_come_before_one_is_accepted() {
        let listener = listen(([127, 0, 0, 1], 0).into()).unwrap();
        let address = listener.local_addr().unwrap();
        let until = Instant::now() + WITHIN;
        let mut waiting = Vec::new();
        for _ in 0..400 {
            waiting.push(timeout_at(until, TcpStream::connect(address)).await.unwrap().unwrap());
        }
        assert_eq!(waiting.len(), 400);
    }
}
