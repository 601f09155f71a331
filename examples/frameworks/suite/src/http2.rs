//! HTTP/2 without TLS, by prior knowledge.

use std::net::SocketAddr;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::{Answer, Request};

pub fn over_http2(address: SocketAddr, request: &Request) -> Option<Answer> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(address).await.expect("the server listens");
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("HTTP/2");
        tokio::spawn(connection);
        let mut builder =
            hyper::Request::builder().method(request.method).uri(format!("http://internal.test{}", request.target));
        for (name, value) in &request.headers {
            builder = builder.header(name, &**value);
        }
        let request = builder.body(Full::new(Bytes::from(request.body.clone()))).expect("a request");
        let response = sender.send_request(request).await.ok()?;
        let status = response.status().as_u16();
        let retry_after = response.headers().get("retry-after");
        let retry_after = retry_after.map(|value| value.to_str().expect("text").to_owned());
        let body = response.into_body().collect().await.ok()?.to_bytes().into();
        Some(Answer { status, retry_after, body })
    })
}
