//! AWS Lambda, as far as a function sees it: the runtime API over loopback, which hands out events and takes answers.

use std::convert::Infallible;
use std::process::Stdio;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Map, Value, json};
use tokio::sync::Mutex as AsyncMutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::server::{Process, example};
use crate::{Answer, Request};

pub struct Lambda {
    events: UnboundedSender<Value>,
    answers: Mutex<Receiver<Value>>,
    _process: Process,
}

impl Lambda {
    pub fn start(environment: &[(&str, &str)]) -> Self {
        let (events, next) = unbounded_channel();
        let (answered, answers) = channel();
        let (bound, address) = channel();
        thread::spawn(move || runtime_api(bound, next, answered));
        let address: std::net::SocketAddr = address.recv().expect("bound");
        let mut command = example("lambda_http");
        command
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "hubspot")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .envs(environment.iter().copied())
            .stdout(Stdio::null());
        let process = Process(command.spawn().expect("the example starts"));
        Self { events, answers: Mutex::new(answers), _process: process }
    }

    /// Sends a request as an API Gateway HTTP API would (payload format 2.0), on a stage, the path as `raw_path` has it.
    pub fn exchange(&self, request: &Request, stage: &str, base64: bool) -> Option<Answer> {
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let mut headers = Map::new();
        headers.insert("host".into(), "hooks.example.com".into());
        for (name, value) in &request.headers {
            let value = String::from_utf8_lossy(value);
            // The gateway writes the values of a doubled header into one.
            let joined = match headers.get(&name.to_lowercase()) {
                Some(first) => format!("{},{value}", first.as_str().expect("text")),
                None => value.into_owned(),
            };
            headers.insert(name.to_lowercase(), joined.into());
        }
        let body = match base64 {
            true => BASE64_STANDARD.encode(&request.body),
            false => String::from_utf8(request.body.clone()).expect("text"),
        };
        let mut event = json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": path,
            "rawQueryString": query,
            "headers": headers,
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "api",
                "domainName": "hooks.example.com",
                "domainPrefix": "hooks",
                "http": {
                    "method": request.method,
                    "path": path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": "192.0.2.1",
                    "userAgent": "HubSpot Connect",
                },
                "requestId": "request",
                "routeKey": "$default",
                "stage": stage,
                "time": "12/Mar/2026:19:03:58 +0000",
                "timeEpoch": 1_773_342_238_000_u64,
            },
            "isBase64Encoded": base64,
        });
        if !request.body.is_empty() {
            event["body"] = body.into();
        }
        let answers = self.answers.lock().expect("one test, one function");
        self.events.send(event).expect("the runtime API runs");
        let answer = answers.recv_timeout(Duration::from_secs(20)).expect("the function answers");
        // What the gateway makes of an invocation that failed.
        let status = answer["statusCode"].as_u64().unwrap_or(502) as u16;
        Some(Answer { status, body: answer["body"].as_str().unwrap_or_default().into() })
    }
}

fn runtime_api(bound: Sender<std::net::SocketAddr>, next: UnboundedReceiver<Value>, answered: Sender<Value>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        bound.send(listener.local_addr().expect("bound")).expect("the test waits for it");
        let next = Arc::new(AsyncMutex::new(next));
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            let (next, answered) = (next.clone(), answered.clone());
            let service = service_fn(move |request: hyper::Request<Incoming>| {
                let (next, answered) = (next.clone(), answered.clone());
                async move { Ok::<_, Infallible>(invocation(request, &next, &answered).await) }
            });
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
}

async fn invocation(
    request: hyper::Request<Incoming>,
    next: &AsyncMutex<UnboundedReceiver<Value>>,
    answered: &Sender<Value>,
) -> hyper::Response<Full<Bytes>> {
    let response = hyper::Response::builder();
    if request.uri().path().ends_with("/invocation/next") {
        return match next.lock().await.recv().await {
            Some(event) => response
                .header("Lambda-Runtime-Aws-Request-Id", "request")
                .header("Lambda-Runtime-Deadline-Ms", "9999999999999")
                .header(
                    "Lambda-Runtime-Invoked-Function-Arn",
                    "arn:aws:lambda:eu-central-1:123456789012:function:hubspot",
                )
                .body(event.to_string().into()),
            None => response.status(410).body(Full::default()),
        }
        .expect("a response");
    }
    // `…/response`, or `…/error`, which has no status.
    let body = request.into_body().collect().await.expect("a whole answer").to_bytes();
    // The test that asked may have failed and gone.
    let _ = answered.send(serde_json::from_slice(&body).unwrap_or_default());
    response.status(202).body(Full::default()).expect("a response")
}
