//! A program made of nothing but this crate and the processor: it reads a request from standard input, puts it through
//! every public function, and exits with 0 if it is accepted, 1 if it is refused.
//!
//! It has no standard library, no allocator and no C library, so it links only if the crate needs none. And it links only
//! if no panic is reachable: the panic handler calls a function that does not exist, and the linker looks for that
//! function unless the optimiser has shown that nothing calls the handler. All input is read at run time, so the
//! optimiser cannot know the values.

#![no_std]
#![no_main]

mod machine;

use core::fmt::Write;
use core::hint::black_box;
use core::time::Duration;

use hubspot_signature::{
    ClientSecret, Error, Header, RequestHead, SecretError, Signature, SignatureHeaders, UnixTime, Verified, Verifier,
    Version,
};
use machine::{StandardError, exit, read_standard_input};

unsafe extern "C" {
    /// Defined nowhere.
    safe fn a_panic_is_reachable() -> !;
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    a_panic_is_reachable()
}

#[unsafe(no_mangle)]
extern "C" fn main() -> ! {
    let mut buffer = [0; 64 * 1024];
    let input = read_standard_input(&mut buffer);

    #[cfg(feature = "control-alloc")]
    {
        extern crate alloc;
        black_box(alloc::vec::Vec::from(input));
    }
    // Whether there is a thirteenth byte is the sender's choice.
    #[cfg(feature = "control-panic")]
    black_box(input[12]);

    exit(match Request::parse(input) {
        Some(request) => match judge(&request) {
            Ok(Ok(_)) => 0,
            Ok(Err(error)) => {
                let _ = writeln!(StandardError, "{error}");
                1
            }
            Err(error) => {
                let _ = writeln!(StandardError, "{error}");
                2
            }
        },
        None => 2,
    })
}

/// Lines of secret, time, method and absolute URL; header lines; an empty line; the body.
struct Request<'a> {
    secret: &'a str,
    now: UnixTime,
    method: &'a str,
    uri: &'a str,
    headers: &'a [u8],
    body: &'a [u8],
}

impl<'a> Request<'a> {
    fn parse(input: &'a [u8]) -> Option<Self> {
        let (secret, rest) = split(input, b"\n")?;
        let (now, rest) = split(rest, b"\n")?;
        let (method, rest) = split(rest, b"\n")?;
        let (uri, rest) = split(rest, b"\n")?;
        let (headers, body) = split(rest, b"\n\n")?;
        let text = |bytes| core::str::from_utf8(bytes).ok();
        let now = UnixTime::from_millis(text(now)?.parse().ok()?);
        Some(Self { secret: text(secret)?, now, method: text(method)?, uri: text(uri)?, headers, body })
    }

    fn pairs(&self) -> impl Iterator<Item = (&'a str, &'a [u8])> + use<'a> {
        let mut rest = self.headers;
        core::iter::from_fn(move || {
            let line;
            (line, rest) = split(rest, b"\n").or_else(|| (!rest.is_empty()).then_some((rest, b"".as_slice())))?;
            let (name, value) = split(line, b": ")?;
            Some((core::str::from_utf8(name).ok()?, value))
        })
    }
}

/// Before and after the first occurrence of the separator.
fn split<'a>(bytes: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let mut after = bytes;
    while !after.is_empty() {
        if let Some(rest) = after.strip_prefix(separator) {
            return Some((bytes.get(..bytes.len().checked_sub(after.len())?)?, rest));
        }
        after = after.get(1..)?;
    }
    None
}

/// Every public function on the request. Those that must agree are compared; a difference exits with 3.
fn judge(request: &Request<'_>) -> Result<Result<Verified, Error>, SecretError> {
    let &Request { secret: text, now, method, uri, body, .. } = request;
    let verifier = Verifier::new(text)?
        .previous_secret(text)?
        .minimum_version(Version::V1)
        .max_age(Duration::from_secs(300))
        .max_clock_skew(Duration::from_secs(60));
    let secret = ClientSecret::new(text)?;

    let headers = SignatureHeaders::from_pairs(request.pairs());
    let head = RequestHead { method, uri, headers };
    let looked_up = SignatureHeaders::from_lookup(|wanted| {
        request.pairs().filter(move |(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
    });

    let verdict = verifier.verify_at(&head, body, now);
    same(verdict == verifier.verify_at(&RequestHead { headers: looked_up, ..head }, body, now));
    same(verdict == stream(&verifier, &head, body, now));

    for signed in [secret.sign(method, uri, body, now), secret.sign_with_v1(method, uri, body, now)] {
        let pairs = signed.as_pairs();
        let headers = SignatureHeaders::from_pairs(pairs);
        let own = verifier.verify_at(&RequestHead { headers, ..head }, body, now);
        // A request this crate signed is refused only for what is wrong with the request itself.
        same(!matches!(own, Err(Error::Mismatch { .. })));
    }
    let (v1, v2, v3) = (secret.v1(body), secret.v2(method, uri, body), secret.v3(method, uri, body, now));
    for signature in [&v1, &v2, &v3] {
        let parsed = Signature::parse(signature.version(), signature.as_str().as_bytes());
        same(parsed.is_ok_and(|parsed| parsed == *signature));
        let _ = black_box(Signature::parse(signature.version(), body));
    }
    for header in Header::ALL {
        let headers = SignatureHeaders::new().with(header, body).with(header, body);
        same(verifier.begin_at(&RequestHead { headers, ..head }, now).err() == Some(Error::DuplicateHeader { header }));
    }
    black_box(UnixTime::from_secs(now.as_millis()).as_millis());
    Ok(verdict)
}

fn stream(verifier: &Verifier, head: &RequestHead<'_>, body: &[u8], now: UnixTime) -> Result<Verified, Error> {
    let mut verification = verifier.begin_at(head, now)?;
    for chunk in body.chunks(3) {
        verification.update(chunk);
    }
    verification.finish()
}

fn same(same: bool) {
    if !same {
        exit(3);
    }
}
