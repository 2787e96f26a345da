//! A companion's connection: frames, and sync-core's end of them.

use anyhow::{Context, bail};
use sync_core::device::{Connection, Documents, Told};

use crate::{
    api::Api,
    socket::{Frames, Wire, Withheld, device_name},
};

/// A connection to the server.
pub(super) struct Line {
    frames: Frames,
    connection: Connection,
    refusals: Vec<String>,
}

impl Line {
    /// Connects; gives the storage id that the server has greeted with.
    pub(super) async fn open(
        api: &Api,
        wire: Wire,
        documents: &mut Documents,
    ) -> anyhow::Result<(Self, String)> {
        let (connection, join) = Connection::open(device_name()?);
        let frames = Frames::open(api, wire, join).await?;
        let mut line = Self { frames, connection, refusals: Vec::new() };
        let greeted = line.hear(documents).await?.greeted.context("expected a greeting")?;
        Ok((line, greeted))
    }

    /// Says what there is to say, and goes on until something holds of the documents.
    ///
    /// # Errors
    /// [`Withheld`], or when the connection ends first.
    pub(super) async fn until(
        &mut self,
        documents: &mut Documents,
        holds: impl Fn(&Self, &Documents) -> bool,
    ) -> anyhow::Result<()> {
        let said = self.connection.tell(documents);
        self.frames.send(said).await?;
        while !holds(self, documents) {
            let told = self.hear(documents).await?;
            self.refusals.extend(told.refused);
            self.frames.send(told.frames).await?;
            if told.withheld {
                bail!(Withheld(std::mem::take(&mut self.refusals)));
            }
            if told.left {
                bail!("the server has left");
            }
        }
        Ok(())
    }

    /// Whether both ends have the same, and the server has everything that was written.
    pub(super) fn is_level(&self, documents: &Documents) -> bool {
        self.connection.is_level(documents)
    }

    /// Waits for the server to close; gives the reason.
    pub(super) async fn closed(&mut self) -> anyhow::Result<String> {
        self.frames.closed().await
    }

    async fn hear(&mut self, documents: &mut Documents) -> anyhow::Result<Told> {
        let frame = self.frames.next().await;
        let frame = frame.with_context(|| format!("the server has refused {:?}", self.refusals))?;
        Ok(self.connection.hear(documents, &frame)?)
    }
}
