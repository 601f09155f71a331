//! The request to judge: a capture, or its parts as options.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::Failure;
use crate::capture::{self, BodyReading, Capture};
use crate::public_url::{self, PublicUrlArgs, Signed};
use crate::terminal::note;

#[derive(clap::Args)]
#[command(next_help_heading = "Request")]
pub(crate) struct RequestArgs {
    /// One request as it arrived: request line (`POST /path`, with any version or none), headers, an empty line, the raw
    /// body; or HTTP/2's pseudo-headers, the output of `curl -v`, or a HAR file. `-` is standard input. A chunked body is
    /// joined. Without Content-Length, the body is all that follows, an editor's last newline included
    #[arg(value_name = "FILE", required_unless_present = "url", help_heading = None)]
    #[arg(conflicts_with_all = ["method", "header"])]
    file: Option<PathBuf>,
    /// Instead of FILE: the whole URL that HubSpot called. For `explain`, with FILE too: the URL that your code verifies
    #[arg(long, value_name = "URL", conflicts_with = "public_url")]
    url: Option<String>,
    /// With --url: the method; POST if there is a body, else GET
    #[arg(long, value_name = "METHOD", requires = "url")]
    method: Option<String>,
    /// With --url: a header of the request, `Name: value`; give all of them, each with its own --header
    #[arg(long, short = 'H', value_name = "HEADER", requires = "url", value_parser = parse_header)]
    header: Vec<(String, String)>,
    #[command(flatten)]
    body: BodyArgs,
    #[command(flatten)]
    public_url: PublicUrlArgs,
}

/// The raw body, for commands that take it as an option.
#[derive(clap::Args)]
pub(crate) struct BodyArgs {
    /// The body, as text; with a capture, instead of the one in it
    #[arg(long, value_name = "TEXT", conflicts_with = "body_file")]
    pub(crate) body: Option<String>,
    /// The body, as it is in a file; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) body_file: Option<PathBuf>,
}

/// A request as it was received.
pub(crate) struct Received {
    pub(crate) method: String,
    /// The whole URL that HubSpot called.
    pub(crate) signed: Signed,
    /// The endpoint's URL as it stands in HubSpot, if it is given.
    pub(crate) endpoint: Option<String>,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
    /// Whether the capture goes on after the body that it announces.
    pub(crate) more_follows: bool,
}

impl RequestArgs {
    /// Whether the URL that was verified is given.
    pub(crate) const fn has_url(&self) -> bool {
        self.url.is_some()
    }

    pub(crate) fn read(self, reading: BodyReading) -> Result<Received, Failure> {
        let given = self.body.read()?;
        // `explain` compares the URL that the service verifies with the endpoint's.
        let compares = matches!(reading, BodyReading::AsItIs);
        // Both are shown, and must not be a secret in the wrong place.
        let endpoint = if compares { self.public_url.endpoint()? } else { None };
        if self.url.as_ref().is_some_and(|url| !["http://", "https://", "/"].iter().any(|begin| url.starts_with(begin)))
        {
            return Err("--url is neither a URL nor a path".into());
        }
        if self.url.is_some() && !compares {
            if self.file.is_some() {
                return Err("FILE cannot be used with --url, which stands in place of it".into());
            }
            if self.public_url.are_given() {
                return Err("--endpoint cannot be used with --url, which is the whole URL already".into());
            }
        }
        if let Some(file) = self.file {
            let public_url = match &self.url {
                Some(_) => None,
                None => Some(self.public_url.get(compares)?.ok_or(
                    "give --endpoint, the URL as it stands in HubSpot, or --public-url, for a server with several routes: \
                     HubSpot signs the URL it called, and a capture has only its path",
                )?),
            };
            let capture = capture::parse(&read(&file, "FILE")?)?;
            let (body, more_follows) = match given {
                Some(body) => (body, false),
                None => capture.body(reading)?,
            };
            let Capture { method, target, mut headers, .. } = capture;
            let signed = if let Some(public_url) = public_url {
                public_url::signed(&public_url, &target)?
            } else {
                let url = self.url.unwrap_or_default();
                let query = |uri: &str| uri.split_once('?').map(|(_, query)| query.to_owned());
                // Not a fault by itself: the code may verify a URL without its query.
                if query(&url) != query(&target) {
                    note("the query in --url is not that of the capture; give --url as your code verified it");
                }
                // As HTTP/2 has it: the path of the request line may be the one that was signed.
                if !headers.iter().any(|(name, _)| name == ":path") {
                    headers.push((":path".into(), target.into_bytes()));
                }
                Signed { url, other_path: None }
            };
            return Ok(Received { method, signed, endpoint, headers, body, more_follows });
        }
        let signed = Signed { url: self.url.unwrap_or_default(), other_path: None };
        let body = given.unwrap_or_default();
        // Shown too.
        if self.method.as_ref().is_some_and(|method| !is_like_a_method(method)) {
            return Err("--method is not a method such as POST".into());
        }
        let headers = self.header.into_iter().map(|(name, value)| (name, value.into_bytes())).collect();
        let method = self.method.unwrap_or_else(|| method_for(&body).into());
        Ok(Received { method, signed, endpoint, headers, body, more_follows: false })
    }
}

impl BodyArgs {
    pub(crate) fn read(&self) -> Result<Option<Vec<u8>>, Failure> {
        match (&self.body, &self.body_file) {
            (Some(text), _) => Ok(Some(text.clone().into_bytes())),
            (None, Some(file)) => read(file, "--body-file").map(Some),
            (None, None) => Ok(None),
        }
    }
}

fn is_like_a_method(text: &str) -> bool {
    (1..=16).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// As curl chooses.
pub(crate) const fn method_for(body: &[u8]) -> &'static str {
    if body.is_empty() { "GET" } else { "POST" }
}

fn parse_header(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once(':') {
        Some((name, value)) if !name.is_empty() => Ok((name.into(), value.trim_matches([' ', '\t']).into())),
        _ => Err("give `Name: value`"),
    }
}

/// A file's bytes, or those of standard input.
pub(crate) fn read(file: &Path, what: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = if file.as_os_str() == "-" {
        io::stdin().read_to_end(&mut bytes).map(drop)
    } else {
        fs::read(file).map(|read| bytes = read)
    };
    read.map_err(|error| format!("{what} cannot be read: {error}"))?;
    Ok(bytes)
}

pub(crate) fn read_text(file: &Path, what: &str) -> Result<String, Failure> {
    String::from_utf8(read(file, what)?).map_err(|_| format!("{what} is not UTF-8").into())
}
