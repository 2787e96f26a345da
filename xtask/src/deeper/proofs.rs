//! The proofs, further than CI goes: the model and the simulation.

use std::process::ExitCode;

use crate::workspace::{cargo, exit_code};

/// How the model is checked.
#[derive(clap::Args)]
pub(crate) struct Model {
    /// How much more may happen than in CI: hours and gigabytes from 2 on.
    #[arg(long, default_value_t = 0)]
    depth: u8,
    /// Only this scope.
    #[arg(long)]
    scope: Option<String>,
}

/// How schedules are run.
#[derive(clap::Args)]
pub(crate) struct Simulate {
    /// How many.
    #[arg(long, default_value_t = 10_000)]
    seeds: u64,
    /// The first.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Only this one: what a failure prints.
    #[arg(long)]
    seed: Option<u64>,
    /// Months of a patchy network, and nothing else that goes wrong.
    #[arg(long)]
    patience: bool,
}

/// Visits every state of the model.
pub(crate) fn model(args: &Model) -> anyhow::Result<ExitCode> {
    let mut model = run("model");
    model.arg("--depth").arg(args.depth.to_string());
    if let Some(scope) = &args.scope {
        model.arg("--scope").arg(scope);
    }
    Ok(exit_code(model.status()?))
}

/// Runs schedules of the simulation.
pub(crate) fn simulate(args: &Simulate) -> anyhow::Result<ExitCode> {
    let mut simulate = run("simulate");
    simulate.arg("--seeds").arg(args.seeds.to_string()).arg("--from").arg(args.from.to_string());
    if let Some(seed) = args.seed {
        simulate.arg("--seed").arg(seed.to_string());
    }
    if args.patience {
        simulate.arg("--patience");
    }
    Ok(exit_code(simulate.status()?))
}

/// In the profile of the tests, whose overrides make the crates optimised that matter: nothing is built twice.
fn run(binary: &str) -> std::process::Command {
    cargo(["run", "--locked", "--quiet", "--package", "proofs", "--bin", binary, "--"])
}
