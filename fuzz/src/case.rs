//! [`Case`], a request and how it is judged.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use hubspot_signature::{Error, MatchedSecret, RequestHead, SignatureHeaders, UnixTime, Verified, Verifier, Version};

use crate::oracle::{self, Policy, Scheme};

/// The client secret of HubSpot's documentation.
pub const SECRET: &str = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";

#[derive(Clone, Debug)]
pub struct Case {
    pub secret: String,
    pub previous: Option<String>,
    pub minimum: Scheme,
    /// Milliseconds, as are the next two.
    pub max_age: u64,
    pub max_clock_skew: u64,
    pub now: u64,
    pub max_body: Option<u64>,
    pub any_body: bool,
    /// The sizes in which the body is streamed. The rest comes at once.
    pub chunks: Vec<usize>,
    pub method: String,
    pub uri: String,
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
}

thread_local! {
    /// Keying a verifier costs more than judging a request, and most requests are judged by the same secrets.
    static KEYED: RefCell<HashMap<(String, Option<String>, Scheme), Option<Verifier>>> = RefCell::default();
}

impl Case {
    /// Returns the verifier, if the secrets may be used. The oracle says too whether they may.
    pub fn verifier(&self) -> Option<Verifier> {
        let keyed = KEYED.with_borrow_mut(|keyed| {
            if keyed.len() > 256 {
                keyed.clear();
            }
            let key = (self.secret.clone(), self.previous.clone(), self.minimum);
            keyed.entry(key).or_insert_with(|| self.keyed()).clone()
        });
        let mut verifier = keyed?
            .max_age(Duration::from_millis(self.max_age))
            .max_clock_skew(Duration::from_millis(self.max_clock_skew));
        if self.any_body {
            verifier = verifier.dangerously_accept_any_body();
        }
        if let Some(limit) = self.max_body {
            verifier = verifier.max_body(limit);
        }
        Some(verifier)
    }

    fn keyed(&self) -> Option<Verifier> {
        let minimum = match self.minimum {
            Scheme::V1 => Version::V1,
            Scheme::V2 => Version::V2,
            Scheme::V3 => Version::V3,
        };
        let verifier = Verifier::new(&self.secret, minimum);
        assert_eq!(verifier.is_ok(), oracle::is_secret(&self.secret), "{:?}", self.secret);
        let verifier = verifier.ok()?.previous_secret(self.previous.as_deref());
        assert_eq!(verifier.is_ok(), self.previous.as_deref().is_none_or(oracle::is_secret), "{:?}", self.previous);
        verifier.ok()
    }

    pub fn head(&self) -> RequestHead<'_> {
        let headers = SignatureHeaders::from_pairs(self.headers.iter().map(|(name, value)| (name, value)));
        RequestHead::new(&self.method, &self.uri, headers)
    }

    pub fn now(&self) -> UnixTime {
        UnixTime::from_millis(self.now)
    }

    /// Adds the headers with which HubSpot sends this request under the scheme. The fuzzer would be long in finding them.
    pub fn sign(&mut self, scheme: Scheme) {
        let timestamp = self.now.to_string();
        let signature = oracle::sign(scheme, &self.secret, &self.method, &self.uri, &self.body, timestamp.as_bytes());
        let mut add = |name: &str, value: String| self.headers.push((name.to_owned(), value.into_bytes()));
        if scheme == Scheme::V3 {
            add("x-hubspot-signature-v3", signature);
            add("x-hubspot-request-timestamp", timestamp);
        } else {
            add("x-hubspot-signature", signature);
            add("x-hubspot-signature-version", scheme.name().to_owned());
        }
    }

    pub fn stream(&self, verifier: &Verifier, chunks: &[usize]) -> Result<Verified, Error> {
        let mut verification = verifier.begin(&self.head(), self.now())?;
        let mut rest = self.body.as_slice();
        for size in chunks {
            let (chunk, after) = rest.split_at((*size).min(rest.len()));
            verification.update(chunk)?;
            rest = after;
        }
        verification.update(rest)?;
        verification.finish()
    }

    /// The crate accepts what the oracle accepts, with the same proof, and nothing else, by every way in.
    pub fn check(&self) {
        let Some(verifier) = self.verifier() else { return };
        let verdict = verifier.verify(&self.head(), &self.body, self.now());
        self.assert_agrees(&verdict);

        // The same headers, looked up by name.
        let headers = SignatureHeaders::from_lookup(|wanted| {
            self.headers.iter().filter(move |header| header.0.eq_ignore_ascii_case(wanted)).map(|header| &header.1)
        });
        let head = RequestHead::new(&self.method, &self.uri, headers);
        assert_eq!(verifier.verify(&head, &self.body, self.now()), verdict);
        // The error's numbers included, unless a rule is broken at one place of the body and another at a later one.
        let streamed = self.stream(&verifier, &self.chunks);
        assert_eq!(streamed.is_ok(), verdict.is_ok(), "{streamed:?} {verdict:?}\n{self:?}");
        if !is_of_the_body(&streamed) {
            assert_eq!(streamed, verdict, "{self:?}");
        }
        if let Err(error) = verdict {
            assert!(!error.to_string().is_empty() && error.to_string().len() <= 90, "{error}");
            assert!(!error.code().is_empty() && !error.help().is_empty(), "{error}");
        }
    }

    /// The verdict is the oracle's.
    pub fn assert_agrees(&self, verdict: &Result<Verified, Error>) {
        let request =
            oracle::Request { method: &self.method, uri: &self.uri, headers: &self.headers, body: &self.body };
        let expected = oracle::judge(&self.policy(), &request, self.now).map(|accepted| {
            let expires_at = accepted.timestamp.map(|timestamp| timestamp.saturating_add(self.max_age));
            (accepted.scheme, accepted.timestamp, accepted.by_current, accepted.digest[..16].to_vec(), expires_at)
        });
        let proof = verdict.as_ref().ok().map(|verified| {
            let scheme = match verified.version() {
                Version::V1 => Scheme::V1,
                Version::V2 => Scheme::V2,
                Version::V3 => Scheme::V3,
                _ => unreachable!(),
            };
            let by_current = verified.matched_secret() == MatchedSecret::Current;
            let timestamp = verified.timestamp().map(UnixTime::as_millis);
            let expires_at = verified.expires_at().map(UnixTime::as_millis);
            (scheme, timestamp, by_current, verified.replay_key().as_bytes().to_vec(), expires_at)
        });
        assert_eq!(proof, expected, "{verdict:?}\n{self:?}");
    }

    fn policy(&self) -> Policy<'_> {
        let Self { minimum, max_age, max_clock_skew, max_body, any_body, .. } = *self;
        let (secret, previous) = (self.secret.as_str(), self.previous.as_deref());
        Policy { secret, previous, minimum, max_age, max_clock_skew, max_body, any_body }
    }
}

fn is_of_the_body(verdict: &Result<Verified, Error>) -> bool {
    matches!(verdict, Err(Error::BodyTooLarge { .. } | Error::BodyNotJson { .. } | Error::BodyHasNul))
}
