//! An attack that goes on, and the running server's memory meanwhile.

use std::path::Path;

use anyhow::ensure;
use refrain::http::wire::time::Time;
use serde_json::json;
use sync_core::instant::Span;

use crate::{
    Case, Process,
    attacker::{Attack, Attacker},
    case::SignIn,
    database::Database,
};

/// The real program, besieged by a phone that it has paired.
pub struct Siege {
    process: Process,
    attacker: Attacker,
}

/// What an attack cost, in bytes of resident memory.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Before it.
    pub before: u64,
    /// At most, while it went on.
    pub peak: u64,
    /// After it.
    pub after: u64,
}

impl Siege {
    /// Starts the program with a practice of one client, and has the client's phone turn hostile.
    ///
    /// # Errors
    /// When it does not do as it should.
    pub async fn begin(folder: &Path) -> anyhow::Result<Self> {
        let mut process = Process::set_up(Database::Sqlite, folder).await?;
        process.start().await?;
        let (server, now) = (process.api()?, process.now());
        let sign_in = SignIn { otpauth: &process.otpauth, at: now };
        let case = Case::open(&server, sign_in, "2026-01-14T09:00:00Z").await?;
        let terms = json!({ "expires_at": Time(now + Span::from_days(7)) });
        let release = case.therapist.release(case.client, case.clip, terms).await?;
        let mut phone = case.pair(&server, "Phone", now).await?;
        phone.contact().await?;
        let attacker = Attacker::with(&phone, release, now)?;
        Ok(Self { process, attacker })
    }

    /// Attacks once, and measures.
    ///
    /// # Errors
    /// When the server does not refuse it by name.
    pub async fn attack(&self, attack: Attack) -> anyhow::Result<Cost> {
        self.process.forget_peak()?;
        let before = self.resident()?;
        let code = self.attacker.attack(attack).await?;
        let memory = self.process.memory()?;
        ensure!(code == attack.code(), "{attack:?} ends with {code}, not {}", attack.code());
        Ok(Cost { before, peak: memory.peak, after: memory.resident })
    }

    /// How much memory the server has now, in bytes.
    ///
    /// # Errors
    /// When it has died.
    pub fn resident(&self) -> anyhow::Result<u64> {
        Ok(self.process.memory()?.resident)
    }

    /// Ends it.
    ///
    /// # Errors
    /// When the database cannot be dropped.
    pub async fn end(self) -> anyhow::Result<()> {
        self.process.end().await
    }
}
