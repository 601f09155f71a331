//! Requests that real servers, proxies and serialisers damaged, each with the findings that are expected.

use std::fs;
use std::path::PathBuf;

use hubspot_signature::diagnose::{Certainty, Diagnosis, Diagnostician, ReceivedRequest};
use hubspot_signature::{UnixTime, Version};

/// The time at which all of them are judged.
const NOW: UnixTime = UnixTime::from_millis(1_764_100_002_000);

/// In a file: a line `==== name`, `name: value` lines, an empty line, the request line and its headers, an empty line, the body.
struct Capture {
    name: String,
    about: String,
    request: String,
    body: Vec<u8>,
}

impl Capture {
    fn all() -> Vec<Self> {
        let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/diagnose/captures"));
        let files = fs::read_dir(folder).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap());
        files
            .flat_map(|file| separate(&file).into_iter().map(|capture| Self::read(&capture)).collect::<Vec<_>>())
            .collect()
    }

    fn read(bytes: &[u8]) -> Self {
        let at = bytes.iter().position(|byte| *byte == b'\n').unwrap();
        let name = String::from_utf8(bytes[..at].into()).unwrap();
        let (about, rest) = split(&bytes[at + 1..]);
        let (request, body) = split(rest);
        // The last newline belongs to the file.
        Self { name, about, request, body: body[..body.len() - 1].into() }
    }

    fn says(&self, name: &str) -> Option<&str> {
        self.about.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    fn diagnosed(&self) -> Diagnosis {
        let mut lines = self.request.lines();
        // The target may have a space.
        let (method, uri) = lines.next().unwrap().split_once(' ').unwrap();
        let headers = lines.map(|line| line.split_once(": ").unwrap());
        let headers: Vec<(&str, &[u8])> = headers.map(|(name, value)| (name, value.as_bytes())).collect();
        let request = ReceivedRequest { method, uri, headers: &headers, body: Some(&self.body) };
        let mut diagnostician = Diagnostician::new([unescaped(self.says("secret").unwrap())], Version::V1);
        if let Some(endpoint) = self.says("endpoint") {
            diagnostician = diagnostician.endpoint(endpoint);
        }
        diagnostician.diagnose(&request, NOW)
    }
}

/// The captures of a file, without the marks that begin them.
fn separate(file: &[u8]) -> Vec<Vec<u8>> {
    let mut captures: Vec<Vec<u8>> = Vec::new();
    for line in file.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_prefix(b"==== ") {
            Some(name) => captures.push(name.into()),
            None => captures.last_mut().unwrap().extend_from_slice(line),
        }
    }
    captures
}

/// Up to an empty line, and after it.
fn split(bytes: &[u8]) -> (String, &[u8]) {
    let at = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap();
    (String::from_utf8(bytes[..at].into()).unwrap(), &bytes[at + 2..])
}

/// `\u{feff}` as the character.
fn unescaped(text: &str) -> String {
    let mut pieces = text.split("\\u{");
    let first = pieces.next().unwrap().to_owned();
    pieces.fold(first, |text, piece| {
        let (number, rest) = piece.split_once('}').unwrap();
        format!("{text}{}{rest}", char::from_u32(u32::from_str_radix(number, 16).unwrap()).unwrap())
    })
}

/// The findings in one line: `proved uri-scheme + uri-host; likely body-lost`.
fn summary(diagnosis: &Diagnosis) -> String {
    if diagnosis.is_accepted() {
        return "accepted".into();
    }
    let findings = diagnosis.findings().iter().map(|finding| {
        let causes: Vec<&str> = finding.causes().map(|cause| cause.code()).collect();
        format!("{} {}", finding.certainty(), causes.join(" + "))
    });
    let findings: Vec<String> = findings.collect();
    if findings.is_empty() { "nothing".into() } else { findings.join("; ") }
}

#[test]
fn each_capture_is_explained() {
    let captures = Capture::all();
    assert_eq!(captures.len(), 53);
    let wrong: Vec<String> = captures
        .iter()
        .filter_map(|capture| {
            let (said, expected) = (summary(&capture.diagnosed()), capture.says("finds").unwrap());
            (said != expected).then(|| format!("{}: expected {expected}, and got {said}", capture.name))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Long bodies, which are made here.
#[test]
fn long_bodies_are_written_again() {
    use hubspot_signature::ClientSecret;
    let secret = "3f1c2d4e-5a6b-4c7d-8e9f-0a1b2c3d4e5f";
    let uri = "https://hooks.example.com/hubspot/contacts";
    for (length, seen, causes) in [
        (1 << 20, uri, "proved body-reserialised"),
        (4 << 20, uri, "proved body-reserialised"),
        (4 << 20, "http://hooks.example.com/hubspot/contacts", "proved uri-scheme + body-reserialised"),
    ] {
        let signed = format!("{{\"vid\":1,\"d\":\"{}\"}}", "x".repeat(length - 17));
        let body = signed.replace("\":", "\": ").replace(",\"", ", \"");
        let headers = ClientSecret::new(secret).unwrap().sign("POST", uri, signed.as_bytes(), NOW).unwrap();
        let headers: Vec<(&str, &[u8])> = headers.pairs().map(|(name, value)| (name, value.as_bytes())).collect();
        let request = ReceivedRequest { method: "POST", uri: seen, headers: &headers, body: Some(body.as_bytes()) };
        let diagnosis = Diagnostician::new([secret], Version::V2).diagnose(&request, NOW);
        assert_eq!(summary(&diagnosis), causes, "{length}");
    }
}

/// With the endpoint's URL, what nobody could guess is found by comparing.
#[test]
fn no_capture_is_explained_worse_with_its_endpoint() {
    for capture in Capture::all() {
        let without = capture.diagnosed();
        let Some(signed) = without.findings().first().and_then(|finding| finding.signed_uri()) else { continue };
        let endpoint = signed.split('?').next().unwrap();
        let about = format!("{}\nendpoint: {endpoint}", capture.about);
        let with = Capture { about, ..capture }.diagnosed();
        assert_eq!(with.findings()[0].certainty(), Certainty::Proved, "{with}");
        assert_eq!(with.findings()[0].signed_uri(), Some(signed), "{with}");
    }
}
