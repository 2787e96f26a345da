//! The database's notices to this server, and whether they still come.
//!
//! A line that is lost without a word (a network that drops packets, a pooler in between) gives no
//! notice and no error. So a server that hears nothing for a while sends itself a notice, over
//! another connection, and takes the line for lost if that does not come.

use std::{io, time::Duration};

use sqlx::{
    Connection, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use sync_core::id::{ClientId, DeviceId};

use super::StoreError;
use crate::nouns::entropy::Entropy;

/// Within which time a connection is made.
pub(super) const CONNECTED_WITHIN: Duration = Duration::from_secs(10);

/// The channel that servers listen on.
pub const CHANNEL: &str = "refrain_changes";

/// What a server hears of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// The documents of a client have changed.
    Changed(ClientId),
    /// A device was removed: its connections end.
    Removed(DeviceId),
}

impl Notice {
    /// Reads what was sent; none of another server's newer kinds.
    #[must_use]
    pub fn parse(payload: &str) -> Option<Self> {
        let id = payload.split(' ').next()?;
        let changed = ClientId::parse(id).map(Self::Changed);
        changed.or_else(|_| DeviceId::parse(id).map(Self::Removed)).ok()
    }
}

/// After how long a silence the server sends itself a notice, and how long that may take.
const SILENT_FOR: Duration = Duration::from_secs(10);
const HEARD_WITHIN: Duration = Duration::from_secs(5);

/// How often a server is tried that is just starting.
const TRIED_EVERY: Duration = Duration::from_millis(200);

/// Hears the notices of all servers on one database.
pub struct Notices {
    line: PgListener,
    pool: PgPool,
    /// By which it knows its own notices.
    name: String,
}

impl Notices {
    /// Begins to listen. `random` tells its own notices from those of others.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn open(pool: &PgPool, random: [u8; 8]) -> Result<Self, StoreError> {
        let mut line = PgListener::connect_with(pool).await?;
        line.listen(CHANNEL).await?;
        Ok(Self { line, pool: pool.clone(), name: format!("beat:{:016x}", u64::from_be_bytes(random)) })
    }

    /// Waits for the next notice.
    ///
    /// # Errors
    /// When the line is lost: what was told meanwhile was not heard.
    pub async fn next(&mut self) -> Result<Notice, StoreError> {
        loop {
            let heard = match timeout(SILENT_FOR, self.hear()).await {
                Ok(heard) => heard?,
                Err(_) => {
                    self.beat().await?;
                    timeout(HEARD_WITHIN, self.hear()).await.map_err(|_| StoreError::Slow)??
                }
            };
            if let Some(notice) = Notice::parse(&heard) {
                return Ok(notice);
            }
        }
    }

    async fn hears_itself(&mut self) -> Result<bool, StoreError> {
        self.beat().await?;
        let heard = timeout(HEARD_WITHIN, async {
            while self.hear().await? != self.name {}
            Ok::<_, StoreError>(())
        });
        heard.await.map_or(Ok(false), |heard| heard.map(|()| true))
    }

    async fn beat(&self) -> Result<(), StoreError> {
        let sent = sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(&self.name).execute(&self.pool);
        timeout(HEARD_WITHIN, sent).await.map_err(|_| StoreError::Slow)??;
        Ok(())
    }

    async fn hear(&mut self) -> Result<String, StoreError> {
        match self.line.try_recv().await? {
            Some(notice) => Ok(notice.payload().to_owned()),
            None => Err(StoreError::Slow),
        }
    }
}

/// Whether notices come back over such connections: they do not through a pooler that shares connections. A server that is just
/// starting is waited for.
///
/// # Errors
/// Why no connection was made: a pool would try for as long as it may, and not say why it could not.
pub(super) async fn come_back(options: &PgConnectOptions) -> Result<bool, StoreError> {
    let by = Instant::now() + CONNECTED_WITHIN;
    loop {
        match timeout_at(by, PgConnection::connect_with(options)).await {
            Ok(Ok(connection)) => break connection.close().await?,
            Ok(Err(error)) if is_starting(&error) && Instant::now() + TRIED_EVERY < by => {
                sleep(TRIED_EVERY).await
            }
            Ok(Err(error)) => return Err(error.into()),
            Err(_) => return Err(StoreError::Slow),
        }
    }
    let pool = PgPoolOptions::new().max_connections(2).connect_with(options.clone()).await?;
    let comes_back = Notices::open(&pool, Entropy::System.bytes()).await?.hears_itself().await;
    pool.close().await;
    comes_back
}

fn is_starting(error: &sqlx::Error) -> bool {
    match error {
        // A balancer whose servers are all away takes a call, and hangs up.
        sqlx::Error::Io(error) => matches!(
            error.kind(),
            io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof
        ),
        sqlx::Error::Database(error) => error.code().as_deref() == Some("57P03"),
        _ => false,
    }
}
