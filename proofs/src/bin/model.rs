//! Visits every state of the model, and says how many there are.

use std::process::ExitCode;

use clap::Parser;
use proofs::model::{
    Checked, Scope, check,
    replicas::{self, Rules},
};

/// Visits every state of the model.
#[derive(Parser)]
struct Args {
    /// How much more may happen than in CI.
    #[arg(long, default_value_t = 0)]
    depth: u8,
    /// Only this scope.
    #[arg(long)]
    scope: Option<String>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let is_wanted = |name: &str| args.scope.as_deref().is_none_or(|only| only == name);
    let mut kept = true;
    for scope in Scope::all(args.depth).into_iter().filter(|scope| is_wanted(scope.name)) {
        kept &= tell(&check(scope));
    }
    if is_wanted("replicas") {
        kept &= tell(&replicas::check(Rules::Kept));
    }
    if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Tells what came of a scope; whether every rule was kept.
fn tell(checked: &Checked) -> bool {
    println!("{checked}");
    checked.is_kept()
}
