//! Clip decryption, beside plain AES-GCM over the same bytes in the same run.

use aes_gcm::{Aes128Gcm, KeyInit, Nonce, aead::AeadInOut};
use criterion::{BatchSize, Criterion, Throughput};
use sync_core::media::{ClipKey, Layout, Opener, RecordSize, seal};

const LEN: usize = 16 << 20;

pub(crate) fn all(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("16 MiB clip");
    group.throughput(Throughput::Bytes(LEN as u64)).sample_size(20);
    let key = ClipKey::from_bytes([1; 16]);
    let sealed = seal(&vec![7; LEN], &key, [2; 16], RecordSize::DEFAULT).unwrap();
    let layout = Layout::of_plain(LEN as u64, RecordSize::DEFAULT).unwrap();
    group.bench_function("open record by record", |bench| {
        bench.iter_batched_ref(
            || sealed.clone(),
            |sealed| {
                let opener = Opener::new(&key, &sealed[..Layout::HEADER_LEN], layout).unwrap();
                for (i, record) in
                    (0..).zip(sealed[Layout::HEADER_LEN..].chunks_mut(RecordSize::DEFAULT.bytes() as usize))
                {
                    opener.open(i, record).unwrap();
                }
            },
            BatchSize::LargeInput,
        );
    });
    let cipher = Aes128Gcm::new(&[1; 16].into());
    let nonce = Nonce::from([3; 12]);
    let mut plain = vec![7; LEN];
    let tag = cipher.encrypt_inout_detached(&nonce, b"", plain.as_mut_slice().into()).unwrap();
    group.bench_function("floor: AES-GCM in one piece", |bench| {
        bench.iter_batched_ref(
            || plain.clone(),
            |sealed| cipher.decrypt_inout_detached(&nonce, b"", sealed.as_mut_slice().into(), &tag).unwrap(),
            BatchSize::LargeInput,
        );
    });
    group.finish();
}
