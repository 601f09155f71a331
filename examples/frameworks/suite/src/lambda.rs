//! AWS Lambda, as far as a function sees it: the runtime API over loopback, which hands out events and takes answers.

use std::convert::Infallible;
use std::process::{Command, Stdio};
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
use crate::{Answer, PUBLIC_URL, Request};

/// Two functions, one for each endpoint, as an API's routes have them.
pub struct Lambda {
    webhook: Function,
    card: Function,
}

struct Function {
    events: UnboundedSender<Value>,
    answers: Mutex<Receiver<Value>>,
    _process: Process,
}

/// Who describes a request to the function, and how.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    /// API Gateway's HTTP API, payload format 2.0: `rawPath` is decoded, `rawQueryString` is as it came.
    HttpApi { stage: &'static str, base64: bool },
    /// A function URL, payload format 2.0: both are as they came.
    FunctionUrl,
    /// API Gateway's REST API, payload format 1.0: the query is a map of decoded values.
    RestApi,
    /// An application load balancer: the query is a map of values as they came.
    LoadBalancer,
}

impl Lambda {
    /// Starts functions that HubSpot reaches at paths with this prefix.
    pub fn start(prefix: &str) -> Self {
        Self::start_with(prefix, |_| ())
    }

    /// `configure` is for the function of the webhook.
    pub fn start_with(prefix: &str, configure: impl FnOnce(&mut Command)) -> Self {
        let url = |route| format!("{PUBLIC_URL}{prefix}/{route}");
        Self { webhook: Function::start(&url("hubspot"), configure), card: Function::start(&url("card"), |_| ()) }
    }

    /// Sends a request as this event.
    pub fn exchange(&self, request: &Request, event: Event) -> Option<Answer> {
        let path = request.target.split_once('?').map_or(&*request.target, |(path, _)| path);
        let function = if path.ends_with("/card") { &self.card } else { &self.webhook };
        Some(function.invoke(event.describe(request)))
    }
}

impl Function {
    fn start(public_url: &str, configure: impl FnOnce(&mut Command)) -> Self {
        let (events, next) = unbounded_channel();
        let (answered, answers) = channel();
        let (bound, address) = channel();
        thread::spawn(move || runtime_api(bound, next, answered));
        let address: std::net::SocketAddr = address.recv().expect("bound");
        let mut command = example("lambda_http");
        command
            .env("HUBSPOT_PUBLIC_URL", public_url)
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "hubspot")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .stdout(Stdio::null());
        configure(&mut command);
        let process = Process(command.spawn().expect("the example starts"));
        Self { events, answers: Mutex::new(answers), _process: process }
    }

    fn invoke(&self, event: Value) -> Answer {
        let answers = self.answers.lock().expect("one test, one function");
        self.events.send(event).expect("the runtime API runs");
        let answer = answers.recv_timeout(Duration::from_secs(20)).expect("the function answers");
        // An invocation that failed has no status; the gateway makes this of it.
        let status = answer["statusCode"].as_u64().unwrap_or(502) as u16;
        let retry_after = answer["headers"]["retry-after"].as_str().map(str::to_owned);
        Answer { status, retry_after, body: answer["body"].as_str().unwrap_or_default().into() }
    }
}

impl Event {
    fn describe(self, request: &Request) -> Value {
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
        let mut event = match self {
            Self::HttpApi { stage, .. } => version_2(request.method, &decoded(path), query, stage),
            Self::FunctionUrl => version_2(request.method, path, query, "$default"),
            Self::RestApi => json!({
                "resource": "/{proxy+}",
                "path": path,
                "httpMethod": request.method,
                "multiValueQueryStringParameters": parameters(query, decoded),
                "requestContext": {
                    "accountId": "123456789012",
                    "apiId": "api",
                    "httpMethod": request.method,
                    "path": path,
                    "protocol": "HTTP/1.1",
                    "requestId": "request",
                    "resourceId": "resource",
                    "resourcePath": "/{proxy+}",
                    "identity": { "sourceIp": "192.0.2.1" },
                },
            }),
            Self::LoadBalancer => json!({
                "path": path,
                "httpMethod": request.method,
                "multiValueQueryStringParameters": parameters(query, str::to_owned),
                "requestContext": {
                    "elb": { "targetGroupArn": "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/hooks/1" },
                },
            }),
        };
        event["headers"] = headers.into();
        let base64 = !matches!(self, Self::HttpApi { base64: false, .. });
        event["isBase64Encoded"] = base64.into();
        if !request.body.is_empty() {
            let text = || String::from_utf8(request.body.clone()).expect("text");
            event["body"] = if base64 { BASE64_STANDARD.encode(&request.body) } else { text() }.into();
        }
        event
    }
}

fn version_2(method: &str, path: &str, query: &str, stage: &str) -> Value {
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api",
            "domainName": "hooks.example.com",
            "domainPrefix": "hooks",
            "http": {
                "method": method,
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
    })
}

/// The parameters of a query by name, as JSON has them: without an order.
fn parameters(query: &str, value_of: impl Fn(&str) -> String) -> Value {
    let mut parameters = Map::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let values = parameters.entry(value_of(name)).or_insert_with(|| json!([]));
        values.as_array_mut().expect("made so").push(value_of(value).into());
    }
    parameters.into()
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8().expect("UTF-8").into_owned()
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
