//! The requests that every example server must accept or refuse, and the ways they get there.
//!
//! A [`Request`] is text and bytes, not a client library's type, so that it can be as wrong as an attacker's.

mod cases;
mod http2;
mod lambda;
mod nginx;
// The naive signer that the tests of the crate and the fuzz targets use.
#[path = "../../../../tests/oracle/mod.rs"]
mod oracle;
mod redis;
mod sdk;
mod server;
mod socket;

use hubspot_signature::{ClientSecret, UnixTime};

pub use cases::{BODY_LIMIT, BODY_TIMEOUT, Case, EVENTS, forged, genuine, hold, oversized};
pub use http2::over_http2;
pub use lambda::{Event, Lambda};
pub use nginx::Nginx;
pub use redis::Redis;
pub use server::{Server, example};
pub use socket::{Answer, Connection, exchange, head};

/// Of the shape of a client secret, and of no app.
pub const SECRET: &str = "12345678-aaaa-bbbb-cccc-ddddeeeeffff";

/// Where the servers are told that HubSpot reaches them. No request is ever sent there.
pub const PUBLIC_URL: &str = "https://hooks.example.com";

#[derive(Clone, Debug)]
pub struct Request {
    pub method: &'static str,
    /// Path and query as in the request line.
    pub target: String,
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
}

/// Who plays HubSpot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signer {
    ThisCrate,
    /// v3 over the URI with its twelve escapes decoded, as HubSpot documents it.
    Documented,
    /// `@hubspot/api-client`'s `Signature.getSignature`.
    NodeSdk,
    /// `@hubspot/ui-extensions-dev-server`, the signer of HubSpot's development proxy.
    DevelopmentProxy,
}

impl Signer {
    pub const ALL: [Self; 4] = [Self::ThisCrate, Self::Documented, Self::NodeSdk, Self::DevelopmentProxy];
}

impl Request {
    pub fn new(method: &'static str, target: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        Self { method, target: target.into(), headers: Vec::new(), body: body.into() }
    }

    fn url(&self) -> String {
        format!("{PUBLIC_URL}{}", self.target)
    }

    pub fn signed_by(self, signer: Signer) -> Self {
        match signer {
            Signer::ThisCrate => self.signed_at(UnixTime::now()),
            Signer::Documented => {
                let url = oracle::decode_uri(&self.url());
                self.signed(SECRET, &url, UnixTime::now())
            }
            Signer::NodeSdk | Signer::DevelopmentProxy => sdk::signed(self, signer),
        }
    }

    pub fn signed_at(self, time: UnixTime) -> Self {
        let url = self.url();
        self.signed(SECRET, &url, time)
    }

    pub fn signed(mut self, secret: &str, url: &str, time: UnixTime) -> Self {
        let secret = ClientSecret::new(secret).expect("a usable secret");
        let headers = secret.sign(self.method, url, &self.body, time).expect("a request to sign");
        self.headers = headers.pairs().map(|(name, value)| (name.into(), value.into())).collect();
        self
    }

    pub fn header(&mut self, name: &str) -> &mut Vec<u8> {
        let header = self.headers.iter_mut().find(|header| header.0.eq_ignore_ascii_case(name));
        &mut header.expect("the request has this header").1
    }

    pub fn without(mut self, names: &[&str]) -> Self {
        let before = self.headers.len();
        self.headers.retain(|header| !names.iter().any(|name| header.0.eq_ignore_ascii_case(name)));
        assert_eq!(self.headers.len() + names.len(), before, "the request has these headers");
        self
    }
}
