//! Requests written as text, judged by the crate and by the oracle. The corpus can be read and extended by hand.
#![no_main]

use hubspot_signature_fuzz::Case;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    if let Some(case) = Case::parse(input) {
        case.check();
    }
});
