//! The diagnosis as a hook of the tower layer.

use std::prelude::rust_2024::*;
use std::sync::Arc;

use ::http::Response;

use super::{Diagnosis, Diagnostician, RateLimit, ReceivedRequest};
use crate::tower::{Refusal, write_line};
use crate::{Header, UnixTime};

impl Diagnostician {
    /// A hook for [`VerifyLayer::on_refusal`](crate::tower::VerifyLayer::on_refusal) that writes the diagnosis to
    /// standard error. It explains at most three refused requests a minute that have a signature, and three that have
    /// none, because anyone can send requests that are refused.
    ///
    /// The response stays as it is. The diagnosis runs before the answer, on the thread that serves the request: for
    /// milliseconds in a release build, and for seconds in a debug build.
    ///
    /// A second call of `on_refusal` replaces the first. To log or count each refusal too, call this hook in yours, as
    /// the [guide](crate::guide::mismatch) does.
    #[cfg_attr(docsrs, doc(cfg(feature = "tower")))]
    pub fn to_stderr<B>(self) -> impl Fn(&Refusal<'_>, Response<B>) -> Response<B> + Clone + Send + Sync + 'static {
        self.report_to(|diagnosis| write_line(diagnosis))
    }

    /// A hook for [`VerifyLayer::on_refusal`](crate::tower::VerifyLayer::on_refusal) that gives the diagnosis to a closure:
    /// to a logger, for instance. It is limited as [`to_stderr`](Self::to_stderr) is.
    #[cfg_attr(docsrs, doc(cfg(feature = "tower")))]
    pub fn report_to<B>(
        self,
        report: impl Fn(&Diagnosis) + Send + Sync + 'static,
    ) -> impl Fn(&Refusal<'_>, Response<B>) -> Response<B> + Clone + Send + Sync + 'static {
        // Scanners send requests without a signature all day. They must not take the place of those that HubSpot signed.
        let limits = [(); 2].map(|()| RateLimit::per_minute(3));
        let shared = Arc::new((self, report, limits));
        move |refusal, response| {
            let (diagnostician, report, [of_signed, of_others]) = &*shared;
            let has = |header: Header| refusal.head().headers.contains_key(header.name());
            let limit = if has(Header::SignatureV3) || has(Header::Signature) { of_signed } else { of_others };
            let now = UnixTime::now();
            if limit.allow(now) {
                report(&diagnostician.diagnose_refusal(refusal, now));
            }
            response
        }
    }

    fn diagnose_refusal(&self, refusal: &Refusal<'_>, now: UnixTime) -> Diagnosis {
        let head = refusal.head();
        let uri = refusal.url();
        let headers = head.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        // Over HTTP/2 the host that was called is here, and not in `Host`.
        let authority = head.uri.authority().map(|authority| (":authority", authority.as_str().as_bytes()));
        let headers: Vec<_> = headers.chain(authority).collect();
        let request =
            ReceivedRequest { method: head.method.as_str(), uri: &uri, headers: &headers, body: refusal.body() };
        let mut diagnosis = match refusal.other_endpoint() {
            Some(endpoint) => self.diagnose_path(&request, endpoint, now),
            None => self.diagnose(&request, now),
        };
        if request.body.is_none() {
            // The layer knows why it did not read it.
            diagnosis.verdict = Ok(Err(refusal.error()));
        }
        diagnosis
    }
}
