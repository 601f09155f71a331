//! [`Reading`]: a request while its body arrives.

use core::mem;
use std::vec::Vec;

use ::http::{Request, Response, request};
use bytes::{Buf, Bytes};
use http_body_util::Full;
use tower_service::Service;

use crate::Error;
use crate::body::BodyRules;
use crate::tower::admission::Admission;
use crate::tower::{OnRefusal, VerifyLayer};

/// A request whose body arrives.
///
/// The body is hashed once it is complete, as it is kept anyway. So there is no hash state here that holds a secret, that
/// is moved with the future, or that takes room for each slow sender.
pub(super) struct Reading<S, H> {
    head: request::Parts,
    /// An error if the request goes on without a proof.
    admission: Result<Admission, Error>,
    rules: BodyRules,
    body: Collected,
    inner: S,
    layer: VerifyLayer<H>,
}

impl<S, H> Reading<S, H> {
    pub(super) fn new(
        head: request::Parts,
        admission: Result<Admission, Error>,
        rules: BodyRules,
        inner: S,
        layer: VerifyLayer<H>,
    ) -> Self {
        Self { head, admission, rules, body: Collected::Empty, inner, layer }
    }

    pub(super) fn refuse<B: Default>(&self, error: Error) -> Response<B>
    where
        H: OnRefusal<B>,
    {
        self.layer.refuse(error, &self.head, &[])
    }

    /// Takes the data of a frame; `announced` is how much the body says will follow at least.
    pub(super) fn take<B: Default>(&mut self, mut data: impl Buf, announced: u64) -> Result<(), Response<B>>
    where
        H: OnRefusal<B>,
    {
        // Without a copy if the data are `Bytes`.
        let chunk = data.copy_to_bytes(data.remaining());
        if let Err(fault) = self.rules.update(&chunk) {
            let error = Error::from(fault);
            if !self.layer.settings.passes_unverified {
                return Err(self.refuse(error));
            }
            self.admission = Err(error);
            // The limit holds all the same.
            self.rules = self.rules.only_limit_left().map_err(|fault| self.refuse(fault.into()))?;
        }
        self.body.push(chunk, announced);
        Ok(())
    }

    /// Verifies the complete body, and calls the inner service or refuses.
    pub(super) fn finish<B: Default>(self) -> Result<S::Future, Response<B>>
    where
        S: Service<Request<Full<Bytes>>, Response = Response<B>>,
        H: OnRefusal<B>,
    {
        let Self { mut head, admission, rules, body, mut inner, layer } = self;
        let body = body.into_bytes();
        let verdict = admission.and_then(|admission| {
            rules.finish()?;
            admission.decide(&layer.settings.public_url, &head, &body, (layer.settings.clock)())
        });
        match verdict {
            Ok(verified) => drop(head.extensions.insert(verified)),
            Err(error) => {
                let response = layer.refuse(error, &head, &body);
                if !layer.settings.passes_unverified {
                    return Err(response);
                }
                head.extensions.insert(error);
            }
        }
        Ok(inner.call(Request::from_parts(head, Full::new(body))))
    }
}

/// The body so far. A body in one frame is not copied.
enum Collected {
    Empty,
    Frame(Bytes),
    Several(Vec<u8>),
}

/// How much room an announcement makes at most. Beyond it, room grows with what has arrived.
const MOST_ANNOUNCED: u64 = 64 << 10;

impl Collected {
    fn push(&mut self, chunk: Bytes, announced: u64) {
        if chunk.is_empty() {
            return;
        }
        *self = match mem::replace(self, Self::Empty) {
            Self::Empty => Self::Frame(chunk),
            Self::Frame(first) => {
                let announced = usize::try_from(announced.min(MOST_ANNOUNCED)).unwrap_or_default();
                let mut body = Vec::with_capacity(first.len().saturating_add(chunk.len()).saturating_add(announced));
                body.extend_from_slice(&first);
                body.extend_from_slice(&chunk);
                Self::Several(body)
            }
            Self::Several(mut body) => {
                body.extend_from_slice(&chunk);
                Self::Several(body)
            }
        };
    }

    fn into_bytes(self) -> Bytes {
        match self {
            Self::Empty => Bytes::new(),
            Self::Frame(bytes) => bytes,
            Self::Several(body) => body.into(),
        }
    }
}
