//! An address that leads elsewhere from one moment to the next, as a balancer's or a floating one does.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

/// A relay on loopback; stops when it is dropped.
pub struct Relay {
    /// Where it listens.
    pub address: SocketAddr,
    target: Arc<Mutex<SocketAddr>>,
    connections: Arc<Mutex<JoinSet<()>>>,
    serving: JoinHandle<()>,
}

impl Relay {
    /// Begins to lead to `target`.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn to(target: SocketAddr) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (target, connections) = (Arc::new(Mutex::new(target)), Arc::new(Mutex::new(JoinSet::new())));
        let (leads_to, open) = (Arc::clone(&target), Arc::clone(&connections));
        let serving = tokio::spawn(async move {
            while let Ok((mut caller, _)) = listener.accept().await {
                let target = *leads_to.lock().unwrap_or_else(PoisonError::into_inner);
                open.lock().unwrap_or_else(PoisonError::into_inner).spawn(async move {
                    if let Ok(mut there) = TcpStream::connect(target).await {
                        let _ = copy_bidirectional(&mut caller, &mut there).await;
                    }
                });
            }
        });
        Ok(Self { address, target, connections, serving })
    }

    /// Leads to another target from now on; what is open breaks off.
    pub fn turn_to(&self, target: SocketAddr) {
        *self.target.lock().unwrap_or_else(PoisonError::into_inner) = target;
        self.connections.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
