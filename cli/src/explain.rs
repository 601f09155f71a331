//! `explain`: why the signature of a request does not match, as the library's diagnosis has it.

use std::io::Write;
use std::path::PathBuf;

use clap::ValueEnum;
use hubspot_signature::diagnose::{Diagnosis, Diagnostician, Fault, Finding};
use hubspot_signature::{Error, Version};
use serde_json::{Value, json};

use crate::Failure;
use crate::capture::BodyReading;
use crate::input::{Received, RequestArgs};
use crate::policy::PolicyArgs;
use crate::secrets::{PreviousSecretArgs, SecretArgs, with_others};
use crate::terminal::{BAD, GOOD, Out, STRONG, in_options, note, visible, visible_json};

/// Say why a captured request is refused, and what to do about it
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// How to write the diagnosis
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// A file with further client secrets to try, one a line: those of your other apps
    #[arg(long, value_name = "FILE")]
    other_secrets: Option<PathBuf>,
    #[command(flatten)]
    request: RequestArgs,
    #[command(flatten)]
    secret: SecretArgs,
    #[command(flatten)]
    previous: PreviousSecretArgs,
    #[command(flatten)]
    policy: PolicyArgs,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// For reading
    Text,
    /// One JSON object: accepted, verdict, expected, findings, app_id, tried, complete, text
    Json,
}

const EXAMPLES: &str = "\
Give what your server saw, damage and all: the URL that your code gives to the
verifier, the body that it hashes, all headers.

Examples:
  hubspot-signature explain --endpoint https://hooks.example.com/hubspot \\
        capture.http

  With the URL that your code verifies, compared with the one in HubSpot: a
  wrong scheme, host, port, prefix or slash is found, whatever it is:
    hubspot-signature explain --url http://10.0.0.7:3000/webhook \\
        --endpoint https://hooks.example.com/hubspot/webhook capture.http

  The same for a server with several routes: --public-url is what your code
  puts before the path of the request.
    hubspot-signature explain --public-url http://10.0.0.7:3000 \\
        --endpoint https://hooks.example.com/hubspot/webhook capture.http

  In parts, without a capture:
    hubspot-signature explain --url http://10.0.0.7:3000/hubspot \\
        --body-file body.json -H 'Host: hooks.example.com' \\
        -H 'X-HubSpot-Signature-v3: …' -H 'X-HubSpot-Request-Timestamp: …'

  For a script:
    hubspot-signature explain --format json capture.http |
        jq -r '.findings[].faults[].cause'

The request is judged by the secret in use and the previous one, as `verify`
does. Secrets are numbered in what is printed: 1 is the one in use, then come
--other-secrets, then the previous one.
The text quotes the URL and some headers, which may name people.

Exit status: 0 accepted (nothing to explain), 1 refused, 2 not judged.";

pub(crate) fn run(args: Args, out: &mut Out) -> Result<bool, Failure> {
    let secrets = with_others(args.secret.text()?, args.other_secrets.as_deref())?;
    let now = args.policy.now();
    let knows_url = args.request.has_url();
    let Received { method, signed, endpoint, headers, body, .. } = args.request.read(BodyReading::AsItIs)?;
    // The diagnosis would report the bare path as the fault, but perhaps it was only copied from a log line.
    if signed.url.starts_with('/') && !signed.url.starts_with("//") {
        note(
            "--url is only a path: give the whole URL that your code verified. For path_not_endpoint, give your \
             service's own URL as --endpoint, and no --url",
        );
    }
    let headers: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
    let mut diagnostician = Diagnostician::new(&secrets, args.policy.minimum_version());
    if let Some(endpoint) = endpoint {
        diagnostician = diagnostician.endpoint(&endpoint);
    }
    if let Some(previous) = args.previous.text()? {
        diagnostician = diagnostician.previous_secret(&previous);
    }
    let diagnosis = signed.explain(&diagnostician, &method, &headers, &body, now);
    match args.format {
        Format::Text => {
            if let Some(other) = &signed.other_path {
                writeln!(out, "{}\n", visible(&in_options(&other.help)))?;
            }
            write_text(&diagnosis, out)?;
            match diagnosis.verdict() {
                Ok(Ok(proof)) => write_remarks(proof.version(), true, knows_url, out)?,
                Ok(Err(Error::TimestampTooOld { timestamp, .. } | Error::TimestampInFuture { timestamp, .. })) => {
                    // Only judged at its own time: the search is done.
                    let diagnostician = diagnostician.work_limit(0);
                    let then = signed.explain(&diagnostician, &method, &headers, &body, timestamp);
                    if let Ok(Ok(proof)) = then.verdict() {
                        write_remarks(proof.version(), false, knows_url, out)?;
                    }
                }
                _ => {}
            }
        }
        Format::Json => writeln!(out, "{}", visible_json(&json(&diagnosis)))?,
    }
    Ok(diagnosis.is_accepted())
}

/// The library's text, with the words that a reader looks for made visible.
fn write_text(diagnosis: &Diagnosis, out: &mut Out) -> Result<(), Failure> {
    for line in visible(&in_options(&diagnosis.to_string())).lines() {
        let indent = line.len().saturating_sub(line.trim_start().len());
        let (margin, text) = line.split_at_checked(indent).unwrap_or(("", line));
        let (style, marked, rest) = if let Some(rest) = text.strip_prefix("Accepted") {
            (GOOD, "Accepted", rest)
        } else if let Some(rest) = text.strip_prefix("Refused") {
            (BAD, "Refused", rest)
        } else if let Some(rest) = text.strip_prefix("Fix:") {
            (STRONG, "Fix:", rest)
        } else if margin.is_empty() && text.starts_with(|c: char| c.is_ascii_digit()) {
            (STRONG, text, "")
        } else {
            writeln!(out, "{line}")?;
            continue;
        };
        writeln!(out, "{margin}{style}{marked}{style:#}{rest}")?;
    }
    Ok(())
}

/// Writes what is left to look at if the signature of this version is right.
fn write_remarks(version: Version, is_accepted: bool, knows_url: bool, out: &mut Out) -> Result<(), Failure> {
    let but = if is_accepted { "" } else { "Apart from its timestamp, the request verifies. " };
    let (parts, url) = match version {
        Version::V1 => ("body", ""),
        _ if knows_url => ("method, URL or body", ""),
        _ => ("method, URL or body", "\nGive the URL that your code verified as --url."),
    };
    writeln!(
        out,
        "\n{but}If your service says that the signature does not match, it has a different secret from the one given here, \
         or it verified a different {parts}.{url}"
    )?;
    if let Some(remark) = PolicyArgs::remark(version).filter(|_| is_accepted) {
        writeln!(out, "\n{remark}")?;
    }
    Ok(())
}

fn json(diagnosis: &Diagnosis) -> Value {
    let verdict = match diagnosis.verdict() {
        Ok(Ok(proof)) => format!("accepted by {}", proof.version()),
        Ok(Err(refusal)) => refusal.to_string(),
        Err(secret) => secret.to_string(),
    };
    json!({
        "accepted": diagnosis.is_accepted(),
        "verdict": verdict,
        "expected": diagnosis.expected().collect::<Vec<_>>(),
        "findings": diagnosis.findings().iter().map(finding).collect::<Vec<_>>(),
        "app_id": diagnosis.app_id(),
        "tried": diagnosis.tried(),
        "complete": diagnosis.is_complete(),
        "text": in_options(&diagnosis.to_string()),
    })
}

fn finding(finding: &Finding) -> Value {
    let fault = |fault: &Fault| {
        json!({
            "cause": fault.cause().code(),
            "description": fault.cause().description(),
            "evidence": fault.evidence(),
            "fix": fault.fix(),
        })
    };
    let matched = finding.matched().iter();
    let matched =
        matched.map(|(header, secret)| json!({ "header": header.to_string(), "secret": secret.saturating_add(1) }));
    json!({
        "certainty": finding.certainty().to_string(),
        "faults": finding.faults().iter().map(fault).collect::<Vec<_>>(),
        "matched": matched.collect::<Vec<_>>(),
        "signed_uri": finding.signed_uri(),
    })
}
