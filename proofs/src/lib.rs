//! x
pub mod cast;
pub mod clinic;
pub mod desk;
pub mod model;
pub mod phone;
pub mod sealing;
pub mod simulation;
pub mod truth;
