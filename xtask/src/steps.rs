//! Steps in order, one line for each, and a summary that is also written to `target/timings.json`.

use std::{fmt, fs, process::ExitCode, time::Duration};

use anyhow::Context;
use serde_json::json;

use crate::workspace::Metadata;

/// The steps that have been done so far.
pub(crate) struct Steps {
    keep_going: bool,
    done: Vec<(&'static str, Outcome, Duration)>,
}

enum Outcome {
    Ok,
    Failed,
    NotRun,
}

impl Steps {
    /// Begins. If `keep_going` is not set, nothing runs after the first failure.
    pub(crate) fn new(keep_going: bool) -> Self {
        Self { keep_going, done: Vec::new() }
    }

    /// Runs a step, unless an earlier failure forbids it.
    pub(crate) fn step(&mut self, name: &'static str, work: impl FnOnce() -> anyhow::Result<()>) {
        if self.has_failed() && !self.keep_going {
            self.done.push((name, Outcome::NotRun, Duration::ZERO));
            return;
        }
        println!("\n── {name}");
        let (result, took) = timed(work);
        let outcome = match result {
            Ok(()) => Outcome::Ok,
            Err(error) => {
                eprintln!("{error:#}");
                Outcome::Failed
            }
        };
        println!("{outcome:<8} {name} ({:.1} s)", took.as_secs_f64());
        self.done.push((name, outcome, took));
    }

    /// Prints one line for each step, and tells whether all is well.
    pub(crate) fn summary(&self) -> ExitCode {
        println!("\n── summary");
        for (name, outcome, took) in &self.done {
            println!("{outcome:<8} {:>7.1} s  {name}", took.as_secs_f64());
        }
        println!("{:<8} {:>7.1} s", "total", self.total().as_secs_f64());
        if let Err(error) = self.write() {
            eprintln!("the timings could not be written: {error:#}");
        }
        if self.has_failed() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }

    /// Writes the seconds of each step, so that a slow one is found without reading a log.
    fn write(&self) -> anyhow::Result<()> {
        let step = |(name, outcome, took): &(&str, Outcome, Duration)| json!({ "step": name, "outcome": outcome.to_string(), "seconds": rounded(*took) });
        let steps: Vec<_> = self.done.iter().map(step).collect();
        let timings = json!({ "steps": steps, "seconds": rounded(self.total()) });
        let path = Metadata::own()?.target_directory.join("timings.json");
        fs::write(&path, serde_json::to_string_pretty(&timings)?).with_context(|| path.display().to_string())
    }

    fn total(&self) -> Duration {
        self.done.iter().map(|(_, _, took)| *took).sum()
    }

    fn has_failed(&self) -> bool {
        self.done.iter().any(|(_, outcome, _)| matches!(outcome, Outcome::Failed))
    }
}

/// In seconds, to a tenth.
fn rounded(took: Duration) -> f64 {
    (took.as_secs_f64() * 10.0).round() / 10.0
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Failed => "FAILED",
            Self::NotRun => "not run",
        })
    }
}

/// The real clock tells how long a build takes; no rule of the product depends on it.
#[allow(clippy::disallowed_methods)]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let began = std::time::Instant::now();
    let result = work();
    (result, began.elapsed())
}
