//! The bodies of answers.

use std::pin::Pin;
use std::task::{Context, Poll};

use http::{HeaderValue, Response, StatusCode, header};
use hyper::body::{Body, Bytes, Frame};
use tokio::sync::mpsc;

/// Makes hyper cut the connection to the tunnel, so that half an answer does not look like a whole one.
#[derive(Debug)]
pub(super) struct BrokeOff;

impl std::fmt::Display for BrokeOff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the answer of the service broke off")
    }
}

impl std::error::Error for BrokeOff {}

pub(super) type Frames = mpsc::Sender<Result<Frame<Bytes>, BrokeOff>>;

/// A body made of the frames that an exchange sends.
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

/// Returns an answer of this program's own. Only its status says anything: anyone can read it.
pub(super) fn plain(status: StatusCode) -> Response<AnswerBody> {
    let (_, body) = AnswerBody::new();
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
    answer
}
