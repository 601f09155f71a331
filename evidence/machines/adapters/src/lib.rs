//! `verify_request`, `begin_request` and the layer as a WebAssembly module without imports, which `run.mjs` runs in Node. The
//! time comes from the host, as it does on a machine without a clock.

#[path = "../../../constant-time/src/adapters.rs"]
mod adapters;

use bytes::Bytes;
use hubspot_signature::{PublicUrl, UnixTime, Verifier, Version};

/// Where the host puts the request. There is one thread.
static mut BUFFER: [u8; 64 * 1024] = [0; 64 * 1024];

#[unsafe(no_mangle)]
extern "C" fn buffer() -> *mut u8 {
    (&raw mut BUFFER).cast()
}

/// Returns 0 if all three ways accept the request, 1 if all refuse it, 2 if it cannot be read, 3 if they differ.
#[unsafe(no_mangle)]
extern "C" fn judge(length: usize, now: u64) -> u8 {
    // SAFETY: the one thread is here, and the host does not write while it is.
    let buffer = unsafe { &*(&raw const BUFFER) };
    let now = UnixTime::from_millis(now);
    let Some((verifier, url, request)) = buffer.get(..length).and_then(parse) else { return 2 };
    let verdict = adapters::verify_request(&verifier, &url, &request, now);
    if adapters::begin_request(&verifier, &url, &request, now) != verdict
        || adapters::layer(&verifier, &url, &request, now) != verdict
    {
        return 3;
    }
    verdict.is_err().into()
}

/// Lines of secret, time, method and absolute URL; header lines; an empty line; the body.
fn parse(input: &[u8]) -> Option<(Verifier, PublicUrl, http::Request<Bytes>)> {
    let split = input.windows(2).position(|two| two == b"\n\n")?;
    let mut lines = std::str::from_utf8(input.get(..split)?).ok()?.lines();
    let verifier = Verifier::new(lines.next()?, Version::V1).ok()?;
    lines.next()?;
    let (method, url) = (lines.next()?, lines.next()?);
    let path = url.find("://").and_then(|at| Some(at + 3 + url.get(at + 3..)?.find('/')?))?;
    let (server, target) = url.split_at(path);
    let mut request = http::Request::builder().method(method).uri(target);
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        request = request.header(name, value);
    }
    let body = Bytes::copy_from_slice(input.get(split + 2..)?);
    Some((verifier, PublicUrl::server(server).ok()?, request.body(body).ok()?))
}

#[cfg(feature = "control-now")]
#[unsafe(no_mangle)]
extern "C" fn now() -> u64 {
    UnixTime::now().as_millis()
}

#[cfg(feature = "control-layer")]
pub fn layer(verifier: Verifier, url: PublicUrl) -> hubspot_signature::tower::VerifyLayer {
    hubspot_signature::tower::VerifyLayer::new(verifier, url)
}
