//! A body in hand and the same body in any chunks are judged the same, to the last number of the error.
#![no_main]

use hubspot_signature_fuzz::Sketch;

libfuzzer_sys::fuzz_target!(|input: (Sketch, Vec<u8>)| {
    let (sketch, chunk_sizes) = input;
    let case = sketch.case();
    if let Some(verifier) = case.verifier() {
        let whole = verifier.verify_at(&case.head(), &case.body, case.now());
        // `begin_at` refuses before the body whatever can be refused before the body; the order is that of `verify_at`.
        assert_eq!(case.stream(&verifier, &chunk_sizes), whole, "{case:?} in {chunk_sizes:?}");
    }
});
