//! [`Forgery`]: the ways to make a forged request out of a genuine one that docs/PROTOCOL.md §5 lists. An endpoint must
//! refuse all of them.
//!
//! Where a real attacker would have to capture a request, it is made with the secret here; none of the results is more
//! than an attacker could have sent without it, except `future`, which stands for a clock or a signer gone wrong.

use base64ct::{Base64, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use http::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use http::{Method, Request, Uri};
use hubspot_signature::{ClientSecret, Header, UnixTime, Version};
use sha2::Sha256;

use crate::Failure;
use crate::signer::{Signer, Unsigned, attach, headers};
use crate::target::{target, with_query, with_target};

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Forgery {
    /// No signature at all
    Unsigned,
    /// One character of the body changed after it was signed
    Tampered,
    /// Another parameter put into the query after it was signed
    OtherUrl,
    /// Sent with a different method from the signed one
    OtherMethod,
    /// Signed with the secret of another app
    OtherSecret,
    /// Signed with an empty secret, as anyone can if yours is not configured
    EmptySecret,
    /// Signed for another host, which `Host` and `X-Forwarded-Host` then name
    OtherHost,
    /// Replayed six minutes after it was signed; the older signature next to v3 is still right
    Stale,
    /// Signed ten minutes in the future
    Future,
    /// A replay with a second, fresh timestamp before the one that was signed
    TwoTimes,
    /// A replay with the last digit of the URL moved into the timestamp, which then lies centuries ahead
    MovedTime,
    /// The last digit of the URL moved into the body of a GET
    MovedBody,
    /// The last digit of the URL moved into the empty body of a DELETE
    MovedBodyDelete,
    /// The last digit of the URL moved into the empty body of a POST
    MovedBodyPost,
    /// Two v3 signatures, of which the second is right
    Doubled,
    /// A v3 signature that is not even text; the older one next to it is right
    Malformed,
    /// The v3 headers stripped, so that nothing bounds its age
    Downgraded,
    /// A v2 signature called v1, over a body of method, URL and body
    Relabelled,
    /// More appended to a body signed with v1 or v2, by SHA-256 length extension
    Extended,
    /// With --check only: replayed over HTTP/2 with a space after the signature, to get past a memory of its text
    Respelled,
}

const SIGNATURE: HeaderName = HeaderName::from_static(Header::Signature.name());
const SIGNATURE_VERSION: HeaderName = HeaderName::from_static(Header::SignatureVersion.name());
const SIGNATURE_V3: HeaderName = HeaderName::from_static(Header::SignatureV3.name());
const TIMESTAMP: HeaderName = HeaderName::from_static(Header::RequestTimestamp.name());

const OTHER_SECRET: &str = "00000000-0000-4000-8000-000000000000";
const MINUTE: u64 = 60_000;

impl Forgery {
    /// Whether an endpoint that accepts `minimum` and newer has to refuse this when it is made of such a request, and not
    /// merely because its one signature is too old, as `Downgraded` shows already.
    pub(crate) fn is_telling(self, older: Version, minimum: Version) -> bool {
        match self {
            // What is left is a genuine request of the older scheme.
            Self::Downgraded => older < minimum,
            // It has a v2 signature and says v1.
            Self::Relabelled => minimum == Version::V2,
            // It has the older signature alone.
            Self::Extended => older >= minimum,
            _ => true,
        }
    }

    /// Makes the forged request; none if this cannot be done to such a request.
    pub(crate) fn forge(
        self,
        unsigned: Unsigned,
        signer: &Signer,
        now: UnixTime,
    ) -> Result<Option<Request<Vec<u8>>>, Failure> {
        let captured_at = UnixTime::from_millis(now.as_millis().saturating_sub(6 * MINUTE));
        let later = UnixTime::from_millis(now.as_millis().saturating_add(10 * MINUTE));
        Ok(match self {
            Self::Unsigned => Some(unsigned.request),
            Self::Tampered => tampered(signer.sign(unsigned, now)?),
            Self::OtherUrl => {
                let mut request = signer.sign(unsigned, now)?;
                *request.uri_mut() = with_query(request.uri(), "tenant=other")?;
                Some(request)
            }
            Self::OtherMethod => {
                let mut request = signer.sign(unsigned, now)?;
                *request.method_mut() = if request.method() == Method::POST { Method::PUT } else { Method::POST };
                Some(request)
            }
            Self::OtherSecret => {
                let secret = ClientSecret::new(OTHER_SECRET)?;
                let headers = headers(&secret, &unsigned, &signer.uri(&unsigned.request)?, now)?;
                Some(attach(unsigned.request, &headers)?)
            }
            Self::EmptySecret => Some(signed_with_empty_secret(unsigned.request, signer, now)?),
            Self::OtherHost => Some(for_other_host(unsigned, signer, now)?),
            Self::Stale => Some(signer.sign(unsigned, captured_at)?),
            Self::Future => Some(signer.sign(unsigned, later)?),
            Self::TwoTimes => {
                let mut request = signer.sign(unsigned, captured_at)?;
                request.headers_mut().insert(TIMESTAMP, HeaderValue::from(now.as_millis()));
                request.headers_mut().append(TIMESTAMP, HeaderValue::from(captured_at.as_millis()));
                Some(request)
            }
            Self::MovedTime => moved_into_time(signer.sign(unsigned, captured_at)?, captured_at)?,
            Self::MovedBody if *unsigned.request.method() != Method::GET => None,
            Self::MovedBody => moved_into_body(signer.sign(unsigned, now)?)?,
            Self::MovedBodyDelete => moved_into_body(signer.sign(bodyless(unsigned, Method::DELETE)?, now)?)?,
            Self::MovedBodyPost => moved_into_body(signer.sign(bodyless(unsigned, Method::POST)?, now)?)?,
            Self::Doubled => {
                let wrong = ClientSecret::new(OTHER_SECRET)?.v3("POST", "", b"", now);
                let mut request = signer.sign(unsigned, now)?;
                let right = request.headers_mut().insert(SIGNATURE_V3, HeaderValue::from_str(wrong.as_str())?);
                request.headers_mut().extend(right.map(|right| (SIGNATURE_V3, right)));
                Some(request)
            }
            Self::Malformed => {
                let mut request = signer.sign(unsigned, now)?;
                request.headers_mut().insert(SIGNATURE_V3, HeaderValue::from_bytes(&[0xe9; 44])?);
                Some(request)
            }
            Self::Downgraded => {
                let mut request = signer.sign(unsigned, captured_at)?;
                strip(&mut request, [SIGNATURE_V3, TIMESTAMP]);
                Some(request)
            }
            Self::Relabelled => Some(relabelled(unsigned, signer, captured_at)?),
            Self::Extended => extended(unsigned, signer, captured_at)?,
            // Takes more than one request: `check` sends them.
            Self::Respelled => None,
        })
    }
}

fn tampered(mut request: Request<Vec<u8>>) -> Option<Request<Vec<u8>>> {
    let byte = request.body_mut().iter_mut().rev().find(|byte| byte.is_ascii_alphanumeric())?;
    *byte = if *byte == b'0' { b'1' } else { b'0' };
    Some(request)
}

/// The library refuses to make such a secret, so the v3 signature is computed here.
fn signed_with_empty_secret(
    mut request: Request<Vec<u8>>,
    signer: &Signer,
    now: UnixTime,
) -> Result<Request<Vec<u8>>, Failure> {
    let mac = Hmac::<Sha256>::new_from_slice(b"")?
        .chain_update(request.method().as_str())
        .chain_update(signer.uri(&request)?)
        .chain_update(request.body())
        .chain_update(now.as_millis().to_string());
    let mut text = [0; 44];
    let text = Base64::encode(&mac.finalize().into_bytes(), &mut text)?;
    request.headers_mut().insert(SIGNATURE_V3, HeaderValue::from_str(text)?);
    request.headers_mut().insert(TIMESTAMP, HeaderValue::from(now.as_millis()));
    Ok(request)
}

fn for_other_host(unsigned: Unsigned, signer: &Signer, now: UnixTime) -> Result<Request<Vec<u8>>, Failure> {
    const OTHER: HeaderValue = HeaderValue::from_static("other.example");
    let uri = signer.uri(&unsigned.request)?;
    let after_scheme = uri.split_once("://").map_or(uri.as_str(), |(_, rest)| rest);
    let path_and_query = after_scheme.find(['/', '?']).and_then(|begin| after_scheme.get(begin..)).unwrap_or_default();
    let headers = signer.headers(&unsigned, &format!("https://other.example{path_and_query}"), now)?;
    let mut request = attach(unsigned.request, &headers)?;
    request.headers_mut().insert(HOST, OTHER);
    request.headers_mut().insert("x-forwarded-host", OTHER);
    request.headers_mut().insert("x-forwarded-proto", HeaderValue::from_static("https"));
    Ok(request)
}

fn moved_into_time(mut request: Request<Vec<u8>>, signed_at: UnixTime) -> Result<Option<Request<Vec<u8>>>, Failure> {
    let Some((shorter, digit)) = without_last_digit(&request)? else { return Ok(None) };
    let timestamp = format!("{digit}{}", signed_at.as_millis());
    *request.uri_mut() = shorter;
    strip(&mut request, [SIGNATURE, SIGNATURE_VERSION]);
    request.headers_mut().insert(TIMESTAMP, HeaderValue::from_str(&timestamp)?);
    Ok(Some(request))
}

fn moved_into_body(mut request: Request<Vec<u8>>) -> Result<Option<Request<Vec<u8>>>, Failure> {
    let Some((shorter, digit)) = without_last_digit(&request)? else { return Ok(None) };
    *request.uri_mut() = shorter;
    *request.body_mut() = digit.to_string().into_bytes();
    Ok(Some(request))
}

/// Without a body, and with a query that ends in a digit.
fn bodyless(mut unsigned: Unsigned, method: Method) -> Result<Unsigned, Failure> {
    unsigned.request.body_mut().clear();
    unsigned.request.headers_mut().remove(CONTENT_TYPE);
    *unsigned.request.method_mut() = method;
    if without_last_digit(&unsigned.request)?.is_none() {
        *unsigned.request.uri_mut() = with_query(unsigned.request.uri(), "portalId=62515")?;
    }
    Ok(unsigned)
}

/// The same signature, spelt with a space after it.
pub(crate) fn respelled(mut request: Request<Vec<u8>>) -> Result<Request<Vec<u8>>, Failure> {
    if let Some(value) = request.headers_mut().get_mut(SIGNATURE_V3) {
        *value = HeaderValue::from_bytes(&[value.as_bytes(), b" "].concat())?;
    }
    Ok(request)
}

/// The URI of a request without a body, without its last digit, and the digit. A zero would leave the timestamp what it
/// was, to a reader of numbers; with a body, it would not be the URI's end that borders on the timestamp.
fn without_last_digit(request: &Request<Vec<u8>>) -> Result<Option<(Uri, char)>, Failure> {
    let target = target(request.uri());
    let digit = target.chars().next_back().filter(|c| ('1'..='9').contains(c));
    match digit.and_then(|digit| Some((target.strip_suffix(digit)?, digit))) {
        Some((shorter, digit)) if request.body().is_empty() => Ok(Some((with_target(request.uri(), shorter)?, digit))),
        _ => Ok(None),
    }
}

fn relabelled(mut unsigned: Unsigned, signer: &Signer, signed_at: UnixTime) -> Result<Request<Vec<u8>>, Failure> {
    unsigned.older = Version::V2;
    let prefix = format!("{}{}", unsigned.request.method(), signer.uri(&unsigned.request)?);
    let mut request = signer.sign(unsigned, signed_at)?;
    strip(&mut request, [SIGNATURE_V3, TIMESTAMP]);
    request.headers_mut().insert(SIGNATURE_VERSION, HeaderValue::from_static(Version::V1.as_str()));
    request.body_mut().splice(..0, prefix.into_bytes());
    *request.method_mut() = Method::POST;
    Ok(request)
}

fn extended(mut unsigned: Unsigned, signer: &Signer, at: UnixTime) -> Result<Option<Request<Vec<u8>>>, Failure> {
    let uri = signer.uri(&unsigned.request)?;
    let before_body = match unsigned.older {
        Version::V1 => signer.secret_length(),
        _ => [signer.secret_length(), unsigned.request.method().as_str().len(), uri.len()].iter().sum(),
    };
    let body = unsigned.request.body_mut();
    if body.is_empty() {
        return Ok(None);
    }
    let padding = sha256_padding(before_body.saturating_add(body.len()));
    body.extend_from_slice(&padding);
    body.extend_from_slice(b",{\"eventId\":1}");
    // What an attacker continues to from the hash that was captured is the hash of all this.
    let mut request = signer.sign(unsigned, at)?;
    strip(&mut request, [SIGNATURE_V3, TIMESTAMP]);
    Ok(Some(request))
}

fn strip(request: &mut Request<Vec<u8>>, names: [HeaderName; 2]) {
    for name in names {
        request.headers_mut().remove(name);
    }
}

/// The padding that SHA-256 hashes after a message of this many bytes (FIPS 180-4 section 5.1.1).
fn sha256_padding(length: usize) -> Vec<u8> {
    let mut padding = vec![0x80];
    while length.saturating_add(padding.len()) % 64 != 56 {
        padding.push(0);
    }
    padding.extend_from_slice(&(length as u64).saturating_mul(8).to_be_bytes());
    padding
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use sha2::Digest;

    use super::*;

    /// If the padding is right, hashing a message with it ends on a block's boundary in the state that the message alone
    /// ends in, which is the whole of length extension.
    #[test]
    fn the_padding_is_that_of_sha256() {
        for length in [0, 1, 55, 56, 63, 64, 65, 119, 120, 200] {
            let message = vec![b'x'; length];
            let padded = [&message[..], &sha256_padding(length)].concat();
            assert_eq!(padded.len() % 64, 0);
            let mut state = INITIAL;
            for block in padded.chunks_exact(64) {
                sha2::block_api::compress256(&mut state, &[block.try_into().unwrap()]);
            }
            let digest: Vec<u8> = state.iter().flat_map(|word| word.to_be_bytes()).collect();
            assert_eq!(digest, Sha256::digest(&message).to_vec());
        }
    }

    /// FIPS 180-4 section 5.3.3.
    const INITIAL: [u32; 8] =
        [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];
}
