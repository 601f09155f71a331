//! The diagnosis as a hook of the tower layer.

use std::eprintln;
use std::prelude::rust_2024::*;
use std::sync::Arc;

use ::http::Response;

use super::{Diagnosis, Diagnostician, RateLimit, ReceivedRequest};
use crate::UnixTime;
use crate::tower::Refusal;

impl Diagnostician {
    /// A hook for [`VerifyLayer::on_refusal`](crate::tower::VerifyLayer::on_refusal) that writes the diagnosis to standard
    /// error: of at most three refused requests a minute, because anyone can send requests that are refused.
    ///
    /// The response stays as it is. The diagnosis runs before the answer, on the thread that serves the request: for
    /// milliseconds in a release build, and for seconds in a debug build.
    ///
    /// A second call of `on_refusal` replaces the first. To log or count each refusal too, call this hook in yours, as
    /// the [guide](crate::guide::mismatch) does.
    #[cfg_attr(docsrs, doc(cfg(feature = "tower")))]
    pub fn to_stderr<B>(self) -> impl Fn(&Refusal<'_>, Response<B>) -> Response<B> + Clone + Send + Sync + 'static {
        self.report_to(|diagnosis| eprintln!("{diagnosis}"))
    }

    /// A hook for [`VerifyLayer::on_refusal`](crate::tower::VerifyLayer::on_refusal) that gives the diagnosis to a closure:
    /// to a logger, for instance. It is limited as [`to_stderr`](Self::to_stderr) is.
    #[cfg_attr(docsrs, doc(cfg(feature = "tower")))]
    pub fn report_to<B>(
        self,
        report: impl Fn(&Diagnosis) + Send + Sync + 'static,
    ) -> impl Fn(&Refusal<'_>, Response<B>) -> Response<B> + Clone + Send + Sync + 'static {
        let shared = Arc::new((self, report, RateLimit::per_minute(3)));
        move |refusal, response| {
            let (diagnostician, report, limit) = &*shared;
            let now = UnixTime::now();
            if limit.allows(now) {
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
