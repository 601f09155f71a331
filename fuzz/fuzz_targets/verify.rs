//! Requests and policies composed field by field, judged by the crate and by the oracle. Its inputs are no text, so none is
//! kept: what it finds is written down as a text for the target `request`.
#![no_main]

use hubspot_signature_fuzz::Sketch;

libfuzzer_sys::fuzz_target!(|sketch: Sketch| sketch.case().check());
