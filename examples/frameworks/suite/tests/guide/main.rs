//! The code of the guides in `docs/`: compiled and run here, and held against the pages, which show it without a line
//! hidden.

mod answers;
mod apps;
mod middleware;
mod observing;
mod queue;
mod urls;

use std::fs;
use std::path::Path;

/// Their documentation tests are run here too, so they are compared like the rest.
const RUN_HERE: [&str; 5] = ["deployment.md", "lambda.md", "queues.md", "replay.md", "wasm.md"];

/// Each block of Rust of each guide is a documentation test, or each of its paragraphs stands in a file that is compiled:
/// line by line, but for its indentation. The imports may differ, as a page shows parts of a file.
#[test]
fn pages_show_compiled_code() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let mut sources = Vec::new();
    collect(root, &mut sources);
    // Shown by `testing.md`.
    sources.push(trimmed(&fs::read_to_string(root.join("../../tests/readme.rs")).expect("text")));
    let mut compared = 0;
    for page in fs::read_dir(root.join("../../docs")).expect("a folder").map(|entry| entry.expect("readable").path()) {
        let Some(name) = page.file_name().and_then(|name| name.to_str()).filter(|name| name.ends_with(".md")) else {
            continue;
        };
        for (is_test, block) in blocks(&fs::read_to_string(&page).expect("a page")) {
            if is_test && !RUN_HERE.contains(&name) {
                continue;
            }
            compared += 1;
            for paragraph in block.split("\n\n") {
                let lines = trimmed(paragraph);
                if lines.iter().all(|line| line.starts_with("use ")) {
                    continue;
                }
                let is_in = |source: &Vec<String>| source.windows(lines.len()).any(|window| window == lines);
                assert!(sources.iter().any(is_in), "{name} shows what is not compiled:\n{paragraph}");
            }
        }
    }
    assert!(compared > 20, "{compared}");
}

/// Who pastes a program into a project of their own finds what its manifest needs at its top.
#[test]
fn programs_show_their_dependencies() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let shared = fs::read_to_string(root.join("Cargo.toml")).expect("text");
    let mut compared = 0;
    for folder in fs::read_dir(root).expect("a folder").map(|entry| entry.expect("readable").path()) {
        let path = if folder.ends_with("worker") { folder.join("src/lib.rs") } else { folder.join("src/main.rs") };
        let Ok(program) = fs::read_to_string(&path) else { continue };
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).expect("text");
        let expected: String = dependencies(&manifest, &shared).iter().map(|line| format!("// {line}\n")).collect();
        let begin = program.find("\n\n").expect("a comment comes first") + 2;
        let end = program[begin..].find("\n\n").expect("code") + 1 + begin;
        compared += 1;
        if std::env::var_os("UPDATE_PAGE").is_some() {
            let end = if program[begin..].starts_with("// [") { end + 1 } else { begin };
            fs::write(&path, format!("{}{expected}\n{}", &program[..begin], &program[end..])).expect("written");
            continue;
        }
        assert_eq!(&program[begin..end], expected, "{}: UPDATE_PAGE=1 writes it anew", path.display());
    }
    assert_eq!(compared, 10);
}

/// For how long to remember a key is said by one function, on the front page too.
#[test]
fn the_front_page_shows_the_same_function() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let front = fs::read_to_string(root.join("../../src/lib.rs")).expect("text");
    let front = trimmed(&front.lines().map(|line| format!("{}\n", line.trim_start_matches("//!"))).collect::<String>());
    let seen = trimmed(&fs::read_to_string(root.join("replay/src/seen.rs")).expect("text"));
    let begin = seen.iter().position(|line| line.starts_with("pub fn remember_until")).expect("there");
    let function = &seen[begin - 2..begin + 4];
    assert!(front.windows(function.len()).any(|window| window == function), "{function:?}");
}

/// The sections `lib` and `dependencies` of a manifest, as they would stand in one of no workspace.
fn dependencies(manifest: &str, shared: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut is_shown = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            is_shown = ["[lib]", "[dependencies]"].contains(&line);
        }
        if !is_shown || line.is_empty() || line.starts_with('#') || line.starts_with("doctest") {
            continue;
        }
        let Some((name, _)) = line.split_once([' ', '.']).filter(|_| line.contains("workspace = true")) else {
            lines.push(line.to_owned());
            continue;
        };
        let features =
            line.split_once("features = [").and_then(|(_, rest)| rest.split_once(']')).map_or("", |(f, _)| f);
        if name == "hubspot-signature" {
            lines.push(format!("hubspot-signature = {{ version = \"0.1\", features = [{features}] }}"));
            continue;
        }
        let known =
            shared.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = ")).expect("in the workspace");
        let (head, all) = known.split_once("features = [").expect("features");
        let (all, _) = all.split_once(']').expect("a list");
        let mut all: Vec<&str> = all.split(", ").chain(features.split(", ").filter(|f| !f.is_empty())).collect();
        all.sort_unstable();
        lines.push(format!("{name} = {head}features = [{}] }}", all.join(", ")));
    }
    lines
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

/// The Rust blocks of a page, indented ones too, and whether each is a documentation test. A block without a language is
/// one as well.
fn blocks(page: &str) -> Vec<(bool, String)> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(tags) = line.trim_start().strip_prefix("```") else { continue };
        let block: Vec<&str> = lines.by_ref().take_while(|line| line.trim_start() != "```").collect();
        if tags.is_empty() || tags.starts_with("rust") {
            blocks.push((["", "rust"].contains(&tags), block.join("\n")));
        }
    }
    blocks
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
