//! Each example server accepts what HubSpot sends and refuses every forgery that `hubspot-signature send --check` knows.

use std::path::Path;
use std::process::Command;

use suite::{PUBLIC_URL, SECRET, Server};

/// Runs the program, which is built when it is out of date.
fn check(server: &Server, path: &str, events: &[&str]) {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../Cargo.toml");
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--locked", "--package", "hubspot-signature-cli", "--manifest-path"])
        .arg(manifest)
        .args(["--", "send", "--check", "--to", &format!("http://{}{path}", server.address)])
        .args(["--endpoint", &format!("{PUBLIC_URL}{path}")])
        .args(events.iter().flat_map(|event| ["--event", event]))
        .env("HUBSPOT_CLIENT_SECRET", SECRET)
        .output()
        .expect("cargo runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let accepted = format!("{0} of {0} genuine requests accepted", events.len());
    assert!(said.contains(&accepted), "{said}");
    // All that is not refused is a method that the server does not serve.
    assert!(!said.contains("BAD") && said.matches("  ok  refused").count() >= 13, "{said}");
}

#[test]
fn no_server_is_fooled() {
    for name in ["actix-web", "axum", "hyper", "poem", "rocket", "warp"] {
        let server = Server::start(name);
        check(&server, "/hubspot", &["workflow", "batch"]);
        check(&server, "/card", &["card"]);
    }
}
