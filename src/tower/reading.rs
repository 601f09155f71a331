//! [`Reading`]: a request while it is judged.

use core::mem;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::vec::Vec;

use ::http::{Request, Response, request};
use bytes::{Buf, Bytes};
use http_body::Body;
use http_body_util::Full;
use tower_service::Service;

use crate::Error;
use crate::body::BodyRules;
use crate::tower::admission::{Admission, DEFAULT_LIMIT};
use crate::tower::layer::Settings;
use crate::tower::{OnRefusal, VerifyLayer};

/// A request while it is judged: the head at the first poll, the body as it arrives.
///
/// It stays where it lies until it is judged, since moving it costs as much as judging the head. The body is hashed once
/// it is complete, as it is kept anyway. So there is no hash state here that holds a secret, that is moved with the
/// future, or that takes room for each slow sender.
pub(super) struct Reading<S, H> {
    /// `None` once the inner service has it.
    head: Option<request::Parts>,
    /// `None` before the head is judged; an error if the request goes on without a proof.
    admission: Option<Result<Admission, Error>>,
    rules: BodyRules,
    body: Collected,
    inner: S,
    layer: VerifyLayer<H>,
}

/// How many frames one poll takes at most. A sender who is never behind would otherwise keep the executor's thread to
/// themselves: empty frames cost nothing and count towards no limit.
const FRAMES_PER_POLL: usize = 128;

impl<S, H> Reading<S, H> {
    pub(super) fn new(head: request::Parts, inner: S, layer: VerifyLayer<H>) -> Self {
        let rules = BodyRules::only_limit(DEFAULT_LIMIT);
        Self { head: Some(head), admission: None, rules, body: Collected::Empty, inner, layer }
    }

    /// Judges as much as has arrived. Once all has, calls the inner service or refuses.
    pub(super) fn poll<Source, B>(
        &mut self,
        mut source: Pin<&mut Source>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<S::Future, Response<B>>>
    where
        S: Service<Request<Full<Bytes>>, Response = Response<B>>,
        H: OnRefusal<B>,
        Source: Body,
        B: Default,
    {
        let Self { head, admission, rules, body, inner, layer } = self;
        let Some(parts) = head.as_ref() else { return Poll::Pending };
        let Settings { verifiers, public_url, clock, .. } = &*layer.settings;
        let passes_unverified = layer.settings.passes_unverified;
        let refuse = |error: Error, body: Option<&[u8]>| layer.refuse(error, parts, body, false);
        let request_head = || public_url.request_head(&parts.method, &parts.uri, &parts.headers);

        // URL and time of this poll, which hold for the end of a body that is complete at this poll too.
        let mut judged = None;
        let admission = if let Some(admission) = admission {
            admission
        } else {
            let now = clock();
            let announced = source.size_hint().lower();
            let admitted = request_head().and_then(|head| {
                let (admitted, laxest) = Admission::new(verifiers, &head, now)?;
                *rules = laxest;
                rules.expect(announced)?;
                judged = Some((head, now));
                Ok(admitted)
            });
            if let Err(error) = admitted {
                // Announced as too long for the verifiers that let the head pass: as if it had arrived.
                if !passes_unverified || matches!(error, Error::BodyTooLarge { .. }) {
                    // A GET has none, so nothing is left to read.
                    let none = source.is_end_stream().then_some(&[][..]);
                    return Poll::Ready(Err(refuse(error, none)));
                }
                *rules = BodyRules::only_limit(verifiers.max_body(DEFAULT_LIMIT));
                rules.expect(announced).map_err(|fault| refuse(fault.into(), None))?;
            }
            admission.insert(admitted)
        };

        for _ in 0..FRAMES_PER_POLL {
            match ready!(source.as_mut().poll_frame(cx)) {
                Some(Ok(frame)) => {
                    let Ok(mut data) = frame.into_data() else { continue };
                    // Without a copy if the data are `Bytes`.
                    let chunk = data.copy_to_bytes(data.remaining());
                    if let Err(fault) = rules.update(&chunk) {
                        let error = Error::from(fault);
                        if !passes_unverified {
                            return Poll::Ready(Err(refuse(error, None)));
                        }
                        *admission = Err(error);
                        // The limit holds all the same.
                        *rules = rules.only_limit_left().map_err(|fault| refuse(fault.into(), None))?;
                    }
                    body.push(chunk, source.size_hint().lower());
                }
                Some(Err(_)) => return Poll::Ready(Err(refuse(Error::BodyUnreadable, None))),
                None => {
                    let body = mem::replace(body, Collected::Empty).into_bytes();
                    let verdict = admission.as_ref().map_err(|error| *error).and_then(|admission| {
                        rules.finish()?;
                        let (head, now) = match judged {
                            Some(judged) => judged,
                            None => (request_head()?, clock()),
                        };
                        admission.decide(&head, &body, now)
                    });
                    if let Err(error) = verdict {
                        let response = layer.refuse(error, parts, Some(&body), passes_unverified);
                        if !passes_unverified {
                            return Poll::Ready(Err(response));
                        }
                    }
                    let Some(mut head) = head.take() else { return Poll::Pending };
                    match verdict {
                        Ok(verified) => drop(head.extensions.insert(verified)),
                        Err(error) => drop(head.extensions.insert(error)),
                    }
                    return Poll::Ready(Ok(inner.call(Request::from_parts(head, Full::new(body)))));
                }
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
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
