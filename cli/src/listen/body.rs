//! The bodies of answers.

use std::pin::Pin;
use std::task::{Context, Poll};

use http::{HeaderValue, Response, StatusCode, header};
use hyper::body::{Body, Bytes, Frame};
use tokio::sync::mpsc;

/// Its connection to the tunnel is cut, so that half an answer does not look like a whole one.
#[derive(Debug)]
pub(super) struct BrokeOff;

impl std::fmt::Display for BrokeOff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the answer of the service broke off")
    }
}

impl std::error::Error for BrokeOff {}

pub(super) type Frames = mpsc::Sender<Result<Frame<Bytes>, BrokeOff>>;

/// The frames that an exchange hands over.
pub(super) struct AnswerBody(mpsc::Receiver<Result<Frame<Bytes>, BrokeOff>>);

impl AnswerBody {
    pub(super) fn new() -> (Frames, Self) {
        let (sender, receiver) = mpsc::channel(1);
        (sender, Self(receiver))
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = BrokeOff;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BrokeOff>>> {
        self.0.poll_recv(cx)
    }
}

/// An answer of this program's own. It says no more to a stranger than its status does.
pub(super) fn plain(status: StatusCode) -> Response<AnswerBody> {
    let (_, body) = AnswerBody::new();
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
    answer
}
