//! [`Judge`]: the verifier as the service should have it, and the diagnosis of its refusals.

use http::HeaderMap;
use hubspot_signature::diagnose::{Diagnostician, Finding};
use hubspot_signature::{
    Error, PublicUrl, RequestHead, SignatureHeaders, UnixTime, Verified, Verifier, Verifiers, Version,
};

use crate::Failure;
use crate::listen::throttle::Throttle;
use crate::public_url::{self, Signed};
use crate::secrets::{OtherSecret, Second, unusable};
use crate::terminal::in_options;

pub(super) struct Judge {
    /// The app's own, and those of the other apps.
    verifiers: Verifiers,
    /// One for each app, with that app's secret first.
    diagnosticians: Vec<Diagnostician>,
    explanations: Throttle,
    public_url: PublicUrl,
    /// For the greeting.
    shown: String,
    is_one_endpoint: bool,
    has_other_secrets: bool,
}

/// A request, whole.
pub(super) struct Arrived {
    pub(super) method: String,
    /// Path and query, as in the request line.
    pub(super) target: String,
    pub(super) headers: HeaderMap,
    pub(super) body: hyper::body::Bytes,
    pub(super) at: UnixTime,
}

pub(super) struct Judgement {
    /// The URL that was verified.
    pub(super) url: String,
    pub(super) verdict: Result<Verified, Error>,
}

impl Judge {
    pub(super) fn new(
        secret: &str,
        others: &[OtherSecret],
        previous: Option<&str>,
        public_url: PublicUrl,
        minimum: Version,
    ) -> Result<Self, Failure> {
        let verifier = Verifier::new(secret, minimum)
            .map_err(|error| unusable(error, Second::IsPrevious))?
            .previous_secret(previous)
            .map_err(|error| format!("the previous secret: {}", unusable(error, Second::IsTooMany)))?;
        let verifier_of = |other: &OtherSecret| {
            Verifier::new(&other.text, minimum).map_err(|error| {
                format!("line {} of --other-secrets: {}", other.line, unusable(error, Second::HasItsLine))
            })
        };
        let verifiers = Verifiers::new(verifier, others.iter().map(verifier_of).collect::<Result<Vec<_>, _>>()?);
        // The URL of an endpoint is the same for every path.
        let url = |target| public_url::signed(&public_url, target).map(|Signed { url, .. }| url);
        let is_one_endpoint = url("/")? == url("/-")?;
        let mut secrets: Vec<_> = [secret].into_iter().chain(others.iter().map(|other| other.text.as_str())).collect();
        let mut diagnosticians = Vec::new();
        for number in 0..secrets.len() {
            let mut diagnostician = Diagnostician::new(&secrets, minimum);
            if let Some(previous) = previous.filter(|_| number == 0) {
                diagnostician = diagnostician.previous_secret(previous);
            }
            if is_one_endpoint {
                diagnostician = diagnostician.endpoint(&url("/")?);
            }
            diagnosticians.push(diagnostician);
            secrets.rotate_left(1);
        }
        let mut shown = url("/")?;
        if !is_one_endpoint {
            shown.pop();
        }
        Ok(Self {
            verifiers,
            diagnosticians,
            explanations: Throttle::new(),
            public_url,
            shown,
            is_one_endpoint,
            has_other_secrets: !others.is_empty(),
        })
    }

    pub(super) const fn is_one_endpoint(&self) -> bool {
        self.is_one_endpoint
    }

    pub(super) const fn has_other_secrets(&self) -> bool {
        self.has_other_secrets
    }

    pub(super) fn public_url(&self) -> &str {
        &self.shown
    }

    /// Whether a path is that of the endpoint.
    pub(super) fn is_endpoint(&self, target: &str) -> bool {
        self.is_one_endpoint
            && public_url::signed(&self.public_url, target).is_ok_and(|signed| signed.other_path.is_none())
    }

    pub(super) fn judge(&self, arrived: &Arrived) -> Judgement {
        match public_url::signed(&self.public_url, &arrived.target) {
            Ok(Signed { url, other_path: Some(other) }) => Judgement { url, verdict: Err(other.error) },
            Ok(Signed { url, other_path: None }) => {
                let headers = SignatureHeaders::from_lookup(|name| arrived.headers.get_all(name));
                let head = RequestHead::new(&arrived.method, &url, headers);
                let verdict = self.verifiers.verify(&head, &arrived.body, arrived.at);
                Judgement { url, verdict }
            }
            // `OPTIONS *` and the like.
            Err(refusal) => Judgement { url: arrived.target.clone(), verdict: Err(refusal) },
        }
    }

    /// Whether one more refusal may be explained now.
    pub(super) fn may_explain(&self) -> bool {
        self.explanations.allow()
    }

    /// Diagnoses a refusal, which can take a second.
    pub(super) fn explain(&self, arrived: &Arrived) -> String {
        let headers: Vec<_> = arrived.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let Arrived { method, body, at, .. } = arrived;
        // Requests such as `OPTIONS *` have no URL.
        let signed = public_url::signed(&self.public_url, &arrived.target)
            .unwrap_or_else(|_| Signed { url: arrived.target.clone(), other_path: None });
        let explain = |app: &Diagnostician| signed.explain(app, method, &headers, body, *at);
        let Some(own) = self.diagnosticians.first() else { return String::new() };
        let diagnosis = explain(own);
        // That a secret is another app's is no fault here: such a request is explained as that app would.
        let matched =
            diagnosis.findings().iter().flat_map(Finding::matched).map(|(_, secret)| *secret).find(|at| *at > 0);
        let diagnosis = matched.and_then(|at| self.diagnosticians.get(at)).map_or(diagnosis, explain);
        let help = signed.other_path.map_or_else(String::new, |other| format!("{}\n\n", other.help));
        in_options(&format!("{help}{diagnosis}"))
    }
}
