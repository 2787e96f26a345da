//! Room that is kept free for restrictions: a full disk must not be what keeps a clip playing.
//!
//! A file of its own beside the ledger takes up the room. If an append finds the disk full, the file is
//! removed and the append tried again: so the newest revocations still find a place. While the room is not
//! whole, no lease is given (`nouns/hindrances.rs`): the next revocation might find none.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::nouns::{durable, entropy::Entropy};

/// Two hundred revocations and more.
const ROOM: usize = 64 * 1_024;

pub(super) struct Reserve {
    path: PathBuf,
    is_whole: bool,
}

impl Reserve {
    /// Of a ledger at this path. It is not there before [`Reserve::fill`].
    pub(super) fn beside(ledger: &Path) -> Self {
        let mut path = ledger.as_os_str().to_owned();
        path.push(".reserve");
        Self { path: path.into(), is_whole: false }
    }

    pub(super) const fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Takes the room up, unless it is.
    pub(super) fn fill(&mut self, entropy: &Entropy) -> io::Result<()> {
        if self.is_whole {
            return Ok(());
        }
        if fs::metadata(&self.path).is_ok_and(|found| found.len() == ROOM as u64) {
            self.is_whole = true;
            return Ok(());
        }
        let filled = self.write(entropy);
        // Half a reserve on a full disk is room that a revocation needs.
        if filled.is_err() {
            let _ = fs::remove_file(&self.path);
        }
        filled?;
        self.is_whole = true;
        Ok(())
    }

    fn write(&self, entropy: &Entropy) -> io::Result<()> {
        durable::make_private(&self.path)?;
        // Noise: some file systems keep no blocks for zeros.
        let mut noise = vec![0; ROOM];
        entropy.fill(&mut noise);
        let mut file = File::options().write(true).truncate(true).open(&self.path)?;
        file.write_all(&noise)?;
        file.sync_all()
    }

    /// Gives the room up; whether there was any. Opens nothing: the last file that may be open may be in use.
    pub(super) fn release(&mut self) -> bool {
        self.is_whole = false;
        fs::remove_file(&self.path).is_ok()
    }
}

/// Whether a write failed because there is no room.
pub(super) fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}
