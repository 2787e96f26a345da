//! Setting a practice up, and adding people to it.

use std::path::Path;
use sync_core::{policy::Role, vocabulary::Vocabulary};

use clap::Args;
use serde_json::json;

use super::{CliError, new_staff, open, tell};
use crate::{
    config::Config,
    domain::people::{
        practice::{self, Contact, NewPractice},
        staff,
    },
    nouns::{Refusal, durable, entropy::Entropy},
    store::practices,
};

/// What a practice is set up with.
#[derive(Args)]
pub(super) struct InitArgs {
    /// The practice's name.
    #[arg(long)]
    practice: String,
    /// How clients reach the practice: a number or address.
    #[arg(long)]
    contact: String,
    /// The local crisis number, which every ended clip shows.
    #[arg(long)]
    crisis: String,
    /// The first therapist's e-mail address, with which they sign in.
    #[arg(long)]
    email: String,
    /// The first therapist's name.
    #[arg(long)]
    name: String,
    /// The time zone in which the practice is, by its IANA name; this computer's if it is left out.
    #[arg(long)]
    zone: Option<String>,
    /// How push services reach you who run this server; the first therapist's e-mail address if it is left out.
    #[arg(long)]
    push_contact: Option<String>,
    /// Answers in JSON, for scripts.
    #[arg(long)]
    json: bool,
}

/// A person who is added to the practice.
#[derive(Args)]
pub(super) struct StaffArgs {
    /// Their e-mail address, with which they sign in.
    #[arg(long)]
    email: String,
    /// Their name.
    #[arg(long)]
    name: String,
    /// What they may do: therapist, supervisor or `practice_admin`.
    #[arg(long, default_value = "therapist")]
    role: String,
    /// Answers in JSON, for scripts.
    #[arg(long)]
    json: bool,
}

pub(super) async fn init(path: &Path, args: InitArgs) -> Result<(), CliError> {
    if !path.exists() {
        let text = settings_of(&args);
        // Before anything is made: a file with a setting that is refused would stop the next run too.
        Config::parse(&text, Path::new(""))?;
        if let Some(folder) = path.parent() {
            durable::create_dir(folder)?;
        }
        durable::create(path, &text, &Entropy::System)?;
    }
    let config = Config::load(path)?;
    create_folders(&config)?;
    let app = open(&config).await?;
    let mut tx = app.ground.db.read().await?;
    let found = practices::find_first(&mut tx).await?;
    drop(tx);
    // Asked before the password is, and again in the transaction.
    if found.is_some() {
        return Err(CliError::SetUpAlready);
    }
    let therapist = new_staff(args.email, args.name)?;
    let contact = Contact { practice: args.contact, crisis: args.crisis };
    let new = NewPractice { name: args.practice, contact, therapist };
    let opened = match practice::open(&app.ground, &app.passwords, new).await {
        Err(Refusal::Conflict) => return Err(CliError::SetUpAlready),
        opened => opened?,
    };
    app.close().await;
    let otpauth = opened.otpauth.as_str();
    if args.json {
        let (practice, staff) = (opened.practice.to_string(), opened.therapist.to_string());
        return tell(json!({ "practice": practice, "staff": staff, "otpauth": otpauth }));
    }
    tell(format_args!(
        "The practice is set up. Add this to an authenticator app now; it is not shown again:\n\n  {otpauth}\n\nKeep a copy \
         of {} apart from every other backup.\nNext: refrain serve --config {}",
        config.key_dir.display(),
        path.display()
    ))
}

/// The configuration of a new installation.
fn settings_of(args: &InitArgs) -> String {
    let here = || jiff::tz::TimeZone::system().iana_name().unwrap_or("UTC").to_owned();
    let zone = args.zone.clone().unwrap_or_else(here);
    let contact = args.push_contact.clone().unwrap_or_else(|| format!("mailto:{}", args.email));
    Config::template(&contact, &zone)
}

pub(super) async fn add_staff(path: &Path, args: StaffArgs) -> Result<(), CliError> {
    let role = Role::parse(&args.role).ok_or(CliError::NoSuchRole)?;
    let app = open(&Config::load(path)?).await?;
    let mut tx = app.ground.db.read().await?;
    let practice = practices::find_first(&mut tx).await?.ok_or(CliError::NotSetUp)?;
    drop(tx);
    let (staff, otpauth) =
        staff::add(&app.ground, &app.passwords, practice, new_staff(args.email, args.name)?, role).await?;
    app.close().await;
    if args.json {
        return tell(json!({ "staff": staff.to_string(), "otpauth": otpauth.as_str() }));
    }
    tell(format_args!(
        "Add this to an authenticator app now; it is not shown again:\n\n  {}",
        otpauth.as_str()
    ))
}

fn create_folders(config: &Config) -> Result<(), CliError> {
    let database = config.database_url.strip_prefix("sqlite://").map(Path::new);
    for file in database.into_iter().chain([config.ledger_path.as_path()]) {
        if let Some(folder) = file.parent() {
            durable::create_dir(folder)?;
        }
    }
    Ok(())
}
