//! `send`: plays HubSpot against a server.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use clap::ValueEnum;
use http::{Method, Request, StatusCode, Uri};
use hubspot_signature::{Error, PublicUrl, SignatureHeaders, UnixTime, Version};

use crate::check::Check;
use crate::client::{Answer, Client};
use crate::event::Event;
use crate::forgery::Forgery;
use crate::input::{BodyArgs, method_for, read};
use crate::judgement::{Judgement, is_matter_of_taste};
use crate::policy::MinimumVersion;
use crate::public_url::{HEADING, PublicUrlArgs};
use crate::secrets::SecretArgs;
use crate::signer::Signer;
use crate::source::{Captured, Source};
use crate::target::{TO, differ_by_slash, target, whole_url};
use crate::terminal::{BAD, FAINT, GOOD, Out, STRONG, bytes_of_body, note, visible};
use crate::tls::TlsArgs;
use crate::{Failure, capture};

/// Play HubSpot: sign a request, send it to a server, show what comes back
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Where to send it, path and query included: http://localhost:3000/hubspot
    #[arg(long, value_name = "URL")]
    to: String,
    /// The event to send [default: workflow; with --check, all four]. Repeat it to choose several for --check
    #[arg(long, value_name = "EVENT", conflicts_with_all = ["method", "body", "body_file"])]
    event: Vec<Event>,
    /// Instead of an event: a captured request, signed anew, for now and for the URL given. Its query comes with it, unless
    /// --to has one
    #[arg(long, value_name = "FILE", conflicts_with_all = ["event", "method"])]
    capture: Option<PathBuf>,
    /// Instead of an event: a request of your own, signed v2 and v3; POST if there is a body, else GET
    #[arg(long, value_name = "METHOD")]
    method: Option<Method>,
    #[command(flatten)]
    body: BodyArgs,
    /// With --method, --body, --body-file or --capture: sign v1 next to v3, as the Webhooks API and private apps do, instead
    /// of v2
    #[arg(long, conflicts_with = "event")]
    v1: bool,
    /// Send a forged request instead of a genuine one
    #[arg(long, value_name = "FORGERY", conflicts_with = "check")]
    forge: Option<Forgery>,
    /// Send every genuine request and every forgery, and say whether the endpoint accepts the former (2xx) and refuses the
    /// latter (400, 401, 403 or 429)
    #[arg(long)]
    check: bool,
    /// With --check: a forgery to leave out. Repeat it to leave out several
    #[arg(long, value_name = "FORGERY", requires = "check", hide_possible_values = true)]
    skip: Vec<Forgery>,
    /// With --check: the oldest version that the endpoint is meant to accept. Below v3, anyone who captured a request
    /// can replay it at any time, so `v2` and `v1` leave out the forgeries that this lets through. `v3` leaves out those
    /// that have no v3 signature, except one: they are all refused for that alone
    #[arg(long, value_name = "VERSION", default_value = "v3", requires = "check")]
    minimum_version: MinimumVersion,
    #[command(flatten)]
    public_url: PublicUrlArgs,
    /// Sign the URL in --to itself, for a server that is configured with it as its public URL
    #[arg(long, conflicts_with_all = ["endpoint", "public_url"], help_heading = HEADING)]
    sign_local_address: bool,
    #[command(flatten)]
    secret: SecretArgs,
    #[command(flatten)]
    tls: TlsArgs,
}

const EXAMPLES: &str = "\
Examples:
  A workflow's webhook, for a handler that HubSpot reaches at
  https://hooks.example.com/hubspot:
    hubspot-signature send --to http://localhost:3000/hubspot \\
        --endpoint https://hooks.example.com/hubspot

  Yesterday's request again:
    hubspot-signature send --capture request.http \\
        --to http://localhost:3000/hubspot \\
        --endpoint https://hooks.example.com/hubspot

  An event of your own, as the Webhooks API sends it:
    hubspot-signature send --v1 --body-file events.json \\
        --to http://localhost:3000/hubspot \\
        --endpoint https://hooks.example.com/hubspot

  The whole set, for an endpoint that takes only webhooks (no GET):
    hubspot-signature send --check --event workflow --event batch \\
        --to http://localhost:3000/hubspot \\
        --endpoint https://hooks.example.com/hubspot

Send only to servers of your own: a handler takes what this sends for real,
made-up contacts and all.

404, 405 and 501 to a forgery with another method say that the endpoint does
not serve it, which is fine. A forgery that is answered with any other 4xx is
not judged: the path or the body's length may have been refused instead of the
signature.

Exit status: 0 the endpoint did as it should (2xx to the genuine, 400, 401, 403
or 429 to the forged), 1 it did not, or was not judged, 2 nothing came back.";

pub(crate) fn run(args: Args, out: &mut Out) -> Result<bool, Failure> {
    let to = &whole_url(&args.to, "--to", TO)?;
    let sources = sources(&args)?;
    let secret = args.secret.text()?;
    let client = Client::new(args.tls.trust()?)?;
    let option = endpoint_option(&args.public_url);
    let public_url = if args.sign_local_address { local_address(to)? } else { public_url(args.public_url)? };
    check_path(to, &public_url, option)?;
    let signer = Signer::new(&secret, public_url)?;
    let now = UnixTime::now();
    for source in &sources {
        if let Some(error) = signer.refusal(source.unsigned(to, now)?, now)? {
            note(&format!("a verifier refuses the request that this sends: {error}"));
        }
    }
    if args.check {
        let minimum = args.minimum_version.into();
        let check = Check { sources: &sources, to, signer: &signer, client: &client, minimum, skip: &args.skip };
        return check.run(out);
    }
    let [source] = sources.as_slice() else {
        return Err("give one --event, or --check to send several".into());
    };
    send(source, to, args.forge, &signer, &client, out)
}

/// The requests to send: one source, or several for --check.
fn sources(args: &Args) -> Result<Vec<Source>, Failure> {
    let body = args.body.read()?;
    if let Some(file) = &args.capture {
        let capture = capture::parse(&read(file, "--capture")?)?;
        return Ok(vec![Source::Captured(Captured::new(&capture, body, args.v1)?)]);
    }
    if args.method.is_some() || body.is_some() {
        let body = body.unwrap_or_default();
        let method = match args.method.clone() {
            Some(method) => method,
            None => method_for(&body).parse()?,
        };
        if [Method::GET, Method::HEAD].contains(&method) && !body.is_empty() {
            return Err("GET and HEAD carry no body; leave it out or give another --method".into());
        }
        let older = if args.v1 { Version::V1 } else { Version::V2 };
        return Ok(vec![Source::Own { method, body, older }]);
    }
    if args.v1 {
        return Err(
            "--v1 is for a request of your own: give --method, --body, --body-file or --capture; of the events, \
                    `batch` is signed so"
                .into(),
        );
    }
    let events = match args.event.as_slice() {
        [] if args.check => Event::value_variants(),
        [] => &[Event::Workflow],
        events => events,
    };
    Ok(events.iter().copied().map(Source::Event).collect())
}

fn local_address(to: &Uri) -> Result<PublicUrl, Failure> {
    let (scheme, authority) = (to.scheme_str().unwrap_or_default(), to.authority().map_or("", |to| to.as_str()));
    Ok(PublicUrl::server(&format!("{scheme}://{authority}"))?)
}

/// The public URL that the server is configured with. Asks where somebody can answer.
fn public_url(args: PublicUrlArgs) -> Result<PublicUrl, Failure> {
    if let Some(public_url) = args.get(false)? {
        return Ok(public_url);
    }
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(
            "give --endpoint, the URL as it stands in HubSpot: the server verifies that one, and not the address in \
                    --to; for a server that is configured with its local address, give --sign-local-address"
                .into(),
        );
    }
    eprint!("The URL as it stands in HubSpot, such as https://hooks.example.com/hubspot: ");
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(PublicUrl::endpoint(answer.trim())?)
}

/// Where the endpoint's URL comes from.
fn endpoint_option(args: &PublicUrlArgs) -> &'static str {
    let is_variable = !args.are_given() && env::var_os("HUBSPOT_ENDPOINT").is_some();
    if is_variable { "HUBSPOT_ENDPOINT" } else { "--endpoint" }
}

/// The server refuses a path that is not the endpoint's, and here nothing can be signed for it.
fn check_path(to: &Uri, public_url: &PublicUrl, option: &str) -> Result<(), Failure> {
    let Some(endpoint) = public_url.endpoint_url() else { return Ok(()) };
    let head = public_url.head("", target(to), SignatureHeaders::new());
    if !matches!(head, Err(Error::PathNotEndpoint)) {
        return Ok(());
    }
    let endpoint: Uri = endpoint.parse()?;
    let (arrives, called) = (to.path(), endpoint.path());
    let difference = if differ_by_slash(arrives, called) { ": only one has a slash at its end" } else { "" };
    Err(format!(
        "--to has the path {arrives:?}, and {option} has {called:?}{difference}\n\
         Give {option} exactly as it stands in HubSpot, and --to with the path that arrives at your server. The two \
         paths are the same, unless a proxy or a nested router removes or adds a prefix.\n\
         To test a request that arrives at another path, sign one URL and send to the other: `hubspot-signature sign \
         --url SIGNED_URL --body-file FILE --format curl --to OTHER_URL | sh`"
    )
    .into())
}

fn send(
    source: &Source,
    to: &Uri,
    forge: Option<Forgery>,
    signer: &Signer,
    client: &Client,
    out: &mut Out,
) -> Result<bool, Failure> {
    let now = UnixTime::now();
    let unsigned = source.unsigned(to, now)?;
    let genuine_method = unsigned.request.method().clone();
    let request = match forge {
        None => signer.sign(unsigned, now)?,
        Some(Forgery::Respelled) => return Err("only --check sends this forgery, which takes three requests".into()),
        Some(forgery) => forgery
            .forge(unsigned, signer, now)?
            .ok_or("this forgery cannot be made of this request; try another --event")?,
    };
    let method_is_forged = *request.method() != genuine_method;
    describe(&request, signer, out)?;
    let status = show(&client.send(request)?, out)?;
    let (judgement, wanted) = if forge.is_none() {
        (Judgement::of_genuine(status), "genuine: to be accepted with 2xx")
    } else if method_is_forged {
        (
            Judgement::of_forgery(status, true, None),
            "forged, with another method: to be refused with 400, 401, 403, 404, 405, 429 or 501",
        )
    } else {
        (Judgement::of_forgery(status, false, None), "forged: to be refused with 400, 401, 403 or 429")
    };
    let as_it_should = match forge {
        None => judgement == Judgement::Accepted,
        Some(_) => matches!(judgement, Judgement::Refused | Judgement::Unserved),
    };
    let (style, verdict) = if as_it_should { (GOOD, "as it should be") } else { (BAD, "NOT as it should be") };
    writeln!(out, "{style}{verdict}{style:#} ({wanted})")?;
    if forge.is_none() && is_matter_of_taste(status) {
        note(
            "the handler may have accepted the signature and not the event: --check tells, and --body-file or --capture \
             sends one of your own",
        );
    }
    Ok(as_it_should)
}

fn describe(request: &Request<Vec<u8>>, signer: &Signer, out: &mut Out) -> Result<(), Failure> {
    let (method, url, body) = (request.method(), visible(&request.uri().to_string()), bytes_of_body(request.body()));
    writeln!(out, "{STRONG}{method} {url}{STRONG:#} with {body}")?;
    writeln!(out, "{FAINT}which HubSpot knows as {}{FAINT:#}\n", visible(&signer.uri(request)?))?;
    Ok(())
}

fn show(answer: &Answer, out: &mut Out) -> Result<StatusCode, Failure> {
    writeln!(out, "{STRONG}{}{STRONG:#}", answer.status)?;
    for (name, value) in &answer.headers {
        writeln!(out, "{name}: {}", visible(&String::from_utf8_lossy(value.as_bytes())))?;
    }
    let body = String::from_utf8_lossy(&answer.body);
    if !body.is_empty() {
        writeln!(out, "\n{}{}", visible(body.trim_end()), if answer.body_is_longer { "\n…" } else { "" })?;
    }
    writeln!(out)?;
    if answer.is_cut {
        note("the server reset the connection within its answer, which may have been longer");
    }
    Ok(answer.status)
}
