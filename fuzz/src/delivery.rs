//! [`Delivered`], a request as a server hands it over, with what the operator has configured.
//!
//! As text it is a [`Case`] with the request's target for its URL, and two lines before: where the public URL comes from (a
//! URL, `host`, `host http`, `forwarded first` or `forwarded last`), and the path prefix or `-`.

use http::{HeaderName, HeaderValue, Method, Request, Uri};
use hubspot_signature::http::{Hop, PublicUrl};

use crate::Case;
use crate::oracle::{self, Origin};

#[derive(Debug)]
pub struct Delivered {
    /// Its URI is [`url`](Self::url), or of no account if there is none.
    pub case: Case,
    pub public_url: PublicUrl,
    pub request: Request<Vec<u8>>,
    /// What the oracle says that HubSpot called.
    pub url: Option<String>,
}

impl Delivered {
    pub fn parse(input: &[u8]) -> Option<Self> {
        let mut lines = input.splitn(3, |byte| *byte == b'\n');
        let mut line = || str::from_utf8(lines.next()?).ok();
        let origin = match line()? {
            "host" => Origin::Host { https: true },
            "host http" => Origin::Host { https: false },
            "forwarded first" => Origin::Forwarded { last: false },
            "forwarded last" => Origin::Forwarded { last: true },
            url => Origin::Configured(url.to_owned()),
        };
        let prefix = Some(line()?).filter(|prefix| *prefix != "-").unwrap_or_default();
        let mut target = String::new();
        let case = Case::parse_over(lines.next()?, |text, headers| {
            text.clone_into(&mut target);
            let headers: Vec<_> =
                headers.iter().map(|(name, value)| (name.clone(), value.trim_ascii_start().to_owned())).collect();
            oracle::public_url(&origin, prefix, &target, &headers).unwrap_or_default()
        })?;
        Self::new(case, &origin, prefix, &target)
    }

    /// `None` if it is no request that a server could hand over, or nothing that an operator could configure.
    pub fn new(mut case: Case, origin: &Origin, prefix: &str, target: &str) -> Option<Self> {
        let public_url = match origin {
            Origin::Configured(text) => {
                let public_url = PublicUrl::new(text);
                if public_url.is_ok() {
                    let host = text.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or_default());
                    assert!(oracle::is_absolute(text) && host.is_some_and(oracle::is_host), "{text:?}");
                    assert!(!text.contains(['?', '#']), "{text:?}");
                }
                public_url.ok()?
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
        // What is no header never reaches the crate. Servers drop the white space before a value.
        case.headers.retain_mut(|(name, value)| {
            *value = value.trim_ascii_start().to_vec();
            let header = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value));
            let (Ok(name), Ok(value)) = header else { return false };
            request.headers_mut().append(name, value);
            true
        });
        let text = |value: &Vec<u8>| value.iter().map(|byte| char::from(*byte)).collect();
        let headers: Vec<_> = case.headers.iter().map(|(name, value)| (name.clone(), text(value))).collect();
        let url = oracle::public_url(origin, prefix, target, &headers);
        case.uri = url.clone().unwrap_or_default();
        Some(Self { case, public_url, request, url })
    }
}
