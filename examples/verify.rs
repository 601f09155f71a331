//! Says whether a captured HTTP request really comes from HubSpot. Without arguments it judges the captures beside it.
#![allow(clippy::pedantic, clippy::restriction, unreachable_pub, reason = "the example is short")]

use std::ffi::OsString;
use std::io::Read;
use std::process::ExitCode;
use std::time::Duration;
use std::{env, fs, io};

use hubspot_signature::{Error, MatchedSecret, RequestHead, SignatureHeaders, UnixTime, Verified, Verifier, Version};

const USAGE: &str = "\
usage: verify [--secret SECRET] [--previous-secret SECRET] [--url URL] [--now MILLIS] FILE
       verify     judges the captures that come with this program

FILE is one HTTP/1.1 request as text: headers, an empty line, the raw body; `-` reads standard input.
Without a Content-Length header the body is all that follows, an editor's last newline included.

What is not given as an option is taken from the environment:
  --secret           HUBSPOT_CLIENT_SECRET    the app's client secret; better not an option, others can see those
  --previous-secret  HUBSPOT_PREVIOUS_SECRET  the one before it, if that still signs
  --url              HUBSPOT_PUBLIC_URL       what HubSpot calls, up to where the path in FILE begins:
                                              https://hooks.example.com, and a path prefix if a proxy removes one
  --now              HUBSPOT_NOW              the time to judge at, in Unix milliseconds, if not this machine's

exit status: 0 accepted, 1 refused, 2 not judged";

/// Why a request cannot be judged, in words for the user.
type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let accepted = if arguments.is_empty() { judge_committed_captures() } else { judge_given_capture(arguments) };
    match accepted {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(failure) => {
            eprintln!("error: {failure} (--help tells more)");
            ExitCode::from(2)
        }
    }
}

fn judge_given_capture(mut arguments: Vec<OsString>) -> Result<bool, Failure> {
    let secret = setting(&mut arguments, "--secret", "HUBSPOT_CLIENT_SECRET")?;
    let previous_secret = setting(&mut arguments, "--previous-secret", "HUBSPOT_PREVIOUS_SECRET")?;
    let public_url = setting(&mut arguments, "--url", "HUBSPOT_PUBLIC_URL")?;
    let now = setting(&mut arguments, "--now", "HUBSPOT_NOW")?;
    // No message quotes an argument: it may be a secret in the wrong place.
    let file = match arguments.as_slice() {
        [file] if !file.as_encoded_bytes().starts_with(b"--") => file,
        _ => return Err("beside known options, give one FILE".into()),
    };

    let mut verifier = Verifier::new(&secret.ok_or("give --secret or HUBSPOT_CLIENT_SECRET")?)?;
    if let Some(previous) = previous_secret {
        verifier = verifier.previous_secret(&previous).map_err(|error| format!("the previous secret: {error}"))?;
    }
    let public_url = public_url.ok_or("give --url or HUBSPOT_PUBLIC_URL")?;
    if public_url.contains(['?', '#']) {
        return Err(
            "the public URL must not have a query or fragment; the first line of FILE adds what is signed".into()
        );
    }
    let public_url = public_url.strip_suffix('/').unwrap_or(&public_url);
    let now = match now {
        Some(millis) => UnixTime::from_millis(millis.parse().map_err(|_| "the time is not a number of milliseconds")?),
        None => UnixTime::now(),
    };
    let mut capture = Vec::new();
    let read = match file.to_str() {
        Some("-") => io::stdin().read_to_end(&mut capture),
        _ => fs::File::open(file).and_then(|mut file| file.read_to_end(&mut capture)),
    };
    read.map_err(|error| format!("FILE cannot be read: {error}"))?;

    Ok(judge(&verifier, public_url, now, &capture)?.is_ok())
}

/// The value of an option, or else of an environment variable.
fn setting(arguments: &mut Vec<OsString>, option: &str, variable: &str) -> Result<Option<String>, Failure> {
    let value = match arguments.iter().position(|argument| argument == option) {
        Some(at) if at + 1 < arguments.len() => arguments.drain(at..=at + 1).next_back(),
        Some(_) => return Err(format!("{option} needs a value").into()),
        None => env::var_os(variable),
    };
    Ok(value.map(OsString::into_string).transpose().map_err(|_| format!("{option} or {variable} is not UTF-8"))?)
}

/// Verifies one captured request and says what came out.
fn judge(verifier: &Verifier, url: &str, now: UnixTime, capture: &[u8]) -> Result<Result<Verified, Error>, Failure> {
    let mut headers = [httparse::EMPTY_HEADER; 100];
    let mut request = httparse::Request::new(&mut headers);
    let after_headers = match request.parse(capture) {
        Ok(httparse::Status::Complete(length)) => &capture[length..],
        Ok(httparse::Status::Partial) => return Err("the capture is cut short: no empty line ends its headers".into()),
        Err(error) => return Err(format!("the capture is not an HTTP/1.1 request: {error}").into()),
    };
    let (method, target) = (request.method.unwrap_or_default(), request.path.unwrap_or_default());
    // Which host was called is for the operator to say. A target such as `https://other.example/` or `.other.example/`
    // would let the sender say it.
    if !target.starts_with('/') {
        return Err("the target in the capture's first line does not begin with `/`".into());
    }
    let uri = &format!("{url}{target}"); // as text: parsed and printed again, it might not be what was signed
    let body = body(request.headers, after_headers)?;
    let headers = SignatureHeaders::from_pairs(request.headers.iter().map(|header| (header.name, header.value)));

    println!("{method} {uri:?} with {} bytes of body", body.len());
    let outcome = verifier.verify_at(&RequestHead { method, uri, headers }, body, now);
    match outcome {
        Ok(proof) => {
            let secret = match proof.secret() {
                MatchedSecret::Current => "current",
                MatchedSecret::Previous => "previous",
            };
            println!("accepted by {} with the {secret} secret", proof.version());
        }
        Err(error) => println!("refused: {error}"),
    }
    Ok(outcome)
}

/// The body that the headers announce, out of what follows them.
fn body<'a>(headers: &[httparse::Header<'_>], after_headers: &'a [u8]) -> Result<&'a [u8], &'static str> {
    let named = |name| headers.iter().filter(move |header| header.name.eq_ignore_ascii_case(name));
    if named("Transfer-Encoding").next().is_some() {
        return Err("the body is in chunks (Transfer-Encoding); join them and take that header out of the capture");
    }
    let mut lengths = named("Content-Length");
    let Some(length) = lengths.next() else { return Ok(after_headers) };
    let length = std::str::from_utf8(length.value).ok().and_then(|digits| digits.trim().parse().ok());
    match (length, lengths.next()) {
        (Some(length), None) => {
            after_headers.get(..length).ok_or("the capture is cut short: Content-Length tells more")
        }
        _ => Err("the capture does not have one number as its Content-Length"),
    }
}

/// Judges requests that HubSpot published, and says whether each came out as it should. `captures/README.md` tells where
/// they are from.
fn judge_committed_captures() -> Result<bool, Failure> {
    const SIGNED: UnixTime = UnixTime::from_millis(1_693_657_560_000);
    const LATER: UnixTime = UnixTime::from_millis(1_693_657_560_000 + 6 * 60 * 1000);
    let workflow = include_bytes!("captures/workflow.http").as_slice();
    let tampered = include_bytes!("captures/workflow-tampered.http").as_slice();
    let v3 = include_bytes!("captures/v3.http").as_slice();
    let mismatch = Error::Mismatch { version: Version::V2 };
    let stale = Error::TimestampTooOld { timestamp: SIGNED, now: LATER, max_age: Duration::from_secs(5 * 60) };
    let cases = [
        (workflow, SIGNED, Ok(Version::V2), "HubSpot's published workflow request, to be accepted by v2"),
        (tampered, SIGNED, Err(mismatch), "its twin with another body, to be refused: no match"),
        (v3, SIGNED, Ok(Version::V3), "a v3 request at the time it was signed, to be accepted by v3"),
        (v3, LATER, Err(stale), "the same six minutes later, to be refused: too old"),
    ];

    let verifier = Verifier::new("yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy")?;
    let mut all_as_expected = true;
    for (capture, now, expected, title) in cases {
        println!("{title}");
        let outcome = judge(&verifier, "https://www.example.com", now, capture)?;
        let as_expected = outcome.map(|proof| proof.version()) == expected;
        println!("{}\n", if as_expected { "as expected" } else { "NOT AS EXPECTED" });
        all_as_expected &= as_expected;
    }
    Ok(all_as_expected)
}
