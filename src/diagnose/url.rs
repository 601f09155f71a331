//! The URIs that may have been signed, given the one that was received and what other headers say.

use core::net::Ipv4Addr;
use std::format;
use std::prelude::rust_2024::*;

use super::cause::{Cause, Step, shown};
use super::hints::Headers;
use super::variation::{Variation, Variations, Weight};
use crate::uri::SignedUri;

/// Longer URIs are taken as they are.
pub(super) const MAX_REWRITTEN: usize = 8 << 10;
/// A query with more parameters than this is not put into another order than those HubSpot is known to send.
const MAX_PERMUTED: usize = 6;
/// A query with more parameters than this is left as it is.
const MAX_PARAMETERS: usize = 32;
/// A path of more segments than this is not looked for twice in a row.
const MAX_DOUBLED: usize = 8;

/// What gateways and routers take from the front of a path without telling.
const USUAL_PREFIXES: [&str; 20] = [
    "/prod",
    "/production",
    "/Prod",
    "/dev",
    "/development",
    "/stage",
    "/staging",
    "/test",
    "/default",
    "/$default",
    "/live",
    "/v1",
    "/v2",
    "/api",
    "/api/v1",
    "/webhook",
    "/webhooks",
    "/hubspot",
    "/hooks",
    "/app",
];

/// The orders in which HubSpot appends its parameters: `hubspot.fetch`, and CRM cards.
const APPENDED: [&[&str]; 2] = [
    &["userId", "portalId", "userEmail", "appId"],
    &["userId", "userEmail", "associatedObjectId", "associatedObjectType", "portalId"],
];

/// A URI in its parts, each as it is written.
#[derive(Clone, Default)]
pub(super) struct Url {
    /// Empty if there is none.
    pub(super) scheme: String,
    /// Empty if there is none.
    pub(super) authority: String,
    pub(super) path: String,
    pub(super) query: Option<String>,
    pub(super) fragment: Option<String>,
}

impl Url {
    pub(super) fn split(text: &str) -> Self {
        let (text, fragment) = match text.split_once('#') {
            Some((text, fragment)) => (text, Some(fragment.into())),
            None => (text, None),
        };
        let (target, query) = match text.split_once('?') {
            Some((target, query)) => (target, Some(query.into())),
            None => (text, None),
        };
        let (scheme, rest) = match target.split_once("://") {
            Some((scheme, rest)) if scheme.bytes().all(|byte| byte.is_ascii_alphabetic()) => (scheme, rest),
            _ => ("", target),
        };
        // `host/path` without a scheme is told from a relative path by its dot or port.
        let first = rest.split('/').next().unwrap_or_default();
        let has_authority = !scheme.is_empty() || first.contains(['.', ':']) || first == "localhost";
        let (authority, path) = match (has_authority, rest.find('/').and_then(|at| rest.split_at_checked(at))) {
            (true, Some(parts)) => parts,
            (true, None) => (rest, ""),
            (false, _) => ("", rest),
        };
        Self { scheme: scheme.into(), authority: authority.into(), path: path.into(), query, fragment }
    }

    /// Scheme and authority.
    pub(super) fn origin(&self) -> String {
        if self.scheme.is_empty() { self.authority.clone() } else { format!("{}://{}", self.scheme, self.authority) }
    }

    /// Path and query.
    fn target(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }

    fn join(&self) -> String {
        let fragment = self.fragment.as_ref().map(|fragment| format!("#{fragment}")).unwrap_or_default();
        format!("{}{}{fragment}", self.origin(), self.target())
    }

    pub(super) fn parameters(&self) -> Vec<&str> {
        self.query.as_deref().unwrap_or_default().split('&').filter(|parameter| !parameter.is_empty()).collect()
    }
}

/// A change of one aspect. Two changes of different aspects can be made together, in the order of the aspects.
struct Change {
    aspect: Aspect,
    step: Step,
    to: To,
    /// A header of the request says so: such changes of several aspects together count as one.
    hinted: bool,
    pairs: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Aspect {
    Scheme,
    Authority,
    Path,
    Query,
    Escapes,
    Fragment,
}

enum To {
    Scheme(String),
    Authority(String),
    Origin(&'static str, String),
    Path(String),
    Prefixed(String),
    /// The path without the webhook's own path that the public URL put before it.
    Undoubled(String),
    Target(String, Option<String>),
    Query(Option<String>),
    Rewritten(fn(&Url) -> Url),
    NoFragment,
}

impl Change {
    fn apply(&self, url: &mut Url) {
        match &self.to {
            To::Scheme(scheme) => url.scheme.clone_from(scheme),
            To::Authority(authority) => url.authority.clone_from(authority),
            To::Origin(scheme, authority) => {
                url.scheme = (*scheme).into();
                url.authority.clone_from(authority);
            }
            To::Path(path) | To::Undoubled(path) => url.path.clone_from(path),
            To::Prefixed(prefix) => {
                url.path = format!("{prefix}{}", if url.path.is_empty() { "/" } else { &url.path });
            }
            To::Target(path, query) => {
                url.path.clone_from(path);
                url.query.clone_from(query);
            }
            To::Query(query) => url.query.clone_from(query),
            To::Rewritten(rewrite) => *url = rewrite(url),
            To::NoFragment => url.fragment = None,
        }
    }

    /// Whether it also sets what the other sets.
    fn excludes(&self, other: &Self) -> bool {
        let sets_query = |change: &Self| matches!(change.to, To::Target(..) | To::Query(_));
        self.aspect == other.aspect || (sets_query(self) && sets_query(other))
    }
}

/// The URI as received, then what may have been called.
pub(super) fn variations(received: &str, headers: &Headers<'_>) -> Vec<Variation<String>> {
    let mut all = Variations::new(received.to_owned());
    if received.len() > MAX_REWRITTEN {
        return all.into_list();
    }
    let url = Url::split(received);
    let mut changes = Vec::new();
    origins(&url, headers, &mut changes);
    paths(&url, headers, &mut changes);
    queries(&url, &mut changes);
    escapes(&mut changes);
    if url.fragment.is_some() {
        let step = Step::new(Cause::UriFragment, "the URI has a `#`");
        changes.push(Change { aspect: Aspect::Fragment, step, to: To::NoFragment, hinted: false, pairs: true });
    }

    let mut with = |together: &[&Change], weight: Weight| {
        let mut called = url.clone();
        for change in together {
            change.apply(&mut called);
        }
        // Not each for itself: with an internal host that is right only for its scheme nobody is helped.
        let mend = mended_public_url(&called, together);
        let mended = |change: &&Change| match (&mend, &change.to) {
            (Some(_), To::Undoubled(_)) => change.step.clone().mended_by(format!(
                "Leave the webhook's own path out of the public URL, as it comes with each request: \
                 `PublicUrl::new(\"{}\")`.",
                called.origin()
            )),
            (Some(mend), _) if is_in_public_url(change.step.cause) => change.step.clone().mended_by(mend),
            _ => change.step.clone(),
        };
        let steps = together.iter().map(mended).collect();
        let pairs = together.iter().all(|change| change.pairs);
        all.push(Variation { value: called.join(), steps, weight, pairs });
    };
    for change in &changes {
        with(&[change], Weight::SINGLE);
    }
    // All that the headers say, taken together, is one change: the URL that the proxy was called with.
    let hinted = |aspect| changes.iter().filter(move |change| change.hinted && change.aspect == aspect);
    for authority in hinted(Aspect::Authority) {
        for scheme in hinted(Aspect::Scheme) {
            with(&[scheme, authority], Weight::SINGLE);
            for path in hinted(Aspect::Path) {
                with(&[scheme, authority, path], Weight::SINGLE);
            }
        }
        for path in hinted(Aspect::Path) {
            with(&[authority, path], Weight::SINGLE);
        }
    }
    for scheme in hinted(Aspect::Scheme) {
        for path in hinted(Aspect::Path) {
            with(&[scheme, path], Weight::SINGLE);
        }
    }
    let mut rest = changes.as_slice();
    while let [first, others @ ..] = rest {
        for second in others {
            if first.pairs && second.pairs && !first.excludes(second) {
                let mut pair = [first, second];
                pair.sort_by_key(|change| change.aspect);
                with(&pair, Weight::DOUBLE);
            }
        }
        rest = others;
    }
    all.into_list()
}

/// Whether the cause is mended by another public URL.
const fn is_in_public_url(cause: Cause) -> bool {
    matches!(
        cause,
        Cause::UriScheme
            | Cause::UriHost
            | Cause::UriPort
            | Cause::UriPathOnly
            | Cause::UriLocalProxy
            | Cause::UriPrefixLost
    )
}

/// What to configure after all of the changes.
fn mended_public_url(called: &Url, changes: &[&Change]) -> Option<String> {
    let prefix = changes.iter().find_map(|change| match &change.to {
        To::Prefixed(prefix) => Some(prefix.as_str()),
        _ => None,
    });
    let base = format!("{}{}", called.origin(), prefix.unwrap_or_default());
    let is_whole = !called.scheme.is_empty() && !called.authority.is_empty();
    is_whole.then(|| format!("The public URL is {base}: `PublicUrl::new(\"{base}\")`."))
}

fn origins(url: &Url, headers: &Headers<'_>, changes: &mut Vec<Change>) {
    let mut push = |aspect, step, to, hinted| changes.push(Change { aspect, step, to, hinted, pairs: true });

    let hints = headers.schemes();
    for scheme in ["https", "http"] {
        if url.scheme != scheme {
            let hint = hints.iter().find(|hint| hint.value == scheme);
            let said = hint.map(|hint| format!(", and {} says {scheme}", hint.source)).unwrap_or_default();
            let evidence =
                format!("the URI has {}{said}", if url.scheme.is_empty() { "no scheme" } else { &url.scheme });
            let step = Step::new(Cause::UriScheme, evidence);
            push(Aspect::Scheme, step, To::Scheme(scheme.into()), hint.is_some());
        }
    }
    for hint in headers.hosts() {
        let bare = without_port(&hint.value);
        for host in [hint.value.as_str(), bare] {
            let local = is_local(host);
            let said = format!("{} says {}", hint.source, shown(host));
            if url.authority.is_empty() {
                // A path gets scheme and host at once.
                let scheme = if local { "http" } else { "https" };
                let step =
                    Step::new(Cause::UriPathOnly, format!("the URI begins {}, and {said}", shown(&front(&url.path))));
                push(Aspect::Authority, step, To::Origin(scheme, host.into()), true);
            } else if host != url.authority {
                let step = if without_port(host) == without_port(&url.authority) {
                    Step::new(Cause::UriPort, format!("the URI has {}, and {said}", shown(&url.authority)))
                } else {
                    Step::new(Cause::UriHost, format!("the URI has {}, and {said}", shown(&url.authority)))
                };
                push(Aspect::Authority, step, To::Authority(host.into()), true);
                if local {
                    let step = Step::new(Cause::UriLocalProxy, said);
                    push(Aspect::Authority, step, To::Origin("http", host.into()), false);
                }
            }
            if host == bare {
                break;
            }
        }
    }
    if url.authority.is_empty() {
        return;
    }
    let bare = without_port(&url.authority);
    let mut port = |authority: String, evidence: String, hinted| {
        if authority != url.authority {
            let step = Step::new(Cause::UriPort, evidence);
            push(Aspect::Authority, step, To::Authority(authority), hinted);
        }
    };
    for hint in headers.ports() {
        port(format!("{bare}:{}", hint.value), format!("{} says {}", hint.source, hint.value), true);
    }
    port(bare.into(), "HubSpot called the host without a port".into(), false);
    for number in ["443", "80", "8443", "8080", "8000", "3000", "5000"] {
        port(format!("{bare}:{number}"), format!("HubSpot called port {number}"), false);
    }
    let lower = url.authority.to_ascii_lowercase();
    if lower != url.authority {
        let step = Step::new(Cause::UriHost, "the host of the URI is not in lower case");
        push(Aspect::Authority, step, To::Authority(lower), false);
    }
}

fn paths(url: &Url, headers: &Headers<'_>, changes: &mut Vec<Change>) {
    let mut push = |step, to, hinted| changes.push(Change { aspect: Aspect::Path, step, to, hinted, pairs: true });
    for hint in headers.targets() {
        let original = Url::split(&hint.value);
        let step = Step::new(Cause::UriRewritten, format!("{} says {}", hint.source, shown(&hint.value)));
        if original.query.is_none() {
            push(step.clone(), To::Path(original.path.clone()), true);
        }
        push(step, To::Target(original.path, original.query), true);
    }
    let prefixed = |prefix: &str, said: String| (Step::new(Cause::UriPrefixLost, said), To::Prefixed(prefix.into()));
    for hint in headers.prefixes() {
        let (step, to) = prefixed(&hint.value, format!("{} says {}", hint.source, shown(&hint.value)));
        push(step, to, true);
    }
    for prefix in USUAL_PREFIXES {
        let (step, to) = prefixed(prefix, format!("the signed path begins {prefix}"));
        push(step, to, false);
    }
    match url.path.strip_suffix('/') {
        Some(rest) => {
            push(
                Step::new(Cause::UriTrailingSlash, "the signed path has no `/` at its end"),
                To::Path(rest.into()),
                false,
            );
        }
        None => push(
            Step::new(Cause::UriTrailingSlash, "the signed path has a `/` at its end"),
            To::Path(format!("{}/", url.path)),
            false,
        ),
    }
    if url.path.contains("//") {
        let mut merged = url.path.clone();
        while merged.contains("//") {
            merged = merged.replace("//", "/");
        }
        push(
            Step::new(Cause::UriDoubleSlash, "the signed path has `/` where this one has `//`"),
            To::Path(merged),
            false,
        );
    } else if url.path.starts_with('/') {
        let step = Step::new(Cause::UriDoubleSlash, "the signed path begins with `//`");
        push(step, To::Path(format!("/{}", url.path)), false);
    }
    // One or two segments at the front that HubSpot did not call; more of them if they stand there twice.
    let mut rest = url.path.as_str();
    for depth in 1..=MAX_DOUBLED {
        let Some(at) = rest.strip_prefix('/').and_then(|after| after.find('/')) else { break };
        let Some((_, after)) = rest.split_at_checked(at.saturating_add(1)) else { break };
        rest = after;
        let prefix = url.path.strip_suffix(rest).unwrap_or_default();
        let is_doubled = rest.strip_prefix(prefix).is_some_and(|after| after.is_empty() || after.starts_with('/'));
        let (step, to) = if is_doubled {
            let evidence = format!("the path begins {} twice, the signed one once", shown(prefix));
            let step = Step::new(Cause::UriPrefixAdded, evidence)
                .mended_by("Leave the webhook's own path out of the public URL, as it comes with each request.");
            (step, To::Undoubled(rest.into()))
        } else if depth <= 2 {
            let evidence = format!("the signed path lacks {} at its beginning", shown(prefix));
            (Step::new(Cause::UriPrefixAdded, evidence), To::Path(rest.into()))
        } else {
            continue;
        };
        push(step, to, false);
    }
}

fn queries(url: &Url, changes: &mut Vec<Change>) {
    let Some(query) = &url.query else { return };
    let mut push =
        |step, to, pairs| changes.push(Change { aspect: Aspect::Query, step, to: To::Query(to), hinted: false, pairs });

    // Twice: `a=1&a=1`, or `a=1?a=1`.
    let half = query.len() / 2;
    let halves = query.split_at_checked(half).and_then(|(first, rest)| Some((first, rest.strip_prefix(['&', '?'])?)));
    if let Some((first, _)) = halves.filter(|(first, second)| first == second) {
        push(Step::new(Cause::UriQueryDoubled, "both halves of the query are the same"), Some(first.into()), true);
    }
    let parameters = url.parameters();
    if parameters.len() > MAX_PARAMETERS {
        return;
    }
    let mut unique: Vec<&str> = Vec::new();
    for parameter in &parameters {
        if !unique.contains(parameter) {
            unique.push(parameter);
        }
    }
    if unique.len() < parameters.len() {
        push(Step::new(Cause::UriQueryDoubled, "parameters of the query occur twice"), Some(unique.join("&")), true);
    }
    let reordered = |evidence| Step::new(Cause::UriQueryOrder, evidence);
    for names in APPENDED {
        let rank = |parameter: &str| {
            let name = parameter.split('=').next().unwrap_or_default();
            names.iter().position(|known| *known == name)
        };
        let (appended, own): (Vec<&str>, Vec<&str>) =
            parameters.iter().partition(|parameter| rank(parameter).is_some());
        if appended.is_empty() {
            continue;
        }
        let mut ordered = appended;
        ordered.sort_by_key(|parameter| rank(parameter));
        let evidence = "the signature is that of the order in which HubSpot appends its parameters";
        push(reordered(evidence), Some([own.clone(), ordered.clone()].concat().join("&")), true);
        push(reordered(evidence), Some([ordered, own].concat().join("&")), true);
    }
    let mut sorted = parameters.clone();
    sorted.sort_unstable();
    push(reordered("the signature is that of the parameters in alphabetical order"), Some(sorted.join("&")), true);
    if parameters.len() <= MAX_PERMUTED {
        permutations(sorted, |order| {
            push(
                reordered("the signature is that of the same parameters in another order"),
                Some(order.join("&")),
                false,
            );
        });
    }
    for left_out in 0..parameters.len() {
        let kept: Vec<&str> =
            parameters.iter().enumerate().filter(|(index, _)| *index != left_out).map(|(_, kept)| *kept).collect();
        let name = parameters.get(left_out).and_then(|parameter| parameter.split('=').next()).unwrap_or_default();
        let query = if kept.is_empty() { None } else { Some(kept.join("&")) };
        let step = Step::new(Cause::UriQueryAdded, format!("the signed query lacks the parameter {}", shown(name)));
        push(step, query, false);
    }
    push(Step::new(Cause::UriQueryAdded, "the signed URI has no query"), None, true);
}

/// Every order of the items, which must be sorted: each the next in alphabetical order.
fn permutations(mut items: Vec<&str>, mut each: impl FnMut(&[&str])) {
    loop {
        each(&items);
        // The last item that is smaller than its successor, and the last that is greater than that one.
        let Some(pivot) = items.windows(2).rposition(|pair| pair.first() < pair.last()) else { return };
        let Some(greater) = items.iter().rposition(|item| Some(item) > items.get(pivot)) else { return };
        items.swap(pivot, greater);
        if let Some(tail) = items.get_mut(pivot.saturating_add(1)..) {
            tail.reverse();
        }
    }
}

fn escapes(changes: &mut Vec<Change>) {
    let mut push = |cause, evidence: &str, rewrite: fn(&Url) -> Url| {
        let (aspect, to) = (Aspect::Escapes, To::Rewritten(rewrite));
        changes.push(Change { aspect, step: Step::new(cause, evidence), to, hinted: false, pairs: true });
    };
    push(Cause::UriSpace, "the signed query has `+` where this one has `%20`", |url| {
        in_query(url, |query| query.replace("%20", "+"))
    });
    push(Cause::UriSpace, "the signed query has `%20` where this one has `+`", |url| {
        in_query(url, |query| query.replace('+', "%20"))
    });
    push(Cause::UriQuote, "the signed URI has `'` where this one has `%27`", |url| {
        in_both(url, |text| text.replace("%27", "'"))
    });
    push(Cause::UriQuote, "the signed URI has `%27` where this one has `'`", |url| {
        in_both(url, |text| text.replace('\'', "%27"))
    });
    push(Cause::UriEscapesDoubled, "the signed URI has `%` where this one has `%25`", |url| {
        in_both(url, |text| text.replace("%25", "%"))
    });
    push(Cause::UriEscapesKept, "the signed URI has the twelve escapes of v3 decoded", |url| {
        in_both(url, |text| SignedUri::whole(text).decoded().collect())
    });
    push(Cause::UriEscapesKept, "the signed URI has all escapes decoded", |url| in_both(url, decoded));
    push(Cause::UriEscapeCase, "the signed URI has its escapes in upper case", |url| {
        in_both(url, |text| recased(text, str::to_ascii_uppercase))
    });
    push(Cause::UriEscapeCase, "the signed URI has its escapes in lower case", |url| {
        in_both(url, |text| recased(text, str::to_ascii_lowercase))
    });
    let decoded = Cause::UriEscapesDecoded;
    push(decoded, "the signed URI has all but letters, digits and `-_.~` escaped in its query values", |url| {
        in_values(url, |text| encoded(text, "-_.~", false))
    });
    push(decoded, "the signed URI has its query values escaped as by `encodeURIComponent`", |url| {
        in_values(url, |text| encoded(text, "-_.~!*'()", false))
    });
    push(decoded, "the signed URI has its query values escaped as a form", |url| {
        in_values(url, |text| encoded(text, "-_.*", true))
    });
    push(decoded, "the signed URI has escapes for what a URI cannot contain", |url| {
        in_both(url, |text| encoded(text, "-_.~!*'();:@&=+$,/?[]", false))
    });
    push(decoded, "the signed URI has `@` escaped", |url| in_both(url, |text| text.replace('@', "%40")));
    push(decoded, "the signed URI has the twelve characters of v3 escaped in its query values", |url| {
        in_values(url, |text| {
            text.chars().map(|c| if ":/?@!$'()*,;".contains(c) { escape(c) } else { c.into() }).collect()
        })
    });
}

fn in_query(url: &Url, rewrite: impl Fn(&str) -> String) -> Url {
    Url { query: url.query.as_deref().map(rewrite), ..url.clone() }
}

fn in_both(url: &Url, rewrite: impl Fn(&str) -> String) -> Url {
    Url { path: rewrite(&url.path), query: url.query.as_deref().map(rewrite), ..url.clone() }
}

/// In each value of the query, and what a URI cannot contain in the path.
fn in_values(url: &Url, rewrite: impl Fn(&str) -> String) -> Url {
    let parameters = |query: &str| {
        let each = query.split('&').map(|parameter| match parameter.split_once('=') {
            Some((name, value)) => format!("{name}={}", rewrite(value)),
            None => rewrite(parameter),
        });
        each.collect::<Vec<_>>().join("&")
    };
    Url {
        path: encoded(&url.path, "-_.~!*'();:@&=+$,/[]", false),
        query: url.query.as_deref().map(parameters),
        ..url.clone()
    }
}

/// Escapes all but ASCII letters, digits, and what is to be kept. Escapes that are there already stay.
fn encoded(text: &str, keep: &str, space_as_plus: bool) -> String {
    let mut rest = text.chars();
    let mut out = String::with_capacity(text.len());
    while let Some(c) = rest.next() {
        let is_escape = c == '%' && rest.clone().take(2).filter(char::is_ascii_hexdigit).count() == 2;
        if c.is_ascii_alphanumeric() || keep.contains(c) || is_escape {
            out.push(c);
        } else if " +".contains(c) && space_as_plus {
            out.push('+');
        } else {
            out.push_str(&escape(c));
        }
    }
    out
}

fn escape(c: char) -> String {
    c.encode_utf8(&mut [0; 4]).bytes().fold(String::new(), |escaped, byte| format!("{escaped}%{byte:02X}"))
}

/// All escapes decoded; as it was, if that is not UTF-8.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let escaped = match (first, after) {
            (b'%', [high, low, after @ ..]) => hex_pair(*high, *low).map(|byte| (byte, after)),
            _ => None,
        };
        let (byte, after) = escaped.unwrap_or((*first, after));
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.into())
}

fn hex_pair(high: u8, low: u8) -> Option<u8> {
    let digit = |byte| char::from(byte).to_digit(16);
    u8::try_from((digit(high)? << 4) | digit(low)?).ok()
}

/// The escapes in the other case, nothing else.
fn recased(text: &str, recase: impl Fn(&str) -> String) -> String {
    let mut pieces = text.split('%');
    let mut out: String = pieces.next().unwrap_or_default().into();
    for piece in pieces {
        out.push('%');
        match piece.split_at_checked(2) {
            Some((digits, rest)) if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                out.push_str(&recase(digits));
                out.push_str(rest);
            }
            _ => out.push_str(piece),
        }
    }
    out
}

pub(super) fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

/// A name that only a developer's machine has.
pub(super) fn is_local(authority: &str) -> bool {
    let host = without_port(authority);
    host == "localhost"
        || host == "[::1]"
        || host.ends_with(".localhost")
        || host.parse().is_ok_and(|address: Ipv4Addr| address.is_loopback() || address.is_unspecified())
}

/// A name or address that HubSpot cannot have called.
pub(super) fn is_internal(authority: &str) -> bool {
    let host = without_port(authority);
    let internal = [".local", ".internal", ".svc", ".lan", ".home", ".corp", ".docker", ".localdomain"];
    is_local(authority)
        || internal.iter().any(|end| host.ends_with(end))
        || host.parse().is_ok_and(|address: Ipv4Addr| address.is_private() || address.is_link_local())
        || !host.contains(['.', ':'])
}

/// The beginning of a path, enough to recognise it.
fn front(path: &str) -> String {
    path.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use std::vec;

    use super::*;

    #[test]
    fn every_order_comes_once() {
        let mut orders = vec![];
        permutations(vec!["a", "b", "c", "d"], |order| orders.push(order.concat()));
        assert_eq!(orders.len(), 24);
        assert!(orders.is_sorted_by(|a, b| a < b));
        let mut doubled = vec![];
        permutations(vec!["a", "a", "b"], |order| doubled.push(order.concat()));
        assert_eq!(doubled, ["aab", "aba", "baa"]);
    }

    #[test]
    fn parts_join_to_what_was_split() {
        for text in [
            "https://h.example:8443/a/b?c=d&e#f",
            "http://h.example",
            "https://h.example?x=1",
            "/path?q",
            "h.example/p",
            "localhost:3000/p",
            "",
            "?",
            "#",
            "a://",
            "https://[::1]:3000/x",
            "relative/path",
            "x?y?z#a#b",
        ] {
            assert_eq!(Url::split(text).join(), text);
        }
    }
}
