//! Every refusal on the socket has a code of its own, and docs/protocol.md names it.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test")]

use std::{collections::BTreeSet, path::Path};

use sync_core::{
    authority::Denied,
    sync::{ChunkError, FrameError, ProtocolError},
};

#[test]
fn every_refusal_has_a_code_of_its_own_that_the_protocol_names() {
    let denied = [
        Denied::NotWritable,
        Denied::NotYourActor,
        Denied::NotYourself,
        Denied::Sequence,
        Denied::MissingDependency,
        Denied::Extras,
        Denied::OpCount,
        Denied::DocumentFull,
        Denied::NotANewEntry,
        Denied::BadEntry,
        Denied::UnknownName,
        Denied::NewerVersion,
        Denied::BadDocument,
    ];
    let chunks = [
        ChunkError::Malformed,
        ChunkError::NotAChange,
        ChunkError::TooLong,
        ChunkError::TooMany,
        ChunkError::TooMuch,
    ];
    let frames = [FrameError::TooLong, FrameError::Malformed, FrameError::Version];
    let closed = [
        ProtocolError::Message,
        ProtocolError::MessageTooLarge,
        ProtocolError::NotGreeted,
        ProtocolError::TooManyDocuments,
        ProtocolError::TooManyConnections,
    ];
    let codes: Vec<_> = denied
        .map(Denied::code)
        .into_iter()
        .chain(chunks.map(ChunkError::code))
        .chain(frames.map(|error| ProtocolError::Frame(error).code()))
        .chain(closed.map(ProtocolError::code))
        .collect();
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len(), "two refusals share a code");
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/protocol.md");
    let page = std::fs::read_to_string(page).unwrap();
    let unnamed: Vec<_> = codes.iter().filter(|code| !page.contains(&format!("`{code}`"))).collect();
    assert!(unnamed.is_empty(), "docs/protocol.md does not name {unnamed:?}");
}
