//! `verify`: judges one request as the library does, and says what came out.

use std::io::Write;

use hubspot_signature::{Error, MatchedSecret, RequestHead, SignatureHeaders, UnixTime, Verifier, Version};

use crate::Failure;
use crate::input::{BodyReading, Received, RequestArgs};
use crate::secrets::{PreviousSecretArgs, SecretArgs};
use crate::terminal::{BAD, GOOD, Out, note};

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

/// How strict to be.
#[derive(clap::Args)]
#[command(next_help_heading = "Policy")]
pub(crate) struct PolicyArgs {
    /// The time to judge at, if not now: 13 digits (Unix milliseconds), or such as 2023-09-02T12:26:00Z. For an older
    /// capture, say when it arrived
    #[arg(long, value_name = "TIME", value_parser = crate::time::parse)]
    at: Option<UnixTime>,
    /// The oldest scheme to accept
    #[arg(long, value_name = "VERSION", default_value = "v2")]
    minimum_version: MinimumVersion,
}

impl PolicyArgs {
    pub(crate) fn now(&self) -> UnixTime {
        self.at.unwrap_or_else(UnixTime::now)
    }

    pub(crate) fn minimum_version(&self) -> Version {
        self.minimum_version.into()
    }
}

/// The library's versions as the command line has them.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum MinimumVersion {
    /// Binds neither method nor URL nor time
    V1,
    /// Binds no time: a captured request can be replayed for ever
    V2,
    /// Good for 5 minutes
    V3,
}

impl From<MinimumVersion> for Version {
    fn from(minimum: MinimumVersion) -> Self {
        match minimum {
            MinimumVersion::V1 => Self::V1,
            MinimumVersion::V2 => Self::V2,
            MinimumVersion::V3 => Self::V3,
        }
    }
}

const EXAMPLES: &str = "\
Examples:
  A request that was captured a moment ago:
    hubspot-signature verify --public-url https://hooks.example.com capture.http

  One from a log, judged at the time when it arrived:
    hubspot-signature verify --public-url https://hooks.example.com \\
        --at 2023-09-02T12:26:00Z - < capture.http

  One given in parts (from an API gateway's event, say):
    hubspot-signature verify --url 'https://hooks.example.com/hubspot?tenant=7' \\
        --body-file body.json -H 'X-HubSpot-Signature-v3: …' \\
        -H 'X-HubSpot-Request-Timestamp: 1693657560000'

Exit status: 0 accepted, 1 refused, 2 not judged.";

pub(crate) fn run(args: Args, out: &mut Out) -> Result<bool, Failure> {
    let mut verifier = Verifier::new(&args.secret.text()?)?.minimum_version(args.policy.minimum_version());
    if let Some(previous) = args.previous.text()? {
        verifier = verifier.previous_secret(&previous).map_err(|error| format!("the previous secret: {error}"))?;
    }
    let now = args.policy.now();
    let Received { method, uri, headers, body, more_follows } = args.request.read(BodyReading::Announced)?;
    if more_follows {
        note("the capture goes on after the body that its Content-Length announces; that is left out");
    }
    let head = RequestHead {
        method: &method,
        uri: &uri,
        headers: SignatureHeaders::from_pairs(headers.iter().map(|(name, value)| (name, value))),
    };
    writeln!(out, "{} {uri:?} with {} bytes of body", method.escape_debug(), body.len())?;
    match verifier.verify_at(&head, &body, now) {
        Ok(proof) => {
            let secret = match proof.secret() {
                MatchedSecret::Current => "current",
                MatchedSecret::Previous => "previous",
            };
            writeln!(out, "{GOOD}accepted{GOOD:#} by {} with the {secret} secret", proof.version())?;
            Ok(true)
        }
        Err(error) => {
            writeln!(out, "{BAD}refused{BAD:#}: {error}")?;
            if matches!(error, Error::Mismatch { .. }) {
                writeln!(out, "`hubspot-signature explain` with the same arguments looks for the cause")?;
            }
            Ok(false)
        }
    }
}
