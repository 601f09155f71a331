//! The changes that a diagnosis makes of a request, without the search: no signature can be compared with, so nothing is
//! hashed and more requests are seen in the same time. Inputs are as for the target `diagnose`.
#![no_main]

use hubspot_signature::diagnose::Certainty;
use hubspot_signature_fuzz::diagnosed::Damaged;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some(mut damaged) = Damaged::parse(input) else { return };
    for (name, value) in &mut damaged.case.headers {
        // In any spelling that the diagnosis knows, such as that of CGI.
        if name.to_ascii_lowercase().contains("signature") {
            value.truncate(8);
        }
    }
    let (diagnosis, text) = damaged.diagnose();
    assert!(diagnosis.verdict().is_err() || !diagnosis.is_accepted());
    assert!(diagnosis.tried() == 0 && diagnosis.work() <= damaged.work);
    assert!(diagnosis.findings().iter().all(|finding| finding.certainty() == Certainty::Likely));
    damaged.assert_reveals_nothing(&diagnosis, &text);
});
