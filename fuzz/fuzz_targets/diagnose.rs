//! A request that something changed on its way, or any other: the diagnosis has the verifier's verdict, keeps to its limit of
//! work, shows no secret and no signature, and what it calls proved is so by the oracle.
#![no_main]

use hubspot_signature::diagnose::{Cause, Certainty, Finding};
use hubspot_signature::{Header, Verifier, Version};
use hubspot_signature_fuzz::diagnosed::{Damaged, value};
use hubspot_signature_fuzz::{Scheme, oracle};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some(damaged) = Damaged::parse(input) else { return };
    let Damaged { case, secrets, work, .. } = &damaged;
    let (diagnosis, text) = damaged.diagnose();

    match case.verifier() {
        Some(verifier) => {
            let verdict = verifier.verify(&case.head(), &case.body, case.now());
            assert_eq!(diagnosis.verdict(), Ok(verdict));
            case.assert_agrees(&verdict);
        }
        None => {
            assert!(diagnosis.verdict().is_err());
            let is_unusable = |secret: &String| Verifier::new(secret, Version::V1).is_err();
            assert!(is_unusable(&case.secret) || case.previous.as_ref().is_some_and(is_unusable));
        }
    }
    assert!(diagnosis.work() <= *work, "{} of {work}", diagnosis.work());
    assert!(!diagnosis.is_accepted() || (diagnosis.findings().is_empty() && diagnosis.tried() == 0));

    for finding in diagnosis.findings() {
        let is_proved = finding.certainty() == Certainty::Proved;
        assert!(!finding.faults().is_empty());
        assert_eq!(!finding.matched().is_empty(), is_proved);
        assert!(is_proved || finding.signed_uri().is_none());
        assert!(finding.matched().iter().all(|(_, secret)| *secret < secrets.len()));
        assert!(finding.faults().iter().all(|fault| !fault.evidence().is_empty() && !fault.fix().is_empty()));
        if is_proved {
            assert_proved(finding, &damaged);
        }
    }
    damaged.assert_reveals_nothing(&diagnosis, &text);
});

/// Makes the changes, if they are to the URI or to another secret alone, and lets the oracle sign.
fn assert_proved(finding: &Finding, Damaged { case, secrets, .. }: &Damaged) {
    let by_hand = |cause: Cause| {
        let code = cause.code();
        code.starts_with("uri-")
            || ["secret-other", "timestamp-stale", "timestamp-future", "scheme-below-minimum"].contains(&code)
    };
    if !finding.causes().all(by_hand) {
        return;
    }
    for (header, secret) in finding.matched() {
        let scheme = if *header == Header::SignatureV3 {
            Scheme::V3
        } else if value(case, Header::SignatureVersion.name()) == Some("v1") {
            Scheme::V1
        } else {
            Scheme::V2
        };
        let uri = finding.signed_uri().unwrap_or(&case.uri);
        let timestamp = value(case, Header::RequestTimestamp.name()).unwrap_or_default();
        let signs = |uri: &str| {
            let secret = &secrets[*secret];
            let signature = oracle::sign(scheme, secret, &case.method, uri, &case.body, timestamp.as_bytes());
            value(case, header.name()) == Some(&signature)
        };
        assert!(signs(uri) || scheme == Scheme::V3 && signs(&oracle::decode_uri(uri)), "{finding:?}\n{case:?}");
    }
}
