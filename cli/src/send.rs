//! `send`: plays HubSpot against a server.

use std::io::Write;

use clap::ValueEnum;
use http::{Method, Request, Uri};
use hubspot_signature::UnixTime;
use hubspot_signature::http::PublicUrl;

use crate::client::{Answer, ConnectionArgs};
use crate::event::{Event, Signer, Unsigned};
use crate::forgery::Forgery;
use crate::input::{BodyArgs, method_for};
use crate::judgement::Judgement;
use crate::public_url::PublicUrlArgs;
use crate::secrets::SecretArgs;
use crate::terminal::{BAD, FAINT, GOOD, Out, STRONG, visible};
use crate::verify::MinimumVersion;
use crate::{Failure, check};

/// Play HubSpot: sign a request, send it to a server, show what comes back
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Where to send it, path and query included: http://localhost:3000/hubspot
    #[arg(long, value_name = "URL")]
    to: Uri,
    #[command(flatten)]
    public_url: PublicUrlArgs,
    /// What to send [default: workflow; with --check, all four]. Repeat it to choose several for --check
    #[arg(long, value_name = "EVENT", conflicts_with_all = ["method", "body", "body_file"])]
    event: Vec<Event>,
    /// Instead of an event: a request of your own, signed v2 and v3; POST if there is a body, else GET
    #[arg(long, value_name = "METHOD")]
    method: Option<Method>,
    #[command(flatten)]
    body: BodyArgs,
    /// Send a forged request instead of a genuine one
    #[arg(long, value_name = "FORGERY", conflicts_with = "check")]
    forge: Option<Forgery>,
    /// Send every genuine request and every forgery, and say whether the endpoint accepts the former (2xx) and refuses the
    /// latter (400, 401, 403 or 429)
    #[arg(long)]
    check: bool,
    /// With --check: the oldest scheme that the endpoint is meant to accept. Below v3, anyone who captured a request
    /// can replay it for ever, so `v2` and `v1` leave out the forgeries that this lets through. `v3` leaves out those that
    /// have no v3 signature, save one: they are all refused for that alone
    #[arg(long, value_name = "VERSION", default_value = "v3", requires = "check")]
    minimum_version: MinimumVersion,
    #[command(flatten)]
    secret: SecretArgs,
    #[command(flatten)]
    connection: ConnectionArgs,
}

const EXAMPLES: &str = "\
Examples:
  A workflow's webhook, for a handler that HubSpot reaches at
  https://hooks.example.com/hubspot:
    hubspot-signature send --to http://localhost:3000/hubspot \\
        --public-url https://hooks.example.com

  See it refuse a replay:
    hubspot-signature send --to http://localhost:3000/hubspot \\
        --public-url https://hooks.example.com --forge stale

  The whole set, for an endpoint that takes only webhooks (no GET):
    hubspot-signature send --check --event workflow --event batch \\
        --to http://localhost:3000/hubspot --public-url https://hooks.example.com

The path and query of --to are appended to --public-url to make the URL that is
signed; without --public-url, --to itself is signed. Send only to servers of
your own: a handler takes what this sends for real, made-up contacts and all.

A forgery that is answered with any other 4xx is not judged: the path, the
method or the body's length may have been refused instead of the signature.
--check lets that pass only for 405 to a forgery with another method.

Exit status: 0 the endpoint did as it should (2xx to the genuine, 400, 401, 403
or 429 to the forged), 1 it did not, or was not judged, 2 nothing came back.";

pub(crate) fn run(args: Args, out: &mut Out) -> Result<bool, Failure> {
    let to = args.to;
    let (Some("http" | "https"), Some(authority)) = (to.scheme_str(), to.authority()) else {
        return Err("--to is not a whole http or https URL such as http://localhost:3000/hubspot".into());
    };
    let public_url = match args.public_url.get()? {
        Some(public_url) => public_url,
        None => PublicUrl::new(&format!("{}://{authority}", to.scheme_str().unwrap_or_default()))?,
    };
    let signer = Signer::new(&args.secret.text()?, public_url)?;
    let client = args.connection.client()?;
    let own = match (args.method, args.body.read()?) {
        (None, None) => None,
        (method, body) => {
            let body = body.unwrap_or_default();
            let method = match method {
                Some(method) => method,
                None => method_for(&body).parse()?,
            };
            if [Method::GET, Method::HEAD].contains(&method) && !body.is_empty() {
                return Err("GET and HEAD carry no body; leave it out or give another --method".into());
            }
            Some((method, body))
        }
    };
    let sources = match own {
        Some((method, body)) => vec![Source::Own(method, body)],
        None if args.event.is_empty() && args.check => {
            Event::value_variants().iter().copied().map(Source::Event).collect()
        }
        None if args.event.is_empty() => vec![Source::Event(Event::Workflow)],
        None => args.event.into_iter().map(Source::Event).collect(),
    };
    if args.check {
        return check::run(&sources, &to, &signer, &client, args.minimum_version.into(), out);
    }
    let [source] = sources.as_slice() else {
        return Err("give one --event, or --check to send several".into());
    };
    let now = UnixTime::now();
    let unsigned = source.unsigned(&to, now)?;
    let request = match args.forge {
        None => signer.sign(unsigned, now)?,
        Some(forgery) => forgery
            .forge(unsigned, &signer, now)?
            .ok_or("this forgery cannot be made of this request; try another --event")?,
    };
    describe(&request, &signer, out)?;
    let answer = client.send(request)?;
    show(&answer, out)?;
    let (wanted, what) = match args.forge {
        None => (Judgement::Accepted, "genuine: to be accepted with 2xx"),
        Some(_) => (Judgement::Refused, "forged: to be refused with 400, 401, 403 or 429"),
    };
    let as_it_should = Judgement::of(answer.status) == wanted;
    let (style, verdict) = if as_it_should { (GOOD, "as it should be") } else { (BAD, "NOT as it should be") };
    writeln!(out, "{style}{verdict}{style:#} ({what})")?;
    Ok(as_it_should)
}

/// What a request is made of.
pub(crate) enum Source {
    Event(Event),
    Own(Method, Vec<u8>),
}

impl Source {
    pub(crate) fn unsigned(&self, to: &Uri, now: UnixTime) -> Result<Unsigned, Failure> {
        match self {
            Self::Event(event) => event.to(to, now),
            Self::Own(method, body) => Ok(Unsigned::new(method.clone(), to, body.clone())),
        }
    }

    pub(crate) fn name(&self) -> String {
        match self {
            Self::Event(event) => name(event),
            Self::Own(..) => "own".into(),
        }
    }
}

/// As the command line has it.
pub(crate) fn name(value: &impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

fn describe(request: &Request<Vec<u8>>, signer: &Signer, out: &mut Out) -> Result<(), Failure> {
    let (method, uri, length) = (request.method(), request.uri(), request.body().len());
    writeln!(out, "{STRONG}{method} {uri}{STRONG:#} with {length} bytes of body")?;
    writeln!(out, "{FAINT}which HubSpot knows as {}{FAINT:#}\n", signer.uri(request)?)?;
    Ok(())
}

fn show(answer: &Answer, out: &mut Out) -> Result<(), Failure> {
    writeln!(out, "{STRONG}{}{STRONG:#}", answer.status)?;
    for (name, value) in &answer.headers {
        writeln!(out, "{name}: {}", visible(&String::from_utf8_lossy(value.as_bytes())))?;
    }
    let body = String::from_utf8_lossy(&answer.body);
    if !body.is_empty() {
        writeln!(out, "\n{}{}", visible(body.trim_end()), if answer.body_is_longer { "\n…" } else { "" })?;
    }
    writeln!(out)?;
    Ok(())
}
