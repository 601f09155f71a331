//! Endpoints that make one mistake each, as other people's code does: docs/PROTOCOL.md §5. They verify by themselves, so
//! that nothing of the library can hide that a forgery is none.

use base64ct::{Base64, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use http::Request;
use hubspot_signature::UnixTime;
use sha2::{Digest, Sha256};

use crate::program::SECRET;
use crate::server::PUBLIC_URL;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// None: it fails for nothing but what it has never heard of.
    None,
    TakesUnsigned,
    /// Looks at the form of a signature, and not at its value.
    ComparesNothing,
    LeavesTheQueryOut,
    AssumesPost,
    /// A setting that is not set is an empty secret, by which a signature may also be made.
    HasAnEmptySecretToo,
    BelievesHost,
    TakesAnyAge,
    TakesAnyFuture,
    /// Judges the age by the first timestamp, and the signature by the last.
    MixesTimestamps,
    /// Any number is a time, and none lies too far ahead.
    ReadsAnyNumber,
    /// Takes a body with any method, and any text as a body.
    TakesAnyBody,
    TakesTheLastSignature,
    /// Falls back to the older signature where the v3 signature is not text.
    FallsBack,
    TakesOlderAlone,
    BelievesTheVersion,
    /// Hashes what it gets.
    TakesNuls,
}

use Mistake::*;

/// Accepts a request that is signed v3, or older if nothing newer is demanded; and what its mistake lets through.
pub fn naive(mistake: Mistake, demands_v3: bool) -> impl Fn(&Request<Vec<u8>>) -> u16 + Send {
    move |request| if accepts(request, mistake, demands_v3) { 200 } else { 401 }
}

fn accepts(request: &Request<Vec<u8>>, mistake: Mistake, demands_v3: bool) -> bool {
    let headers = |name: &str| -> Vec<&[u8]> { request.headers().get_all(name).iter().map(|v| v.as_bytes()).collect() };
    let [v3, times, older, versions] =
        ["x-hubspot-signature-v3", "x-hubspot-request-timestamp", "x-hubspot-signature", "x-hubspot-signature-version"]
            .map(headers);
    if v3.is_empty() && older.is_empty() {
        return mistake == TakesUnsigned;
    }
    let is_plain = request.body().is_empty() || request.method() != "GET" && request.body().starts_with(b"{");
    let is_plain = is_plain || request.body().starts_with(b"[");
    if !is_plain && mistake != TakesAnyBody && !(mistake == BelievesTheVersion && v3.is_empty()) {
        return false;
    }
    if request.body().contains(&0) && mistake != TakesNuls {
        return false;
    }
    let method = if mistake == AssumesPost { "POST" } else { request.method().as_str() };
    let host = headers("x-forwarded-host").pop().filter(|_| mistake == BelievesHost);
    let origin = host.map_or(PUBLIC_URL.into(), |host| format!("https://{}", String::from_utf8_lossy(host)));
    let target = if mistake == LeavesTheQueryOut { request.uri().path().to_owned() } else { request.uri().to_string() };
    let message = [method.as_bytes(), origin.as_bytes(), target.as_bytes(), request.body()].concat();

    let is_text = v3.iter().all(|text| text.is_ascii());
    if v3.is_empty() || !is_text && mistake == FallsBack {
        if demands_v3 && v3.is_empty() && mistake != TakesOlderAlone {
            return false;
        }
        let is_v1 = versions == [b"v1"];
        if is_v1 && ![BelievesTheVersion, TakesOlderAlone].contains(&mistake) {
            return false;
        }
        let message = if is_v1 { request.body() } else { &message };
        let digest = Sha256::new().chain_update(SECRET).chain_update(message).finalize();
        return older == [base16ct::lower::encode_string(&digest).as_bytes()];
    }
    if v3.len() != 1 && mistake != TakesTheLastSignature || times.is_empty() {
        return false;
    }
    let (first, last) = (times[0], times[times.len() - 1]);
    if times.len() != 1 && mistake != MixesTimestamps {
        return false;
    }
    let Some(millis) = std::str::from_utf8(first).ok().and_then(|text| text.parse::<u64>().ok()) else { return false };
    let now = UnixTime::now().as_millis();
    let is_number = first.len() == 13 || mistake == ReadsAnyNumber;
    let is_young = millis + 300_000 >= now || mistake == TakesAnyAge;
    let is_past = millis <= now + 60_000 || [TakesAnyFuture, ReadsAnyNumber].contains(&mistake);
    if !is_number || !is_young || !is_past {
        return false;
    }
    if mistake == ComparesNothing {
        return v3[0].len() == 44;
    }
    let secrets: &[&str] = if mistake == HasAnEmptySecretToo { &[SECRET, ""] } else { &[SECRET] };
    secrets.iter().any(|secret| {
        let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap().chain_update(&message).chain_update(last);
        let computed = Base64::encode_string(&mac.finalize().into_bytes());
        v3[v3.len() - 1] == computed.as_bytes()
    })
}
