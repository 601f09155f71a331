//! The diagnosis as a hook of the tower layer.

use core::sync::atomic::{AtomicU64, Ordering};
use std::eprintln;
use std::prelude::rust_2024::*;
use std::sync::Arc;

use ::http::Response;

use super::uri::Endpoint;
use super::url::Url;
use super::{Diagnosis, Diagnostician, ReceivedRequest};
use crate::UnixTime;
use crate::tower::Refusal;

/// At most so many diagnoses in each interval.
const AT_MOST: u64 = 3;
const INTERVAL_MILLIS: u64 = 60_000;

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
        let shared = Arc::new((self, report, Limit::default()));
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
        // The path that arrived, at the host of the endpoint: the layer has verified no URL.
        let other = refusal.other_endpoint().map(|endpoint| {
            let target = head.uri.path_and_query().map_or("", |target| target.as_str());
            let Url { scheme, authority, .. } = Url::split(endpoint);
            let arrived = Url { scheme, authority, ..Url::split(target) };
            (Endpoint::new(endpoint, &arrived), arrived.join())
        });
        let uri = other.as_ref().map_or_else(|| refusal.url(), |(_, arrived)| arrived.clone());
        let headers = head.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        // Over HTTP/2 the host that was called is here, and not in `Host`.
        let authority = head.uri.authority().map(|authority| (":authority", authority.as_str().as_bytes()));
        let mut headers: Vec<_> = headers.chain(authority).collect();
        if refusal.body().is_empty() {
            // The layer has not read it, so its absence shows no damage.
            headers.retain(|(name, _)| !["content-length", "content-encoding", "transfer-encoding"].contains(name));
            headers.push(("content-length", b"0"));
        }
        let request =
            ReceivedRequest { method: head.method.as_str(), uri: &uri, headers: &headers, body: refusal.body() };
        let mut diagnosis = self.diagnose(&request, now);
        if refusal.body().is_empty() {
            // Perhaps it was not read. So a v1 signature that fails shows nothing of the secret or the body.
            diagnosis.search.v1_fails = false;
        }
        if let Some((endpoint, _)) = other {
            diagnosis.verdict = Ok(Err(refusal.error()));
            diagnosis.suspect([self.named(endpoint.path_fault())]);
        }
        diagnosis
    }
}

/// Counts the diagnoses of the current interval: the interval's number in the upper 48 bits, the count in the lower 16.
#[derive(Default)]
struct Limit(AtomicU64);

impl Limit {
    /// Whether one more diagnosis may run; if so, it is counted.
    fn allows(&self, now: UnixTime) -> bool {
        let interval = (now.as_millis() / INTERVAL_MILLIS) & (u64::MAX >> 16);
        let count = |state: u64| {
            let (counted, allowed) = (state >> 16, state & 0xffff);
            // Threads that read the clock on either side of a boundary must not reset each other's count, so only a
            // later interval, or a clock that was set back by more than one, starts a new one.
            let is_current = counted == interval || counted == interval.saturating_add(1);
            let (counted, allowed) = if is_current { (counted, allowed) } else { (interval, 0) };
            (allowed < AT_MOST).then(|| (counted << 16) | allowed.saturating_add(1))
        };
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, count).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_an_interval() {
        let limit = Limit::default();
        let allowed = |millis| (0..10).filter(|_| limit.allows(UnixTime::from_millis(millis))).count();
        assert_eq!(allowed(1_700_000_040_000), 3);
        assert_eq!(allowed(1_700_000_099_999), 0);
        assert_eq!(allowed(1_700_000_100_000), 3);
        // A clock that goes back a little does not start a new count.
        assert_eq!(allowed(1_700_000_099_999), 0);
        assert_eq!(allowed(1_600_000_000_000), 3);
    }
}
