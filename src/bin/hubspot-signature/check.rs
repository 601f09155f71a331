//! `send --check`: every genuine request and every forgery, and a table of what the endpoint made of them.

use std::io::Write;

use clap::ValueEnum;
use http::{StatusCode, Uri};
use hubspot_signature::{UnixTime, Version};

use crate::Failure;
use crate::client::Client;
use crate::event::Signer;
use crate::forgery::Forgery;
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
        let uri = signer.uri(&request);
        let (url, query) = uri.split_once('?').map_or((uri.as_str(), ""), |(url, _)| (url, "?…"));
        let title = format!("{} {url}{query}", request.method());
        let status = client.send(request)?.status;
        genuine.line(&source.name(), "", status, status.is_success(), &title, out)?;
    }

    let mut forged = Tally::default();
    let mut left_out = Vec::new();
    writeln!(out, "\n{STRONG}Forgeries, to be refused{STRONG:#}")?;
    for forgery in Forgery::value_variants() {
        let Some((source, status)) = send_forgery(*forgery, sources, to, signer, client, minimum)? else {
            left_out.push(name(forgery));
            continue;
        };
        let title = forgery.to_possible_value().and_then(|value| value.get_help().map(ToString::to_string));
        forged.line(&name(forgery), &source, status, status.is_client_error(), &title.unwrap_or_default(), out)?;
    }

    writeln!(
        out,
        "\n{} of {} genuine requests accepted, {} of {} forgeries refused",
        genuine.good, genuine.all, forged.good, forged.all
    )?;
    if !left_out.is_empty() {
        writeln!(
            out,
            "not tried, as these events or this minimum version give no occasion to: {}",
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
    Ok(genuine.is_perfect() && forged.is_perfect())
}

/// Makes the forgery of the first request that it can be made of.
fn send_forgery(
    forgery: Forgery,
    sources: &[Source],
    to: &Uri,
    signer: &Signer,
    client: &Client,
    minimum: Version,
) -> Result<Option<(String, StatusCode)>, Failure> {
    for source in sources {
        let now = UnixTime::now();
        let unsigned = source.unsigned(to, now)?;
        if !forgery.must_be_refused(unsigned.older, minimum) {
            continue;
        }
        if let Some(request) = forgery.forge(unsigned, signer, now)? {
            return Ok(Some((source.name(), client.send(request)?.status)));
        }
    }
    Ok(None)
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
        is_good: bool,
        title: &str,
        out: &mut Out,
    ) -> Result<(), Failure> {
        self.all = self.all.saturating_add(1);
        self.good = self.good.saturating_add(usize::from(is_good));
        let outcome = if status.is_success() {
            "accepted"
        } else if status.is_client_error() {
            "refused"
        } else {
            "neither"
        };
        let (style, mark) = if is_good { (GOOD, "ok ") } else { (BAD, "BAD") };
        let status = status.as_u16();
        writeln!(out, "  {style}{mark} {outcome:<8}{style:#} {status}  {name:<12}  {of:<8}  {FAINT}{title}{FAINT:#}")?;
        // What took seconds to come shall not wait for the end.
        Ok(out.flush()?)
    }

    const fn is_perfect(&self) -> bool {
        self.good == self.all
    }
}
