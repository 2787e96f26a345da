//! Listening: plain HTTP behind a proxy, or TLS; HTTP/1 and HTTP/2, with WebSockets over both (RFC 8441).

pub mod expiry;
mod files;
mod line;
mod queue;
mod seats;

use std::{
    io,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, SystemTime},
};

use axum_server::{
    Handle,
    tls_rustls::{RustlsAcceptor, RustlsConfig},
};
use hyper_util::{
    rt::{TokioExecutor, TokioTimer},
    server::conn::auto::Builder,
};
use thiserror::Error;
use tokio::{task::JoinHandle, time};

use crate::{
    app::App,
    config::{Config, TlsFiles},
    http::{
        router::router,
        web::{Web, WebError},
    },
    nouns::{clock::Clock, hindrances::Hindrance},
    turns::Connections,
};
use seats::{Lines, Seated};

/// How long requests may go on when the server stops.
const GRACE: Duration = Duration::from_secs(10);
/// Within which time balancers have noticed a stop.
const NOTICED_WITHIN: Duration = Duration::from_secs(5);
/// Within which time a request's head must be there.
const HEAD_WITHIN: Duration = Duration::from_secs(30);
/// How often a quiet HTTP/2 connection is asked whether it is still there, and how long it may take to say so.
const PING_EVERY: Duration = Duration::from_secs(30);
const PING_WITHIN: Duration = Duration::from_secs(20);
/// How many requests one HTTP/2 connection asks at a time.
const STREAMS: u32 = 32;
/// How often ledger and database are compared.
const TICK_EVERY: Duration = Duration::from_secs(120);
/// After which time a comparison that is waited for is tried again.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// How often it is told that the certificate ends.
const TOLD_AGAIN: Duration = Duration::from_secs(24 * 3_600);
/// How often the certificate's files are looked at.
const CERTIFICATE_EVERY: Duration = Duration::from_secs(60);

/// Why the server does not listen.
#[derive(Debug, Error)]
pub enum ListenError {
    /// The address is taken or not ours.
    #[error("listen: this address cannot be listened on: {0}")]
    Address(io::Error),
    /// The system lets the process open too few files.
    #[error(transparent)]
    Files(#[from] files::TooFew),
    /// Certificate and key do not make TLS.
    #[error("tls: certificate or key cannot be read, or do not belong together: {0}")]
    Certificate(io::Error),
    /// The web apps cannot be served.
    #[error("web.dir: expected the folder that `cargo xtask web` builds: {0}")]
    Web(#[from] WebError),
}

/// A server that listens.
pub struct Running {
    app: Arc<App>,
    address: SocketAddr,
    handle: Handle<SocketAddr>,
    certificate: Option<Certificate>,
    serving: JoinHandle<io::Result<()>>,
    aside: Vec<JoinHandle<()>>,
}

/// Installs the one cryptography provider of rustls; the first call counts, later ones change nothing.
pub fn install_cryptography() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Binds the configured address and serves the app there.
///
/// # Errors
/// When the address cannot be bound, or the certificate or the web apps cannot be used.
pub async fn start(app: Arc<App>, config: &Config) -> Result<Running, ListenError> {
    install_cryptography();
    let certificate = match &config.tls {
        Some(files) => Some(Certificate::load(files.clone()).await.map_err(ListenError::Certificate)?),
        None => None,
    };
    let web = config.web_dir.as_deref().map(Web::read).transpose()?;
    let listener = queue::listen(config.listen).map_err(ListenError::Address)?;
    let address = listener.local_addr().map_err(ListenError::Address)?;
    let handle = Handle::new();
    let make = router(Arc::clone(&app), web).into_make_service_with_connect_info::<SocketAddr>();
    let settings = &app.ground.settings;
    let each = settings.connections_per_address as usize;
    let all = files::room_for_connections()?.min(settings.connections as usize);
    let connections = Connections::new(all, each);
    let service = Seated { make, connections, proxies: settings.proxies.clone() };
    let lines = Lines { head_within: Duration::from_millis(settings.head_within.as_millis()) };
    let serving = match &certificate {
        Some(certificate) => {
            let server = axum_server::from_tcp(listener).map_err(ListenError::Address)?;
            let tls = RustlsAcceptor::new(certificate.tls.clone()).acceptor(lines);
            let mut server = server.acceptor(tls).handle(handle.clone());
            prepare(server.http_builder());
            tokio::spawn(server.serve(service))
        }
        None => {
            let server = axum_server::from_tcp(listener);
            let mut server = server.map_err(ListenError::Address)?.acceptor(lines).handle(handle.clone());
            prepare(server.http_builder());
            tokio::spawn(server.serve(service))
        }
    };
    let mut aside = vec![tokio::spawn(tick(Arc::clone(&app)))];
    aside.extend(certificate.clone().map(|certificate| tokio::spawn(certificate.watch())));
    Ok(Running { app, address, handle, certificate, serving, aside })
}

impl Running {
    /// Where the server listens: the port that the system chose, if port 0 was configured.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Reads the certificate again, as happens each minute when its files have changed; without TLS, does nothing.
    ///
    /// # Errors
    /// When it cannot be used; the old one stays.
    pub async fn reload_certificate(&self) -> Result<(), ListenError> {
        match &self.certificate {
            Some(certificate) => certificate.reload().await.map_err(ListenError::Certificate),
            None => Ok(()),
        }
    }

    /// Stops: no new connections, sockets are told to close, requests have ten seconds to end.
    ///
    /// # Errors
    /// When the listener had failed.
    pub async fn stop(self) -> Result<(), ListenError> {
        // Balancers ask, and send nobody here any more, while those who come all the same are still answered.
        self.app.ground.hindrances.note(Hindrance::Stopping, true);
        if !self.app.ground.settings.proxies.is_empty() {
            time::sleep(NOTICED_WITHIN).await;
        }
        self.aside.iter().for_each(JoinHandle::abort);
        self.app.stop.cancel();
        self.handle.graceful_shutdown(Some(GRACE));
        let served = self.serving.await;
        // The listener does not count connections that have become sockets: a process that ended now would cut them off
        // before they are told why.
        self.app.sockets.close();
        let _ = time::timeout(GRACE, self.app.sockets.wait()).await;
        match served {
            Ok(served) => served.map_err(ListenError::Address),
            Err(_) => Ok(()),
        }
    }
}

/// WebSockets over HTTP/2, and an end for callers who send no head, or whose network is gone.
fn prepare(http: &mut Builder<TokioExecutor>) {
    http.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN);
    http.http2()
        .enable_connect_protocol()
        .max_concurrent_streams(STREAMS)
        .timer(TokioTimer::new())
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_WITHIN);
}

async fn tick(app: Arc<App>) {
    let mut ticks = time::interval(TICK_EVERY);
    // The first tick is at once, and the app has just done it at its opening.
    ticks.tick().await;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = app.doubt.raised() => {}
        }
        while let Err(error) = app.tick().await {
            tracing::error!(%error, "ledger and database could not be compared");
            if !app.doubt.is_raised() {
                break;
            }
            // Until this succeeds nothing is decided.
            time::sleep(AGAIN_AFTER).await;
        }
    }
}

#[derive(Clone)]
struct Certificate {
    files: TlsFiles,
    tls: RustlsConfig,
}

impl Certificate {
    async fn load(files: TlsFiles) -> io::Result<Self> {
        let tls = RustlsConfig::from_pem_file(&files.cert, &files.key).await?;
        Ok(Self { files, tls })
    }

    async fn reload(&self) -> io::Result<()> {
        self.tls.reload_from_pem_file(&self.files.cert, &self.files.key).await
    }

    fn tell_its_end(&self) {
        let ends_at = expiry::ends_at(&self.files.cert);
        let days = ends_at.ok().and_then(|ends_at| expiry::days_to_tell(ends_at, Clock::System.now()));
        if let Some(days) = days {
            tracing::warn!(days, "the certificate ends before long, or has ended");
        }
    }

    /// Reads the files again when they have changed, or when the process is sent SIGHUP.
    async fn watch(self) {
        let mut changed_at = self.changed_at();
        let mut told_at = None;
        let mut ticks = time::interval(CERTIFICATE_EVERY);
        let mut hangups = Hangups::new();
        loop {
            let asked = tokio::select! {
                _ = ticks.tick() => false,
                () = hangups.next() => true,
            };
            let now_changed_at = self.changed_at();
            if told_at.is_none_or(|at: time::Instant| at.elapsed() > TOLD_AGAIN) {
                self.tell_its_end();
                told_at = Some(time::Instant::now());
            }
            if !asked && now_changed_at == changed_at {
                continue;
            }
            changed_at = now_changed_at;
            match self.reload().await {
                Ok(()) => tracing::info!("the certificate was read again"),
                Err(_) => tracing::error!("the new certificate cannot be used; the old one stays"),
            }
        }
    }

    fn changed_at(&self) -> [Option<SystemTime>; 2] {
        let of = |path| std::fs::metadata(path).and_then(|file| file.modified()).ok();
        [of(&self.files.cert), of(&self.files.key)]
    }
}

/// SIGHUP, where there is such a thing.
struct Hangups {
    #[cfg(unix)]
    signal: Option<tokio::signal::unix::Signal>,
}

impl Hangups {
    #[cfg(unix)]
    fn new() -> Self {
        Self { signal: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).ok() }
    }

    #[cfg(not(unix))]
    const fn new() -> Self {
        Self {}
    }

    async fn next(&mut self) {
        #[cfg(unix)]
        if let Some(signal) = &mut self.signal
            && signal.recv().await.is_some()
        {
            return;
        }
        std::future::pending::<()>().await;
    }
}
