//! Files for keys and the ledger: private to their owner, whole or not there, never overwritten.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use thiserror::Error;
use zeroize::Zeroizing;

use super::entropy::Entropy;

/// Makes the directory and those above it; only its owner may enter it.
pub(crate) fn create_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// Reads a file; `None` when there is none.
pub(crate) fn read(path: &Path) -> io::Result<Option<Zeroizing<String>>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(Zeroizing::new(text))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// A file that others than its owner can read or write, where it must be private.
#[derive(Debug, Error)]
#[error("{file}: others than its owner can read or write this file; run: chmod 600 {file}", file = .0.display())]
pub struct NotPrivate(PathBuf);

/// Refuses a file that others than its owner can open. What is not there is private.
#[cfg(unix)]
pub(crate) fn check_private(path: &Path) -> Result<(), NotPrivate> {
    use std::os::unix::fs::MetadataExt;
    match fs::metadata(path) {
        Ok(found) if found.mode() & 0o077 != 0 => Err(NotPrivate(path.to_owned())),
        _ => Ok(()),
    }
}

/// Elsewhere the folder's own rules decide who reads a file.
#[cfg(not(unix))]
pub(crate) fn check_private(_: &Path) -> Result<(), NotPrivate> {
    Ok(())
}

/// Makes an empty private file, if there is none: for what others write, and would make for all to read.
pub(crate) fn make_private(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map(drop),
    }
}

/// Writes a new file; an error when there is one.
///
/// A link to a finished file appears under the name all at once, and unlike a rename replaces nothing: a crash or a
/// second server in the same instant can neither leave half a key nor take the other's away.
pub(crate) fn create(path: &Path, text: &str, entropy: &Entropy) -> io::Result<()> {
    let unfinished = path.with_extension(format!("{:016x}.new", u64::from_be_bytes(entropy.bytes())));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&unfinished)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    let linked = written.and_then(|()| fs::hard_link(&unfinished, path));
    fs::remove_file(&unfinished)?;
    linked?;
    sync_parent(path)
}

/// Removes a file, for good once this returns; whether there was one.
pub(crate) fn remove(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => sync_parent(path).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Makes a new name survive power loss.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => File::open(dir)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_others_can_read_is_refused_with_the_command_that_mends_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        assert!(check_private(&path).is_ok());
        make_private(&path).unwrap();
        assert!(check_private(&path).is_ok());
        make_private(&path).unwrap();
        for mode in [0o640, 0o604, 0o660, 0o602] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let refused = check_private(&path).unwrap_err().to_string();
            assert!(refused.ends_with(&format!("run: chmod 600 {}", path.display())), "{refused}");
        }
    }
}
