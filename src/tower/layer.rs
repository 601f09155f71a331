//! [`VerifyLayer`]: the settings of the middleware.

use core::fmt;
use core::time::Duration;
use std::sync::Arc;

use ::http::Response;
use tower_layer::Layer;

use crate::http::PublicUrl;
use crate::tower::{OnRefusal, Refusal, Unshaped, Verify};
use crate::{UnixTime, Verifier};

/// Wraps a service so that it sees only what HubSpot signed; see [the module](crate::tower).
#[derive(Clone)]
#[must_use = "a layer guards nothing until a service is wrapped in it"]
pub struct VerifyLayer<H = Unshaped> {
    pub(super) settings: Arc<Settings>,
    pub(super) on_refusal: H,
}

#[derive(Clone)]
pub(super) struct Settings {
    pub(super) verifier: Verifier,
    pub(super) public_url: PublicUrl,
    pub(super) body_limit: usize,
    pub(super) retry_mismatches: Option<Duration>,
    pub(super) clock: Arc<dyn Fn() -> UnixTime + Send + Sync>,
}

impl VerifyLayer {
    /// A layer with a body limit of 1 MiB, the system clock, and 401 for what does not match.
    pub fn new(verifier: Verifier, public_url: PublicUrl) -> Self {
        let settings = Settings {
            verifier,
            public_url,
            body_limit: 1024 * 1024,
            retry_mismatches: None,
            clock: Arc::new(UnixTime::now),
        };
        Self { settings: Arc::new(settings), on_refusal: Unshaped }
    }
}

impl<H> VerifyLayer<H> {
    /// How many bytes of body to accept, and so how much memory a request can hold. The default is 1 MiB; a Webhooks
    /// API batch of 100 events is some 40 KB.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        Arc::make_mut(&mut self.settings).body_limit = bytes;
        self
    }

    /// Answers a signature that does not match with 429 and `Retry-After` instead of 401, so that HubSpot sends the
    /// request again instead of dropping it for good.
    ///
    /// Set it before a client secret, a public URL or a proxy in front of the server is changed, and take it out when
    /// genuine requests are accepted again. HubSpot's workflows honour the delay for up to three days, its Webhooks API
    /// tries up to ten times (docs/PROTOCOL.md §2). Only [`Error::Mismatch`](crate::Error::Mismatch) is answered so,
    /// which is what a wrong secret or URL looks like. 429 rather than 503 since HubSpot reads `Retry-After` with that
    /// alone; the delay is sent in whole seconds, rounded up.
    pub fn retry_mismatches(mut self, after: Duration) -> Self {
        Arc::make_mut(&mut self.settings).retry_mismatches = Some(after);
        self
    }

    /// Where the time comes from, for tests. The default is [`UnixTime::now`].
    pub fn clock(mut self, clock: impl Fn() -> UnixTime + Send + Sync + 'static) -> Self {
        Arc::make_mut(&mut self.settings).clock = Arc::new(clock);
        self
    }

    /// Sees every refusal and the response to it, and returns the response to send. For logs, metrics, or a body.
    ///
    /// The body's type is that of the inner service's responses: in axum `Response<axum::body::Body>`.
    ///
    /// ```
    /// # use ::http::Response;
    /// # use hubspot_signature::tower::{Refusal, VerifyLayer};
    /// # fn shaped(layer: VerifyLayer) {
    /// layer.on_refusal(|refusal: &Refusal<'_>, response: Response<String>| {
    ///     eprintln!("{} {}: {}", refusal.head().method, refusal.head().uri.path(), refusal.error());
    ///     response.map(|_| "not from HubSpot".to_owned())
    /// })
    /// # ; }
    /// ```
    pub fn on_refusal<B, F>(self, on_refusal: F) -> VerifyLayer<F>
    where
        F: Fn(&Refusal<'_>, Response<B>) -> Response<B>,
    {
        VerifyLayer { settings: self.settings, on_refusal }
    }
}

impl<S, H: Clone> Layer<S> for VerifyLayer<H> {
    type Service = Verify<S, H>;

    fn layer(&self, inner: S) -> Self::Service {
        Verify { inner, layer: self.clone() }
    }
}

impl<H> VerifyLayer<H> {
    /// The response to a refusal.
    pub(super) fn refuse<B: Default>(&self, refusal: &Refusal<'_>) -> Response<B>
    where
        H: OnRefusal<B>,
    {
        self.on_refusal.shape(refusal, refusal.response(self.settings.retry_mismatches))
    }
}

impl<H> fmt::Debug for VerifyLayer<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings { verifier, public_url, body_limit, retry_mismatches, .. } = &*self.settings;
        f.debug_struct("VerifyLayer")
            .field("verifier", verifier)
            .field("public_url", public_url)
            .field("body_limit", body_limit)
            .field("retry_mismatches", retry_mismatches)
            .finish_non_exhaustive()
    }
}
