//! Single example servers do more than judge: they log and count, stream to a file, take a new secret.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use suite::{
    BODY_LIMIT, BODY_TIMEOUT, Connection, PUBLIC_URL, Request, SECRET, Server, Signer, example, exchange, oversized,
};

fn webhook(body: impl Into<Vec<u8>>) -> Request {
    Request::new("POST", "/hubspot?tenant=7", body).signed_by(Signer::ThisCrate)
}

fn status(server: &Server, request: &Request) -> u16 {
    exchange(server.address, request).expect("an answer").status
}

/// The value of each header that carries a signature, in every encoding of the log.
fn signatures(request: &Request) -> Vec<String> {
    let names = ["x-hubspot-signature", "x-hubspot-signature-v3"];
    let signed = request.headers.iter().filter(|(name, _)| names.contains(&&*name.to_lowercase()));
    signed.map(|(_, value)| String::from_utf8(value.clone()).expect("text")).collect()
}

#[test]
fn axum_logs_and_counts() {
    let folder = tempfile::tempdir().expect("a new folder");
    let path = folder.path().join("log");
    let log = fs::File::create(&path).expect("a file");
    let server = Server::start_with("axum", |command| {
        command.stderr(log);
    });
    let genuine = webhook(r#"{"objectId":7}"#);
    let json = |request: &Request| {
        let mut request = request.clone();
        request.headers.push(("Content-Type".into(), "application/json".into()));
        request
    };
    let card = Request::new("GET", "/card?userEmail=ann%40example.com", "").signed_by(Signer::ThisCrate);
    let forged = Request { body: r#"{"objectId":8}"#.into(), ..genuine.clone() };
    let stale = Request { headers: Vec::new(), ..genuine.clone() }
        .signed_at(hubspot_signature::UnixTime::from_secs(1_700_000_000));
    let requests = [
        (json(&genuine), 200),
        (json(&genuine), 200),
        (card, 200),
        (json(&forged), 401),
        (json(&stale), 401),
        (Request { headers: Vec::new(), ..genuine.clone() }, 401),
    ];
    for (request, expected) in &requests {
        assert_eq!(status(&server, request), *expected);
    }

    let metrics = exchange(server.address, &Request::new("GET", "/metrics", "")).expect("an answer");
    let metrics = String::from_utf8(metrics.body).expect("text");
    for line in [
        r#"hubspot_accepted_total{version="v3",secret="current"} 3"#,
        r#"hubspot_refused_total{code="mismatch"} 1"#,
        r#"hubspot_refused_total{code="timestamp_too_old"} 1"#,
        r#"hubspot_refused_total{code="missing_signature"} 1"#,
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line}: {metrics}");
    }

    let log = fs::read_to_string(&path).expect("text");
    let lines: Vec<&str> = log.lines().collect();
    let [first, _, _, mismatch, too_old, missing] = lines[..] else { panic!("{log}") };
    let url = r#"url="https://hooks.example.com/hubspot?tenant=7""#;
    for (line, parts) in [
        (first, &["INFO", r#"version="v3""#, r#"secret="current""#, "accepted"][..]),
        (mismatch, &["WARN", r#"code="mismatch""#, r#"version="v3""#, r#"method="POST""#, url]),
        (too_old, &["WARN", r#"code="timestamp_too_old""#, r#"method="POST""#, url]),
        (missing, &["WARN", r#"code="missing_signature""#, r#"method="POST""#, url]),
    ] {
        assert!(parts.iter().all(|part| line.contains(part)), "{line}");
    }
    for signature in requests.iter().flat_map(|(request, _)| signatures(request)) {
        assert!(!log.contains(&signature) && !metrics.contains(&signature), "{log}");
    }
    assert!(!log.contains(SECRET));
}

/// With the code, the URL that was verified and the advice. While a secret or a URL changes, what does not match is to come
/// again, and nothing else.
#[test]
fn refusals_are_logged_and_may_be_repeated() {
    let genuine = webhook(r#"{"objectId":7}"#);
    let forged = Request { body: r#"{"objectId":8}"#.into(), ..genuine.clone() };
    let unsigned = Request { headers: Vec::new(), ..genuine.clone() };
    // Signed, but changed on its way, perhaps: no body of HubSpot's looks so.
    let not_json = webhook("not JSON");
    // An association has no id, and that is no fault.
    let shapeless = webhook(r#"[{"fromObjectId":1},{"objectId":"x"},{"objectId":7}]"#);
    for name in ["actix-web", "axum", "hyper", "lambda_http", "poem", "rocket", "warp"] {
        for is_changing in [false, true] {
            let folder = tempfile::tempdir().expect("a new folder");
            let path = folder.path().join("log");
            let log = fs::File::create(&path).expect("a file");
            let configure = |command: &mut std::process::Command| {
                command.stderr(log);
                if is_changing {
                    command.env("HUBSPOT_RETRY_MISMATCHES", "1");
                }
            };
            let send: Box<dyn Fn(&Request) -> suite::Answer> = if name == "lambda_http" {
                let function = suite::Lambda::start_with("", configure);
                Box::new(move |request| function.exchange(request, suite::Event::FunctionUrl).expect("an answer"))
            } else {
                let server = Server::start_with(name, configure);
                Box::new(move |request| {
                    let server = &server; // it runs for as long as it is asked
                    exchange(server.address, request).expect("an answer")
                })
            };
            let expected = if is_changing { (429, Some("60")) } else { (401, None) };
            let answer = send(&forged);
            assert_eq!((answer.status, answer.retry_after.as_deref()), expected, "{name}");
            let answer = send(&unsigned);
            assert_eq!((answer.status, answer.retry_after), (401, None), "{name}");
            let answer = send(&not_json);
            assert_eq!((answer.status, answer.retry_after.as_deref()), expected, "{name}");
            assert_eq!(send(&shapeless).body, br#"{"received":[7]}"#, "{name}");
            let answer = send(&oversized(""));
            assert_eq!((answer.status, answer.retry_after.as_deref()), (413, None), "{name}");
            assert!(!String::from_utf8_lossy(&answer.body).contains("limit"), "{name}: {answer:?}");

            let log = fs::read_to_string(&path).expect("text");
            let lines: Vec<&str> = log.lines().filter(|line| line.contains("refused: ")).collect();
            let [mismatch, missing, not_json, too_large] = lines[..] else { panic!("{name}: {log}") };
            let [url, other] = ["?tenant=7", ""].map(|query| format!("https://hooks.example.com/hubspot{query}"));
            for (line, code, url, help) in [
                (mismatch, "mismatch", &url, "Check in this order: the URL is the one that HubSpot called"),
                (missing, "missing_signature", &url, "enable request signing"),
                (not_json, "body_not_json", &url, ""),
                (
                    too_large,
                    "body_too_large",
                    &other,
                    "the limit of 1048576 bytes. If HubSpot sends such bodies, raise",
                ),
            ] {
                assert!([code, &**url, help].iter().all(|part| line.contains(part)), "{name}: {line}");
            }
            let lines: Vec<&str> = log.lines().filter(|line| line.contains("not handled: ")).collect();
            let [line] = lines[..] else { panic!("{name}: {log}") };
            // Not the error itself, which quotes the value.
            assert!(line.contains("not handled: Data") && !log.contains("\"x\""), "{name}: {line}");
            assert!(!log.contains(SECRET) && signatures(&genuine).iter().all(|text| !log.contains(text)), "{name}");
        }
    }
}

/// The servers about secrets and copies, too: an event that was signed with a new secret is not lost before the secret is here.
#[test]
fn mismatches_may_be_repeated() {
    let folder = tempfile::tempdir().expect("a new folder");
    let (secret, retry) = (folder.path().join("secret"), folder.path().join("retry"));
    fs::write(&secret, SECRET).expect("written");
    let replay = |is_changing: bool| {
        Server::start_with("replay", |command| {
            command.env("HANDLED", folder.path().join("handled")).env_remove("REDIS_URL");
            command.envs(is_changing.then_some(("HUBSPOT_RETRY_MISMATCHES", "1")));
        })
    };
    let judge = |name: &str, server: &Server, is_changing: bool| {
        let genuine = webhook("{}");
        let answer = exchange(server.address, &Request { body: "[]".into(), ..genuine.clone() }).expect("an answer");
        let expected = if is_changing { (429, Some("60")) } else { (401, None) };
        assert_eq!((answer.status, answer.retry_after.as_deref()), expected, "{name}");
        assert_eq!(status(server, &genuine.clone().without(&["x-hubspot-signature-v3"])), 401, "{name}");
        assert_eq!(status(server, &genuine), 200, "{name}");
    };
    for is_changing in [false, true] {
        judge("replay", &replay(is_changing), is_changing);
    }
    // Without a restart.
    let reload = Server::start_with("reload", |command| {
        command.env("HUBSPOT_CLIENT_SECRET_FILES", &secret);
    });
    judge("reload", &reload, false);
    fs::write(&retry, "").expect("written");
    judge("reload", &reload, true);
    fs::remove_file(&retry).expect("there");
    judge("reload", &reload, false);
}

fn files(folder: &Path) -> Vec<u64> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("readable"));
    // One may be gone by now.
    entries.filter_map(|entry| Some(entry.metadata().ok()?.len())).collect()
}

/// Waits until the server has come so far: it says nothing of it.
fn until(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what}");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn hyper_streams_to_a_file_that_a_refusal_deletes() {
    const CHUNKED: &str = "Transfer-Encoding: chunked\r\n";
    let folder = tempfile::tempdir().expect("a new folder");
    let server = Server::start_with("hyper", |command| {
        command.env("FOLDER", folder.path());
    });
    let length = || files(folder.path()).iter().sum::<u64>();
    let opening = br#"{"objectId":7,"padding":""#;
    let open = |request: &Request| {
        let mut connection = Connection::open(server.address);
        connection.send_head(request, "internal.test", CHUNKED);
        connection.send_chunk(opening);
        connection
    };

    // The body arrives in the file as it comes, and the file is gone after the answer.
    let request = webhook([&opening[..], b"x\"}"].concat());
    let mut connection = open(&request);
    until("the file is written", || length() == opening.len() as u64);
    connection.send_chunk(b"x\"}");
    connection.send(b"0\r\n\r\n");
    assert_eq!(
        connection.answer().map(|answer| (answer.status, answer.body)),
        Some((200, br#"{"received":[7]}"#.into()))
    );
    assert!(files(folder.path()).is_empty());

    // Without a signature, there is no file.
    let connection = open(&request.clone().without(&["x-hubspot-signature-v3"]));
    assert_eq!(connection.answer().map(|answer| answer.status), Some(401));
    assert!(files(folder.path()).is_empty());

    // More is announced than may come: refused before there is a file.
    let start = Instant::now();
    let mut connection = Connection::open(server.address);
    connection.send_head(&request, "internal.test", "Content-Length: 1000000000000\r\n");
    assert_eq!(connection.answer().map(|answer| answer.status), Some(413));
    assert!(files(folder.path()).is_empty() && start.elapsed() < BODY_TIMEOUT);

    // Too much: refused at the chunk that crosses the limit.
    let mut connection = open(&request);
    until("the file is written", || length() == opening.len() as u64);
    let chunk = [b'x'; 1024];
    while connection.send_chunk(&chunk) {
        assert!(length() <= BODY_LIMIT as u64);
    }
    assert_eq!(connection.answer().map(|answer| answer.status), Some(413));
    assert!(files(folder.path()).is_empty());

    // Another body than was signed.
    let mut connection = open(&request);
    until("the file is written", || length() == opening.len() as u64);
    connection.send_chunk(b"y\"}");
    connection.send(b"0\r\n\r\n");
    assert_eq!(connection.answer().map(|answer| answer.status), Some(401));
    assert!(files(folder.path()).is_empty());

    // Broken off, and never ended.
    let mut connection = open(&request);
    until("the file is written", || length() == opening.len() as u64);
    connection.cut_off();
    until("the file is deleted", || files(folder.path()).is_empty());
    let start = Instant::now();
    let connection = open(&request);
    until("the file is written", || length() == opening.len() as u64);
    assert_eq!(connection.answer().map(|answer| answer.status), Some(503));
    assert!(start.elapsed() >= BODY_TIMEOUT);
    assert!(files(folder.path()).is_empty());
}

/// So that nobody fills the disk. Forgeries take places, and none is lost.
#[test]
fn hyper_receives_so_many_bodies_at_once() {
    const BODIES: usize = 32;
    let folder = tempfile::tempdir().expect("a new folder");
    let log = tempfile::NamedTempFile::new().expect("a file");
    let server = Server::start_with("hyper", |command| {
        command.env("FOLDER", folder.path()).stderr(log.reopen().expect("a file"));
    });
    let genuine = webhook(r#"{"objectId":7}"#);
    let forged = Request { body: r#"{"objectId":8}"#.into(), ..genuine.clone() };
    for round in 0..2 {
        let open = || {
            let mut connection = Connection::open(server.address);
            connection.send_head(&forged, "internal.test", "Transfer-Encoding: chunked\r\n");
            connection.send_chunk(&forged.body[..5]);
            connection
        };
        let mut connections: Vec<_> = (1..BODIES).map(|_| open()).collect();
        until("all but one place is taken", || files(folder.path()).len() == BODIES - 1);
        assert_eq!(status(&server, &genuine), 200);
        connections.push(open());
        until("the last place is taken", || files(folder.path()).len() == BODIES);
        assert_eq!(status(&server, &genuine), 503);
        let unsigned = genuine.clone().without(&["x-hubspot-signature-v3"]);
        assert_eq!(status(&server, &unsigned), 401, "judged before it takes a place");
        let log = fs::read_to_string(&log).expect("text");
        let lines = log.lines().filter(|line| *line == "503: /hubspot?tenant=7: 32 bodies are arriving already");
        assert!(lines.count() > round, "{log}");
        // Refused in the first round, broken off in the second.
        for mut connection in connections {
            if round == 0 {
                connection.send_chunk(&forged.body[5..]);
                connection.send(b"0\r\n\r\n");
                assert_eq!(connection.answer().map(|answer| answer.status), Some(401));
            } else {
                connection.cut_off();
            }
        }
        until("the places are free", || files(folder.path()).is_empty());
        until("one is free for the genuine", || status(&server, &genuine) == 200);
    }
}

/// The log has a line for each.
#[test]
fn hyper_logs_a_body_that_breaks_off() {
    let log = tempfile::NamedTempFile::new().expect("a file");
    let server = Server::start_with("hyper", |command| {
        command.stderr(log.reopen().expect("a file"));
    });
    let request = webhook("{}");
    for (framing, garbage) in
        [("Transfer-Encoding: chunked\r\n", &b"no length\r\n"[..]), ("Content-Length: 2\r\n", b"{")]
    {
        let mut connection = Connection::open(server.address);
        connection.send_head(&request, "internal.test", framing);
        connection.send(garbage);
        connection.cut_off();
        drop(connection.answer());
    }
    let count = || {
        let log = fs::read_to_string(&log).expect("text");
        log.lines().filter(|line| line.starts_with("400: /hubspot?tenant=7: the body broke off: ")).count()
    };
    until("both are logged", || count() == 2);
}

/// Under the name of the replay key, and only what HubSpot signed.
#[test]
fn hyper_keeps_the_files() {
    let [folder, kept] = [(); 2].map(|()| tempfile::tempdir().expect("a new folder"));
    let server = Server::start_with("hyper", |command| {
        command.env("FOLDER", folder.path()).env("KEPT", kept.path());
    });
    let request = webhook(r#"{"objectId":7}"#);
    let forged = Request { body: r#"{"objectId":8}"#.into(), ..request.clone() };
    // A copy replaces it.
    for (request, expected) in [(&request, 200), (&forged, 401), (&request, 200)] {
        assert_eq!(status(&server, request), expected);
    }
    let url = format!("{PUBLIC_URL}{}", request.target);
    let headers = hubspot_signature::SignatureHeaders::from_pairs(request.headers.iter().map(|(n, v)| (n, v)));
    let head = hubspot_signature::RequestHead::new(request.method, &url, headers);
    let verifier = hubspot_signature::Verifier::new(SECRET, hubspot_signature::Version::V3).expect("usable");
    let verified = verifier.verify(&head, &request.body, hubspot_signature::UnixTime::now()).expect("genuine");
    let file = fs::read(kept.path().join(verified.replay_key().to_string())).expect("kept");
    assert_eq!((file, files(kept.path()).len(), files(folder.path()).len()), (request.body, 1, 0));
}

/// Docker Compose and systemd write a variable without a value so.
#[test]
fn an_empty_variable_counts_as_missing() {
    let folder = tempfile::tempdir().expect("a new folder");
    let hyper = Server::start_with("hyper", |command| {
        command.current_dir(&folder).env("FOLDER", "").env("KEPT", "");
    });
    let replay = Server::start_with("replay", |command| {
        command.env("HANDLED", folder.path().join("handled")).env("REDIS_URL", "");
    });
    for server in [&hyper, &replay] {
        assert_eq!(status(server, &webhook(r#"{"objectId":7}"#)), 200);
    }
    assert!(folder.path().join("handled").exists());
    assert_eq!(files(folder.path()).len(), 1, "nothing is kept");
}

/// Not at the first event.
#[test]
fn a_wrong_optional_variable_is_explained() {
    let folder = tempfile::tempdir().expect("a new folder");
    let [missing, handled] = ["missing", "handled"].map(|name| folder.path().join(name));
    let fault = "No such file or directory (os error 2)";
    let mut cases = vec![
        ("hyper", "FOLDER", missing.as_path(), format!("FOLDER: {fault}")),
        ("hyper", "KEPT", &missing, format!("KEPT: {fault}. Name a folder on the same disk as FOLDER")),
        ("replay", "REDIS_URL", Path::new("localhost"), "REDIS_URL: Redis URL did not parse".to_owned()),
    ];
    // A disk of its own.
    let memory = Path::new("/dev/shm");
    if memory.metadata().is_ok_and(|memory| memory.dev() != folder.path().metadata().expect("there").dev()) {
        cases.push((
            "hyper",
            "KEPT",
            memory,
            "KEPT: Invalid cross-device link (os error 18). Name a folder".to_owned(),
        ));
    }
    for (name, variable, value, expected) in cases {
        let mut command = example(name);
        command.env("LISTEN", "nowhere").env("HANDLED", &handled).env("FOLDER", folder.path()).env(variable, value);
        let output = command.stderr(std::process::Stdio::piped()).output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(&expected), "{name}: {said}");
    }
    assert!(files(folder.path()).is_empty(), "nothing stays");
}

/// Byte by byte, a body takes as many system calls as it has bytes.
#[test]
fn hyper_reads_the_file_in_blocks() {
    let server = Server::start("hyper");
    let before = server.reads();
    let large = format!(r#"{{"objectId":7,"padding":"{}"}}"#, "x".repeat(BODY_LIMIT - 100));
    assert_eq!(status(&server, &webhook(large)), 200);
    let reads = server.reads() - before;
    assert!(reads < BODY_LIMIT as u64 / 100, "{reads}");
}

const WEBHOOK: &str = "HUBSPOT_WEBHOOK_URL";
const CARD: &str = "HUBSPOT_CARD_URL";
const SERVER: &str = "HUBSPOT_PUBLIC_URL";

/// Each server with the variables of its URLs.
const URLS: [(&str, &[&str]); 9] = [
    ("actix-web", &[WEBHOOK, CARD]),
    ("axum", &[WEBHOOK, CARD]),
    ("hyper", &[WEBHOOK, CARD]),
    ("lambda_http", &[SERVER]),
    ("poem", &[WEBHOOK, CARD]),
    ("reload", &[WEBHOOK]),
    ("replay", &[WEBHOOK]),
    ("rocket", &[WEBHOOK, CARD]),
    ("warp", &[SERVER]),
];

#[test]
fn a_missing_variable_is_named() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(&file, SECRET).expect("written");
    for (name, urls) in URLS {
        let secret = if name == "reload" { "HUBSPOT_CLIENT_SECRET_FILES" } else { "HUBSPOT_CLIENT_SECRET" };
        let handled = (name == "replay").then_some(&"HANDLED");
        for variable in urls.iter().chain(handled).chain([&secret]) {
            let mut command = example(name);
            // So that no server keeps running, even if it does not need the variable.
            command.env("LISTEN", "nowhere").env("HUBSPOT_CLIENT_SECRET_FILES", file.path()).env("HANDLED", "unused");
            let output = command.env_remove(variable).stderr(std::process::Stdio::piped()).output().expect("it starts");
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(!output.status.success(), "{name}: {variable}");
            assert!(said.contains(&format!("\"{variable} is not set")), "{name}: {variable}: {said}");
        }
    }
}

/// An empty list of files would be a file without a name.
#[test]
fn reload_names_the_variable_of_its_files() {
    for (value, expected) in [("", " is not set, or empty, or not UTF-8\""), (SECRET, ": app 0: ")] {
        let mut command = example("reload");
        command.env("LISTEN", "nowhere").env("HUBSPOT_CLIENT_SECRET_FILES", value);
        let output = command.stderr(std::process::Stdio::piped()).output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && said.contains(&format!("\"HUBSPOT_CLIENT_SECRET_FILES{expected}")),
            "{said}"
        );
        // A secret in place of the path to its file.
        assert!(!said.contains(SECRET), "{said}");
    }
}

/// A wrong one is named, with what is wrong and what to do.
#[test]
fn a_wrong_variable_is_explained() {
    let token = "pat-na1-12345678-aaaa-bbbb-cccc-dddd";
    let files = [token, SECRET].map(|secret| {
        let file = tempfile::NamedTempFile::new().expect("a file");
        fs::write(&file, secret).expect("written");
        file
    });
    let [of_token, of_secret] = files.each_ref().map(|file| file.path().to_str().expect("text"));
    for (name, urls) in URLS {
        let secret = match name {
            "reload" => ("HUBSPOT_CLIENT_SECRET_FILES", of_token, "HUBSPOT_CLIENT_SECRET_FILES: app 0"),
            _ => ("HUBSPOT_CLIENT_SECRET", token, "HUBSPOT_CLIENT_SECRET"),
        };
        let urls = urls.iter().map(|variable| (*variable, "hooks.example.com/hubspot", *variable));
        for (variable, value, named) in urls.chain([secret]) {
            let mut command = example(name);
            command.env("LISTEN", "nowhere").env("HUBSPOT_CLIENT_SECRET_FILES", of_secret).env("HANDLED", "unused");
            let output = command.env(variable, value).stderr(std::process::Stdio::piped()).output().expect("it starts");
            let said = String::from_utf8_lossy(&output.stderr);
            let expected = if value.contains("hooks") {
                "the public URL is not a valid absolute http or https URL. Give the URL as in https://hooks.example.com/"
            } else {
                "the client secret looks like an access token (pat-\u{2026}). Use the app's client secret, which is shown"
            };
            assert!(!output.status.success(), "{name}: {variable}");
            assert!(said.contains(&format!("\"{named}: {expected}")), "{name}: {variable}: {said}");
        }
    }
}

#[test]
fn reload_takes_each_new_secret_at_the_next_request() {
    let folder = tempfile::tempdir().expect("a new folder");
    let (files, log) = (["sales", "service"].map(|name| folder.path().join(name)), folder.path().join("log"));
    let secrets = [1, 2, 3].map(|digit| format!("12345678-aaaa-bbbb-cccc-ddddeeee000{digit}"));
    let write = |file: usize, text: &str| fs::write(&files[file], text).expect("written");
    write(0, &format!("{}\n", secrets[0]));
    write(1, &secrets[2]);
    let mut server = Server::start_with("reload", |command| {
        let paths = std::env::join_paths(&files).expect("no colon");
        command.env("HUBSPOT_CLIENT_SECRET_FILES", paths).stderr(fs::File::create(&log).expect("a file"));
    });
    let [old, new, service] = secrets.each_ref().map(|secret| {
        let url = format!("{PUBLIC_URL}/hubspot");
        Request::new("POST", "/hubspot", "{}").signed(secret, &url, hubspot_signature::UnixTime::now())
    });
    let answer = |request: &Request| {
        let answer = exchange(server.address, request).expect("an answer");
        (answer.status, String::from_utf8(answer.body).expect("text"))
    };
    let accepted = |app: usize, secret: &str| (200, format!("app {app}: {secret} secret"));
    let refused = (401, String::new());
    let said = |text: &str| fs::read_to_string(&log).expect("text").matches(text).count();

    assert_eq!((said("app 0: 1 secret in "), said("app 1: 1 secret in ")), (1, 1), "when it starts");
    assert_eq!(answer(&service), accepted(1, "current"));
    assert_eq!(answer(&old), accepted(0, "current"));
    assert_eq!(answer(&new), refused);
    assert!(fs::read_to_string(&log).expect("text").contains("refused: mismatch https://hooks.example.com/hubspot: "));
    // Both while HubSpot changes over.
    write(0, &format!("{}\n{}\n", secrets[1], secrets[0]));
    assert_eq!(answer(&new), accepted(0, "current"));
    assert_eq!(said("accepted: app 0: previous secret\n"), 0);
    assert_eq!(answer(&old), accepted(0, "previous"));
    assert_eq!(said("accepted: app 0: previous secret\n"), 1);
    assert_eq!((said("app 0: 1 secret in "), said("app 0: 2 secrets in ")), (1, 1), "once for each change");
    write(0, &format!("{}\n", secrets[1]));
    assert_eq!(answer(&old), refused);
    assert_eq!(answer(&new), accepted(0, "current"));
    // What cannot be a secret, half of one and two in one line change nothing, and neither does a file that is gone.
    let half = |secret: usize| &secrets[secret][..20];
    let halves = [half(0).to_owned(), format!("{}\n{}", secrets[0], half(1)), secrets[..2].concat()];
    let third = format!("\n{}\n{}\n\n{}\n", secrets[0], secrets[1], secrets[2]);
    for broken in ["", "\n", "changeme\n"].map(str::to_owned).iter().chain(&halves).chain([&third]) {
        write(0, broken);
        assert_eq!(answer(&new), accepted(0, "current"), "{broken:?}");
        assert_eq!(answer(&old), refused, "{broken:?}");
    }
    // Once for each change, with the line, although each file was read twice.
    for (text, count) in [
        ("sales: no client secret\n", 2),
        ("sales: line 1: a client secret has 36 characters\n", 3),
        ("sales: line 2: a client secret has 36 characters\n", 1),
        ("sales: line 5: a third client secret\n", 1),
    ] {
        assert_eq!(said(text), count, "{text}");
    }
    // Blank lines are none.
    write(0, &format!("\n{}\n \r\n\n{}\r\n\n", secrets[1], secrets[0]));
    assert_eq!(answer(&old), accepted(0, "previous"));
    write(0, &third);
    assert_eq!(answer(&old), accepted(0, "previous"));
    assert_eq!(said("sales: line 5: a third client secret\n"), 2, "again, after it was right");
    write(0, &format!("{}\n", secrets[1]));
    assert_eq!(answer(&old), refused);
    fs::remove_file(&files[0]).expect("there");
    assert_eq!(answer(&new), accepted(0, "current"));
    // The other app is renewed all the same.
    write(1, &secrets[0]);
    assert_eq!(answer(&old), accepted(1, "current"));
    assert_eq!(answer(&service), refused);
    assert_eq!(answer(&new), accepted(0, "current"));
    write(0, &format!("{}\n", secrets[2]));
    assert_eq!(answer(&service), accepted(0, "current"));
    assert!(server.is_running());
    assert!(secrets.iter().all(|secret| said(secret) == 0));
}
