//! HubSpot's own signers, in a Node process that signs a line at a time.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, OnceLock};

use hubspot_signature::UnixTime;
use serde_json::{Value, json};

use crate::{Request, SECRET, Signer};

struct Node {
    /// Ends by itself when its input does.
    _process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

pub(crate) fn signed(mut request: Request, signer: Signer) -> Request {
    static NODE: OnceLock<Mutex<Node>> = OnceLock::new();
    let node = NODE.get_or_init(|| {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/sign.mjs");
        let mut process = Command::new("node")
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Node is installed");
        let (input, output) = (process.stdin.take().expect("piped"), process.stdout.take().expect("piped"));
        Mutex::new(Node { _process: process, input, output: BufReader::new(output) })
    });
    let question = json!({
        "signer": format!("{signer:?}"),
        "secret": SECRET,
        "method": request.method,
        "url": request.url(),
        "body": std::str::from_utf8(&request.body).expect("the SDK signs text"),
        "timestamp": UnixTime::now().as_millis(),
    });
    let mut node = node.lock().expect("no test panics here");
    writeln!(node.input, "{question}").expect("Node listens");
    let mut answer = String::new();
    node.output.read_line(&mut answer).expect("text");
    drop(node);
    let answer: Value =
        serde_json::from_str(&answer).expect("Node answers: run the script `check`, which installs the SDK");
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    request.body = text(&answer["body"]).into();
    let headers = answer["headers"].as_object().expect("headers");
    request.headers = headers.iter().map(|(name, value)| (name.clone(), text(value).into())).collect();
    assert_eq!(request.headers.len(), 4);
    request
}
