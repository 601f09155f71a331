//! [`Delivery`], the form in which the fuzzer invents a request that a server hands over; [`Delivered`], that request.

use arbitrary::Arbitrary;
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use hubspot_signature::http::{Hop, PublicUrl};

use crate::oracle::{self, Origin};
use crate::{Case, Scheme, Sketch};

#[derive(Arbitrary, Clone, Debug)]
pub struct Delivery {
    /// Its URI is not used: the oracle makes it from what follows.
    sketch: Sketch,
    origin: Option<Origin>,
    prefix: Option<String>,
    target: Target,
    hosts: Vec<(HostHeader, Vec<Piece>)>,
    usual: Option<Scheme>,
}

#[derive(Arbitrary, Clone, Debug)]
enum Target {
    Path(String),
    Absolute(Vec<Piece>, String),
    Text(String),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum HostHeader {
    Host,
    Forwarded,
    ForwardedProto,
    ForwardedHost,
}

/// A part of the value of such a header.
#[derive(Arbitrary, Clone, Debug)]
enum Piece {
    Https,
    Http,
    Host,
    Port(u16),
    Address,
    Proto,
    HostIs,
    For,
    Semicolon,
    Comma,
    Quote,
    Blank,
    Text(String),
}

/// A request with all that it is judged by. The case's URI is [`url`](Self::url), or of no account if there is none.
#[derive(Debug)]
pub struct Delivered {
    pub case: Case,
    pub public_url: PublicUrl,
    pub request: Request<Vec<u8>>,
    /// What the oracle says that HubSpot called.
    pub url: Option<String>,
}

impl Delivery {
    /// `None` if it is no request that a server could hand over, or no URL that an operator could configure.
    pub fn delivered(&self) -> Option<Delivered> {
        let origin = self.origin.clone().unwrap_or(Origin::Configured("https://hooks.example.com".to_owned()));
        let public_url = match &origin {
            Origin::Configured(text) => {
                let public_url = PublicUrl::new(text);
                let host = text.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or_default());
                if public_url.is_ok() {
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
        let (public_url, prefix) = match &self.prefix {
            Some(prefix) => (public_url.path_prefix(prefix).ok()?, prefix.as_str()),
            None => (public_url, ""),
        };
        let target = match &self.target {
            Target::Path(path) => format!("/{path}"),
            Target::Absolute(host, path) => format!("https://{}/{path}", text(host)),
            Target::Text(text) => text.clone(),
        };
        let mut hosts: Vec<(String, Vec<u8>)> = self
            .hosts
            .iter()
            .map(|(header, pieces)| {
                let name = match header {
                    HostHeader::Host => "host",
                    HostHeader::Forwarded => "forwarded",
                    HostHeader::ForwardedProto => "x-forwarded-proto",
                    HostHeader::ForwardedHost => "x-forwarded-host",
                };
                (name.to_owned(), text(pieces).into_bytes())
            })
            .collect();
        // The sketch's own headers may name a host too.
        hosts.extend(self.sketch.case().headers);
        hosts.retain(is_header);
        let url = oracle::public_url(&origin, prefix, &target, &hosts);

        let mut case = self.sketch.case_over(url.clone().unwrap_or_default());
        if let Some(scheme) = self.usual {
            case.sign(scheme);
        }
        let signed = std::mem::take(&mut case.headers);
        let is_host_header = |header: &(String, Vec<u8>)| {
            ["host", "forwarded", "x-forwarded-proto", "x-forwarded-host"].contains(&header.0.to_lowercase().as_str())
        };
        case.headers = hosts.into_iter().filter(is_host_header).collect();
        case.headers.extend(signed.into_iter().filter(|header| is_header(header) && !is_host_header(header)));

        let mut request = Request::new(case.body.clone());
        *request.method_mut() = Method::from_bytes(case.method.as_bytes()).ok()?;
        *request.uri_mut() = target.parse::<Uri>().ok()?;
        for (name, value) in &case.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            request.headers_mut().append(name, HeaderValue::from_bytes(value).ok()?);
        }
        Some(Delivered { case, public_url, request, url })
    }
}

fn is_header((name, value): &(String, Vec<u8>)) -> bool {
    HeaderName::from_bytes(name.as_bytes()).is_ok() && HeaderValue::from_bytes(value).is_ok()
}

fn text(pieces: &[Piece]) -> String {
    let text = |piece: &Piece| match piece {
        Piece::Https => "https".to_owned(),
        Piece::Http => "http".to_owned(),
        Piece::Host => "hooks.example.com".to_owned(),
        Piece::Port(port) => format!(":{port}"),
        Piece::Address => "[2001:db8::1]".to_owned(),
        Piece::Proto => "proto=".to_owned(),
        Piece::HostIs => "host=".to_owned(),
        Piece::For => "for=192.0.2.60".to_owned(),
        Piece::Semicolon => ";".to_owned(),
        Piece::Comma => ",".to_owned(),
        Piece::Quote => "\"".to_owned(),
        Piece::Blank => " ".to_owned(),
        Piece::Text(text) => text.clone(),
    };
    pieces.iter().map(text).collect()
}
