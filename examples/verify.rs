//! Says whether a captured HTTP request really comes from HubSpot.
//!
//! ```text
//! HUBSPOT_CLIENT_SECRET=… HUBSPOT_PUBLIC_URL=https://hooks.example.com cargo run --example verify -- capture.http
//! ```
//!
//! `--at MILLIS` before the file is the time to judge at, if not now. Without arguments it judges `captures/v3.http`,
//! which HubSpot published. The program `hubspot-signature` (`cli/`) reads more kinds of captures and explains refusals.
#![allow(clippy::restriction, reason = "the example is short")]

use std::process::ExitCode;
use std::{env, fs};

use hubspot_signature::{RequestHead, SignatureHeaders, UnixTime, Verifier, Version};

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<bool, Failure> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (now, file) = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => {
            let (published, signed) = (include_bytes!("captures/v3.http"), UnixTime::from_millis(1_693_657_560_000));
            return judge("yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy", "https://www.example.com", published, signed);
        }
        [file] if !file.starts_with('-') => (UnixTime::now(), file),
        ["--at", millis, file] => (UnixTime::from_millis(millis.parse().map_err(|_| "--at is not a number")?), file),
        _ => return Err("usage: verify [--at MILLIS] FILE".into()),
    };
    let secret = env::var("HUBSPOT_CLIENT_SECRET").map_err(|_| "set HUBSPOT_CLIENT_SECRET")?;
    let public_url = env::var("HUBSPOT_PUBLIC_URL").map_err(|_| "set HUBSPOT_PUBLIC_URL")?;
    let capture = fs::read(file).map_err(|error| format!("FILE cannot be read: {error}"))?;
    judge(&secret, &public_url, &capture, now)
}

/// Verifies a request as it was received: request line, headers, an empty line, the raw body.
fn judge(secret: &str, public_url: &str, capture: &[u8], now: UnixTime) -> Result<bool, Failure> {
    let mut headers = [httparse::EMPTY_HEADER; 100];
    let mut request = httparse::Request::new(&mut headers);
    let parsed = request.parse(capture).map_err(|error| format!("FILE is not an HTTP/1.1 request: {error}"))?;
    let (httparse::Status::Complete(length), Some(method), Some(target)) = (parsed, request.method, request.path)
    else {
        return Err("FILE is cut short: no empty line ends its headers".into());
    };
    // Else the target could name another host: `.other.example/`.
    let path = Some(target).filter(|target| target.starts_with('/')).ok_or("the target does not begin with `/`")?;

    let url = format!("{public_url}{path}"); // HubSpot signs the URL that it called
    let headers = SignatureHeaders::from_pairs(request.headers.iter().map(|header| (header.name, header.value)));
    let head = RequestHead::new(method, &url, headers);
    let body = &capture[length..];

    let verdict = Verifier::new(secret, Version::V2)?.verify(&head, body, now);
    match verdict {
        Ok(verified) => println!("accepted: {method} {url:?} carries a {} signature of HubSpot's", verified.version()),
        Err(error) => println!("refused: {error}\n{}", error.help()),
    }
    Ok(verdict.is_ok())
}
