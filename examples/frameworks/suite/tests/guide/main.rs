//! The code of the guides in `docs/`: compiled and run here, and held against the pages, which show it without a line
//! hidden.

mod answers;
mod apps;
mod hosts;
mod middleware;
mod observing;
mod queue;
mod urls;

use std::fs;
use std::path::Path;

const PAGES: [&str; 5] = ["deployment.md", "lambda.md", "queues.md", "replay.md", "wasm.md"];

/// Each paragraph of each block stands in a file that is compiled: line by line, but for its indentation. In blocks that
/// are documentation tests as well, the imports may differ.
#[test]
fn pages_show_compiled_code() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let mut sources = Vec::new();
    collect(root, &mut sources);
    for page in PAGES {
        let text = fs::read_to_string(root.join("../../docs").join(page)).expect("a page");
        let blocks = blocks(&text);
        assert!(!blocks.is_empty(), "{page}");
        for (is_test, block) in blocks {
            for paragraph in block.split("\n\n") {
                let lines = trimmed(paragraph);
                if is_test && lines.iter().all(|line| line.starts_with("use ")) {
                    continue;
                }
                let is_in = |source: &Vec<String>| source.windows(lines.len()).any(|window| window == lines);
                assert!(sources.iter().any(is_in), "{page} shows what is not compiled:\n{paragraph}");
            }
        }
    }
}

/// The trimmed lines of all Rust files.
fn collect(folder: &Path, sources: &mut Vec<Vec<String>>) {
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("readable").path()) {
        if entry.is_dir() {
            if !entry.ends_with("target") {
                collect(&entry, sources);
            }
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            sources.push(trimmed(&fs::read_to_string(entry).expect("text")));
        }
    }
}

fn trimmed(text: &str) -> Vec<String> {
    text.lines().map(|line| line.trim().to_owned()).collect()
}

/// The Rust blocks of a page, and whether each is a documentation test.
fn blocks(page: &str) -> Vec<(bool, &str)> {
    let fenced = page.split("\n```rust").skip(1).map(|rest| rest.split_once('\n').expect("an end"));
    fenced.map(|(tags, rest)| (tags.is_empty(), rest.split_once("\n```").expect("an end").0)).collect()
}

/// A log in memory.
mod log {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    pub struct Log(Arc<Mutex<Vec<u8>>>);

    impl Log {
        pub fn take(&self) -> String {
            String::from_utf8(std::mem::take(&mut self.0.lock().expect("nothing panics here"))).expect("text")
        }
    }

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("nothing panics here").write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl<'a> tracing_subscriber::fmt::MakeWriter<'a> for Log {
        type Writer = Self;

        fn make_writer(&'a self) -> Self {
            self.clone()
        }
    }
}

/// Shared by the modules of this program.
mod prelude {
    pub use axum::Router;
    pub use axum::body::Body;
    pub use axum::http::{Request, StatusCode};
    pub use hubspot_signature::{ClientSecret, UnixTime, Verifier, Version};
    pub use tower::ServiceExt;

    pub const SECRET: &str = suite::SECRET;

    pub fn verifier() -> Verifier {
        Verifier::new(SECRET, Version::V3).expect("usable")
    }

    /// A POST to this path, signed for this URL.
    pub fn signed(url: &str, path: &str, body: impl Into<String>) -> Request<Body> {
        signed_with(SECRET, url, path, body)
    }

    pub fn signed_with(secret: &str, url: &str, path: &str, body: impl Into<String>) -> Request<Body> {
        let (secret, body) = (ClientSecret::new(secret).expect("usable"), body.into());
        let signed = secret.sign("POST", url, body.as_bytes(), UnixTime::now()).expect("a request to sign");
        let mut request = Request::post(path).header("content-type", "application/json");
        for (name, value) in signed.pairs() {
            request = request.header(name, value);
        }
        request.body(body.into()).expect("a request")
    }

    pub async fn answer(routes: &Router, request: Request<Body>) -> (StatusCode, String) {
        let response = routes.clone().oneshot(request).await.expect("infallible");
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("whole");
        (status, String::from_utf8(body.into()).expect("text"))
    }

    pub async fn status(routes: &Router, request: Request<Body>) -> u16 {
        answer(routes, request).await.0.as_u16()
    }
}
