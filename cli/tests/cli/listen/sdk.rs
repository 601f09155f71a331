//! HubSpot's own SDK and development proxy as the sender. Run by `examples/frameworks/check`, which installs them.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use hubspot_signature::UnixTime;
use serde_json::{Value, json};

use super::service::Service;
use super::stand::{ENDPOINT, Listen};
use crate::program::SECRET;

/// Has each request signed by HubSpot's code: its headers as lines, and the body as that code prints it.
fn signed(requests: &[Value]) -> Vec<(String, Vec<u8>)> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/frameworks/suite/sign.mjs");
    let mut node = Command::new("node");
    let mut node = node.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("node is installed");
    let input: String = requests.iter().map(|request| format!("{request}\n")).collect();
    node.stdin.take().unwrap().write_all(input.as_bytes()).expect("node reads");
    let output = node.wait_with_output().expect("node ends");
    assert!(output.status.success(), "examples/frameworks/check installs the SDK");
    let lines = String::from_utf8(output.stdout).unwrap();
    let signed = lines.lines().map(|line| {
        let signed: Value = serde_json::from_str(line).unwrap();
        let headers = signed["headers"].as_object().unwrap().iter();
        let headers = headers.map(|(name, value)| match value.as_str() {
            Some(text) => format!("{name}: {text}\r\n"),
            None => format!("{name}: {value}\r\n"),
        });
        (headers.collect(), signed["body"].as_str().unwrap_or_default().into())
    });
    signed.collect()
}

#[test]
#[ignore = "needs HubSpot's SDK, which examples/frameworks/check installs"]
fn what_hubspots_own_code_signs_passes_whole() {
    let service = Service::ok();
    let mut listen = Listen::start(&service.url("/hubspot"), &["--format", "json"]);
    let bodies = ["{\"name\":\"Gr\u{fc}\u{df}e \u{1f600}\",\"n\":1}", "[{\"eventId\":1},{\"eventId\":2}]", ""];
    let queries = ["", "?userId=9001&portalId=62515&userEmail=user@example.com&appId=54321", "?a='x'&b=c+d&c=100%25"];
    let mut requests = Vec::new();
    for signer in ["NodeSdk", "DevelopmentProxy"] {
        for body in bodies {
            for query in queries {
                let method = if body.is_empty() { "GET" } else { "POST" };
                let timestamp = UnixTime::now().as_millis().to_string();
                let url = format!("{ENDPOINT}{query}");
                requests.push(json!({
                    "signer": signer, "secret": SECRET, "method": method, "url": url, "body": body,
                    "timestamp": timestamp,
                }));
            }
        }
    }
    let all = signed(&requests);
    assert_eq!(all.len(), 18);
    for (request, (headers, body)) in requests.iter().zip(all) {
        let method = request["method"].as_str().unwrap();
        let target = request["url"].as_str().unwrap().strip_prefix("https://abc.example-tunnel.app").unwrap();
        let length = format!("Content-Length: {}\r\n", body.len());
        let length = if body.is_empty() { "" } else { &length };
        let head = format!("{method} {target} HTTP/1.1\r\nHost: abc.example-tunnel.app\r\n{headers}{length}\r\n");
        assert_eq!(listen.exchange(&[head.as_bytes(), &body].concat()).body, b"ok");
        let report = listen.json();
        assert_eq!((&report["verdict"], &report["version"]), (&"verified".into(), &"v3".into()), "{request} {report}");
        let got = service.next();
        assert_eq!((got.line, got.body), (format!("{method} {target} HTTP/1.1"), body));
        for line in headers.lines() {
            let (name, value) = line.split_once(": ").unwrap();
            assert!(got.headers.contains(&(name.into(), value.into())), "{name}");
        }
    }
    listen.end();
}
