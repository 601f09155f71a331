//! [`VerifyLayer`]: the settings of the middleware.

use core::fmt;
use core::time::Duration;
use std::sync::Arc;

use ::http::Response;
use tower_layer::Layer;

use crate::tower::{Refusal, Unshaped, Verify};
use crate::{PublicUrl, UnixTime, Verifiers};

/// Wraps a service so that it sees only what HubSpot signed. See [the module](crate::tower).
#[derive(Clone)]
#[must_use = "a layer guards nothing until a service is wrapped in it"]
pub struct VerifyLayer<H = Unshaped> {
    pub(super) settings: Arc<Settings>,
    pub(super) on_refusal: H,
}

#[derive(Clone)]
pub(super) struct Settings {
    pub(super) verifiers: Verifiers,
    pub(super) public_url: PublicUrl,
    pub(super) retry_mismatches: Option<Duration>,
    pub(super) passes_unverified: bool,
    pub(super) clock: Arc<dyn Fn() -> UnixTime + Send + Sync>,
}

impl VerifyLayer {
    /// Verifies by the system clock. Takes a [`Verifier`](crate::Verifier), or [`Verifiers`] if there are several or they
    /// are replaced while the server runs.
    ///
    /// Does not exist on `wasm32-unknown-unknown`, which has no system clock: use [`with_clock`](Self::with_clock) there.
    #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
    pub fn new(verifiers: impl Into<Verifiers>, public_url: PublicUrl) -> Self {
        Self::with_clock(verifiers, public_url, UnixTime::now)
    }

    /// Verifies by a clock of your own, for [tests](crate::guide::testing) and for machines without a system clock.
    pub fn with_clock(
        verifiers: impl Into<Verifiers>,
        public_url: PublicUrl,
        clock: impl Fn() -> UnixTime + Send + Sync + 'static,
    ) -> Self {
        let settings = Settings {
            verifiers: verifiers.into(),
            public_url,
            retry_mismatches: None,
            passes_unverified: false,
            clock: Arc::new(clock),
        };
        Self { settings: Arc::new(settings), on_refusal: Unshaped }
    }
}

impl<H> VerifyLayer<H> {
    /// Answers a request that does not match with 429 and `Retry-After` instead of 401, so that HubSpot sends it again
    /// instead of dropping it.
    ///
    /// Set it before you change a client secret, a public URL or a proxy in front of the server, and remove it once
    /// genuine requests are accepted again. HubSpot's workflows honour the delay for up to three days; its Webhooks API
    /// tries up to ten times ([protocol, 2](crate::guide::protocol#2-who-sends-what)).
    ///
    /// It applies to the errors that a misconfiguration can cause: see
    /// [`Error::may_be_misconfiguration`](crate::Error::may_be_misconfiguration). HubSpot reads `Retry-After` with 429
    /// only; the delay is sent in whole seconds, rounded up.
    pub fn retry_mismatches(mut self, after: Duration) -> Self {
        Arc::make_mut(&mut self.settings).retry_mismatches = Some(after);
        self
    }

    /// **Lets requests through that are not verified**, to observe the verdict before you enforce it at an endpoint that
    /// is already in use.
    ///
    /// A refused request goes on to the inner service without [`Verified`](crate::Verified), and has the
    /// [`Error`](crate::Error) in its extensions. [`on_refusal`](Self::on_refusal) sees it first, with
    /// [`Refusal::is_passed_on`] set; the response that the hook returns is dropped. A body that is too large or unreadable
    /// is still refused.
    ///
    /// An extractor of `Verified` answers 500 to a request that is passed on, so ask for `Option<Extension<Verified>>` while
    /// you observe. Remove the call once the log shows no more refusals of genuine requests.
    pub fn dangerously_pass_unverified(mut self) -> Self {
        Arc::make_mut(&mut self.settings).passes_unverified = true;
        self
    }

    /// Sees every refusal and the response to it, and returns the response to send. Use it for logs, metrics, or a body. If
    /// you only want a log, pass [`to_stderr`](crate::tower::to_stderr).
    ///
    /// The body's type is that of the inner service's responses: in axum `Response<axum::body::Body>`. There is one hook;
    /// to log and to [diagnose](mod@crate::diagnose) together, see the [guide](crate::guide::mismatch).
    ///
    /// ```
    /// # use ::http::Response;
    /// # use hubspot_signature::tower::{Refusal, VerifyLayer};
    /// # fn shaped(layer: VerifyLayer) {
    /// layer.on_refusal(|refusal: &Refusal<'_>, response: Response<String>| {
    ///     eprintln!("{} refused: {refusal}", refusal.head().method);
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

impl<H> fmt::Debug for VerifyLayer<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings { verifiers, public_url, retry_mismatches, passes_unverified, .. } = &*self.settings;
        f.debug_struct("VerifyLayer")
            .field("verifiers", verifiers)
            .field("public_url", public_url)
            .field("retry_mismatches", retry_mismatches)
            .field("passes_unverified", passes_unverified)
            .finish_non_exhaustive()
    }
}
