//! Reads a captured request as people have them: an HTTP message of any version, HTTP/2's pseudo-headers, the output of
//! `curl -v`, an entry of a HAR file.

mod body;
mod har;
mod message;
mod request;

pub(crate) use self::body::BodyReading;
pub(crate) use self::request::Capture;
use crate::Failure;

pub(crate) fn parse(bytes: &[u8]) -> Result<Capture, Failure> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err("the capture is UTF-16, as PowerShell's `>` writes it: save it as it was received".into());
    }
    // An editor's byte-order mark.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let capture = match bytes.trim_ascii_start() {
        json @ [b'{', ..] => har::parse(json)?,
        text @ [b'*' | b'>', b' ', ..] => message::curl(text)?,
        text => message::message(text)?,
    };
    // Which host was called is for the operator to say, not for the capture: a target such as
    // `https://other.example/` or `.other.example/` would name another.
    if !capture.target.starts_with('/') {
        return Err("the target in the capture's first line does not begin with `/`; leave scheme and host to \
                    --endpoint or --public-url"
            .into());
    }
    Ok(capture)
}
