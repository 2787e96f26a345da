//! The benchmarks.

use std::process::ExitCode;

use crate::workspace::{cargo, exit_code};

/// How they are run.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only benchmarks whose names contain this.
    filter: Option<String>,
    /// Only of this package.
    #[arg(long, short)]
    package: Option<String>,
}

/// Runs every benchmark of the workspace.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut bench = cargo(["bench", "--locked", "--benches"]);
    match &args.package {
        Some(package) => bench.args(["--package", package]),
        None => bench.arg("--workspace"),
    };
    if let Some(filter) = &args.filter {
        bench.args(["--", filter]);
    }
    Ok(exit_code(bench.status()?))
}
