//! Requests and policies composed field by field, judged by the crate and by the oracle.
#![no_main]

use hubspot_signature_fuzz::Sketch;

libfuzzer_sys::fuzz_target!(|sketch: Sketch| sketch.case().check());
