//! The command line.

use std::{
    io::{self, Write},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use clap::{Args, Parser, Subcommand};
use thiserror::Error;

use crate::{
    app::{App, AppSettings, StartError},
    config::{Config, ConfigError},
    domain::{
        jobs::beginning::Said,
        leases::rotations::RotateError,
        people::staff::NewStaff,
        records::{audit::VerifyError, data_keys::DataKeyError},
    },
    http::{logs, openapi, router},
    ledger::LedgerError,
    nouns::{Refusal, clock::Clock, entropy::Entropy},
    serve::{self, ListenError, Running},
    store::{StoreError, practices},
    workers,
};

mod audit;
mod doctor;
mod init;
mod keys;
mod secret;

/// Within which time the process has ended after it was told to: requests have ten seconds, sockets as long again, and
/// balancers five.
const ENDED_WITHIN: Duration = Duration::from_secs(40);

/// Refrain: clips from therapy sessions, released until a date, held back when they must be.
#[derive(Parser)]
#[command(name = "refrain", version)]
pub struct Cli {
    /// The configuration.
    #[arg(long, global = true, default_value = "refrain.toml", env = "REFRAIN_CONFIG")]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Sets up folders, keys, the practice and its first therapist. Once.
    Init(init::InitArgs),
    /// Serves until it is told to stop.
    Serve(ServeArgs),
    /// Looks at everything that a server stands on, and says what is wrong and how to mend it. Changes nothing.
    Doctor(doctor::DoctorArgs),
    /// Members of staff.
    Staff {
        #[command(subcommand)]
        command: StaffCommand,
    },
    /// The audit.
    Audit {
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// The practice's keys.
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Prints the OpenAPI document.
    Openapi,
}

/// What is said about one start, and not in the configuration: at the next start it would be untrue.
#[derive(Args)]
struct ServeArgs {
    /// The ledger that the database knows is lost: begins another one, and holds every practice until therapists confirm.
    #[arg(long)]
    new_ledger: bool,
    /// This is a further server on this database, which is as it should be.
    #[arg(long, conflicts_with = "new_ledger")]
    join: bool,
    /// The push key is lost: makes another one. Each phone subscribes anew at its next contact.
    #[arg(long)]
    new_push_key: bool,
    /// This computer's clock is right, though ledger and audit say otherwise.
    #[arg(long)]
    clock_is_right: bool,
}

#[derive(Subcommand)]
enum StaffCommand {
    /// Adds a member of staff to the practice.
    Add(init::StaffArgs),
}

#[derive(Subcommand)]
enum AuditCommand {
    /// Verifies the practice's chain by its key, and against the ledger, and says whether it is unbroken.
    Verify(audit::VerifyArgs),
}

#[derive(Subcommand)]
enum KeysCommand {
    /// Goes over to another signing key, or with `--data` to another data key; servers need not be stopped.
    Rotate(keys::RotateArgs),
    /// Shows the data keys, and how much is still sealed under older ones.
    Show(keys::ShowArgs),
}

/// Why a command failed, in a sentence for whoever typed it.
#[derive(Debug, Error)]
pub enum CliError {
    /// The configuration is refused.
    #[error("{0}")]
    Config(#[from] ConfigError),
    /// The app does not open.
    #[error("{0}")]
    Start(#[from] StartError),
    /// The server does not listen.
    #[error("{0}")]
    Listen(#[from] ListenError),
    /// The domain refused.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// The database did not answer.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// A file or the terminal failed.
    #[error("a file or the terminal failed: {0}")]
    Io(#[from] io::Error),
    /// Set-up was run a second time.
    #[error(
        "this practice is set up already; nothing was changed. Add people with `refrain staff add`, or serve with \
         `refrain serve`"
    )]
    SetUpAlready,
    /// There is no practice yet.
    #[error("no practice is set up here yet; run `refrain init`")]
    NotSetUp,
    /// The practice goes on with the key that it has.
    #[error("{0}")]
    Rotate(#[from] RotateError),
    /// The practice goes on with the data key that it has.
    #[error("{0}")]
    DataKey(#[from] DataKeyError),
    /// No password was given.
    #[error("a password is needed: set REFRAIN_INIT_PASSWORD, pipe it in, or type it at the prompt")]
    NoPassword,
    /// The role is no role.
    #[error("--role: one of therapist, supervisor, practice_admin")]
    NoSuchRole,
    /// The audit is not as it was written.
    #[error("{0}")]
    Audit(#[from] VerifyError),
    /// A part is not well; which was told.
    #[error("something is wrong: look at the lines that say so")]
    NotWell,
    /// The ledger cannot be read.
    #[error("{0}")]
    Ledger(#[from] LedgerError),
}

/// Does what the command line says.
///
/// # Errors
/// One sentence for whoever typed it.
pub async fn run(cli: Cli) -> Result<(), CliError> {
    match cli.command {
        Command::Init(args) => init::init(&cli.config, args).await,
        Command::Serve(args) => serve_until_told(&Config::load(&cli.config)?, &args).await,
        Command::Doctor(args) => doctor::examine(&cli.config, &args).await,
        Command::Staff { command: StaffCommand::Add(args) } => init::add_staff(&cli.config, args).await,
        Command::Audit { command: AuditCommand::Verify(args) } => {
            audit::verify(&Config::load(&cli.config)?, &args).await
        }
        Command::Keys { command: KeysCommand::Rotate(args) } => {
            keys::rotate(&Config::load(&cli.config)?, &args).await
        }
        Command::Keys { command: KeysCommand::Show(args) } => {
            keys::show(&Config::load(&cli.config)?, &args).await
        }
        Command::Openapi => tell(openapi::text(&router::document()).trim_end()),
    }
}

/// Writes a command's answer, and the end of its line, to standard output. A reader who has gone, as `head` has after its last
/// line, is no failure.
fn tell(answer: impl std::fmt::Display) -> Result<(), CliError> {
    match writeln!(io::stdout(), "{answer}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

async fn open(config: &Config) -> Result<Arc<App>, CliError> {
    Ok(App::open(config.app_settings(Clock::System, Entropy::System)?).await?)
}

async fn serve_until_told(config: &Config, args: &ServeArgs) -> Result<(), CliError> {
    let lines = log_to_stdout(config);
    let ServeArgs { new_ledger, join: joins, new_push_key, clock_is_right } = *args;
    let said = Said { new_ledger, joins, new_push_key, clock_is_right };
    let settings = config.app_settings(Clock::kept(), Entropy::System)?;
    let app = App::open(AppSettings { said, ..settings }).await?;
    let mut tx = app.ground.db.read().await?;
    let practice = practices::find_first(&mut tx).await?;
    drop(tx);
    if practice.is_none() && config.web_dir.is_none() {
        return Err(CliError::NotSetUp);
    }
    app.prove_objects().await?;
    let running: Running = serve::start(Arc::clone(&app), config).await?;
    if practice.is_none() {
        open_set_up(&app, config)?;
    }
    let workers = workers::start(&app);
    tracing::info!(address = %running.address(), tls = config.tls.is_some(), "listening");
    tokio::select! {
        told = told_to_stop() => told?,
        () = lines.tell_dropped() => {}
    }
    end_without_fail();
    tracing::info!("stopping");
    let stopped = running.stop().await;
    workers.stop().await;
    app.close().await;
    Ok(stopped?)
}

/// Writes the code into a file: what is printed ends up in logs, and whoever reads logs must not be able to set a practice up.
fn open_set_up(app: &App, config: &Config) -> io::Result<()> {
    let file = app.set_up.open(&config.key_dir, &app.ground.entropy)?;
    // The file is there, read or not.
    let _ = writeln!(
        io::stderr(),
        "\nNo practice is set up here yet. Open {}/console/ and enter the code that is in this file:\n\n  {}\n\nThe code works \
         once, and until this server stops.\n",
        app.ground.settings.public_url,
        file.display()
    );
    Ok(())
}

/// Ends the process if something that hangs, such as a disk or a database, keeps it from ending by itself. All that was
/// acknowledged is on disk by then.
fn end_without_fail() {
    std::thread::spawn(|| {
        std::thread::sleep(ENDED_WITHIN);
        std::process::exit(1);
    });
}

/// Nothing waits for the reader of standard output.
fn log_to_stdout(config: &Config) -> logs::Lines {
    logs::log_panics();
    // The configuration was checked: what cannot be parsed was refused by name.
    let filter = config.log_filter.parse().unwrap_or_default();
    let (writer, lines) = logs::Lines::to_stdout();
    let _ = tracing::subscriber::set_global_default(logs::subscriber(config.log_format, filter, writer));
    lines
}

#[cfg(unix)]
async fn told_to_stop() -> io::Result<()> {
    let mut terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        _ = terminated.recv() => Ok(()),
        interrupted = tokio::signal::ctrl_c() => interrupted,
    }
}

#[cfg(not(unix))]
async fn told_to_stop() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}

fn new_staff(email: String, name: String) -> Result<NewStaff, CliError> {
    Ok(NewStaff { email, name, password: secret::password()? })
}
