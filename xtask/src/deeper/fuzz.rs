//! sync-core's targets under libFuzzer. The ordinary tests feed the same targets with seeded mutations.

use std::{
    fs,
    path::PathBuf,
    process::{Command, ExitCode},
};

use anyhow::{Context, ensure};

use crate::workspace::{self, Metadata, has_cargo, root};

/// How they are run.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How long each target is fed.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Only this one.
    target: Option<String>,
}

/// Feeds each target in turn; ends with the first input that one does not survive.
///
/// # Errors
/// When cargo-fuzz or a nightly compiler is missing: how to install it.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    ensure!(has_cargo("fuzz"), "cargo-fuzz is not installed:\n  cargo install --locked cargo-fuzz");
    let nightly = nightly("rustc").arg("--version").output().is_ok_and(|output| output.status.success());
    ensure!(
        nightly,
        "libFuzzer needs a nightly compiler:\n  rustup toolchain install nightly --profile minimal"
    );
    let targets = targets()?;
    if let Some(wanted) = &args.target {
        ensure!(targets.contains(wanted), "no such target; there are: {}", targets.join(", "));
    }
    let built = Metadata::own()?.target_directory.join("fuzz");
    for target in targets.iter().filter(|target| args.target.as_ref().is_none_or(|wanted| wanted == *target))
    {
        println!("\n== {target}, {} s", args.seconds);
        feed(target, args.seconds, &built)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs one target. What it finds on the way is kept in the target folder; what breaks it goes to `fuzz/artifacts`.
fn feed(target: &str, seconds: u32, built: &std::path::Path) -> anyhow::Result<()> {
    let corpus = built.join("corpus").join(target);
    fs::create_dir_all(&corpus)?;
    let mut fuzz = nightly("cargo");
    fuzz.current_dir(root()).args(["fuzz", "run", "--target-dir"]).arg(built).arg(target).arg(corpus);
    fuzz.arg(root().join("fuzz/seeds").join(target));
    fuzz.args([
        "--",
        &format!("-max_total_time={seconds}"),
        "-rss_limit_mb=512",
        "-timeout=5",
        "-print_final_stats=1",
    ]);
    workspace::run(&mut fuzz)
}

/// The targets that have seeds, by name.
fn targets() -> anyhow::Result<Vec<String>> {
    let folder = root().join("fuzz/seeds");
    let paths: Vec<PathBuf> = fs::read_dir(&folder)
        .with_context(|| folder.display().to_string())?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    let names = paths.iter().filter_map(|path| path.file_name());
    let mut names: Vec<_> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    Ok(names)
}

/// A program of rustup's nightly toolchain, whatever runs this one.
fn nightly(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env("RUSTUP_TOOLCHAIN", "nightly").env_remove("CARGO").env_remove("RUSTC").env_remove("RUSTDOC");
    command
}
