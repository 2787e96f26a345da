#![no_main]

#[path = "../../sync-core/tests/hostile/targets/mod.rs"]
#[allow(dead_code, unused_imports, reason = "each program runs one target of them all")]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::code(bytes));
