//! The limits that docs/protocol.md tells are those that the code applies.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test")]

use std::path::Path;

use sync_core::limits::{LIMITS, Limit};

/// 1,048,576 instead of 1048576.
fn spelled(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<_> =
        digits.as_bytes().rchunks(3).rev().map(|group| str::from_utf8(group).unwrap()).collect();
    groups.join(",")
}

#[test]
fn the_table_of_limits_is_what_the_code_applies() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/protocol.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, section) = page.split_once("| at most | | refused with |\n").expect("the table of limits");
    let rows: Vec<_> = section.lines().skip(1).take_while(|line| line.starts_with('|')).collect();
    let row = |limit: &Limit| format!("| {} | {} | `{}` |", spelled(limit.most), limit.what, limit.code);
    assert_eq!(rows, LIMITS.iter().map(row).collect::<Vec<_>>(), "docs/protocol.md, from the code:");
}
