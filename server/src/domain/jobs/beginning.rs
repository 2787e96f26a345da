//! Whether a server may begin where it was told to: before it makes a ledger, and before it holds a
//! practice for a slip in the configuration.
//!
//! | the database | the ledger's file | |
//! |---|---|---|
//! | knows no server | any | begins: it is new |
//! | knows this server | the same ledger | begins |
//! | knows this server | another, or none | stops: wrong path, wrong name, or lost |
//! | knows others only | one that it knows under another name | stops: wrong name |
//! | knows others only | a new one | begins beside a server that runs and has compared its ledger; else stops |
//! | is empty | | stops if the key folder has keys of a practice: it is another database than before |
//!
//! If the ledger is lost, `refrain serve --new-ledger` begins another one, and every practice is
//! held. If a server is a further one, `refrain serve --join` says so.

use thiserror::Error;

use crate::{
    ledger::Position,
    store::{StoreError, Tx, ledger_positions, practices, presence},
};

/// What the operator says about a start.
#[derive(Debug, Clone, Copy, Default)]
pub struct Said {
    /// The ledger that the database knows is lost: begin another one.
    pub new_ledger: bool,
    /// This is a further server on a database that is as it should be.
    pub joins: bool,
    /// The push key is lost: make another one.
    pub new_push_key: bool,
    /// The machine's clock is right, whatever the records say.
    pub clock_is_right: bool,
}

/// Why the server does not begin here. Nothing was changed.
#[derive(Debug, Error)]
pub enum NotHere {
    /// The database knows another ledger of this server.
    #[error(
        "ledger.path: the database knows another ledger of the server \"{server}\" than this file. If the path is wrong, \
         mend it. If another server has this name, change `server`. If the ledger is lost, start once with `refrain serve \
         --new-ledger`: every practice is held then, until a therapist has confirmed what may play"
    )]
    OtherLedger {
        /// Its name.
        server: String,
    },
    /// There is no file, and the database knows a ledger of this server.
    #[error(
        "ledger.path: there is no ledger here, and the database knows one of the server \"{server}\". If the path is wrong \
         or the disk is not mounted, mend that. If the ledger is lost, start once with `refrain serve --new-ledger`: every \
         practice is held then, until a therapist has confirmed what may play"
    )]
    NoLedger {
        /// Its name.
        server: String,
    },
    /// The database knows this ledger as another server's.
    #[error(
        "server: the database knows this ledger as that of the server \"{known}\"; write server = \"{known}\""
    )]
    OtherName {
        /// Its name in the database.
        known: String,
    },
    /// The database knows other servers only.
    #[error(
        "server: the database knows no server of this name, but {known}. If this is the same server, mend `server` or \
         `ledger.path`. If it is a further one, start once with `refrain serve --join`. If the database was restored from \
         a backup and the ledger is lost, use `--new-ledger`: every practice is held then"
    )]
    UnknownServer {
        /// The names that it knows.
        known: String,
    },
    /// The keys are of a practice, and the database has none.
    #[error(
        "database.url: there is no practice in this database, and keys.dir has the keys of one. If the database is \
         elsewhere or its disk is not mounted, mend that; for a new practice, name an empty folder in keys.dir"
    )]
    NoPractice,
    /// The database did not answer.
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// Looks whether a server may begin with a ledger, none if there is no file yet.
///
/// # Errors
/// [`NotHere`], with the words for the operator.
pub(crate) async fn check(
    tx: &mut Tx,
    server: &str,
    ledger: Option<Position>,
    said: Said,
    has_keys_of_a_practice: bool,
) -> Result<(), NotHere> {
    let positions = ledger_positions::look(tx).await?;
    let is_empty = positions.servers.is_empty() && practices::find_first(tx).await?.is_none();
    if has_keys_of_a_practice && is_empty {
        return Err(NotHere::NoPractice);
    }
    let server_name = || server.to_owned();
    if let Some(own) = positions.of(server) {
        return match ledger {
            _ if said.new_ledger => Ok(()),
            Some(end) if end.ledger == own.position.ledger => Ok(()),
            Some(_) => Err(NotHere::OtherLedger { server: server_name() }),
            None => Err(NotHere::NoLedger { server: server_name() }),
        };
    }
    let same = |end: Position| positions.servers.iter().find(|one| one.position.ledger == end.ledger);
    if let Some(other) = ledger.and_then(same) {
        return Err(NotHere::OtherName { known: other.server.clone() });
    }
    let is_new = ledger.is_none_or(|end| end.seq == 0);
    let may_join = said.joins || said.new_ledger || presence::another_has_compared(tx).await?;
    if positions.servers.is_empty() || !is_new || may_join {
        return Ok(());
    }
    let known: Vec<_> = positions.servers.iter().map(|one| format!("\"{}\"", one.server)).collect();
    Err(NotHere::UnknownServer { known: known.join(", ") })
}

#[cfg(test)]
mod tests;
