//! [`Source`]: what a request that `send` sends is made of.

use clap::ValueEnum;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Uri};
use hubspot_signature::{Header, UnixTime, Version};

use crate::Failure;
use crate::capture::{BodyReading, Capture};
use crate::event::Event;
use crate::signer::Unsigned;
use crate::target::with_target;

pub(crate) enum Source {
    Event(Event),
    /// A request of the user's own.
    Own {
        method: Method,
        body: Vec<u8>,
        /// The version next to v3.
        older: Version,
    },
    Captured(Captured),
}

/// A captured request, to be signed anew.
pub(crate) struct Captured {
    method: Method,
    /// With its question mark.
    query: Option<String>,
    headers: HeaderMap,
    body: Vec<u8>,
    older: Version,
}

impl Source {
    pub(crate) fn unsigned(&self, to: &Uri, now: UnixTime) -> Result<Unsigned, Failure> {
        match self {
            Self::Event(event) => event.to(to, now),
            Self::Own { method, body, older } => {
                Ok(Unsigned { older: *older, ..Unsigned::new(method.clone(), to, body.clone()) })
            }
            Self::Captured(captured) => captured.to(to),
        }
    }

    pub(crate) fn name(&self) -> String {
        match self {
            Self::Event(event) => name(event),
            Self::Own { .. } => "own".into(),
            Self::Captured(_) => "capture".into(),
        }
    }
}

/// As the command line has it.
pub(crate) fn name(value: &impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

impl Captured {
    /// `body` takes the place of the one in the capture. `v1` signs v1 next to v3, whatever the capture was signed with.
    pub(crate) fn new(capture: &Capture, body: Option<Vec<u8>>, v1: bool) -> Result<Self, Failure> {
        let method: Method = capture.method.parse().map_err(|_| "the capture's method is none")?;
        let body = match body {
            Some(body) => body,
            None => capture.body(BodyReading::Announced)?.0,
        };
        if [Method::GET, Method::HEAD].contains(&method) && !body.is_empty() {
            return Err("the capture is a GET or HEAD with a body, which HubSpot does not send".into());
        }
        let older = capture.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(Header::SignatureVersion.name()));
        let is_v1 = older.is_some_and(|(_, value)| value == b"v1");
        let mut headers = HeaderMap::new();
        for (name, value) in &capture.headers {
            let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value))
            else {
                return Err("the capture has a header that cannot be sent".into());
            };
            if !is_made_anew(&name) {
                headers.append(name, value);
            }
        }
        let query = capture.target.split_once('?').map(|(_, query)| format!("?{query}"));
        let older = if v1 || is_v1 { Version::V1 } else { Version::V2 };
        Ok(Self { method, query, headers, body, older })
    }

    /// The query of the capture comes with it, unless the URL has one.
    fn to(&self, to: &Uri) -> Result<Unsigned, Failure> {
        let to = match (&self.query, to.query()) {
            (Some(query), None) => {
                let target = format!("{}{query}", to.path());
                with_target(to, &target).map_err(|_| "the target in the capture's first line cannot be sent")?
            }
            _ => to.clone(),
        };
        let mut unsigned = Unsigned::new(self.method.clone(), &to, self.body.clone());
        *unsigned.request.headers_mut() = self.headers.clone();
        unsigned.older = self.older;
        Ok(unsigned)
    }
}

/// Headers of the connection on which the request was captured, and HubSpot's.
fn is_made_anew(name: &HeaderName) -> bool {
    let of_connection = [
        header::HOST,
        header::CONTENT_LENGTH,
        header::TRANSFER_ENCODING,
        header::CONNECTION,
        header::EXPECT,
        header::TE,
        header::TRAILER,
        header::UPGRADE,
        HeaderName::from_static("keep-alive"),
        HeaderName::from_static("http2-settings"),
    ];
    of_connection.contains(name) || Header::ALL.iter().any(|header| header.name() == name.as_str())
}
