//! A therapist at work: releases, casebook, journal, duties; and the history that a client reads.
pub mod casebook;
pub mod duties;
pub mod endings;
pub mod history;
pub mod journal;
pub mod late_restrictions;
pub mod release_requests;
pub mod release_words;
pub mod releases;
pub mod terms;
