//! Strangers, phones, consoles and therapists ask the real server whatever the API document allows them to ask, and more.
//!
//! The tester is schemathesis, which is not ours: it reads docs/openapi.json, makes requests up, and fails on a 5xx, on a
//! status or media type that the document does not name, and on an answer of another shape. How many requests it makes is
//! bounded by `--max-examples`, and its draws are the same each time.

use std::{
    env,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::workspace::{self, Metadata, root};

/// What it is pinned by, and where its hooks are.
const FOLDER: &str = "tests/interop/schemathesis";

/// What no caller may find.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
    response_schema_conformance";

/// Which end what the other requests need: the session, the devices that ask. Sockets are no requests.
const LEFT_ALONE: &str =
    "^(sign_out|remove_own_device|remove_device|remove_device_of_circle|open_sync|open_sync_with_ticket)$";

/// After so many seconds a request has failed. There is no limit for the whole (`--max-time`): with one, the tester asks on
/// and on until it is spent.
const ANSWERED_WITHIN: &str = "60";

/// How many requests of each kind are made up for each operation.
#[derive(Clone, Copy)]
pub(crate) enum Depth {
    /// For every change.
    Short,
    /// For a look on purpose.
    Long,
}

/// Installs the tester, and lets each kind of caller ask.
pub(crate) fn run(depth: Depth) -> anyhow::Result<()> {
    let tester = install()?;
    let callers = Callers::start()?;
    let told = &callers.told;
    let base = told["base"].as_str().context("no address")?;
    let tokens = told["tokens"].as_object().context("no tokens")?;
    let stranger = ("stranger".to_owned(), None);
    let known = tokens.iter().map(|(name, token)| (name.clone(), token.as_str()));
    for (name, token) in [stranger].into_iter().chain(known) {
        println!("── as {name}");
        // What is refused in one place, whatever is asked, is asked less often.
        let is_refused = matches!(name.as_str(), "stranger" | "console");
        let (phases, examples) = match (depth, is_refused) {
            (Depth::Short, true) => ("fuzzing", "1"),
            (Depth::Short, false) => ("examples,coverage,fuzzing", "5"),
            (Depth::Long, _) => ("examples,coverage,fuzzing", "100"),
        };
        let mut asks = Command::new(&tester);
        asks.current_dir(root().join(FOLDER))
            .env("SCHEMATHESIS_HOOKS", "hooks")
            .env("PYTHONPATH", root().join(FOLDER))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("REFRAIN_TEST_IDS", told["ids"].to_string())
            .args(["--config-file", "schemathesis.toml", "run"])
            .arg(root().join("docs/openapi.json"))
            .args(["--url", base, "--checks", CHECKS, "--phases", phases, "--max-examples", examples])
            .args(["--warnings", "off", "--request-timeout", ANSWERED_WITHIN])
            .args(["--exclude-operation-id-regex", LEFT_ALONE]);
        if let Some(token) = token {
            asks.args(["--header", &format!("Authorization: Bearer {token}")]);
        }
        workspace::run(&mut asks).with_context(|| format!("as {name}"))?;
    }
    Ok(())
}

/// Whether there is a Python that can make an environment.
///
/// # Errors
/// Why there is none.
pub(crate) fn find_python() -> anyhow::Result<()> {
    let found = Command::new("python3").args(["-c", "import venv, ensurepip"]).output();
    let found = found.context("python3 is not installed")?;
    ensure!(
        found.status.success(),
        "python3 cannot make an environment: Debian calls the package python3-venv"
    );
    Ok(())
}

/// The tester in an environment of its own, at the pinned versions; made again if they have changed.
fn install() -> anyhow::Result<PathBuf> {
    find_python()?;
    let pinned = root().join(FOLDER).join("requirements.txt");
    let place = Metadata::own()?.target_directory.join("tools/schemathesis");
    let (tester, noted) = (place.join("bin/schemathesis"), place.join("requirements.txt"));
    if tester.is_file() && is_same(&pinned, &noted) {
        return Ok(tester);
    }
    workspace::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&place))?;
    let mut pip = Command::new(place.join("bin/pip"));
    pip.args([
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--only-binary",
        ":all:",
        "-r",
    ]);
    workspace::run(pip.arg(&pinned))?;
    std::fs::copy(&pinned, &noted).context("the tester's versions cannot be noted")?;
    Ok(tester)
}

fn is_same(one: &Path, other: &Path) -> bool {
    let read = |path| std::fs::read(path).ok();
    read(one).is_some() && read(one) == read(other)
}

/// The server, and tokens for it.
struct Callers {
    told: Value,
    running: Child,
}

impl Callers {
    fn start() -> anyhow::Result<Self> {
        let programs = workspace::programs(true)?;
        let program = |name: &str| programs.join(format!("{name}{}", env::consts::EXE_SUFFIX));
        let mut start = Command::new(program("callers"));
        start.arg("--refrain").arg(program("refrain-under-test"));
        let mut running = start.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("callers")?;
        let mut line = String::new();
        BufReader::new(running.stdout.take().context("callers say nothing")?).read_line(&mut line)?;
        let told = serde_json::from_str(&line).context("callers did not start")?;
        Ok(Self { told, running })
    }
}

impl Drop for Callers {
    fn drop(&mut self) {
        // They stop the server when their input ends.
        drop(self.running.stdin.take());
        let _ = self.running.wait();
    }
}
