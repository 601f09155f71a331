//! The diagnosis as a hook of the tower layer.

use core::sync::atomic::{AtomicU64, Ordering};
use std::eprintln;
use std::prelude::rust_2024::*;
use std::sync::Arc;

use ::http::Response;

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
        let other = refusal.other_endpoint();
        let arrived = |endpoint| {
            let target = head.uri.path_and_query().map_or("", |target| target.as_str());
            let Url { scheme, authority, .. } = Url::split(endpoint);
            Url { scheme, authority, ..Url::split(target) }.join()
        };
        let uri = other.map_or_else(|| refusal.url(), arrived);
        let headers = head.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        // Over HTTP/2 the host that was called is here, and not in `Host`.
        let authority = head.uri.authority().map(|authority| (":authority", authority.as_str().as_bytes()));
        let headers: Vec<_> = headers.chain(authority).collect();
        let request =
            ReceivedRequest { method: head.method.as_str(), uri: &uri, headers: &headers, body: refusal.body() };
        let mut diagnosis = match other {
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
