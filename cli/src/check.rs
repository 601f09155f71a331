//! `send --check`: every genuine request and every forgery, and a table of what the endpoint made of them.
//!
//! It passes if every genuine request is accepted and every forgery refused, with one exception: a forgery with another
//! method than the endpoint serves may be answered with 405, which is said and not counted as refused.

use std::io::Write;

use clap::ValueEnum;
use http::{StatusCode, Uri};
use hubspot_signature::{UnixTime, Version};

use crate::Failure;
use crate::client::Client;
use crate::event::Signer;
use crate::forgery::Forgery;
use crate::judgement::Judgement;
use crate::send::{Source, name};
use crate::terminal::{BAD, FAINT, GOOD, Out, STRONG};

pub(crate) fn run(
    sources: &[Source],
    to: &Uri,
    signer: &Signer,
    client: &Client,
    minimum: Version,
    out: &mut Out,
) -> Result<bool, Failure> {
    let mut genuine = Tally::default();
    writeln!(out, "{STRONG}Genuine requests, to be accepted{STRONG:#}")?;
    for source in sources {
        let now = UnixTime::now();
        let request = signer.sign(source.unsigned(to, now)?, now)?;
        let uri = signer.uri(&request)?;
        let (url, query) = uri.split_once('?').map_or((uri.as_str(), ""), |(url, _)| (url, "?…"));
        let title = format!("{} {url}{query}", request.method());
        let status = client.send(request)?.status;
        let mark = if Judgement::of(status) == Judgement::Accepted { Mark::Good } else { Mark::Bad };
        genuine.line(&source.name(), "", status, mark, &title, out)?;
    }

    let mut forged = Tally::default();
    let mut accepted_alone = None;
    let (mut unjudged, mut unserved, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
    writeln!(out, "\n{STRONG}Forgeries, to be refused{STRONG:#}")?;
    for forgery in Forgery::value_variants() {
        let Some(Sent { source, older, method_is_forged, status }) =
            send_forgery(*forgery, sources, to, signer, client, minimum)?
        else {
            left_out.push(name(forgery));
            continue;
        };
        let title = forgery.to_possible_value().and_then(|value| value.get_help().map(ToString::to_string));
        let tried = || format!("{} ({})", name(forgery), status.as_u16());
        let mark = match Judgement::of(status) {
            Judgement::Refused => Mark::Good,
            Judgement::Unjudged if method_is_forged && status == StatusCode::METHOD_NOT_ALLOWED => {
                unserved.push(tried());
                Mark::Open
            }
            Judgement::Unjudged => {
                unjudged.push(tried());
                Mark::Bad
            }
            Judgement::Accepted if *forgery == Forgery::Downgraded => {
                accepted_alone = Some(older);
                Mark::Bad
            }
            Judgement::Accepted | Judgement::Neither => Mark::Bad,
        };
        forged.line(&name(forgery), &source, status, mark, &title.unwrap_or_default(), out)?;
    }

    writeln!(
        out,
        "\n{} of {} genuine requests accepted, {} of {} forgeries refused",
        genuine.good, genuine.all, forged.good, forged.all
    )?;
    if let Some(older) = accepted_alone {
        writeln!(
            out,
            "`downgraded` was accepted, so the endpoint takes {older} alone, which can be replayed for ever: have it demand \
             {minimum} (`.minimum_version(Version::{minimum:?})` in this library), or, if it is meant to take {older}, say so \
             here with --minimum-version {older}"
        )?;
    }
    if !unserved.is_empty() {
        writeln!(out, "not judged, as the endpoint does not serve the method: {}", unserved.join(", "))?;
    }
    if !unjudged.is_empty() {
        writeln!(
            out,
            "NOT JUDGED, as a router or another rule may have answered before the signature was looked at: {}\n\
             A signature is refused with 400, 401, 403 or 429",
            unjudged.join(", ")
        )?;
    }
    if !left_out.is_empty() {
        writeln!(
            out,
            "not tried, as with these events and this minimum version they cannot be made or show nothing more: {}",
            left_out.join(", ")
        )?;
    }
    if genuine.good == 0 {
        writeln!(
            out,
            "As nothing genuine is accepted, a refusal says nothing: see first that the endpoint has this client secret, \
             that --public-url is the one it is configured with, and that it serves the method"
        )?;
    }
    Ok(genuine.good == genuine.all && forged.good.saturating_add(unserved.len()) == forged.all)
}

/// A forgery, and what came of it.
struct Sent {
    /// What it was made of.
    source: String,
    /// The scheme that its genuine request has beside v3.
    older: Version,
    method_is_forged: bool,
    status: StatusCode,
}

/// Makes the forgery of the first request that it can be made of.
fn send_forgery(
    forgery: Forgery,
    sources: &[Source],
    to: &Uri,
    signer: &Signer,
    client: &Client,
    minimum: Version,
) -> Result<Option<Sent>, Failure> {
    for source in sources {
        let now = UnixTime::now();
        let unsigned = source.unsigned(to, now)?;
        if !forgery.is_telling(unsigned.older, minimum) {
            continue;
        }
        let (older, method) = (unsigned.older, unsigned.request.method().clone());
        if let Some(request) = forgery.forge(unsigned, signer, now)? {
            let method_is_forged = *request.method() != method;
            let status = client.send(request)?.status;
            return Ok(Some(Sent { source: source.name(), older, method_is_forged, status }));
        }
    }
    Ok(None)
}

/// Whether the endpoint did as it should.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Good,
    /// It cannot be told, and it may stay so.
    Open,
    Bad,
}

#[derive(Default)]
struct Tally {
    all: usize,
    good: usize,
}

impl Tally {
    fn line(
        &mut self,
        name: &str,
        of: &str,
        status: StatusCode,
        mark: Mark,
        title: &str,
        out: &mut Out,
    ) -> Result<(), Failure> {
        self.all = self.all.saturating_add(1);
        self.good = self.good.saturating_add(usize::from(mark == Mark::Good));
        let outcome = Judgement::of(status).word();
        let (style, mark) = match mark {
            Mark::Good => (GOOD, "ok "),
            Mark::Open => (FAINT, "-  "),
            Mark::Bad => (BAD, "BAD"),
        };
        let status = status.as_u16();
        writeln!(out, "  {style}{mark} {outcome:<8}{style:#} {status}  {name:<12}  {of:<8}  {FAINT}{title}{FAINT:#}")?;
        // What took seconds to come shall not wait for the end.
        Ok(out.flush()?)
    }
}
