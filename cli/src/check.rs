//! `send --check`: every genuine request and every forgery, and a table of what the endpoint made of them.
//!
//! It passes if every genuine request is accepted and every forgery refused, with two exceptions that are said and not
//! counted: the endpoint does not serve the method of a forgery, or it accepts the signature of a genuine request and
//! cannot use the made-up event.

use std::io::Write;

use clap::ValueEnum;
use http::{Method, StatusCode, Uri};
use hubspot_signature::{UnixTime, Version};

use crate::Failure;
use crate::client::Client;
use crate::forgery::{Forgery, respelled};
use crate::judgement::{Judgement, is_matter_of_taste};
use crate::signer::Signer;
use crate::source::{Source, name};
use crate::terminal::{BAD, FAINT, GOOD, Out, STRONG, visible};

pub(crate) struct Check<'a> {
    pub(crate) sources: &'a [Source],
    pub(crate) to: &'a Uri,
    pub(crate) signer: &'a Signer,
    pub(crate) client: &'a Client,
    pub(crate) minimum: Version,
    pub(crate) skip: &'a [Forgery],
}

/// A genuine request and its answer.
struct Genuine<'a> {
    source: &'a Source,
    method: Method,
    /// The version next to v3.
    older: Version,
    status: StatusCode,
    mark: Mark,
}

/// A genuine event of which the endpoint accepts the signature, and no more. It is not counted as accepted.
const UNUSABLE: &str = "unusable";

/// Whether the endpoint did as it should.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Good,
    /// It cannot be told, and it may stay so.
    Open,
    Bad,
}

/// The forgeries by what became of them.
#[derive(Default)]
struct Forged {
    /// Without those that the endpoint does not serve.
    all: usize,
    refused: usize,
    unserved: Vec<String>,
    unjudged: Vec<String>,
    /// With the reason.
    not_tried: Vec<(Forgery, &'static str)>,
    accepted: Vec<Forgery>,
    /// Those that a proxy may have answered in place of the endpoint, which accepts the genuine request.
    answered_by_proxy: Vec<String>,
    /// The version that is accepted alone, although it is too old.
    downgraded_to: Option<Version>,
}

impl Check<'_> {
    pub(crate) fn run(&self, out: &mut Out) -> Result<bool, Failure> {
        writeln!(out, "{STRONG}Genuine requests, to be accepted{STRONG:#}")?;
        let mut genuine = Vec::new();
        for source in self.sources {
            genuine.push(self.genuine(source, out)?);
        }
        // If a genuine request is not accepted, the refusal of its forgeries says nothing.
        let mut by_use: Vec<_> = genuine.iter().collect();
        by_use.sort_by_key(|genuine| genuine.mark == Mark::Bad);

        writeln!(out, "\n{STRONG}Forgeries, to be refused{STRONG:#}")?;
        let mut forged = Forged::default();
        for forgery in Forgery::value_variants() {
            if self.skip.contains(forgery) {
                forged.not_tried.push((*forgery, "left out"));
            } else if *forgery == Forgery::Respelled {
                self.respelled(&by_use, &mut forged, out)?;
            } else {
                self.forged(*forgery, &by_use, &mut forged, out)?;
            }
        }
        self.sum_up(&genuine, &forged, out)?;
        let genuine_pass = genuine.iter().all(|genuine| genuine.mark != Mark::Bad);
        Ok(genuine_pass && forged.refused == forged.all)
    }

    fn genuine<'a>(&self, source: &'a Source, out: &mut Out) -> Result<Genuine<'a>, Failure> {
        let now = UnixTime::now();
        let unsigned = source.unsigned(self.to, now)?;
        let (method, older, bare) = (unsigned.request.method().clone(), unsigned.older, unsigned.request.clone());
        let request = self.signer.sign(unsigned, now)?;
        let url = self.signer.uri(&request)?;
        let (url, query) = url.split_once('?').map_or((url.as_str(), ""), |(url, _)| (url, "?…"));
        let title = format!("{method} {url}{query}");
        let status = self.client.send(request)?.status;
        let mark = match Judgement::of_genuine(status) {
            Judgement::Accepted => Mark::Good,
            // The answer to the same request without a signature tells whether it was the signature's.
            _ if is_matter_of_taste(status) => {
                let unsigned = self.client.send(bare)?.status;
                let differs = unsigned != status && Judgement::of_genuine(unsigned) == Judgement::Refused;
                if differs { Mark::Open } else { Mark::Bad }
            }
            _ => Mark::Bad,
        };
        let outcome = if mark == Mark::Open { UNUSABLE } else { Judgement::of_genuine(status).word() };
        line(mark, outcome, status, [&source.name(), ""], &title, out)?;
        Ok(Genuine { source, method, older, status, mark })
    }

    /// Makes the forgery of the first request that it can be made of.
    fn forged(
        &self,
        forgery: Forgery,
        genuine: &[&Genuine<'_>],
        forged: &mut Forged,
        out: &mut Out,
    ) -> Result<(), Failure> {
        for genuine in genuine {
            if !forgery.is_telling(genuine.older, self.minimum) {
                continue;
            }
            let now = UnixTime::now();
            let unsigned = genuine.source.unsigned(self.to, now)?;
            let Some(request) = forgery.forge(unsigned, self.signer, now)? else { continue };
            let method_is_forged = *request.method() != genuine.method;
            let status = self.client.send(request)?.status;
            let judgement = Judgement::of_forgery(status, method_is_forged, Some(genuine.status));
            return forged.add(forgery, genuine, judgement, status, out);
        }
        forged.not_tried.push((forgery, "these requests do not allow it, or it shows nothing new"));
        Ok(())
    }

    /// Takes three requests: one to be remembered, one to see whether it is, and the forgery.
    fn respelled(&self, genuine: &[&Genuine<'_>], forged: &mut Forged, out: &mut Out) -> Result<(), Failure> {
        let mut not_tried = |why| forged.not_tried.push((Forgery::Respelled, why));
        let Some(genuine) = genuine.iter().find(|genuine| genuine.mark == Mark::Good) else {
            not_tried("no genuine request is accepted");
            return Ok(());
        };
        let now = UnixTime::now();
        let request = self.signer.sign(genuine.source.unsigned(self.to, now)?, now)?;
        let judged = |request| {
            let answer = self.client.send_over_http2(request)?;
            Some((Judgement::of_genuine(answer.status), answer.status))
        };
        match (judged(request.clone()), judged(request.clone())) {
            (Some((Judgement::Accepted, _)), Some((Judgement::Accepted, _))) => {
                not_tried(
                    "an exact copy is answered with 2xx too, so no answer shows whether the endpoint remembers replay \
                     keys",
                );
            }
            (Some((Judgement::Accepted, _)), Some((_, to_replay))) => {
                if let Some((judgement, status)) = judged(respelled(request)?) {
                    let judgement = if status == to_replay { Judgement::Refused } else { judgement };
                    return forged.add(Forgery::Respelled, genuine, judgement, status, out);
                }
                not_tried("no answer came");
            }
            _ => not_tried("no HTTP/2"),
        }
        Ok(())
    }

    fn sum_up(&self, genuine: &[Genuine<'_>], forged: &Forged, out: &mut Out) -> Result<(), Failure> {
        let minimum = self.minimum;
        let accepted = genuine.iter().filter(|genuine| genuine.mark == Mark::Good).count();
        let (of_genuine, refused, of_forged) = (genuine.len(), forged.refused, forged.all);
        writeln!(
            out,
            "\n{accepted} of {of_genuine} genuine requests accepted, {refused} of {of_forged} forgeries refused"
        )?;
        let unusable: Vec<_> = genuine.iter().filter(|genuine| genuine.mark == Mark::Open).collect();
        if !unusable.is_empty() {
            let named = unusable.iter().map(|g| format!("{} ({})", g.source.name(), g.status.as_u16()));
            writeln!(
                out,
                "{UNUSABLE}: the signature was accepted, but the handler cannot use the event: {}\n\
                 Send one of its own: --body-file event.json, or --capture request.http",
                named.collect::<Vec<_>>().join(", ")
            )?;
        }
        // Where no genuine signature is accepted, none of a forgery is either, whatever the answer is.
        let tells = genuine.iter().any(|genuine| genuine.mark != Mark::Bad);
        let accepts = |forgery| tells && forged.accepted.contains(&forgery);
        if accepts(Forgery::Unsigned) && accepts(Forgery::OtherSecret) {
            // That it accepts the other forgeries too, `downgraded` among them, then says nothing more.
            writeln!(
                out,
                "`unsigned` and `other-secret` were accepted, so this endpoint verifies nothing before it answers. If \
                 it verifies later, for example when it takes the event from a queue, --check cannot judge it, because \
                 it sees only the answer"
            )?;
        } else if accepts(Forgery::Unsigned) {
            writeln!(
                out,
                "`unsigned` was accepted, so anyone can send this endpoint a request: make it refuse a request without \
                 a signature"
            )?;
        } else if let Some(older) = forged.downgraded_to.filter(|_| tells) {
            writeln!(
                out,
                "`downgraded` was accepted, so the endpoint takes {older} alone, which can be replayed at any time: \
                 have it demand {minimum} (`Verifier::new(secret, Version::{minimum:?})` in this library), or, if it \
                 is meant to take {older}, say so here with --minimum-version {older}"
            )?;
        }
        if !forged.unserved.is_empty() {
            let unserved = forged.unserved.join(", ");
            writeln!(out, "not judged, as the endpoint does not serve the method: {unserved}")?;
        }
        if !forged.unjudged.is_empty() {
            writeln!(
                out,
                "NOT JUDGED, as a router or another rule may have answered before the signature was looked at: {}\n\
                 A signature is refused with 400, 401, 403 or 429; --skip NAME leaves a forgery out",
                forged.unjudged.join(", ")
            )?;
        }
        if !forged.answered_by_proxy.is_empty() {
            writeln!(
                out,
                "neither accepted nor refused: {}\n\
                 502 and 504 are usually a proxy's own answers. nginx, for example, answers 502 if the service refuses a \
                 request before it has read the body. Send to the service itself, or use smaller events",
                forged.answered_by_proxy.join(", ")
            )?;
        }
        if !forged.not_tried.is_empty() {
            writeln!(out, "not tried: {}", by_reason(&forged.not_tried))?;
        }
        if genuine.iter().any(|genuine| genuine.status == StatusCode::METHOD_NOT_ALLOWED) {
            writeln!(
                out,
                "An endpoint that takes only webhooks answers 405 to a GET: leave cards out, with --event workflow \
                 --event batch"
            )?;
        }
        if !tells {
            writeln!(
                out,
                "No genuine request is accepted, so a refusal says nothing. Check first that the endpoint has this \
                 client secret, that it is configured with the URL in --endpoint or --public-url, and that it serves \
                 the method"
            )?;
        }
        Ok(())
    }
}

impl Forged {
    fn add(
        &mut self,
        forgery: Forgery,
        genuine: &Genuine<'_>,
        judgement: Judgement,
        status: StatusCode,
        out: &mut Out,
    ) -> Result<(), Failure> {
        if judgement != Judgement::Unserved {
            self.all = self.all.saturating_add(1);
        }
        let tried = format!("{} ({})", name(&forgery), status.as_u16());
        let mark = match judgement {
            Judgement::Refused => {
                self.refused = self.refused.saturating_add(1);
                Mark::Good
            }
            Judgement::Unserved => {
                self.unserved.push(tried);
                Mark::Open
            }
            Judgement::Unjudged => {
                self.unjudged.push(tried);
                Mark::Bad
            }
            Judgement::Accepted => {
                self.accepted.push(forgery);
                if forgery == Forgery::Downgraded {
                    self.downgraded_to = Some(genuine.older);
                }
                Mark::Bad
            }
            Judgement::Neither => {
                let is_of_proxy = [StatusCode::BAD_GATEWAY, StatusCode::GATEWAY_TIMEOUT].contains(&status);
                if is_of_proxy && genuine.mark == Mark::Good {
                    self.answered_by_proxy.push(tried);
                }
                Mark::Bad
            }
        };
        let title = forgery.to_possible_value().and_then(|value| value.get_help().map(ToString::to_string));
        line(mark, judgement.word(), status, [&name(&forgery), &genuine.source.name()], &title.unwrap_or_default(), out)
    }
}

/// `a, b (reason); c (another)`.
fn by_reason(not_tried: &[(Forgery, &'static str)]) -> String {
    let groups = not_tried.chunk_by(|(_, a), (_, b)| a == b).filter_map(|group| {
        let names: Vec<_> = group.iter().map(|(forgery, _)| name(forgery)).collect();
        group.first().map(|(_, reason)| format!("{} ({reason})", names.join(", ")))
    });
    groups.collect::<Vec<_>>().join("; ")
}

fn line(
    mark: Mark,
    outcome: &str,
    status: StatusCode,
    [name, of]: [&str; 2],
    title: &str,
    out: &mut Out,
) -> Result<(), Failure> {
    let (style, mark) = match mark {
        Mark::Good => (GOOD, "ok "),
        Mark::Open => (FAINT, "-  "),
        Mark::Bad => (BAD, "BAD"),
    };
    let (status, title) = (status.as_u16(), visible(title));
    writeln!(out, "  {style}{mark} {outcome:<8}{style:#} {status}  {name:<17}  {of:<8}  {FAINT}{title}{FAINT:#}")?;
    // What took seconds to come shall not wait for the end.
    Ok(out.flush()?)
}
