//! A phone's digits, as its person reads them aloud.

use sync_core::{digits::Digits, id::DeviceId};

use super::therapy::Therapy;
use crate::{
    app::App,
    domain::people::devices::{self, digits_of},
    nouns::Refusal,
    store,
};

/// The digits that a device shows.
pub(crate) async fn digits(app: &App, device: DeviceId) -> Digits {
    let mut tx = app.ground.db.read().await.unwrap();
    let found = store::devices::by_id(&mut tx, device).await.unwrap().unwrap();
    digits_of(&found).unwrap()
}

impl Therapy {
    /// The therapist types the digits that a phone shows.
    pub(crate) async fn confirm(&self, device: DeviceId) -> Result<(), Refusal> {
        let digits = Some(digits(&self.app, device).await);
        devices::confirm(&self.app.ground, self.ada, self.client, device, digits).await
    }
}
