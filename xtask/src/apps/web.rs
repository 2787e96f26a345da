//! The web apps: the bridge as WebAssembly, its JavaScript side, and the pages, built into one folder.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::Context;

use super::{
    javascript,
    wasm::{self, TARGET},
};
use crate::workspace::{self, Metadata, cargo, root};

/// How it is built.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// For phones of clients: packs as small as can be, which takes a minute longer.
    #[arg(long)]
    release: bool,
}

/// Builds for a practice.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let out = build(if args.release { Packing::Smallest } else { Packing::Quick })?;
    println!("The web apps are in {}: `web.dir` names this folder.", out.display());
    Ok(ExitCode::SUCCESS)
}

/// How well files are packed for browsers that take brotli. The budget of the first screen counts gzip, which is the same in
/// both.
#[derive(Clone, Copy)]
pub(crate) enum Packing {
    /// For tests and demonstrations.
    Quick,
    /// For release.
    Smallest,
}

/// Builds everything; gives the folder that `web.dir` names.
///
/// # Errors
/// When a tool is missing or a step does not succeed.
pub(crate) fn build(packing: Packing) -> anyhow::Result<PathBuf> {
    javascript::find_node()?;
    let web = root().join("web");
    let target = Metadata::own()?.target_directory;
    build_bridge(&web, &target)?;
    install(&web)?;
    javascript::run(&web, &["run", "--silent", "check"])?;
    // Not target/web: that is where cargo keeps what it has built for the profile of that name.
    let out = target.join("apps");
    let quality = match packing {
        Packing::Quick => "4",
        Packing::Smallest => "11",
    };
    let mut node = Command::new("node");
    workspace::run(node.current_dir(&web).arg("build.mjs").arg(&out).env("REFRAIN_WEB_BROTLI", quality))?;
    Ok(out)
}

/// Builds the apps where Node is; elsewhere one line says that the API runs without them.
///
/// # Errors
/// When they could be built, and were not.
pub(crate) fn build_where_possible() -> anyhow::Result<Option<PathBuf>> {
    match javascript::find_node() {
        Ok(()) => build(Packing::Quick).map(Some),
        Err(why) => {
            println!("The web apps are not built: {why:#}. The API runs without them.");
            Ok(None)
        }
    }
}

/// The bridge, in the profile that makes it small, and what wasm-bindgen writes beside it.
fn build_bridge(web: &Path, target: &Path) -> anyhow::Result<()> {
    wasm::ensure_target()?;
    let build = ["build", "--locked", "--package", "refrain-bridge", "--target", TARGET, "--profile", "web"];
    workspace::run(cargo(build).env("CARGO_ENCODED_RUSTFLAGS", flags()?))?;
    // A workspace of its own: what it needs is nobody else's business.
    let tool = target.join("bindgen");
    let mut bindgen = cargo(["build", "--locked", "--quiet", "--manifest-path"]);
    workspace::run(bindgen.arg(web.join("bindgen/Cargo.toml")).arg("--target-dir").arg(&tool))?;
    let program = format!("debug/refrain-bindgen{}", std::env::consts::EXE_SUFFIX);
    let wasm = target.join(TARGET).join("web/refrain_bridge.wasm");
    workspace::run(Command::new(tool.join(program)).arg(wasm).arg(web.join("bridge/pkg")))
}

/// Ciphers and digests that loop, and are not laid out round by round: nothing in the bridge is hot.
const COMPACT: [&str; 4] =
    ["--cfg", "sha2_backend_soft=\"compact\"", "--cfg", "aes_backend_soft=\"compact\""];

/// What panics say of where they come from is the same on every machine: it is shipped to phones, and its size is counted.
fn flags() -> anyhow::Result<String> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| env::home_dir().map(|home| home.join(".cargo"))).context("no home")?;
    let sources = home.join("registry/src");
    let mut places: Vec<_> =
        fs::read_dir(&sources).into_iter().flatten().flatten().map(|one| one.path()).collect();
    places.sort();
    let flags = places.iter().map(|place| format!("--remap-path-prefix={}=crates", place.display()));
    Ok(COMPACT.map(str::to_owned).into_iter().chain(flags).collect::<Vec<_>>().join("\u{1f}"))
}

/// The exact versions of the lock file, unless they are installed already.
pub(crate) fn install(web: &Path) -> anyhow::Result<()> {
    let lock = fs::read(web.join("package-lock.json")).context("web/package-lock.json")?;
    let installed = web.join("node_modules/.installed");
    if fs::read(&installed).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    javascript::run(web, &["ci", "--no-audit", "--no-fund"])?;
    Ok(fs::write(installed, lock)?)
}
