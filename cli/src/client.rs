//! Sends a request as it is and takes the answer: no redirects, no proxy, no retries, as HubSpot is one request away.

use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;

use http::{HeaderMap, Request, Response, StatusCode};
use ureq::Agent;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use crate::Failure;

#[derive(clap::Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct ConnectionArgs {
    /// Trust the certificates in this PEM file instead of the public ones: the authority that signed your server's
    /// (mkcert's `rootCA.pem`), or a self-signed one that is not itself an authority (`CA:FALSE`)
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
}

pub(crate) struct Client(Agent);

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// Its beginning.
    pub(crate) body: Vec<u8>,
    pub(crate) body_is_longer: bool,
}

/// How much of an answer is worth showing.
const MAX_ANSWER: u64 = 64 * 1024;

impl ConnectionArgs {
    pub(crate) fn client(self) -> Result<Client, Failure> {
        let mut tls = TlsConfig::builder();
        if let Some(file) = self.ca_file {
            let pem = std::fs::read(file).map_err(|error| format!("--ca-file cannot be read: {error}"))?;
            let certificates: Vec<Certificate<'static>> = parse_pem(&pem)
                .filter_map(|item| match item {
                    Ok(PemItem::Certificate(certificate)) => Some(certificate),
                    _ => None,
                })
                .collect();
            if certificates.is_empty() {
                return Err("--ca-file holds no PEM certificate".into());
            }
            tls = tls.root_certs(RootCerts::from(certificates));
        }
        let config = Agent::config_builder()
            .tls_config(tls.build())
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            // As long as HubSpot waits for a workflow's webhook.
            .timeout_connect(Some(Duration::from_secs(3)))
            .timeout_global(Some(Duration::from_secs(30)))
            .user_agent(concat!("hubspot-signature/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Client(config.into()))
    }
}

impl Client {
    pub(crate) fn send(&self, request: Request<Vec<u8>>) -> Result<Answer, Failure> {
        let (parts, body) = request.into_parts();
        let answer = if body.is_empty() && ["GET", "HEAD"].contains(&parts.method.as_str()) {
            self.0.run(Request::from_parts(parts, ()))
        } else {
            self.0.run(Request::from_parts(parts, body))
        };
        let (parts, body) = answer.map_err(|error| explained(&error))?.into_parts();
        let mut body = Response::new(body).into_body().into_reader();
        let mut bytes = Vec::new();
        let read = body.by_ref().take(MAX_ANSWER).read_to_end(&mut bytes);
        read.map_err(|error| format!("the answer broke off: {error}"))?;
        let body_is_longer = matches!(body.read(&mut [0]), Ok(1));
        Ok(Answer { status: parts.status, headers: parts.headers, body: bytes, body_is_longer })
    }
}

fn explained(error: &ureq::Error) -> String {
    use std::io::ErrorKind;
    let unreachable = "; is the server running, and is --to its address?";
    let advice = match error {
        ureq::Error::ConnectionFailed | ureq::Error::HostNotFound => unreachable,
        ureq::Error::Io(io) if io.kind() == ErrorKind::ConnectionRefused => unreachable,
        // How rustls' errors arrive.
        ureq::Error::Io(io) if io.kind() == ErrorKind::InvalidData => {
            "; if the certificate is your own, give --ca-file"
        }
        ureq::Error::Timeout(_) => "; HubSpot would not wait longer either",
        _ => "",
    };
    format!("no answer came: {error}{advice}")
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use ureq::Error;

    use super::*;

    /// Here since a silent server would take half a minute.
    #[test]
    fn the_advice_is_about_what_went_wrong() {
        let io = |kind: ErrorKind| Error::Io(kind.into());
        for (error, advice) in [
            (Error::ConnectionFailed, "is the server running"),
            (Error::HostNotFound, "is the server running"),
            (io(ErrorKind::ConnectionRefused), "is the server running"),
            (io(ErrorKind::InvalidData), "give --ca-file"),
            (Error::Timeout(ureq::Timeout::Global), "HubSpot would not wait longer"),
        ] {
            assert!(explained(&error).contains(advice), "{advice:?} is not in {:?}", explained(&error));
        }
        for error in [io(ErrorKind::ConnectionReset), Error::TooManyRedirects] {
            assert_eq!(explained(&error), format!("no answer came: {error}"));
        }
    }
}
