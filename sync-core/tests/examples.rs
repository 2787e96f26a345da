//! The examples end well: each one checks its own story.

#![allow(missing_docs, reason = "a test")]

#[path = "../examples/device/main.rs"]
mod device;
#[path = "../examples/two_therapists.rs"]
mod two_therapists;

use std::error::Error;

#[test]
fn a_clip_comes_to_a_phone_and_is_forgotten() -> Result<(), Box<dyn Error>> {
    device::main()
}

#[test]
fn two_therapists_decide_without_a_network_and_deny_wins() -> Result<(), Box<dyn Error>> {
    two_therapists::main()
}
