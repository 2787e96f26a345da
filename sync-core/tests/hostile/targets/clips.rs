//! Clips: files in the published format, read whole and record by record.

use sync_core::media::{ClipKey, Layout, Opener, RecordSize, open_whole};

/// A sealed clip, whoever made it.
pub fn clip(bytes: &[u8]) {
    let key = ClipKey::from_bytes([1; 16]);
    let whole = open_whole(bytes, &key);
    let Some(size) = bytes.get(16..20).and_then(|size| size.try_into().ok()).map(u32::from_be_bytes) else {
        return;
    };
    let Ok(size) = RecordSize::new(size) else { return };
    let Ok(layout) = Layout::of_cipher(bytes.len() as u64, size) else { return };
    assert_eq!(
        layout.records_holding(0..u64::MAX).end,
        if layout.plain_len() == 0 { 0 } else { layout.records() }
    );
    let Ok(opener) = Opener::new(&key, &bytes[..Layout::HEADER_LEN], layout) else { return };
    let mut plain = Vec::new();
    for index in 0..layout.records() {
        let range = layout.cipher_range(index).unwrap();
        let mut record = bytes[range.start as usize..range.end as usize].to_vec();
        let _ = layout.judge(index, &record);
        match opener.open(index, &mut record) {
            Ok(opened) => plain.extend_from_slice(opened),
            Err(_) => return,
        }
    }
    // What opens record by record opens whole, and is the same.
    assert_eq!(whole.unwrap().as_slice(), plain);
}
