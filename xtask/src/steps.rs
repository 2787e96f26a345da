//! Steps in order, one line for each, and a summary.

use std::{fmt, process::ExitCode, time::Duration};

/// What has been done so far.
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
    /// Begins. Where `keep_going` is not set, nothing runs after the first failure.
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
        let total: Duration = self.done.iter().map(|(_, _, took)| *took).sum();
        println!("{:<8} {:>7.1} s", "total", total.as_secs_f64());
        if self.has_failed() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }

    fn has_failed(&self) -> bool {
        self.done.iter().any(|(_, outcome, _)| matches!(outcome, Outcome::Failed))
    }
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

/// How long a build takes is told by the real clock; no rule of the product depends on it.
#[allow(clippy::disallowed_methods)]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let began = std::time::Instant::now();
    let result = work();
    (result, began.elapsed())
}
