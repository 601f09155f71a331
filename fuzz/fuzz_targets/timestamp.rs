//! A timestamp header of any bytes, rightly signed, is taken if it is 13 digits within the limits, and the error says which
//! limit it broke. The input is a line with the time to judge at, the age and the skew, all in milliseconds; then the header.
#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use hubspot_signature::{Error, Header, RequestHead, SignatureHeaders, UnixTime, Verifier, Version};
use hubspot_signature_fuzz::{SECRET, Scheme, oracle};

static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| Verifier::new(SECRET, Version::V3).unwrap());
const URI: &str = "https://hooks.example.com/hubspot";

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some((now_millis, age, skew, text)) = parse(input) else { return };
    let (max_age, max_clock_skew) = (Duration::from_millis(age), Duration::from_millis(skew));
    let verifier = VERIFIER.clone().max_age(max_age).max_clock_skew(max_clock_skew);
    let trimmed = oracle::trim(text);
    let signature = oracle::sign(Scheme::V3, SECRET, "GET", URI, b"", trimmed);
    let headers = SignatureHeaders::new().with(Header::SignatureV3, &signature).with(Header::RequestTimestamp, text);
    let now = UnixTime::from_millis(now_millis);

    let verdict = verifier.verify(&RequestHead::new("GET", URI, headers), b"", now);
    let expected = match oracle::timestamp_millis(trimmed) {
        None => Err(Error::MalformedTimestamp { length: trimmed.len() }),
        Some(millis) => {
            let timestamp = UnixTime::from_millis(millis);
            if now_millis.checked_sub(millis).is_some_and(|since| since > age) {
                Err(Error::TimestampTooOld { timestamp, now, max_age })
            } else if millis.checked_sub(now_millis).is_some_and(|until| until > skew) {
                Err(Error::TimestampInFuture { timestamp, now, max_clock_skew })
            } else {
                Ok((Some(timestamp), Some(UnixTime::from_millis(millis.saturating_add(age)))))
            }
        }
    };
    assert_eq!(verdict.map(|verified| (verified.timestamp(), verified.expires_at())), expected);
});

fn parse(input: &[u8]) -> Option<(u64, u64, u64, &[u8])> {
    let end = input.iter().position(|byte| *byte == b'\n')?;
    let mut numbers = str::from_utf8(&input[..end]).ok()?.split(' ').map(str::parse);
    let mut number = || numbers.next()?.ok();
    Some((number()?, number()?, number()?, &input[end + 1..]))
}
