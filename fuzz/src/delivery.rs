//! [`Delivered`], a request as a server hands it over, with the operator's configuration.
//!
//! As text it is a [`Case`] with the request's target in the URL's place, and two lines before: where the public URL comes
//! from (`endpoint URL`, `endpoint-any-path URL`, the URL of a server, `host`, `host http`, `forwarded first` or
//! `forwarded last`), and the path prefix or `-`.

use http::{HeaderName, HeaderValue, Method, Request, Uri};
use hubspot_signature::{Hop, PublicUrl};

use crate::Case;
use crate::oracle::{self, Origin};

#[derive(Debug)]
pub struct Delivered {
    /// Its URI is that of [`url`](Self::url), or empty if there is none.
    pub case: Case,
    pub public_url: PublicUrl,
    pub request: Request<Vec<u8>>,
    /// The URL that HubSpot called, by the oracle.
    pub url: oracle::PublicUrl,
}

impl Delivered {
    pub fn parse(input: &[u8]) -> Option<Self> {
        let mut lines = input.splitn(3, |byte| *byte == b'\n');
        let mut line = || str::from_utf8(lines.next()?).ok();
        let origin = line()?;
        let origin = match origin.split_once(' ') {
            Some(("endpoint", url)) => Origin::Endpoint { url: url.to_owned(), any_path: false },
            Some(("endpoint-any-path", url)) => Origin::Endpoint { url: url.to_owned(), any_path: true },
            Some(("host", "http")) => Origin::Host { https: false },
            Some(("forwarded", "first")) => Origin::Forwarded { last: false },
            Some(("forwarded", "last")) => Origin::Forwarded { last: true },
            None if origin == "host" => Origin::Host { https: true },
            _ => Origin::Server(origin.to_owned()),
        };
        let prefix = Some(line()?).filter(|prefix| *prefix != "-").unwrap_or_default();
        let mut target = String::new();
        let case = Case::parse_over(lines.next()?, |text, headers| {
            text.clone_into(&mut target);
            // Servers drop the white space before a value, and know no header that HTTP does not.
            let headers: Vec<_> = headers.iter().filter_map(as_served).collect();
            text_of(&oracle::public_url(&origin, prefix, &target, &headers))
        })?;
        Self::new(case, &origin, prefix, &target)
    }

    /// `None` if it is no request that a server could hand over, or nothing that an operator could configure.
    fn new(mut case: Case, origin: &Origin, prefix: &str, target: &str) -> Option<Self> {
        let public_url = match origin {
            Origin::Server(text) => {
                let public_url = PublicUrl::server(text).ok()?;
                assert_configurable(text);
                public_url
            }
            Origin::Endpoint { url: text, any_path } => {
                let public_url = PublicUrl::endpoint(text).ok()?;
                assert_configurable(text);
                if *any_path { public_url.dangerously_accept_any_path() } else { public_url }
            }
            Origin::Host { https: true } => PublicUrl::trusting_host_header(),
            Origin::Host { https: false } => PublicUrl::trusting_host_header_over_http(),
            Origin::Forwarded { last } => {
                PublicUrl::trusting_forwarded_headers(if *last { Hop::Last } else { Hop::First })
            }
        };
        let public_url = if prefix.is_empty() { public_url } else { public_url.path_prefix(prefix).ok()? };
        let mut request = Request::new(case.body.clone());
        *request.method_mut() = Method::from_bytes(case.method.as_bytes()).ok()?;
        *request.uri_mut() = target.parse::<Uri>().ok()?;
        case.headers = case.headers.iter().filter_map(as_served).collect();
        for (name, value) in &case.headers {
            request.headers_mut().append(
                HeaderName::from_bytes(name.as_bytes()).expect("as served"),
                HeaderValue::from_bytes(value).expect("as served"),
            );
        }
        // Once more, since a signature may have been filled into a header that the URL is made of.
        let url = oracle::public_url(origin, prefix, target, &case.headers);
        case.uri = text_of(&url);
        Some(Self { case, public_url, request, url })
    }
}

fn as_served((name, value): &(String, Vec<u8>)) -> Option<(String, Vec<u8>)> {
    let value = value.trim_ascii_start();
    HeaderName::from_bytes(name.as_bytes()).ok()?;
    HeaderValue::from_bytes(value).ok()?;
    Some((name.clone(), value.to_vec()))
}

fn text_of(url: &oracle::PublicUrl) -> String {
    match url {
        oracle::PublicUrl::Known(url) | oracle::PublicUrl::Lenient(url) => url.clone(),
        oracle::PublicUrl::Unknown => String::new(),
    }
}

/// A text that the crate takes for a public URL is one.
fn assert_configurable(text: &str) {
    let host = text.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or_default());
    assert!(oracle::is_absolute(text) && host.is_some_and(oracle::is_host), "{text:?}");
    assert!(!text.contains(['?', '#']), "{text:?}");
}
