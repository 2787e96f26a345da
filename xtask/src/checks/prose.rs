//! Counts two habits that make prose hard to read, and looks for lines that are too long.
//!
//! The first habit is a clause that stands for its own noun ("what ends", "whoever asks"). The second is an actor
//! that is no noun of the glossary ("nobody", "somebody"). A reader has to guess the noun in both.

mod clauses;
mod text;

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, ensure};

use crate::workspace::root;
use clauses::{Finding, Habit};
use text::Line;

const PAGES: [&str; 4] = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"];
const CODE: [&str; 7] = ["sync-core", "media", "server", "proofs", "tests", "xtask", "web/bridge"];
/// Folders that hold no text of ours.
const FOREIGN: [&str; 2] = ["target", "node_modules"];
/// How many files a failure names.
const WORST: usize = 8;
const COLUMNS: usize = 100;

/// Findings that are allowed in 1,000 words.
const fn limit(habit: Habit) -> f64 {
    match habit {
        Habit::HeadlessClause => 1.0,
        Habit::NamelessActor => 0.5,
    }
}

/// `cargo xtask prose`: prints each group's counts, then says what is over the limits.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    check().map(|()| ExitCode::SUCCESS)
}

/// Counts both groups.
///
/// # Errors
/// When a group is over a limit or a line is too long.
pub(crate) fn check() -> anyhow::Result<()> {
    let docs = Group::of("docs", markdown()?, text::of_markdown)?;
    let heads = Group::of("module heads", rust()?, text::of_module_head)?;
    let mut is_clean = true;
    for group in [&docs, &heads] {
        for habit in Habit::ALL {
            is_clean &= group.report(habit);
        }
    }
    is_clean &= docs.report_long_lines();
    ensure!(is_clean, "the prose is over its limits");
    Ok(())
}

/// Files whose prose is counted together: a short page is not judged by one word.
struct Group {
    name: &'static str,
    files: Vec<File>,
}

struct File {
    path: PathBuf,
    words: usize,
    findings: Vec<Finding>,
    long_lines: Vec<usize>,
}

impl Group {
    fn of(name: &'static str, paths: Vec<PathBuf>, read: fn(&str) -> Vec<Line>) -> anyhow::Result<Self> {
        let mut files = Vec::new();
        for path in paths {
            let source = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            let lines = read(&source);
            let (words, findings) = clauses::count(&lines);
            let long = lines.iter().filter(|line| line.columns > COLUMNS && line.can_break);
            let long_lines = long.map(|line| line.number).collect();
            let path = path.strip_prefix(root()).map(Path::to_path_buf).unwrap_or(path);
            files.push(File { path, words, findings, long_lines });
        }
        Ok(Self { name, files })
    }

    /// Prints one count, and the worst files where it is over the limit. Tells whether it is within.
    fn report(&self, habit: Habit) -> bool {
        let words: usize = self.files.iter().map(|file| file.words).sum();
        let found: usize = self.files.iter().map(|file| file.of(habit).count()).sum();
        let rate = per_thousand(found, words);
        let limit = limit(habit);
        println!("{}: {found} {habit} in {words} words, {rate:.2} per 1,000 (limit {limit})", self.name);
        if rate <= limit {
            return true;
        }
        let mut worst: Vec<_> = self.files.iter().filter(|file| file.of(habit).count() > 0).collect();
        worst.sort_by_key(|file| std::cmp::Reverse(file.of(habit).count()));
        for file in worst.into_iter().take(WORST) {
            let count = file.of(habit).count();
            println!("  {}: {count} in {} words", file.path.display(), file.words);
            for finding in file.of(habit) {
                println!("    {}:{}: {}", file.path.display(), finding.line, finding.excerpt);
            }
        }
        false
    }

    fn report_long_lines(&self) -> bool {
        let long: usize = self.files.iter().map(|file| file.long_lines.len()).sum();
        println!("{}: {long} lines over {COLUMNS} columns (limit 0)", self.name);
        let mut worst: Vec<_> = self.files.iter().filter(|file| !file.long_lines.is_empty()).collect();
        worst.sort_by_key(|file| std::cmp::Reverse(file.long_lines.len()));
        for file in worst.into_iter().take(WORST) {
            let numbers: Vec<_> = file.long_lines.iter().map(usize::to_string).collect();
            println!("  {}: lines {}", file.path.display(), numbers.join(", "));
        }
        long == 0
    }
}

impl File {
    fn of(&self, habit: Habit) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.habit == habit)
    }
}

/// Counts of prose are far below the 2^52 that a float holds exactly.
#[allow(clippy::cast_precision_loss)]
fn per_thousand(found: usize, words: usize) -> f64 {
    found as f64 * 1000.0 / words.max(1) as f64
}

fn markdown() -> anyhow::Result<Vec<PathBuf>> {
    // A page that is not written yet has no prose to judge.
    let mut found: Vec<_> = PAGES.iter().map(|page| root().join(page)).filter(|page| page.exists()).collect();
    gather(&root().join("docs"), "md", &mut found)?;
    Ok(found)
}

fn rust() -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for folder in CODE {
        gather(&root().join(folder), "rs", &mut found)?;
    }
    Ok(found)
}

fn gather(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>())
        .with_context(|| folder.display().to_string())?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            if !FOREIGN.iter().any(|name| path.ends_with(name)) {
                gather(&path, extension, found)?;
            }
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_told_for_a_thousand_words() {
        assert!((per_thousand(3, 1_500) - 2.0).abs() < f64::EPSILON);
        assert!(per_thousand(0, 0).abs() < f64::EPSILON);
    }
}
