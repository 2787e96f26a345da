//! Frames as they are and as they are not.

use ciborium::Value;
use proptest::prelude::*;

use super::*;

fn frames() -> Vec<Frame> {
    let (sender, target, document) = (name("a"), name("b"), ID);
    vec![
        Frame::Join { sender: sender.clone() },
        Frame::Sync {
            sender: sender.clone(),
            target: target.clone(),
            document,
            request: true,
            data: vec![1; 300],
        },
        Frame::Sync {
            sender: sender.clone(),
            target: target.clone(),
            document,
            request: false,
            data: vec![],
        },
        Frame::Unavailable { sender: sender.clone(), target: target.clone(), document },
        Frame::Error { sender, target, message: "code".into() },
        Frame::Leave,
    ]
}

fn cbor(fields: &[(&str, Value)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let map = fields.iter().map(|(key, value)| ((*key).into(), value.clone())).collect();
    ciborium::into_writer(&Value::Map(map), &mut bytes).unwrap();
    bytes
}

#[test]
fn a_frame_reads_back_what_it_wrote() {
    for frame in frames() {
        assert_eq!(Frame::decode(&frame.encode()), Ok(frame));
    }
}

#[test]
fn the_stock_clients_extras_are_tolerated() {
    let text = |text: &str| Value::from(text);
    let join = cbor(&[
        ("type", text("join")),
        ("senderId", text("peer-1")),
        (
            "peerMetadata",
            Value::Map(vec![("storageId".into(), text("s")), ("isEphemeral".into(), false.into())]),
        ),
        ("supportedProtocolVersions", Value::Array(vec![text("1")])),
    ]);
    assert_eq!(Frame::decode(&join), Ok(Frame::Join { sender: name("peer-1") }));
    for kind in ["ephemeral", "remote-heads-changed", "remote-subscription-change"] {
        assert_eq!(Frame::decode(&cbor(&[("type", text(kind))])), Ok(Frame::Tolerated));
    }
    let tagged = cbor(&[
        ("type", text("sync")),
        ("senderId", text("a")),
        ("targetId", text("b")),
        ("documentId", text(&ID.to_string())),
        ("data", Value::Tag(64, Box::new(Value::Bytes(vec![1, 2])))),
    ]);
    assert!(matches!(Frame::decode(&tagged), Ok(Frame::Sync { data, .. }) if data == [1, 2]));
}

#[test]
fn another_version_and_other_shapes_are_refused() {
    let text = |text: &str| Value::from(text);
    let newer = cbor(&[
        ("type", text("join")),
        ("senderId", text("a")),
        ("supportedProtocolVersions", Value::Array(vec![text("2")])),
    ]);
    assert_eq!(Frame::decode(&newer), Err(FrameError::Version));
    let long = "x".repeat(129);
    for sender in ["", long.as_str()] {
        let join = cbor(&[("type", text("join")), ("senderId", text(sender))]);
        assert_eq!(Frame::decode(&join), Err(FrameError::Malformed));
    }
    assert_eq!(Frame::decode(&vec![0; MAX_FRAME_BYTES + 1]), Err(FrameError::TooLong));
}

#[test]
fn a_frame_of_very_many_items_is_refused_before_they_are_made() {
    let mut bytes = vec![0x9a, 0, 0x30, 0, 0];
    bytes.resize(3 << 20, 0);
    assert_eq!(Frame::decode(&bytes), Err(FrameError::Malformed));
    let ints = Value::Array(vec![Value::from(1); 2_000]);
    let padded = cbor(&[("type", "leave".into()), ("more", ints)]);
    assert_eq!(Frame::decode(&padded), Err(FrameError::Malformed));
    let nested = [vec![0x81; 60_000], vec![0]].concat();
    assert_eq!(Frame::decode(&nested), Err(FrameError::Malformed));
}

#[test]
fn nothing_is_heard_before_the_greeting() {
    let mut server = Peer::accept(name("server"), "storage".into());
    let request = frames().swap_remove(1);
    assert!(matches!(server.hear(&request.encode()), Err(ProtocolError::NotGreeted)));
}

fn any_frames() -> impl Strategy<Value = Frame> {
    let names = || "\\PC{1,30}".prop_map(|name| PeerName::new(&name).unwrap());
    let ids = || any::<[u8; 16]>().prop_map(DocumentId::from_bytes);
    let data = proptest::collection::vec(any::<u8>(), 0..300);
    prop_oneof![
        names().prop_map(|sender| Frame::Join { sender }),
        (names(), names(), ids(), any::<bool>(), data).prop_map(
            |(sender, target, document, request, data)| {
                Frame::Sync { sender, target, document, request, data }
            }
        ),
        (names(), names(), ids()).prop_map(|(sender, target, document)| Frame::Unavailable {
            sender,
            target,
            document
        }),
        (names(), names(), "\\PC{0,40}").prop_map(|(sender, target, message)| Frame::Error {
            sender,
            target,
            message
        }),
    ]
}

proptest! {
    #[test]
    fn any_frame_reads_back(frame in any_frames()) {
        prop_assert_eq!(Frame::decode(&frame.encode()), Ok(frame));
    }

    #[test]
    fn garbage_is_refused_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let (mut server, mut device) = greeted();
        let _ = (server.hear(&bytes), device.hear(&bytes));
        let data = Frame::Sync { sender: name("a"), target: name("b"), document: ID, request: false, data: bytes };
        let _ = server.hear(&data.encode());
    }

    #[test]
    fn a_frame_with_a_changed_byte_is_no_panic(which in 0..6_usize, at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let mut bytes = frames()[which].encode();
        let at = at.index(bytes.len());
        bytes[at] = to;
        let (mut server, _) = greeted();
        let _ = server.hear(&bytes);
    }
}
