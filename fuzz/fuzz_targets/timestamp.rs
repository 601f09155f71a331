//! A timestamp header of any bytes, rightly signed: taken if it is 13 digits within the limits, and the error says which
//! limit it broke.
#![no_main]

use std::time::Duration;

use hubspot_signature::{Error, Header, RequestHead, SignatureHeaders, UnixTime, Verifier};
use hubspot_signature_fuzz::{Scheme, oracle};

libfuzzer_sys::fuzz_target!(|input: (&[u8], u64, u64, u64)| {
    let (text, now, age, skew) = input;
    let secret = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";
    let (max_age, max_clock_skew) = (Duration::from_millis(age), Duration::from_millis(skew));
    let verifier = Verifier::new(secret).unwrap().max_age(max_age).max_clock_skew(max_clock_skew);
    let uri = "https://hooks.example.com/hubspot";
    let trimmed = oracle::trim(text);
    let signature = oracle::sign(Scheme::V3, secret, "GET", uri, b"", trimmed);
    let headers = SignatureHeaders::new().with(Header::SignatureV3, &signature).with(Header::RequestTimestamp, text);
    let now_millis = now;
    let now = UnixTime::from_millis(now);

    let verdict = verifier.verify_at(&RequestHead { method: "GET", uri, headers }, b"", now);
    let expected = match oracle::timestamp_millis(trimmed) {
        None => Err(Error::MalformedTimestamp { length: trimmed.len() }),
        Some(millis) => {
            let timestamp = UnixTime::from_millis(millis);
            if now_millis.checked_sub(millis).is_some_and(|since| since > age) {
                Err(Error::TimestampTooOld { timestamp, now, max_age })
            } else if millis.checked_sub(now_millis).is_some_and(|until| until > skew) {
                Err(Error::TimestampInFuture { timestamp, now, max_clock_skew })
            } else {
                Ok(Some(timestamp))
            }
        }
    };
    assert_eq!(verdict.map(|verified| verified.timestamp()), expected);
});
