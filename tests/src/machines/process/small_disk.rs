//! A disk that a test can fill: a file system in memory that only the program sees, and that ends with it.

use std::{
    ffi::OsStr,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use tokio::process::Command;

/// Mounts the disk where only this process and what it becomes see it, and takes the ledger there.
const SCRIPT: &str = "umask 077 && mount -t tmpfs -o size=256k,mode=700 none \"$1/small\" \
                      && cp \"$1/ledger.jsonl\" \"$1/small/ledger.jsonl\" && shift && exec \"$@\"";

/// The disk of a running program.
pub struct SmallDisk {
    folder: PathBuf,
}

/// Wraps a command of the program, so that its ledger and its temporary files are on a small disk.
pub(super) fn on_small_disk(command: &Command, folder: &Path) -> std::io::Result<Command> {
    fs::create_dir_all(folder.join("small"))?;
    let command = command.as_std();
    let mut wrapped = Command::new("unshare");
    // Without rights of its own, a process may mount in a user's name space.
    wrapped.arg(if rustix::process::geteuid().is_root() { "-m" } else { "-rm" });
    wrapped.args(["sh", "-c", SCRIPT, "sh"]).arg(folder).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => wrapped.env(name, value),
            None => wrapped.env_remove(name),
        };
    }
    wrapped.env("REFRAIN_LEDGER__PATH", folder.join("small/ledger.jsonl"));
    wrapped.env("SQLITE_TMPDIR", folder.join("small"));
    Ok(wrapped)
}

impl SmallDisk {
    pub(super) fn of(process: u32, folder: &Path) -> Self {
        let below = folder.strip_prefix("/").unwrap_or(folder);
        Self { folder: Path::new("/proc").join(process.to_string()).join("root").join(below).join("small") }
    }

    /// Fills it to the last byte.
    ///
    /// # Errors
    /// When the program has ended.
    pub fn fill(&self) -> std::io::Result<()> {
        let mut file = fs::File::create(self.filler())?;
        let mut piece: &[u8] = &[7; 4_096];
        while !piece.is_empty() {
            if file.write_all(piece).is_err() {
                piece = &piece[..piece.len() / 2];
            }
        }
        Ok(())
    }

    /// Gives the room back.
    ///
    /// # Errors
    /// When the program has ended.
    pub fn free(&self) -> std::io::Result<()> {
        fs::remove_file(self.filler())
    }

    /// The names of what is on it.
    ///
    /// # Errors
    /// When the program has ended.
    pub fn files(&self) -> std::io::Result<Vec<String>> {
        let names = fs::read_dir(&self.folder)?.map(|entry| Ok(entry?.file_name()));
        let text = |name: std::ffi::OsString| OsStr::to_string_lossy(&name).into_owned();
        names.map(|name: std::io::Result<_>| name.map(text)).collect()
    }

    fn filler(&self) -> PathBuf {
        self.folder.join("filler")
    }
}
