//! Rows of the documents, and of the words in them.
pub mod documents;
pub mod duties;
pub mod entries;
pub mod history;
pub mod late_restrictions;
pub mod letters;
pub mod notes;
pub mod predecessors;
pub mod readings;
