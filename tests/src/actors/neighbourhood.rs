//! The real program with two therapists: the clients of one turn hostile, and the other must not
//! notice it.

use std::path::Path;

use anyhow::Context;
use refrain::http::wire::time::Time;
use reqwest::Method;
use serde_json::{Value, json};
use sync_core::{id::ClientId, instant::Span};
use tokio::time::{Duration, Instant};

use crate::{
    Case, Companion, Process, Therapist,
    api::text,
    attacker::{Attack, Attacker},
    bystander::{Bystander, Waits},
    case::SignIn,
    database::Database,
    flood::{Crowd, Flood, Uploader, pair_talker},
    server::PASSWORD,
};

/// The address of the second therapist.
/// A therapist who uploads, beside the first one.
const SECOND: &str = "carl@practice.example";
const BYSTANDER: &str = "bea@practice.example";
/// How many clients have two phones each that no therapist has confirmed.
const CLIENTS: usize = 15;

/// The server, those who do their worst, and those who must not notice.
pub struct Neighbourhood {
    process: Process,
    crowd: Crowd,
    /// One for each start of the server.
    attackers: Vec<Attacker>,
    bystander: Bystander,
}

/// What an attack cost others.
#[derive(Debug, Clone)]
pub struct Toll {
    /// How many requests of the attack were answered.
    pub answered: usize,
    /// How long bystanders waited.
    pub waits: Waits,
    /// The server's memory at most, in bytes.
    pub peak: u64,
}

/// How often one attack is made, so that all of them come within the tickets that a phone has in an hour.
const fn most(attack: Attack) -> usize {
    match attack {
        Attack::Crowd => 4,
        _ => 30,
    }
}

impl Neighbourhood {
    /// Starts the program with everybody in it. Floods come by a part of their connections: 1 for all of them.
    ///
    /// # Errors
    /// When it does not do as it should.
    pub async fn begin(folder: &Path, part: usize) -> anyhow::Result<Self> {
        let mut process = Process::set_up(Database::Sqlite, folder).await?;
        let added =
            process.run(["staff", "add", "--json", "--email", BYSTANDER, "--name", "Bea Bystander"]).await?;
        let added: Value = serde_json::from_str(&added)?;
        let colleague =
            process.run(["staff", "add", "--json", "--email", SECOND, "--name", "Carl Second"]).await?;
        let colleague: Value = serde_json::from_str(&colleague)?;
        process.set("REFRAIN_LIMITS__ATTEMPTS_PER_ADDRESS", "1000");
        process.start().await?;
        let (server, now) = (process.api()?, process.now());

        let sign_in = SignIn { otpauth: &process.otpauth, at: now };
        let case = Case::open(&server, sign_in, "2026-01-14T09:00:00Z").await?;
        let terms = json!({ "expires_at": Time(now + Span::from_days(7)) });
        let release = case.therapist.release(case.client, case.clip, terms).await?;
        let mut phone = case.pair(&server, "Phone", now).await?;
        phone.contact().await?;
        let mut second = case.pair(&server, "Second phone", now).await?;
        second.contact().await?;
        let attackers =
            [Attacker::with(&second, release, now)?, Attacker::with(&phone, release, now)?].into();
        let code = case.therapist.invite(case.client).await?;
        let removed = Companion::pair(&server, &code, "Removed", now).await?;
        case.therapist.remove_device(case.client, removed.device).await?;
        let mut phones = Vec::new();
        for n in 0..CLIENTS {
            let client = case.therapist.add_client(&format!("Client {n}")).await?;
            for _ in 0..2 {
                phones.push(pair_talker(&server, &case.therapist.invite(client).await?, now).await?);
            }
        }
        let therapist = (case.therapist.api().clone(), format!("/v1/clients/{}/holds", case.client));
        let carl = Therapist::sign_in(&server, SECOND, PASSWORD, text(&colleague, "otpauth")?, now).await?;
        let uploaders = [&case, &Case::of(carl, "2026-01-14T09:00:00Z").await?].map(Uploader::of).into();
        let crowd = Crowd {
            server: server.clone(),
            removed: removed.api().clone(),
            phones,
            therapist,
            uploaders,
            part,
        };

        let otpauth = text(&added, "otpauth")?;
        let bystander = Therapist::sign_in(&server, BYSTANDER, PASSWORD, otpauth, now).await?;
        let client: ClientId = bystander.add_client("Clara Example").await?;
        let phone = Companion::pair(&server, &bystander.invite(client).await?, "Clara's phone", now).await?;
        bystander.confirm_device(&phone).await?;
        let bystander = Bystander::new(&bystander, client, &phone)?;
        Ok(Self { process, crowd, attackers, bystander })
    }

    /// Floods the server for a while, and measures.
    ///
    /// # Errors
    /// When the server dies, or refuses a bystander.
    pub async fn flood(&self, flood: Flood, lasts: Duration) -> anyhow::Result<Toll> {
        self.beside(self.crowd.flood(flood, Instant::now() + lasts)).await
    }

    /// Attacks the sync of documents for a while, and measures.
    ///
    /// # Errors
    /// When the server dies, or refuses a bystander.
    pub async fn attack(&self, attack: Attack, lasts: Duration) -> anyhow::Result<Toll> {
        let until = Instant::now() + lasts;
        self.beside(async {
            let mut answered = 0;
            let attacker = self.attackers.last().context("an attacker")?;
            while answered == 0 || answered < most(attack) && Instant::now() < until {
                match attacker.attack(attack).await {
                    Ok(_) => answered += 1,
                    // Where memory is short the server ends the heaviest device's connections without a word.
                    Err(_) if matches!(attack, Attack::Crowd) => break,
                    Err(error) => return Err(error),
                }
            }
            Ok(answered)
        })
        .await
    }

    async fn beside(&self, work: impl Future<Output = anyhow::Result<usize>>) -> anyhow::Result<Toll> {
        self.process.forget_peak()?;
        let (answered, waits) = self.bystander.beside(work).await?;
        let peak = self.process.memory().context("the server has died")?.peak;
        Ok(Toll { answered, waits, peak })
    }

    /// Kills the server and starts it again on what it has kept; gives how long it takes until it is ready.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start_again(&mut self) -> anyhow::Result<Duration> {
        self.process.kill_nine().await?;
        let began = Instant::now();
        self.process.start_again().await?;
        let server = self.process.api()?;
        server.call(Method::GET, "/readyz", None).await?;
        let took = began.elapsed();
        self.bystander = self.bystander.toward(&server);
        self.crowd.go_to(&server);
        // The first phone has had most of its tickets of this hour.
        self.attackers.pop();
        self.attackers.iter_mut().for_each(|attacker| attacker.go_to(&server));
        Ok(took)
    }

    /// Ends it.
    ///
    /// # Errors
    /// When the database cannot be dropped.
    pub async fn end(self) -> anyhow::Result<()> {
        self.process.end().await
    }
}
