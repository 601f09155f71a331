//! Asks HubSpot's own code whether it computes what this crate computes: see `check` next to this crate.
//!
//! `reference cases SEED COUNT` writes random cases with this crate's signatures, then the documented disagreements, one
//! JSON object a line. A peer's script recomputes each, compares, and writes its own signatures. `reference judge SEED
//! COUNT` makes the same cases again and verifies those.

mod cases;
mod disagreements;
#[path = "../../../tests/oracle/mod.rs"]
mod oracle;

use std::io::{BufRead, BufWriter, Write};
use std::process::ExitCode;

use hubspot_signature::{Header, MatchedSecret, RequestHead, SignatureHeaders, UnixTime, Verified, Verifier, Version};
use serde::Deserialize;

use crate::cases::{Case, Cases};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [command, seed, count] = arguments.as_slice() else { return usage() };
    let (Ok(seed), Ok(count)) = (seed.parse(), count.parse()) else { return usage() };
    match command.as_str() {
        "cases" => emit(Cases::new(seed, count)),
        "judge" => judge(Cases::new(seed, count)),
        _ => usage(),
    }
}

fn usage() -> ExitCode {
    eprintln!("reference: cases SEED COUNT, or judge SEED COUNT with a peer's answers on standard input");
    ExitCode::from(2)
}

fn emit(cases: Cases) -> ExitCode {
    let mut out = BufWriter::new(std::io::stdout().lock());
    for case in cases {
        serde_json::to_writer(&mut out, &case.signed()).unwrap();
        out.write_all(b"\n").unwrap();
    }
    for disagreement in disagreements::all() {
        serde_json::to_writer(&mut out, &disagreement).unwrap();
        out.write_all(b"\n").unwrap();
    }
    out.flush().unwrap();
    ExitCode::SUCCESS
}

/// A peer's signatures for one case; a scheme that the peer does not have is absent.
#[derive(Deserialize)]
struct Answer {
    v1: Option<String>,
    v2: Option<String>,
    v3: Option<String>,
    /// Headers that the peer made by itself, for a body it formatted by itself.
    headers: Option<Vec<(String, String)>>,
    formatted_body: Option<String>,
}

/// Verifies each answer, and the same with one character changed.
fn judge(cases: Cases) -> ExitCode {
    let mut lines = std::io::stdin().lock().lines();
    let (mut judged, mut wrong) = (0_usize, 0_usize);
    for (number, case) in cases.enumerate() {
        let line = lines.next().expect("an answer for each case").unwrap();
        let answer: Answer = serde_json::from_str(&line).unwrap();
        let strict = Verifier::new(&case.secret, Version::V1).unwrap();
        // The cases have bodies of every kind, to compare the hashes.
        let verifier = strict.clone().dangerously_accept_any_body();
        let timestamp = case.timestamp.to_string();
        let mut check =
            |verifier: &Verifier, version: Version, headers: SignatureHeaders<'_>, body: &str, accept: bool| {
                let head = RequestHead::new(&case.method, &case.uri, headers);
                let verdict = verifier.verify(&head, body.as_bytes(), UnixTime::from_millis(case.timestamp));
                let accepted = |verified: &Verified| {
                    verified.version() == version && verified.matched_secret() == MatchedSecret::Current
                };
                judged += 1;
                if verdict.as_ref().is_ok_and(accepted) != accept {
                    wrong += 1;
                    eprintln!("reference: case {number}: {version}, to be accepted: {accept}: {verdict:?}");
                }
            };
        for (version, signature) in [(Version::V1, &answer.v1), (Version::V2, &answer.v2), (Version::V3, &answer.v3)] {
            let Some(signature) = signature else { continue };
            // A NUL is what a length extension needs, so v1 and v2 refuse it.
            let accept = version == Version::V3 || !case.body.contains('\0');
            for (text, accept) in [(signature.clone(), accept), (damaged(signature, number), false)] {
                let headers = SignatureHeaders::new().with(version.header(), &text);
                let headers = match version {
                    Version::V3 => headers.with(Header::RequestTimestamp, &timestamp),
                    _ => headers.with(Header::SignatureVersion, version.as_str()),
                };
                check(&verifier, version, headers, &case.body, accept);
            }
        }
        if let (Some(headers), Some(body)) = (&answer.headers, &answer.formatted_body) {
            check(&strict, Version::V3, SignatureHeaders::from_pairs(headers.iter().map(|(n, v)| (n, v))), body, true);
            let without_v3 = headers.iter().filter(|(name, _)| !name.to_lowercase().contains("-v3"));
            check(&strict, Version::V2, SignatureHeaders::from_pairs(without_v3.map(|(n, v)| (n, v))), body, true);
        }
    }
    println!("reference: {judged} verdicts on the peer's signatures, {wrong} wrong");
    if wrong == 0 && judged > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The same with the character at a place that moves from case to case exchanged for another of the alphabet.
fn damaged(signature: &str, number: usize) -> String {
    let mut text = signature.to_owned();
    let at = number % (text.trim_end_matches('=').len() - 1);
    let other = if text.as_bytes()[at] == b'0' { "1" } else { "0" };
    text.replace_range(at..=at, other);
    text
}

impl Case {
    /// The line of JSON: the case with this crate's signatures.
    fn signed(&self) -> impl serde::Serialize {
        let secret = hubspot_signature::ClientSecret::new(&self.secret).unwrap();
        let (method, uri, body) = (&self.method, &self.uri, self.body.as_bytes());
        let v1 = secret.v1(body);
        let v2 = secret.v2(method, uri, body);
        let v3 = secret.v3(method, uri, body, UnixTime::from_millis(self.timestamp));
        assert_eq!(v1.as_str(), oracle::v1(&self.secret, body));
        assert_eq!(v2.as_str(), oracle::v2(&self.secret, method, uri, body));
        assert_eq!(v3.as_str(), oracle::v3(&self.secret, method, uri, body, &self.timestamp.to_string()));
        serde_json::json!({
            "secret": self.secret, "method": method, "uri": uri, "body": self.body,
            "timestamp": self.timestamp.to_string(),
            "v1": v1.as_str(),
            "v2": v2.as_str(),
            "v3": v3.as_str(),
        })
    }
}
