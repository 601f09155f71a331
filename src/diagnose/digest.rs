//! The digests that a reading is compared by, made with the verifier's own keyed states.

use super::reading::Reading;
use crate::ClientSecret;
use crate::state::State;
use crate::uri::SignedUri;
use crate::version::Function;

/// A hash of a secret and a reading, ready for the timestamp.
pub(super) struct Keyed(State);

impl Keyed {
    /// Hashes a reading. `method` and `uri` are empty where the signature does not cover them.
    pub(super) fn new<'u>(
        secret: &ClientSecret,
        is_hmac: bool,
        method: &str,
        uri: impl Iterator<Item = &'u str>,
        reading: &Reading<'_>,
    ) -> Self {
        let mut state = secret.start(if is_hmac { Function::HmacSha256 } else { Function::Sha256 });
        state.update(method.as_bytes());
        uri.for_each(|piece| state.update(piece.as_bytes()));
        state.update(&reading.body);
        Self(state)
    }

    /// The index of the presented digest that this makes with the timestamp.
    pub(super) fn find<'d>(
        &self,
        timestamp: &[u8],
        mut presented: impl Iterator<Item = &'d [u8; 32]>,
    ) -> Option<usize> {
        let mut state = self.0.clone();
        state.update(timestamp);
        let digest = state.finish();
        presented.position(|presented| digest.is(presented).into())
    }
}

/// The URI in the two forms that v3 may be made over, the second only if it differs. The flag is set for that one.
pub(super) fn forms(uri: &str, is_v3: bool) -> impl Iterator<Item = (SignedUri<'_>, bool)> {
    let uri = SignedUri::whole(uri);
    // Decoding makes several pieces of a URI with one of the twelve escapes.
    let count = if is_v3 && uri.decoded().nth(1).is_some() { 2 } else { 1 };
    [(uri, false), (uri, true)].into_iter().take(count)
}
