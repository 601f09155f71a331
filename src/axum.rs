//! [`Verified`] as an extractor of axum handlers.

use ::http::{StatusCode, request};
use axum_core::extract::FromRequestParts;

use crate::Verified;

/// Takes the proof that [`VerifyLayer`](crate::tower::VerifyLayer) left with the request. A handler with this argument
/// cannot run without the layer: where the layer is missing, the answer is 500, before the handler's body.
///
/// ```
/// use axum_core::extract::FromRequestParts;
/// use hubspot_signature::Verified;
///
/// async fn hubspot(verified: Verified, body: String) -> String {
///     format!("{} bytes, signed by {}", body.len(), verified.version())
/// }
/// # fn is_extractor<T: FromRequestParts<()>>() {}
/// # is_extractor::<Verified>();
/// ```
#[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
impl<S: Sync> FromRequestParts<S> for Verified {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(parts: &mut request::Parts, _: &S) -> Result<Self, Self::Rejection> {
        parts
            .extensions
            .get()
            .copied()
            .ok_or((StatusCode::INTERNAL_SERVER_ERROR, "this route is not behind the HubSpot signature layer"))
    }
}
