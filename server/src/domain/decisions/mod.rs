//! A decision on its way into the database: vetted, committed together with its consequences, and told to devices.
pub mod commit;
pub mod denials;
pub mod everywhere;
pub mod facts;
pub mod restrictions;
pub mod returns;
pub mod settlement;
pub mod strictness;
pub mod wakeups;
