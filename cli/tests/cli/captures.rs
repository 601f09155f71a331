//! Captured requests as people have them, each accepted or refused as the same request in plain form.

use base64ct::{Base64, Encoding};
use serde_json::json;

use crate::program::*;

fn verify(capture: impl AsRef<[u8]>) -> Outcome {
    run(&["verify", "--public-url", PUBLIC_URL, "--at", SIGNED, "-"], capture.as_ref())
}

/// Lines of the head, without the request line, and the body.
fn parts() -> (Vec<&'static str>, &'static str) {
    let (head, body) = V3.split_once("\r\n\r\n").unwrap();
    (head.lines().skip(1).collect(), body)
}

const JUDGED: &str = "POST \"https://www.example.com/webhook_uri\" with 33 bytes of body\naccepted by v3";

#[test]
fn the_version_is_any_or_none() {
    for first in ["HTTP/1.1", "HTTP/1.0", "HTTP/2", "HTTP/2.0", "HTTP/3", ""] {
        verify(V3.replacen("HTTP/1.1", first, 1)).assert(0, JUDGED);
    }
    verify(V3.replacen(" HTTP/1.1", "", 1)).assert(0, JUDGED);
    verify(format!("\r\n{V3}")).assert(0, JUDGED);
    for line in ["POST /a b", "POST /a b ", "POST /a b HTTP/2"] {
        let text = format!("{line}\r\n\r\n");
        verify(text).assert(1, "POST \"https://www.example.com/a b\" with 0 bytes of body\nrefused: ");
    }
}

#[test]
fn a_byte_order_mark_is_the_editors() {
    verify(format!("\u{feff}{V3}")).assert(0, JUDGED);
    let utf16: Vec<u8> = format!("\u{feff}{V3}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    verify(utf16).assert_failed("UTF-16");
}

#[test]
fn pseudo_headers_are_read() {
    let (headers, body) = parts();
    let with = |pseudo: &str| verify(format!("{pseudo}{}\n\n{body}", headers.join("\n")));
    with(":method: POST\n:path: /webhook_uri\n:scheme: https\n:authority: www.example.com\n").assert(0, JUDGED);
    with(":authority: other.example\r\n:path:/webhook_uri\r\n:method:POST\r\n").assert(0, JUDGED);
    with(":method: POST\n").assert_failed("not both `:method: …` and `:path: …`");
    with(":method: POST\n:path: https://other.example/\n").assert_failed("does not begin with `/`");
}

#[test]
fn what_curl_prints_is_read() {
    let (headers, body) = parts();
    let head: String = headers.iter().map(|line| format!("> {line}\n")).collect();
    let before = "* Host localhost:3000 was resolved.\n* Connected to localhost\n* using HTTP/1.x\n";
    let after = "* upload completely sent off: 33 bytes\n< HTTP/1.1 401 Unauthorized\n< content-length: 0\n< \n";
    let with = |before: &str, end: &str, rest: &str| format!("{before}> POST /webhook_uri HTTP/2\n{head}{end}\n{rest}");
    for capture in [with("", "> ", body), with(before, ">", body), with("", "> ", body).replace('\n', "\r\n")] {
        verify(capture).assert(0, JUDGED);
    }
    // Of a request with a body, it prints none.
    let printed = with(before, "> ", after);
    verify(&printed).assert_failed("`curl -v` does not show the body it sends");
    let file = File::new("curl-body", body);
    for given in [["--body-file", file.path()], ["--body", body]] {
        let arguments = ["verify", "--public-url", PUBLIC_URL, "--at", SIGNED, "-"];
        run(&[&arguments[..], &given].concat(), printed.as_bytes()).assert(0, JUDGED);
    }
    verify(format!("{before}> GET / HTTP/1.1\n> Host: a\n> \n{after}")).assert(1, "with 0 bytes of body\nrefused");
    let empty = format!("> POST / HTTP/1.1\n> Content-Length: 0\n> \n{after}");
    verify(empty).assert(1, "with 0 bytes of body\nrefused");
    verify(&with("", "> ", body)[..60]).assert_failed("the capture is cut short");
    verify("* Connected to localhost\n< HTTP/1.1 200 OK\n").assert_failed("the capture is cut short");
}

#[test]
fn har_files_are_read() {
    let (headers, body) = parts();
    let headers: Vec<_> = headers
        .iter()
        .filter_map(|line| line.split_once(": "))
        .chain([(":path", "/elsewhere")])
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect();
    let request = json!({
        "method": "POST",
        "url": "https://tunnel.example/webhook_uri#fragment",
        "httpVersion": "http/2.0",
        "headers": headers,
        "postData": { "mimeType": "application/json", "text": body },
    });
    let entry = json!({ "startedDateTime": "2023-09-02T12:26:00Z", "request": request });
    let other = json!({ "request": { "method": "GET", "url": "https://tunnel.example/", "headers": [] } });
    let har = |entries: &[&serde_json::Value]| json!({ "log": { "version": "1.2", "entries": entries } }).to_string();
    for capture in [har(&[&entry]), har(&[&other, &entry]), entry.to_string(), format!("\u{feff}\n{request:#}")] {
        verify(capture).assert(0, JUDGED);
    }
    let mut encoded = request.clone();
    encoded["postData"] = json!({ "text": Base64::encode_string(body.as_bytes()), "encoding": "base64" });
    verify(encoded.to_string()).assert(0, JUDGED);
    encoded["postData"]["text"] = "?".into();
    verify(encoded.to_string()).assert_failed("not the base64");
    encoded["postData"] = json!({ "params": [{ "name": "a", "value": "b" }] });
    verify(encoded.to_string()).assert_failed("in parts");

    verify(har(&[&entry, &entry])).assert_failed("2 requests in the HAR file have a HubSpot signature");
    verify(har(&[&other, &other])).assert_failed("no request in the HAR file has a HubSpot signature");
    verify(har(&[&other])).assert(1, "GET \"https://www.example.com/\" with 0 bytes of body\nrefused: ");
    for (url, target) in
        [("https://a.example", "/"), ("https://a.example?b=/", "/?b=/"), ("https://a.example/b?c", "/b?c")]
    {
        let request = json!({ "method": "GET", "url": url, "headers": [] });
        verify(request.to_string()).assert(1, &format!("GET \"https://www.example.com{target}\""));
    }
}

#[test]
fn what_is_no_request_is_told() {
    for text in
        ["HTTP/1.1 200 OK\r\n\r\n", "{\"eventId\":1}\r\n\r\n", "{\"eventId\":1", "hello\n\n", "body", "GET\r\n\r\n"]
    {
        verify(text).assert_failed("the capture is not an HTTP request");
    }
    verify("Dear all,\n\n").assert_failed("does not begin with `/`");
    verify(V3.replacen("Host: ", "Host ", 1)).assert_failed("line 2 of the capture is not a header");
    verify(V3.replacen("Host: ", "Ho st: ", 1)).assert_failed("line 2 of the capture is not a header");
    verify(V3.replacen("Content-Type: ", " ", 1)).assert_failed("line 3 of the capture is not a header");
    verify(b"POST /\xff HTTP/1.1\r\n\r\n").assert_failed("the capture is not an HTTP request");
}
