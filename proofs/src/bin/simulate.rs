//! Runs schedules of the simulation.

use std::process::ExitCode;

use clap::Parser;
use proofs::simulation::{Kind, run_all};

/// Runs schedules of the simulation.
#[derive(Parser)]
struct Args {
    /// How many.
    #[arg(long, default_value_t = 10_000)]
    seeds: u64,
    /// The first.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Only this one.
    #[arg(long)]
    seed: Option<u64>,
    /// Months of a patchy network, and nothing else that goes wrong.
    #[arg(long)]
    patience: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let kind = if args.patience { Kind::Patience } else { Kind::Schedule };
    let seeds = args.seed.map_or(args.from..args.from + args.seeds, |seed| seed..seed + 1);
    match run_all(kind, seeds) {
        Ok(happened) => {
            println!("{happened}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}
