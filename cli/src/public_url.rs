//! The options `--endpoint` and `--public-url`, and the URL of a captured request under them.

use std::env;

use hubspot_signature::diagnose::{Diagnosis, Diagnostician, ReceivedRequest};
use hubspot_signature::{Error, PublicUrl, PublicUrlError, SignatureHeaders, UnixTime};

use crate::Failure;

pub(crate) const HEADING: &str = "The URL that HubSpot calls";
/// The most characters of a path that are shown.
const MAX_SHOWN: usize = 200;

#[derive(clap::Args)]
pub(crate) struct PublicUrlArgs {
    /// The URL of the endpoint, exactly as it stands in HubSpot: https://hooks.example.com/hubspot/webhook. The query comes
    /// from the request. Next to --url or --public-url, which then say what your service verifies, `explain` compares the two.
    /// Otherwise taken from the environment variable HUBSPOT_ENDPOINT
    #[arg(long, value_name = "URL", help_heading = HEADING)]
    endpoint: Option<String>,
    /// For a server with several routes: the part of the URL that precedes the request's own path:
    /// https://hooks.example.com, with a path if a proxy removes one. Otherwise taken from HUBSPOT_PUBLIC_URL
    #[arg(long, value_name = "URL", help_heading = HEADING)]
    public_url: Option<String>,
}

impl PublicUrlArgs {
    /// Whether the URL is given as an option, and not only in the environment.
    pub(crate) const fn are_given(&self) -> bool {
        self.endpoint.is_some() || self.public_url.is_some()
    }

    /// The text of the endpoint's URL, if it is given.
    pub(crate) fn endpoint(&self) -> Result<Option<String>, Failure> {
        let endpoint = match (&self.endpoint, &self.public_url) {
            (None, None) => variable("HUBSPOT_ENDPOINT")?,
            (endpoint, _) => endpoint.clone(),
        };
        if let Some(url) = &endpoint {
            PublicUrl::endpoint(url).map_err(|error| unusable("--endpoint", error))?;
        }
        Ok(endpoint)
    }

    /// The URL of a request: the server's, if that is given too and `compares` allows both.
    pub(crate) fn get(self, compares: bool) -> Result<Option<PublicUrl>, Failure> {
        let (endpoint, server) = match (self.endpoint, self.public_url) {
            (None, None) => (variable("HUBSPOT_ENDPOINT")?, variable("HUBSPOT_PUBLIC_URL")?),
            (Some(_), server @ Some(_)) if compares => (None, server),
            (Some(_), Some(_)) => return Err("--endpoint cannot be used with --public-url".into()),
            given => given,
        };
        match (endpoint, server) {
            (Some(_), Some(_)) => {
                Err("HUBSPOT_ENDPOINT and HUBSPOT_PUBLIC_URL are both set: give --endpoint or --public-url".into())
            }
            (Some(url), None) => PublicUrl::endpoint(&url).map(Some).map_err(|error| unusable("--endpoint", error)),
            (None, Some(url)) => PublicUrl::server(&url).map(Some).map_err(|error| unusable("--public-url", error)),
            (None, None) => Ok(None),
        }
    }
}

fn unusable(option: &str, error: PublicUrlError) -> Failure {
    format!("{option}: {error}\n{}", error.help()).into()
}

fn variable(name: &str) -> Result<Option<String>, Failure> {
    match env::var(name) {
        Ok(text) => Ok(Some(text)),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(format!("the variable {name} is not UTF-8").into()),
    }
}

/// The URL that HubSpot signed for a request.
pub(crate) struct Signed {
    pub(crate) url: String,
    /// Set if the request is refused for its path, before its signature is looked at.
    pub(crate) other_path: Option<OtherPath>,
}

impl Signed {
    /// The diagnosis of a request with this URL.
    pub(crate) fn explain(
        &self,
        diagnostician: &Diagnostician,
        method: &str,
        headers: &[(&str, &[u8])],
        body: &[u8],
        now: UnixTime,
    ) -> Diagnosis {
        let request = |uri| ReceivedRequest { method, uri, headers, body: Some(body) };
        match &self.other_path {
            Some(other) => diagnostician.diagnose_path(&request(&other.target), &self.url, now),
            None => diagnostician.diagnose(&request(&self.url), now),
        }
    }
}

/// A path that is not the endpoint's.
pub(crate) struct OtherPath {
    pub(crate) error: Error,
    /// Path and query, as they arrived.
    target: String,
    /// Advice, with both paths.
    pub(crate) help: String,
}

impl OtherPath {
    fn new(error: Error, endpoint: &str, target: &str) -> Self {
        let arrived = target.split(['?', '#']).next().unwrap_or_default();
        let help = format!(
            "The request arrived at the path {}, and the path of the endpoint is {}.\n{}",
            quoted(arrived),
            quoted(path(endpoint)),
            error.help()
        );
        Self { error, target: target.to_owned(), help }
    }
}

/// The path of a whole URL.
fn path(url: &str) -> &str {
    let url = url.split('?').next().unwrap_or_default();
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').and_then(|at| rest.get(at..)).unwrap_or_default()
}

/// The path in quotes, cut to `MAX_SHOWN` characters: anyone can send a long one.
fn quoted(path: &str) -> String {
    match path.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{:?}…", path.get(..end).unwrap_or_default()),
        None => format!("{path:?}"),
    }
}

/// The URL of a request whose request line has this target, as text.
pub(crate) fn signed(public_url: &PublicUrl, target: &str) -> Result<Signed, Error> {
    let url = |public_url: &PublicUrl| {
        public_url.head("", target, SignatureHeaders::new()).map(|head| head.uri().to_string())
    };
    match url(public_url) {
        Err(error @ Error::PathNotEndpoint) => {
            let url = url(&public_url.clone().dangerously_accept_any_path())?;
            let other_path = OtherPath::new(error, &url, target);
            Ok(Signed { url, other_path: Some(other_path) })
        }
        url => Ok(Signed { url: url?, other_path: None }),
    }
}
