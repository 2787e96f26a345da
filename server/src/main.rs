//! The `refrain` command.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;
use mimalloc::MiMalloc;
use refrain::{
    cli::{self, Cli},
    serve::install_cryptography,
};

/// Gives memory back when it is not needed any more. The system's allocator keeps what a burst has used: a hostile phone
/// could make the server as large as it once was for ever.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    // What this process writes is for its owner alone: names and voices, whoever shares the computer.
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    install_cryptography();
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    match runtime.block_on(cli::run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn fail(error: &dyn std::error::Error) -> ExitCode {
    // Where nobody reads it, the exit code tells.
    let _ = writeln!(io::stderr(), "refrain: {error}");
    ExitCode::FAILURE
}
