//! Where the workspace is, and the cargo that built this program.

use std::{
    collections::BTreeMap,
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, ExitCode, ExitStatus},
};

use anyhow::{Context, ensure};
use serde::Deserialize;

/// The folder of the workspace's Cargo.toml.
pub(crate) fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

/// The same cargo and toolchain that runs this program, in the workspace's folder. It inherits `CARGO_TARGET_DIR`.
pub(crate) fn cargo<'a>(args: impl IntoIterator<Item = &'a str>) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root()).args(args);
    cargo
}

/// Runs a command to its end.
///
/// # Errors
/// When it cannot be started or says that it failed.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("{} cannot be started", name(command)))?;
    ensure!(status.success(), "{}: {status}", name(command));
    Ok(())
}

/// The program and its first argument, as in `cargo clippy`.
fn name(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_stem().unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args().take(1));
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

/// Ends this program as a child ended.
pub(crate) fn exit_code(status: ExitStatus) -> ExitCode {
    status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// Whether `cargo <name>` is installed.
pub(crate) fn has_cargo(name: &str) -> bool {
    cargo([name, "--version"]).output().is_ok_and(|output| output.status.success())
}

/// Builds every program of the workspace, and gives the folder that they are in.
///
/// Cargo builds a crate again for each set of features that a build asks for, and tests ask for more than programs. So the
/// programs are built as the tests build them, if a test run has done that here; a first demo does not wait for the tests.
///
/// # Errors
/// When cargo fails.
pub(crate) fn programs(with_tests: bool) -> anyhow::Result<PathBuf> {
    let folder = Metadata::own()?.target_directory.join("debug");
    let tested = folder.join(format!("stage{}", env::consts::EXE_SUFFIX)).is_file();
    let mut build = cargo(["build", "--locked", "--workspace", "--bins"]);
    if with_tests || tested {
        build.arg("--tests");
    }
    run(&mut build)?;
    Ok(folder)
}

/// The answer of cargo about the workspace.
#[derive(Deserialize)]
pub(crate) struct Metadata {
    /// Where cargo builds.
    pub(crate) target_directory: PathBuf,
    /// Our own packages.
    pub(crate) packages: Vec<Package>,
}

/// One package of ours.
#[derive(Deserialize)]
pub(crate) struct Package {
    /// Its name.
    pub(crate) name: String,
    /// Its features.
    pub(crate) features: BTreeMap<String, Vec<String>>,
}

impl Metadata {
    /// Asks cargo.
    pub(crate) fn own() -> anyhow::Result<Self> {
        let mut metadata = cargo(["metadata", "--format-version=1", "--locked", "--no-deps"]);
        let output = metadata.output().context("cargo metadata cannot be started")?;
        ensure!(
            output.status.success(),
            "cargo metadata: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}
