//! Where ciphertext lies: a local folder, or an S3-compatible store. Names are random and mean
//! nothing.
//!
//! Objects are written once and never changed; all changing facts are in the database. A backup or
//! an object version may keep a destroyed object's ciphertext: destroying its wrapped key, in the
//! database, makes it unreadable.

mod cause;

use std::{fmt, io, ops::Range, path::Path as FilePath, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream::BoxStream};
use object_store::{
    GetOptions, ObjectStore, ObjectStoreExt, PutMode, PutOptions, RetryConfig, aws::AmazonS3Builder,
    local::LocalFileSystem, memory::InMemory, path::Path, prefix::PrefixStore,
};
use thiserror::Error;
use url::Url;

use crate::nouns::{Refusal, cause::of_io, entropy::Entropy};

/// For how long a request to an S3-compatible store is tried: its caller waits.
const TRIED_FOR: Duration = Duration::from_secs(20);

/// Why an object cannot be had.
#[derive(Debug, Error)]
pub enum ObjectError {
    /// The folder cannot be made.
    #[error("objects.url: the folder cannot be made: {}", of_io(.0))]
    NoFolder(io::Error),
    /// The configured URL is no folder, `file://`, `s3://` or `memory://`.
    #[error("objects.url: a folder, file:// or s3:// is expected")]
    UnknownStore,
    /// There is no such object.
    #[error("there is no such object")]
    NotFound,
    /// There is an object of this name already.
    #[error("an object of this name is there already")]
    Exists,
    /// There is no such bucket.
    #[error("objects.url: the object store has no such bucket (HTTP 404)")]
    NoBucket,
    /// The store says that it has deleted an object, and has it still.
    #[error("the object store (objects.url) says that it has deleted an object, and has it still")]
    Kept,
    /// The store writes over an object that is there.
    #[error(
        "the object store (objects.url) writes over an object that is there: it must know conditional writes \
         (If-None-Match: *)"
    )]
    WritesOver,
    /// The store failed or cannot be reached. Names no object: the source may.
    #[error("the object store (objects.url) failed: {}", cause::of(.0))]
    Store(#[source] object_store::Error),
}

impl ObjectError {
    /// Whether it is to be expected that the store works later without a change of its settings: it is away, or overloaded.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Store(error) if cause::may_pass(error))
    }
}

impl From<object_store::Error> for ObjectError {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => Self::NotFound,
            object_store::Error::AlreadyExists { .. } => Self::Exists,
            error => Self::Store(error),
        }
    }
}

/// The name of one object: 256 random bits in hexadecimal.
#[derive(Clone, PartialEq, Eq)]
pub struct ObjectName(String);

impl ObjectName {
    /// Draws a new name.
    #[must_use]
    pub fn new(entropy: &Entropy) -> Self {
        Self(entropy.bytes::<32>().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Reads a stored name; `None` when it is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        (text.len() == 64 && digits(text)).then(|| Self(text.to_owned()))
    }

    /// The name as it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Two levels of folders, so that no folder of a local store gets too many files.
    fn path(&self) -> Path {
        Path::from(format!("{}/{}", &self.0[..2], self.0))
    }
}

/// A store of objects.
#[derive(Clone)]
pub struct Objects {
    store: Arc<dyn ObjectStore>,
}

impl Objects {
    /// Opens a folder (its path or `file:///…`), `s3://bucket/prefix`, or `memory://` for tests.
    ///
    /// S3's region, endpoint and credentials come from the standard `AWS_…` environment variables.
    ///
    /// # Errors
    /// When the URL is of another kind, or the folder cannot be made.
    pub fn open(url: &str) -> Result<Self, ObjectError> {
        let store: Arc<dyn ObjectStore> = match Url::parse(url) {
            Ok(url) if url.scheme() == "file" => {
                folder(&url.to_file_path().map_err(|()| ObjectError::UnknownStore)?)?
            }
            Ok(url) if url.scheme() == "s3" => {
                let retry =
                    RetryConfig { max_retries: 4, retry_timeout: TRIED_FOR, ..RetryConfig::default() };
                let store = AmazonS3Builder::from_env().with_url(url.as_str()).with_retry(retry).build()?;
                Arc::new(PrefixStore::new(store, Path::from(url.path())))
            }
            Ok(url) if url.scheme() == "memory" => Arc::new(InMemory::new()),
            // A drive letter, where there are such, would also read as a scheme; `file:///` says what is meant.
            Ok(_) => return Err(ObjectError::UnknownStore),
            Err(_) => folder(FilePath::new(url))?,
        };
        Ok(Self { store })
    }

    /// Writes a new object, durably.
    ///
    /// # Errors
    /// [`ObjectError::Exists`] when the name is taken by other bytes; nothing is overwritten.
    pub async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), ObjectError> {
        match self.create(name, bytes.clone()).await {
            // An answer that was lost, and a try that found what the one before had written.
            Err(ObjectError::Exists) if self.holds(name, &bytes).await? => Ok(()),
            written => written,
        }
    }

    async fn create(&self, name: &ObjectName, bytes: Bytes) -> Result<(), ObjectError> {
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        self.store.put_opts(&name.path(), bytes.into(), options).await?;
        Ok(())
    }

    /// Whether an object has exactly these bytes.
    async fn holds(&self, name: &ObjectName, bytes: &[u8]) -> Result<bool, ObjectError> {
        let mut rest = bytes;
        let mut stored = self.stream_range(name, 0..self.head(name).await?).await?;
        while let Some(piece) = stored.try_next().await? {
            let Some(left) = rest.strip_prefix(piece.as_ref()) else { return Ok(false) };
            rest = left;
        }
        Ok(rest.is_empty())
    }

    /// Shows that the store keeps what it is given, writes over nothing, and lets go of what is deleted.
    ///
    /// # Errors
    /// What it does not do; [`ObjectError::may_pass`] tells whether that is to be expected of it later.
    pub async fn prove(&self, entropy: &Entropy) -> Result<(), ObjectError> {
        const FIRST: Bytes = Bytes::from_static(b"a proof");
        let name = ObjectName::new(entropy);
        self.put(&name, FIRST).await.map_err(|error| match error {
            ObjectError::NotFound => ObjectError::NoBucket,
            error => error,
        })?;
        let written_over = self.create(&name, Bytes::from_static(b"another")).await;
        let kept = self.holds(&name, &FIRST).await;
        self.delete(&name).await?;
        match written_over {
            Err(ObjectError::Exists) if kept? => Ok(()),
            Err(ObjectError::Exists) | Ok(()) => Err(ObjectError::WritesOver),
            Err(error) => Err(error),
        }
    }

    /// Whether the store answers, asked for an object that cannot be there.
    ///
    /// # Errors
    /// Why it does not.
    pub async fn look(&self, entropy: &Entropy) -> Result<(), ObjectError> {
        match self.head(&ObjectName::new(entropy)).await {
            Ok(_) | Err(ObjectError::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Reads a range, which must lie inside of the object.
    ///
    /// # Errors
    /// [`ObjectError::NotFound`] for an unknown name.
    pub async fn get_range(&self, name: &ObjectName, range: Range<u64>) -> Result<Bytes, ObjectError> {
        Ok(self.store.get_range(&name.path(), range).await?)
    }

    /// Reads a range piece by piece, so that a long clip is never whole in memory.
    ///
    /// # Errors
    /// [`ObjectError::NotFound`] for an unknown name; a later failure ends the stream with an error.
    pub async fn stream_range(
        &self,
        name: &ObjectName,
        range: Range<u64>,
    ) -> Result<BoxStream<'static, Result<Bytes, ObjectError>>, ObjectError> {
        let options = GetOptions { range: Some(range.into()), ..GetOptions::default() };
        let answer = self.store.get_opts(&name.path(), options).await?;
        Ok(answer.into_stream().map_err(ObjectError::from).boxed())
    }

    /// How long the object is, in bytes.
    ///
    /// # Errors
    /// [`ObjectError::NotFound`] for an unknown name.
    pub async fn head(&self, name: &ObjectName) -> Result<u64, ObjectError> {
        Ok(self.store.head(&name.path()).await?.size)
    }

    /// Deletes an object, and looks whether it is gone; one that is gone already is deleted.
    ///
    /// # Errors
    /// When the store fails, and [`ObjectError::Kept`] when it says yes and keeps the object: delete again later.
    pub async fn delete(&self, name: &ObjectName) -> Result<(), ObjectError> {
        match self.store.delete(&name.path()).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        match self.head(name).await {
            Err(ObjectError::NotFound) => Ok(()),
            Ok(_) => Err(ObjectError::Kept),
            Err(error) => Err(error),
        }
    }
}

impl fmt::Debug for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A name is what a bucket's owner could tell a clip by: not for logs.
        f.write_str("ObjectName")
    }
}

fn folder(path: &FilePath) -> Result<Arc<dyn ObjectStore>, ObjectError> {
    crate::nouns::durable::create_dir(path).map_err(ObjectError::NoFolder)?;
    Ok(Arc::new(LocalFileSystem::new_with_prefix(path)?.with_fsync(true)))
}

impl From<ObjectError> for Refusal {
    fn from(error: ObjectError) -> Self {
        // A row names every object that is asked for: one that is missing is the store's fault, not the caller's.
        tracing::error!(%error, "objects");
        Self::Unavailable
    }
}

#[cfg(test)]
mod tests;
