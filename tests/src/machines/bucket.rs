//! An S3-compatible store on loopback: a protocol of others, objects in memory, and faults on demand.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{Router, error_handling::HandleError, http::StatusCode};
use bytes::Bytes;
use futures_util::{TryStreamExt, stream};
use s3s::{
    HttpError, S3, S3Request, S3Response, S3Result,
    auth::SimpleAuth,
    dto::{
        DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, ETag, GetObjectInput, GetObjectOutput,
        HeadObjectInput, HeadObjectOutput, PutObjectInput, PutObjectOutput, StreamingBlob, Timestamp,
    },
    s3_error,
    service::S3ServiceBuilder,
};
use tokio::{net::TcpListener, task::JoinHandle};

const KEY: &str = "a-key-of-the-tests";
const SECRET: &str = "a-secret-of-the-tests";
const BUCKET: &str = "clips";

/// How the store misbehaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Fault {
    /// It does as it should.
    #[default]
    None,
    /// It does not know conditional writes, and says so with 501.
    NotConditional,
    /// It does not know conditional writes, and writes over what is there.
    WritesOver,
    /// The next object is written, and the answer is 500.
    LosesAnAnswer,
    /// What it is told to delete stays, and it says yes.
    Keeps,
    /// It answers everything with 503.
    Away,
}

/// A store with one bucket. It ends when this is dropped.
pub struct Bucket {
    held: Arc<Held>,
    port: u16,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Held {
    objects: Mutex<BTreeMap<String, Bytes>>,
    fault: Mutex<Fault>,
    deletions: AtomicUsize,
}

impl Drop for Bucket {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Bucket {
    /// Starts it.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start() -> anyhow::Result<Self> {
        let held = Arc::new(Held::default());
        let mut builder = S3ServiceBuilder::new(Store(Arc::clone(&held)));
        builder.set_auth(SimpleAuth::from_single(KEY, SECRET));
        let failed = |_: HttpError| async { StatusCode::INTERNAL_SERVER_ERROR };
        let app = Router::new().fallback_service(HandleError::new(builder.build(), failed));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let task = tokio::spawn(async move {
            // Ends with the test.
            let _ = axum::serve(listener, app).await;
        });
        Ok(Self { held, port, task })
    }

    /// The settings by which a server finds it.
    #[must_use]
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("REFRAIN_OBJECTS__URL", format!("s3://{BUCKET}/refrain")),
            ("AWS_ENDPOINT", format!("http://127.0.0.1:{}", self.port)),
            ("AWS_ALLOW_HTTP", "true".to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned()),
        ]
    }

    /// From now on it misbehaves so.
    pub fn misbehave(&self, fault: Fault) {
        *lock(&self.held.fault) = fault;
    }

    /// How many objects it has.
    #[must_use]
    pub fn len(&self) -> usize {
        lock(&self.held.objects).len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How often it was told to delete one.
    #[must_use]
    pub fn deletions(&self) -> usize {
        self.held.deletions.load(Ordering::Relaxed)
    }
}

struct Store(Arc<Held>);

impl Store {
    fn fault(&self) -> S3Result<Fault> {
        match *lock(&self.0.fault) {
            Fault::Away => Err(s3_error!(ServiceUnavailable)),
            fault => Ok(fault),
        }
    }

    fn find(&self, bucket: &str, key: &str) -> S3Result<Bytes> {
        if bucket != BUCKET {
            return Err(s3_error!(NoSuchBucket));
        }
        lock(&self.0.objects).get(key).cloned().ok_or_else(|| s3_error!(NoSuchKey))
    }
}

#[async_trait::async_trait]
impl S3 for Store {
    async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let fault = self.fault()?;
        let PutObjectInput { bucket, key, body, if_none_match, .. } = request.input;
        if bucket != BUCKET {
            return Err(s3_error!(NoSuchBucket));
        }
        if fault == Fault::NotConditional && if_none_match.is_some() {
            return Err(s3_error!(NotImplemented));
        }
        let body = body.ok_or_else(|| s3_error!(IncompleteBody))?;
        let pieces: Vec<Bytes> = body.try_collect().await.map_err(|_| s3_error!(IncompleteBody))?;
        let mut objects = lock(&self.0.objects);
        if if_none_match.is_some() && fault != Fault::WritesOver && objects.contains_key(&key) {
            return Err(s3_error!(PreconditionFailed));
        }
        objects.insert(key, pieces.concat().into());
        drop(objects);
        if fault == Fault::LosesAnAnswer {
            *lock(&self.0.fault) = Fault::None;
            return Err(s3_error!(InternalError));
        }
        Ok(S3Response::new(PutObjectOutput { e_tag: Some(tag()), ..PutObjectOutput::default() }))
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        self.fault()?;
        let GetObjectInput { bucket, key, range, .. } = request.input;
        let whole = self.find(&bucket, &key)?;
        let len = whole.len() as u64;
        let part = match &range {
            Some(range) => range.check(len)?,
            None => 0..len,
        };
        let bounds = usize::try_from(part.start).ok().zip(usize::try_from(part.end).ok());
        let bytes = bounds.and_then(|(from, to)| whole.get(from..to)).map(Bytes::copy_from_slice);
        let bytes = bytes.ok_or_else(|| s3_error!(InvalidRange))?;
        let output = GetObjectOutput {
            content_length: i64::try_from(bytes.len()).ok(),
            content_range: range
                .map(|_| format!("bytes {}-{}/{len}", part.start, part.end.saturating_sub(1))),
            body: Some(StreamingBlob::wrap(stream::iter([Ok::<_, std::io::Error>(bytes)]))),
            e_tag: Some(tag()),
            last_modified: Some(Timestamp::from(std::time::UNIX_EPOCH)),
            ..GetObjectOutput::default()
        };
        Ok(S3Response::new(output))
    }

    async fn head_object(
        &self,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        self.fault()?;
        let whole = self.find(&request.input.bucket, &request.input.key)?;
        let output = HeadObjectOutput {
            content_length: i64::try_from(whole.len()).ok(),
            e_tag: Some(tag()),
            last_modified: Some(Timestamp::from(std::time::UNIX_EPOCH)),
            ..HeadObjectOutput::default()
        };
        Ok(S3Response::new(output))
    }

    async fn delete_objects(
        &self,
        request: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        let fault = self.fault()?;
        let mut deleted = Vec::new();
        for object in request.input.delete.objects {
            self.0.deletions.fetch_add(1, Ordering::Relaxed);
            if fault != Fault::Keeps {
                lock(&self.0.objects).remove(&object.key);
            }
            deleted.push(DeletedObject { key: Some(object.key), ..DeletedObject::default() });
        }
        Ok(S3Response::new(DeleteObjectsOutput { deleted: Some(deleted), ..DeleteObjectsOutput::default() }))
    }
}

fn tag() -> ETag {
    ETag::Strong("of-the-tests".to_owned())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
