//! The body of a captured request: what the headers announce of all that follows them.

use httparse::{Status, parse_chunk_size};

use crate::Failure;

/// Which part of a capture is its body.
#[derive(Clone, Copy)]
pub(crate) enum BodyReading {
    /// As much as Content-Length says, as any server reads it.
    Announced,
    /// All that is there: a body that was changed on the way may have another length than Content-Length says.
    AsItIs,
}

/// The part of a capture that follows its head.
pub(super) enum Rest {
    /// All that follows the headers of an HTTP message.
    Message(Vec<u8>),
    /// The body itself.
    Body(Vec<u8>),
    /// `curl -v` prints none.
    NotShown,
}

/// How the headers say where a body ends.
enum Framing {
    Length(usize),
    Chunked,
    /// They do not.
    None,
}

impl Rest {
    pub(super) fn body(&self, headers: &[(String, Vec<u8>)], reading: BodyReading) -> Result<(Vec<u8>, bool), Failure> {
        let (rest, framing) = match self {
            Self::Body(body) => return Ok((body.clone(), false)),
            Self::NotShown => (&[][..], framing(headers)?),
            Self::Message(rest) => (rest.as_slice(), framing(headers)?),
        };
        let length = match framing {
            Framing::None => rest.len(),
            Framing::Length(0) if matches!(self, Self::NotShown) => 0,
            _ if matches!(self, Self::NotShown) => {
                return Err(
                    "`curl -v` does not show the body it sends: give it next to the capture, as --body-file or \
                            --body"
                        .into(),
                );
            }
            Framing::Chunked => return Ok((unchunked(rest)?, false)),
            Framing::Length(length) => length,
        };
        let announced = rest.get(..length);
        match (reading, announced, rest.get(length..).unwrap_or_default()) {
            (_, Some(body), []) => Ok((body.into(), false)),
            // What an editor put after an announced body.
            (BodyReading::AsItIs, Some(body), more) if more.trim_ascii().is_empty() => Ok((body.into(), false)),
            (BodyReading::AsItIs, ..) => Ok((rest.into(), false)),
            (BodyReading::Announced, Some(body), _) => Ok((body.into(), true)),
            (BodyReading::Announced, None, _) => {
                Err("the capture is cut short: its Content-Length announces a longer body".into())
            }
        }
    }
}

fn framing(headers: &[(String, Vec<u8>)]) -> Result<Framing, Failure> {
    let values = |name: &str| {
        let mut named = headers.iter().filter(|(given, _)| given.eq_ignore_ascii_case(name));
        (named.next().map(|(_, value)| value.trim_ascii()), named.next().is_some())
    };
    match (values("Content-Length"), values("Transfer-Encoding")) {
        ((None, _), (None, _)) => Ok(Framing::None),
        ((Some(length), false), (None, _)) => {
            let digits = std::str::from_utf8(length).ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
            let length = digits.and_then(|digits| digits.parse().ok());
            Ok(Framing::Length(length.ok_or("the capture's Content-Length is not a number")?))
        }
        ((None, _), (Some(coding), false)) if coding.eq_ignore_ascii_case(b"chunked") => Ok(Framing::Chunked),
        ((None, _), (Some(_), _)) => Err("the capture's Transfer-Encoding is other than chunked".into()),
        ((Some(_), _), (None, _)) => Err("the capture has more than one Content-Length".into()),
        // Two readers may see two bodies (RFC 9112 section 6.3).
        _ => Err("the capture has both Content-Length and Transfer-Encoding; take out the one that is wrong".into()),
    }
}

/// Joins the chunks of a body (RFC 9112 section 7.1). Trailers are dropped: nobody signs them.
fn unchunked(mut rest: &[u8]) -> Result<Vec<u8>, &'static str> {
    const CUT_SHORT: &str = "the capture is cut short: no chunk of length 0 ends its body";
    const NOT_CHUNKED: &str = "the capture's body is not in chunks; if they are joined already, take its Transfer-Encoding \
                               header out";
    let mut body = Vec::new();
    loop {
        let (begin, length) = match parse_chunk_size(rest) {
            Ok(Status::Complete(head)) => head,
            Ok(Status::Partial) => return Err(CUT_SHORT),
            Err(_) => return Err(NOT_CHUNKED),
        };
        if length == 0 {
            return Ok(body);
        }
        let length = usize::try_from(length).map_err(|_| CUT_SHORT)?;
        let (chunk, after) = rest.get(begin..).and_then(|rest| rest.split_at_checked(length)).ok_or(CUT_SHORT)?;
        body.extend_from_slice(chunk);
        rest = match after {
            [b'\r', b'\n', after @ ..] => after,
            [] | [b'\r'] => return Err(CUT_SHORT),
            _ => return Err(NOT_CHUNKED),
        };
    }
}
