//! One piece of work, and its caller's answer.

use std::panic::AssertUnwindSafe;

use futures_util::{FutureExt, future::BoxFuture};
use tokio::sync::oneshot;

use crate::{
    store::{StoreError, Tx},
    turns::Payer,
};

/// When work is done, and beside which other work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Turn {
    /// Before grants.
    Restriction,
    /// After restrictions.
    Grant,
    /// Beside nothing else.
    Alone,
}

/// Work whose result has some type or other.
pub(super) trait Job: Send {
    fn turn(&self) -> Turn;
    fn payer(&self) -> Payer;
    /// Does the work and keeps its result; gives whether it succeeded.
    fn run<'t>(&'t mut self, tx: &'t mut Tx) -> BoxFuture<'t, bool>;
    /// Takes back a success: what came after the work failed.
    fn fail(&mut self, error: StoreError);
    /// Answers with the result, which was committed or is an error.
    fn answer(self: Box<Self>);
    /// By which a test knows it again.
    #[cfg(test)]
    fn number(&self) -> usize {
        0
    }
}

/// Work that gives a `T` or an `E`.
pub(super) struct Work<T, E, F> {
    turn: Turn,
    payer: Payer,
    work: Option<F>,
    result: Option<Result<T, E>>,
    answer: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Work<T, E, F> {
    pub(super) const fn new(
        turn: Turn,
        payer: Payer,
        work: F,
        answer: oneshot::Sender<Result<T, E>>,
    ) -> Self {
        Self { turn, payer, work: Some(work), result: None, answer }
    }
}

impl<T, E, F> Job for Work<T, E, F>
where
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn turn(&self) -> Turn {
        self.turn
    }

    fn payer(&self) -> Payer {
        self.payer
    }

    fn run<'t>(&'t mut self, tx: &'t mut Tx) -> BoxFuture<'t, bool> {
        Box::pin(async move {
            let Some(work) = self.work.take() else { return false };
            // The transaction is all that the work shares with others, and it is rolled back.
            let done = AssertUnwindSafe(async move { work(tx).await }).catch_unwind().await;
            let result = done.unwrap_or_else(|_| Err(StoreError::Panicked.into()));
            let succeeded = result.is_ok();
            self.result = Some(result);
            succeeded
        })
    }

    fn fail(&mut self, error: StoreError) {
        self.result = Some(Err(error.into()));
    }

    fn answer(self: Box<Self>) {
        let result = self.result.unwrap_or_else(|| Err(StoreError::RolledBack.into()));
        // A caller that went away does not want to know.
        let _ = self.answer.send(result);
    }
}
