//! [`ReceivedRequest`]: the request to explain.

use core::fmt;
use std::prelude::rust_2024::*;

use super::text::bytes;

/// A request as it was received, whole.
#[derive(Clone, Copy)]
#[allow(clippy::exhaustive_structs, reason = "made with a literal; a request has no more parts")]
pub struct ReceivedRequest<'a> {
    /// The method, as it would be given to the verifier.
    pub method: &'a str,
    /// The URI, as it would be given to the verifier. It need not be absolute.
    pub uri: &'a str,
    /// All headers, not only HubSpot's: `Host`, `Forwarded`, `Content-Length` and others show what happened on the way.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The body, as it would be given to the verifier.
    pub body: &'a [u8],
}

impl fmt::Debug for ReceivedRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| *name).collect();
        f.debug_struct("ReceivedRequest")
            .field("method", &self.method)
            .field("uri", &self.uri)
            .field("headers", &names)
            .field("body", &format_args!("{}", bytes(self.body.len())))
            .finish()
    }
}
