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
    let many = |address, each| {
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut stream = connect(address);
                    for number in 0..each {
                        stream.write_all(if number % 5 == 0 { &bad } else { &good }).unwrap();
                        assert_eq!(read(&stream).unwrap().body, b"ok");
                    }
                });
            }
        });
    };
    // Threads and buffers that stay are there afterwards.
    many(listen.address, 500);
    let before = resident(&listen);
    many(listen.address, 2500);
    let after = resident(&listen);
    for _ in 0..12_000 {
        listen.line();
        service.next();
    }
    // A leak of each body would be 40,000 KiB, one of 200 bytes for each request 2,000.
    assert!(after < before + 1500, "{before} KiB before, {after} KiB after 10,000 requests");
    assert!(before < 64 * 1024, "{before} KiB");
    listen.end();
}
