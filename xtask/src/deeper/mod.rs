//! Runs that take longer than a change should wait: benchmarks, coverage, fuzzing, the model and the simulation.
pub(crate) mod bench;
pub(crate) mod coverage;
pub(crate) mod fuzz;
pub(crate) mod proofs;
