//! What is read, and what must hold of it, is `isogloss::fuzzing::sse`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| isogloss::fuzzing::sse(data));
