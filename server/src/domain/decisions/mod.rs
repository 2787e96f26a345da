//! A decision on its way into the database: vetted, and committed together with everything that follows from it.
pub mod commit;
pub mod everywhere;
pub mod facts;
pub mod late_restrictions;
pub mod replacing;
pub mod restrictions;
pub mod returns;
pub mod settlement;
pub(in crate::domain) mod shelf_history;
