//! Where ciphertext lies: a local folder, or an S3-compatible store. Names are random and mean
//! nothing.
//!
//! Objects are written once and never changed; all changing facts are in the database. A backup or
//! an object version may keep a destroyed object's ciphertext: destroying its wrapped key, in the
//! database, makes it unreadable.

mod cause;

use std::{fmt, io, ops::Range, path::Path as FilePath, sync::Arc};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream::BoxStream};
use object_store::{
    GetOptions, ObjectStore, ObjectStoreExt, PutMode, PutOptions, aws::AmazonS3Builder,
    local::LocalFileSystem, memory::InMemory, path::Path, prefix::PrefixStore,
};
use thiserror::Error;
use url::Url;

use crate::nouns::{Refusal, cause::of_io, entropy::Entropy};

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
    /// The store failed or cannot be reached. Names no object: the source may.
    #[error("the object store (objects.url) failed: {}", cause::of(.0))]
    Store(#[source] object_store::Error),
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
                let store = AmazonS3Builder::from_env().with_url(url.as_str()).build()?;
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
    /// [`ObjectError::Exists`] when the name is taken; nothing is overwritten.
    pub async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), ObjectError> {
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        self.store.put_opts(&name.path(), bytes.into(), options).await?;
        Ok(())
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

    /// Deletes an object; one that is gone already is deleted.
    ///
    /// # Errors
    /// When the store fails: delete again later.
    pub async fn delete(&self, name: &ObjectName) -> Result<(), ObjectError> {
        match self.store.delete(&name.path()).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
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
mod tests {
    use super::*;

    fn stores() -> (Vec<Objects>, tempfile::TempDir) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("objects");
        let url = Url::from_file_path(dir.path().join("by-url")).unwrap();
        let urls = ["memory://".to_owned(), path.to_str().unwrap().to_owned(), url.to_string()];
        (urls.iter().map(|url| Objects::open(url).unwrap()).collect(), dir)
    }

    #[tokio::test]
    async fn an_object_is_read_by_range_whole_and_in_pieces() {
        let (stores, _dir) = stores();
        for objects in stores {
            let name = ObjectName::new(&Entropy::System);
            objects.put(&name, Bytes::from_static(b"0123456789")).await.unwrap();
            assert_eq!(objects.head(&name).await.unwrap(), 10);
            assert_eq!(objects.get_range(&name, 2..5).await.unwrap(), "234");
            let pieces: Vec<Bytes> =
                objects.stream_range(&name, 5..10).await.unwrap().try_collect().await.unwrap();
            assert_eq!(pieces.concat(), b"56789");
        }
    }

    #[tokio::test]
    async fn an_object_is_never_overwritten() {
        let (stores, _dir) = stores();
        for objects in stores {
            let name = ObjectName::new(&Entropy::System);
            objects.put(&name, Bytes::from_static(b"first")).await.unwrap();
            let again = objects.put(&name, Bytes::from_static(b"other")).await;
            assert!(matches!(again, Err(ObjectError::Exists)), "{again:?}");
            assert_eq!(objects.get_range(&name, 0..5).await.unwrap(), "first");
        }
    }

    #[tokio::test]
    async fn a_deleted_object_is_gone_and_may_be_deleted_again() {
        let (stores, _dir) = stores();
        for objects in stores {
            let name = ObjectName::new(&Entropy::System);
            objects.put(&name, Bytes::from_static(b"x")).await.unwrap();
            objects.delete(&name).await.unwrap();
            objects.delete(&name).await.unwrap();
            assert!(matches!(objects.head(&name).await, Err(ObjectError::NotFound)));
            assert!(matches!(objects.get_range(&name, 0..1).await, Err(ObjectError::NotFound)));
        }
    }

    #[test]
    fn an_s3_url_names_a_bucket_and_a_prefix() {
        // The main program does so before anything else; a second time changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        assert_eq!(
            Objects::open("s3://bucket/some/prefix").unwrap().store.to_string(),
            "PrefixObjectStore(some/prefix)"
        );
    }

    #[test]
    fn another_kind_of_store_and_a_name_that_leads_elsewhere_are_refused() {
        assert!(matches!(Objects::open("ftp://host/x"), Err(ObjectError::UnknownStore)));
        assert_eq!(ObjectName::parse("../../etc/passwd"), None);
        assert_eq!(ObjectName::parse(&"A".repeat(64)), None);
        let name = ObjectName::new(&Entropy::System);
        assert_eq!(ObjectName::parse(name.as_str()), Some(name));
    }
}
