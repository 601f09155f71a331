//! Ten thousand requests leave nothing behind.

use std::fs;
use std::io::Write;
use std::thread;

use super::service::{Service, read};
use super::stand::{Listen, connect, event, post};

/// Kibibytes of memory that the program has in use.
fn resident(listen: &Listen) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", listen.child.id())).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line for it");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

#[test]
fn memory_is_flat() {
    let service = Service::ok();
    let mut listen = Listen::start(&service.url("/hubspot"), &["--format", "json"]);
    let body = format!("{{\"text\":\"{}\"}}", "x".repeat(4000));
    let (good, bad) = (event(body.as_bytes()), post("/hubspot", "", body.as_bytes()));
    let many = |address| {
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut stream = connect(address);
                    for number in 0..1250 {
                        stream.write_all(if number % 5 == 0 { &bad } else { &good }).unwrap();
                        assert_eq!(read(&stream).unwrap().body, b"ok");
                    }
                });
            }
        });
    };
    many(listen.address);
    let before = resident(&listen);
    many(listen.address);
    let after = resident(&listen);
    for _ in 0..10_000 {
        listen.line();
        service.next();
    }
    // A leak of a body would be 20,000 KiB; of one header, 500.
    assert!(after < before + 400, "{before} KiB after 5,000 requests, {after} KiB after 10,000");
    assert!(before < 64 * 1024, "{before} KiB");
    listen.end();
}
