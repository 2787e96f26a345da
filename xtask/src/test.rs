//! Everything that CI checks, in the order in which a mistake is cheapest to hear of.
//!
//! One of the Rust tests compares docs/openapi.json with the routes, and every answer of its tests with the document.

use std::{
    env,
    path::PathBuf,
    process::{Command, ExitCode},
};

use crate::{
    apps::{browser, javascript, wasm},
    checks::{api, dependencies, invariants, openapi, prose, rooms},
    postgres,
    skips::Skips,
    steps::Steps,
    workspace::{self, cargo, has_cargo},
};

/// How it is run.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only formatting, lints and tests.
    #[arg(long)]
    quick: bool,
    /// Also runs the deeper checks: 10,000 schedules instead of 1,000, every screen, and Lighthouse.
    #[arg(long)]
    long: bool,
    /// Runs the later steps even after a failure.
    #[arg(long)]
    keep_going: bool,
    /// Properties draw cases that nobody has seen, instead of those by which every change is judged.
    #[arg(long)]
    new_cases: bool,
}

/// Where properties begin to draw. A change that breaks nothing must not be stopped by a case that somebody else's draw would
/// not have shown: new ones are looked for on purpose, with `--new-cases` or by running the tests without this command.
const PROPERTY_SEED: (&str, &str) = ("PROPTEST_RNG_SEED", "20260101");

/// Asks the tests for their deeper runs.
const LONG: (&str, &str) = ("REFRAIN_TEST_LONG", "1");

/// Runs the steps, then tells what happened and what was skipped.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut skips = Skips::new();
    let mut steps = Steps::new(args.keep_going);
    let mut here = Here::default();
    steps.step("what is here", || {
        here = Here::find(&mut skips)?;
        skips.check()
    });
    steps.step("formatting", || workspace::run(&mut cargo(["fmt", "--all", "--check"])));
    steps.step("invariants", invariants::check);
    steps.step("rooms", rooms::check);
    steps.step("prose", prose::check);
    if !args.quick {
        steps.step("licences, bans and sources", dependencies::check);
        if let Err(why) = dependencies::advisories() {
            skips.note("advisories about the crates that we build upon", &why);
        }
    }
    steps.step("lints", || {
        let clippy = ["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"];
        workspace::run(&mut cargo(clippy))
    });
    steps.step("JavaScript packages", || {
        javascript::install(&here.packages)?;
        if args.quick || here.browsers.is_empty() { Ok(()) } else { browser::install() }
    });
    steps.step("tests", || {
        let mut tests = tests();
        if !args.new_cases && env::var_os(PROPERTY_SEED.0).is_none() {
            tests.env(PROPERTY_SEED.0, PROPERTY_SEED.1);
        }
        if args.long {
            tests.env(LONG.0, LONG.1);
        }
        workspace::run(&mut here.tell(tests))
    });
    if !args.quick {
        steps.step("examples in the documentation", || {
            workspace::run(&mut cargo(["test", "--locked", "--workspace", "--doc"]))
        });
        steps.step("JavaScript suites", || javascript::test(&here.packages));
        if here.node {
            steps.step("the API document", openapi::check);
        }
        if here.python {
            let depth = if args.long { api::Depth::Long } else { api::Depth::Short };
            steps.step("the API, asked by a tester", || api::run(depth));
        }
        steps.step("documentation", || {
            let mut doc = cargo(["doc", "--locked", "--workspace", "--no-deps"]);
            workspace::run(doc.env("RUSTDOCFLAGS", "-D warnings"))
        });
        if here.browsers.is_empty() {
            // The bridge of the web apps is sync-core for wasm32, too.
            steps.step("sync-core for wasm32", wasm::run);
        } else {
            steps.step("the web apps in browsers", || browser::test(&here.browsers, args.long));
        }
    }
    let code = steps.summary();
    skips.report();
    Ok(code)
}

/// cargo-nextest stops a test that hangs (`.config/nextest.toml`); where it is missing, cargo runs the same tests.
fn tests() -> Command {
    if has_cargo("nextest") {
        cargo(["nextest", "run", "--locked", "--workspace"])
    } else {
        println!("cargo-nextest is not installed: a test that hangs will hang here");
        cargo(["test", "--locked", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"])
    }
}

/// What this machine has for the tests.
#[derive(Default)]
struct Here {
    postgres: Option<String>,
    node: bool,
    python: bool,
    packages: Vec<PathBuf>,
    browsers: Vec<browser::Found>,
}

impl Here {
    fn find(skips: &mut Skips) -> anyhow::Result<Self> {
        let postgres = match postgres::find()? {
            postgres::Found::Here(url) => Some(url),
            postgres::Found::Missing(why) => {
                skips.skip("every test on PostgreSQL", &why);
                None
            }
        };
        println!("PostgreSQL: {}", if postgres.is_some() { "here" } else { "missing" });
        let mut packages = javascript::packages()?;
        let (node, python) = (javascript::find_node(), api::find_python());
        println!("node: {}", if node.is_ok() { "here" } else { "missing" });
        println!("Python: {}", if python.is_ok() { "here" } else { "missing" });
        if let Err(why) = &node {
            for package in packages.drain(..) {
                skips.skip(&javascript::name(&package), why);
            }
            skips.skip("whether the API document is valid", why);
        }
        if let Err(why) = &python {
            skips.skip("the API, asked by a tester", why);
        }
        let mut browsers = Vec::new();
        for browser in &browser::BROWSERS {
            let found = browser.find();
            println!("{}: {}", browser.name, if found.is_ok() { "here" } else { "missing" });
            match found {
                Ok(found) => browsers.push(found),
                Err(why) => skips.skip(&format!("the web apps in {}", browser.name), &why),
            }
        }
        Ok(Self { postgres, node: node.is_ok(), python: python.is_ok(), packages, browsers })
    }

    /// Tells a command's tests which server to use. An error says what was the matter; where it was made, in a hundred
    /// lines of executor frames, only hides that.
    fn tell(&self, mut tests: Command) -> Command {
        tests.env("RUST_BACKTRACE", "0");
        if let Some(url) = &self.postgres {
            tests.env(postgres::VARIABLE, url);
        }
        tests
    }
}
