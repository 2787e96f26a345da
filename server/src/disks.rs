//! How much room the server's disks have.
//!
//! A full disk refuses revocations, too. So no lease is given any more while there is still room for them.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use url::Url;

use crate::nouns::hindrances::{Hindrance, Hindrances};

const MIB: u64 = 1_024 * 1_024;

/// The disks of one server.
pub struct Disks(Vec<Disk>);

struct Disk {
    folder: PathBuf,
    full: Hindrance,
    /// The operator was told that it fills.
    is_told: AtomicBool,
}

/// The room of a disk, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// What the server may still use.
    pub free: u64,
    /// What there is.
    pub all: u64,
}

impl Disks {
    /// The disks of a database, a ledger and objects; what is not in a file here has none.
    #[must_use]
    pub fn of(database_url: &str, ledger: &Path, objects_url: &str) -> Self {
        let database = database_url.strip_prefix("sqlite://").map(|file| folder_of(Path::new(file)));
        let objects = match Url::parse(objects_url) {
            Ok(url) if url.scheme() == "file" => url.to_file_path().ok(),
            Ok(_) => None,
            Err(_) => Some(PathBuf::from(objects_url)),
        };
        let disk = |folder, full| Disk { folder, full, is_told: AtomicBool::new(false) };
        let disks = [
            database.map(|folder| disk(folder, Hindrance::DatabaseDisk)),
            Some(disk(folder_of(ledger), Hindrance::LedgerDisk)),
            objects.map(|folder| disk(folder, Hindrance::ObjectsDisk)),
        ];
        Self(disks.into_iter().flatten().collect())
    }

    /// Notes which disks are nearly full, and tells the log once of each that fills.
    pub fn look(&self, hindrances: &Hindrances) {
        for disk in &self.0 {
            let Some(room) = room(&disk.folder) else { continue };
            hindrances.note(disk.full, room.is_short());
            let (part, free_mib) = (<&str>::from(disk.full), room.free / MIB);
            if room.fills() != disk.is_told.swap(room.fills(), Ordering::SeqCst) && room.fills() {
                tracing::warn!(part, free_mib, "this disk fills; when it is nearly full, no lease is given");
            }
        }
    }
}

impl Room {
    /// Too little is left to be sure of the next revocations.
    #[must_use]
    pub fn is_short(self) -> bool {
        self.free < (16 * MIB).min(self.all / 50)
    }

    /// An operator should know.
    #[must_use]
    pub fn fills(self) -> bool {
        self.free < (1_024 * MIB).min(self.all / 10)
    }
}

/// The room of the disk that a folder is on; none where the system does not say.
#[must_use]
pub fn room(folder: &Path) -> Option<Room> {
    #[cfg(unix)]
    return rustix::fs::statvfs(folder).ok().map(|disk| Room {
        free: disk.f_bavail.saturating_mul(disk.f_frsize),
        all: disk.f_blocks.saturating_mul(disk.f_frsize),
    });
    #[cfg(not(unix))]
    return None;
}

fn folder_of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_disk_is_short_by_its_bytes_and_a_small_one_by_its_part() {
        let room = |free, all| Room { free: free * MIB, all: all * MIB };
        for (found, is_short, fills) in [
            (room(2_000, 1_000_000), false, false),
            (room(1_000, 1_000_000), false, true),
            (room(15, 1_000_000), true, true),
            (room(11, 100), false, false),
            (room(9, 100), false, true),
            (room(1, 100), true, true),
        ] {
            assert_eq!((found.is_short(), found.fills()), (is_short, fills), "{found:?}");
        }
    }

    #[test]
    fn only_what_is_in_a_file_here_has_a_disk() {
        let parts = |database, objects| -> Vec<Hindrance> {
            Disks::of(database, Path::new("ledger/refrain.ledger"), objects)
                .0
                .iter()
                .map(|disk| disk.full)
                .collect()
        };
        use Hindrance::{DatabaseDisk, LedgerDisk, ObjectsDisk};
        assert_eq!(parts("postgres://host/refrain", "s3://bucket"), [LedgerDisk]);
        assert_eq!(parts("sqlite://refrain.db", "objects"), [DatabaseDisk, LedgerDisk, ObjectsDisk]);
        assert_eq!(parts("sqlite://refrain.db", "file:///objects"), [DatabaseDisk, LedgerDisk, ObjectsDisk]);
    }
}
