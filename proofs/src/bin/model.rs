//! Visits every state of the model, and says how many there are.
use clap::Parser;
use proofs::model::{Scope, check};
use std::process::ExitCode;

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
    for scope in Scope::all(args.depth) {
        if args.scope.as_ref().is_some_and(|only| only != scope.name) {
            continue;
        }
        let c = check(scope);
        println!("{}: {} states, {} steps, depth {}, runs {}", c.name, c.states, c.steps, c.depth, c.runs);
        for (rule, path) in &c.broken {
            println!("BROKEN {rule}\n{path}");
        }
        for rule in &c.unseen {
            println!("UNSEEN {rule}");
        }
    }
    ExitCode::SUCCESS
}
