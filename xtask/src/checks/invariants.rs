//! Every invariant of docs/architecture.md has a test named after it: `i7_…` for I7.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::{Context, ensure};

use crate::workspace::root;

const PAGE: &str = "docs/architecture.md";
const CODE: [&str; 4] = ["sync-core", "server", "proofs", "tests"];

/// Checks that each invariant has a test, and that the tests that the page names are there.
pub(crate) fn check() -> anyhow::Result<()> {
    let page = fs::read_to_string(root().join(PAGE)).with_context(|| PAGE)?;
    let invariants: BTreeSet<u32> = page.lines().filter_map(invariant_of).collect();
    ensure!(!invariants.is_empty(), "{PAGE} has no invariants");
    let mut tests = BTreeSet::new();
    for folder in CODE {
        gather(&root().join(folder), &mut tests)?;
    }
    let untested: Vec<_> =
        invariants.iter().filter(|n| !tests.iter().any(|test| number(test) == Some(**n))).collect();
    ensure!(untested.is_empty(), "no test is named after these invariants: {untested:?}");
    let gone: Vec<_> =
        page.split('`').filter(|word| number(word).is_some() && !tests.contains(*word)).collect();
    ensure!(gone.is_empty(), "{PAGE} names tests that are not there: {gone:?}");
    Ok(())
}

/// The number of a row of the table: `| **I7** | …`.
fn invariant_of(line: &str) -> Option<u32> {
    line.strip_prefix("| **I")?.split_once("**")?.0.parse().ok()
}

/// The number in a test's name: `i7_a_missing_ledger_…`.
fn number(name: &str) -> Option<u32> {
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    name.strip_prefix('i')?.split_once('_')?.0.parse().ok().filter(|_| is_name)
}

fn gather(folder: &Path, tests: &mut BTreeSet<String>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && !path.ends_with("node_modules") {
            gather(&path, tests)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            tests.extend(fs::read_to_string(&path)?.lines().filter_map(test_of));
        }
    }
    Ok(())
}

fn test_of(line: &str) -> Option<String> {
    let after = line.trim_start().trim_start_matches("async ").strip_prefix("fn ")?;
    let name = after.split_once('(')?.0;
    number(name).map(|_| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invariants_number_is_read_from_the_page_and_from_a_tests_name() {
        assert_eq!(invariant_of("| **I10** | **Time** … |"), Some(10));
        assert_eq!(invariant_of("| invariant |"), None);
        assert_eq!(test_of("    async fn i7_keys_are_erased() {").as_deref(), Some("i7_keys_are_erased"));
        assert_eq!(test_of("    fn is_whole(text: &str) {"), None);
    }
}
