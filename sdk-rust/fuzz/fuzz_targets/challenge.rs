//! What is read, and what must hold of it, is `isogloss::fuzzing::challenge`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| isogloss::fuzzing::challenge(data));
