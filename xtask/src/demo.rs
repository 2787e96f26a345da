//! The demo: the real server, and people on real devices' state machines.

use std::process::{Command, ExitCode};

use crate::{apps::web, workspace};

/// How it is run.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Ends after the story instead of leaving the server running.
    #[arg(long)]
    no_serve: bool,
    /// Passed to the demo as they are.
    #[arg(last = true)]
    rest: Vec<String>,
}

/// Builds the server, and the web apps where that can be done, and hands over to the demo.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let programs = workspace::programs(false)?;
    let program = |name: &str| programs.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let mut demo = Command::new(program("demo"));
    demo.current_dir(workspace::root()).arg("--refrain").arg(program("refrain"));
    if args.no_serve {
        demo.arg("--no-serve");
    } else if let Some(built) = web::build_where_possible()? {
        demo.arg("--web").arg(built);
    }
    become_child(demo.args(&args.rest))
}

/// Becomes the demo, so that Ctrl-C and the exit status are its own.
#[cfg(unix)]
fn become_child(command: &mut Command) -> anyhow::Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    Err(command.exec().into())
}

#[cfg(not(unix))]
fn become_child(command: &mut Command) -> anyhow::Result<ExitCode> {
    Ok(workspace::exit_code(command.status()?))
}
