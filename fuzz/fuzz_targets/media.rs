#![no_main]

// Every reader walks bytes that anyone may upload: none may panic, loop, or take memory.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(found) = refrain_media::recognise(bytes) {
        assert!(found.duration > sync_core::instant::Span::ZERO);
    }
});
