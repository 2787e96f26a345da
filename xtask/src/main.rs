//! `cargo xtask …`: the commands that people and CI run on this workspace.

mod apps;
mod checks;
mod deeper;
mod demo;
mod fix;
mod postgres;
mod skips;
mod steps;
mod test;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

use self::{
    apps::{browser, wasm, web},
    checks::{api, dependencies, openapi, prose, rooms},
    deeper::{bench, coverage, fuzz, proofs},
};

/// What people and CI run on this workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Command {
    /// Starts a practice, a client and their devices on the real server, and tells what happens.
    Demo(demo::Args),
    /// Checks everything that CI checks.
    Test(test::Args),
    /// Runs the benchmarks.
    Bench(bench::Args),
    /// Feeds sync-core with hostile bytes under libFuzzer (needs cargo-fuzz and a nightly compiler).
    Fuzz(fuzz::Args),
    /// Visits every state of the model of the rules.
    Model(proofs::Model),
    /// Runs schedules of the simulation, or one of them again.
    Simulate(proofs::Simulate),
    /// Measures which lines the tests reach (needs cargo-llvm-cov).
    Coverage(coverage::Args),
    /// Writes docs/openapi.json from the routes, and the types of the web apps from that.
    Openapi,
    /// Lets strangers, phones, consoles and therapists ask the server whatever docs/openapi.json allows (needs Python 3).
    Api(Api),
    /// Builds sync-core for wasm32-unknown-unknown.
    Wasm,
    /// Builds the web apps into target/apps (needs Node).
    Web(web::Args),
    /// Tests the web apps in browsers (needs Node and Chromium; Firefox and WebKit where they are).
    Browser,
    /// Writes every screen of the web apps into target/screenshots.
    Screenshots,
    /// Formats Rust and TypeScript, mends what their linters can mend, and writes the API document anew.
    Fix,
    /// Checks that dependencies run one way, and that no folder or file is too large.
    Rooms,
    /// Counts clauses without a noun and actors without a name in docs and module heads.
    Prose,
    /// Checks licences, sources and banned crates against deny.toml.
    Deny,
}

/// How the server is asked.
#[derive(clap::Args)]
struct Api {
    /// Twenty times as many requests: for a look on purpose.
    #[arg(long)]
    long: bool,
}

fn main() -> ExitCode {
    // Not `main() -> Result`: a step that fails has said why, and a backtrace would hide it.
    Command::parse().run().unwrap_or_else(|error| {
        eprintln!("{error:#}");
        ExitCode::FAILURE
    })
}

impl Command {
    fn run(&self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Demo(args) => demo::run(args),
            Self::Test(args) => test::run(args),
            Self::Bench(args) => bench::run(args),
            Self::Fuzz(args) => fuzz::run(args),
            Self::Model(args) => proofs::model(args),
            Self::Simulate(args) => proofs::simulate(args),
            Self::Coverage(args) => coverage::run(args),
            Self::Api(args) => {
                let depth = if args.long { api::Depth::Long } else { api::Depth::Short };
                api::run(depth).map(|()| ExitCode::SUCCESS)
            }
            Self::Openapi => openapi::run().map(|()| ExitCode::SUCCESS),
            Self::Wasm => wasm::run().map(|()| ExitCode::SUCCESS),
            Self::Web(args) => web::run(args),
            Self::Browser => {
                let (found, missing): (Vec<_>, Vec<_>) =
                    browser::BROWSERS.iter().map(browser::Browser::find).partition(Result::is_ok);
                missing.into_iter().filter_map(Result::err).for_each(|why| println!("left out: {why:#}"));
                let found: Vec<_> = found.into_iter().flatten().collect();
                browser::test(&found, true).map(|()| ExitCode::SUCCESS)
            }
            Self::Screenshots => browser::screenshots().map(|out| {
                println!("The screens are in {}.", out.display());
                ExitCode::SUCCESS
            }),
            Self::Fix => fix::run().map(|()| ExitCode::SUCCESS),
            Self::Rooms => rooms::check().map(|()| ExitCode::SUCCESS),
            Self::Prose => prose::run(),
            Self::Deny => dependencies::check().map(|()| ExitCode::SUCCESS),
        }
    }
}
