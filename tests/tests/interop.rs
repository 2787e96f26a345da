//! Another implementation, npm's `http_ece`, reads our output: pushes (RFC 8291) and clips (RFC
//! 8188).
#![allow(clippy::unwrap_used, clippy::panic, reason = "a file of tests")]

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use refrain::{
    nouns::language::Language,
    push::{Endpoint, Subscription, message::WakeUpText},
};
use serde_json::json;
use sync_core::media::{ClipKey, RecordSize, seal};
use web_push_native::p256::{SecretKey, elliptic_curve::sec1::ToEncodedPoint};

#[test]
fn another_implementation_reads_the_push_message() {
    let (private, auth) = ([7; 32], [8; 16]);
    let point = SecretKey::from_slice(&private).unwrap().public_key().to_encoded_point(false);
    let endpoint = Endpoint::parse("https://push.example/x", false).unwrap();
    let device = Subscription::new(endpoint, point.as_bytes(), &auth).unwrap();
    let text = WakeUpText::new("https://refrain.example", Language::En);
    let Ok(body) = text.encrypt_for(&device) else { panic!("the message cannot be encrypted") };
    let asked = json!({
        "body": BASE64.encode(body),
        "privateKey": BASE64.encode(private),
        "auth": BASE64.encode(auth),
    });
    if let Some(read) = read_with_node("decrypt.mjs", &asked) {
        assert_eq!(read, text.as_bytes());
    }
}

#[test]
fn another_implementation_reads_a_clip() {
    let sound: Vec<u8> = (0..200_000u32).map(|n| n as u8).collect();
    let sealed = seal(&sound, &ClipKey::from_bytes([5; 16]), [6; 16], RecordSize::DEFAULT).unwrap();
    let asked = json!({ "body": BASE64.encode(sealed), "key": BASE64.encode([5; 16]) });
    if let Some(read) = read_with_node("decrypt_clip.mjs", &asked) {
        assert_eq!(read, sound);
    }
}

/// Runs a script of `interop/push`; says so where its packages are not installed.
fn read_with_node(script: &str, asked: &serde_json::Value) -> Option<Vec<u8>> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/push");
    if !dir.join("node_modules").is_dir() {
        eprintln!(
            "SKIPPED: run `npm ci` in tests/interop/push to have another implementation read our bytes"
        );
        return None;
    }
    let mut node = Command::new("node")
        .arg(dir.join(script))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    node.stdin.take().unwrap().write_all(asked.to_string().as_bytes()).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success());
    Some(output.stdout)
}
