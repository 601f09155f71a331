//! `verify`: judges one request as the library does, and says what came out.

use std::io::Write;

use hubspot_signature::{RequestHead, SignatureHeaders, Verifier};

use crate::Failure;
use crate::capture::BodyReading;
use crate::input::{Received, RequestArgs};
use crate::policy::PolicyArgs;
use crate::public_url::Signed;
use crate::secrets::{PreviousSecretArgs, Second, SecretArgs, unusable};
use crate::terminal::{BAD, GOOD, Out, bytes_of_body, in_options, note, visible};

/// Judge a captured request
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    request: RequestArgs,
    #[command(flatten)]
    secret: SecretArgs,
    #[command(flatten)]
    previous: PreviousSecretArgs,
    #[command(flatten)]
    policy: PolicyArgs,
}

const EXAMPLES: &str = "\
Examples:
  A request that was captured a moment ago:
    hubspot-signature verify --endpoint https://hooks.example.com/hubspot \\
        capture.http

  One from a log, judged at the time when it arrived:
    hubspot-signature verify --endpoint https://hooks.example.com/hubspot \\
        --at 2023-09-02T12:26:00Z - < capture.http

  One given in parts (from an API gateway's event, say):
    hubspot-signature verify --url 'https://hooks.example.com/hubspot?tenant=7' \\
        --body-file body.json -H 'X-HubSpot-Signature-v3: …' \\
        -H 'X-HubSpot-Request-Timestamp: 1693657560000'

Exit status: 0 accepted, 1 refused, 2 not judged.";

pub(crate) fn run(args: Args, out: &mut Out) -> Result<bool, Failure> {
    let verifier = Verifier::new(&args.secret.text()?, args.policy.minimum_version())
        .map_err(|error| unusable(error, Second::IsPrevious))?;
    let previous = args.previous.text()?;
    let verifier = verifier
        .previous_secret(previous.as_deref())
        .map_err(|error| format!("the previous secret: {}", unusable(error, Second::IsTooMany)))?;
    let now = args.policy.now();
    let Received { method, signed, headers, body, more_follows, .. } = args.request.read(BodyReading::Announced)?;
    let Signed { url, other_path } = signed;
    if more_follows {
        note("the capture goes on after the body that its Content-Length announces; that is left out");
    }
    let headers = SignatureHeaders::from_pairs(headers.iter().map(|(name, value)| (name, value)));
    let verdict = match &other_path {
        Some(other) => Err(other.error),
        None => verifier.verify(&RequestHead::new(&method, &url, headers), &body, now),
    };
    writeln!(out, "{} \"{}\" with {}", visible(&method), visible(&url), bytes_of_body(&body))?;
    match verdict {
        Ok(proof) => {
            let (version, secret) = (proof.version(), proof.matched_secret().as_str());
            writeln!(out, "{GOOD}accepted{GOOD:#} by {version} with the {secret} secret")?;
            if let Some(remark) = PolicyArgs::remark(version) {
                writeln!(out, "{remark}")?;
            }
        }
        Err(error) => {
            let help = other_path.map_or_else(|| error.help().into(), |other| other.help);
            writeln!(out, "{BAD}refused{BAD:#}: {error}\n{}", visible(&in_options(&help)))?;
            writeln!(out, "`hubspot-signature explain` with the same arguments looks for the cause")?;
        }
    }
    Ok(verdict.is_ok())
}
