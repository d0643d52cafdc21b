//! What is read, and what must hold of it, is `isogloss::fuzzing::envelope`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| isogloss::fuzzing::envelope(data));
