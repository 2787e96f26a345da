#![no_main]

#[path = "../../sync-core/tests/hostile/targets/mod.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::entry(bytes));
