//! Reads a captured HTTP/1.1 request: what it says, the body that its headers announce, and what follows that.

use httparse::{EMPTY_HEADER, Header, Status, parse_chunk_size};

use crate::Failure;

/// More than any client sends, and than most servers take.
const MAX_HEADERS: usize = 256;

pub(crate) struct Capture {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: CapturedBody,
}

/// All that follows the headers, and how much of it they announce.
pub(crate) struct CapturedBody {
    bytes: Vec<u8>,
    announced: Option<usize>,
}

impl Capture {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Failure> {
        let mut headers = [EMPTY_HEADER; MAX_HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        let after_headers = match request.parse(bytes) {
            Ok(Status::Complete(length)) => bytes.get(length..).unwrap_or_default(),
            Ok(Status::Partial) => return Err("the capture is cut short: no empty line ends its headers".into()),
            Err(error) => return Err(format!("the capture is not an HTTP/1.1 request as text: {error}").into()),
        };
        let (method, target) = (request.method.unwrap_or_default(), request.path.unwrap_or_default());
        // Which host was called is for the operator to say, not for the capture: a target such as
        // `https://other.example/` or `.other.example/` would name another.
        if !target.starts_with('/') {
            return Err("the target in the capture's first line does not begin with `/`; leave scheme and host to \
                        --public-url"
                .into());
        }
        Ok(Self {
            method: method.into(),
            target: target.into(),
            headers: request.headers.iter().map(|header| (header.name.into(), header.value.into())).collect(),
            body: CapturedBody::read(request.headers, after_headers)?,
        })
    }
}

impl CapturedBody {
    fn read(headers: &[Header<'_>], after_headers: &[u8]) -> Result<Self, Failure> {
        let values = |name: &str| {
            let mut named = headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
            (named.next().map(|header| header.value.trim_ascii()), named.next().is_some())
        };
        match (values("Content-Length"), values("Transfer-Encoding")) {
            ((None, _), (None, _)) => Ok(Self { bytes: after_headers.into(), announced: None }),
            ((Some(length), false), (None, _)) => {
                let digits = std::str::from_utf8(length).ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
                let length = digits.and_then(|digits| digits.parse().ok());
                let length = length.ok_or("the capture's Content-Length is not a number")?;
                Ok(Self { bytes: after_headers.into(), announced: Some(length) })
            }
            ((None, _), (Some(coding), false)) if coding.eq_ignore_ascii_case(b"chunked") => {
                Ok(Self { bytes: unchunked(after_headers)?, announced: None })
            }
            ((None, _), (Some(_), _)) => Err("the capture's Transfer-Encoding is other than chunked".into()),
            ((Some(_), _), (None, _)) => Err("the capture has more than one Content-Length".into()),
            // Two readers may see two bodies (RFC 9112 section 6.3).
            _ => {
                Err("the capture has both Content-Length and Transfer-Encoding; take out the one that is wrong".into())
            }
        }
    }

    /// The body that the headers announce, and whether something follows it.
    pub(crate) fn into_announced(mut self) -> Result<(Vec<u8>, bool), Failure> {
        let Some(length) = self.announced else { return Ok((self.bytes, false)) };
        if length > self.bytes.len() {
            return Err("the capture is cut short: its Content-Length announces a longer body".into());
        }
        let more = length < self.bytes.len();
        self.bytes.truncate(length);
        Ok((self.bytes, more))
    }

    /// All that follows the headers, but not what an editor put after an announced body.
    pub(crate) fn into_whatever_is_there(mut self) -> Vec<u8> {
        let length = self.announced.unwrap_or(self.bytes.len());
        if self.bytes.get(length..).is_some_and(|rest| rest.trim_ascii().is_empty()) {
            self.bytes.truncate(length);
        }
        self.bytes
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
