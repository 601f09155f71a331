//! What the shape of a request says about its faults when no signature proves one.

use std::format;
use std::prelude::rust_2024::*;

use super::ReceivedRequest;
use super::body::MAX_REWRITTEN;
use super::cause::{Cause, Step, shown};
use super::hints::Headers;
use super::json::Json;
use super::url::{Url, is_internal, without_port};

/// The suspicions, the strongest first.
pub(super) fn faults(request: &ReceivedRequest<'_>, headers: &Headers<'_>) -> Vec<Step> {
    let mut faults = Vec::new();
    uri(request, headers, &mut faults);
    body(request, headers, &mut faults);
    faults
}

fn uri(request: &ReceivedRequest<'_>, headers: &Headers<'_>, faults: &mut Vec<Step>) {
    let mut push = |cause, evidence: String| faults.push(Step::new(cause, evidence));
    let url = Url::split(request.uri);
    if url.scheme.is_empty() || url.authority.is_empty() {
        push(Cause::UriPathOnly, format!("the URI is {}", shown(request.uri)));
    } else if is_internal(&url.authority) {
        push(Cause::UriHost, format!("{} is a name or address that HubSpot cannot reach", shown(&url.authority)));
    } else if let Some(hint) =
        headers.hosts().first().filter(|hint| without_port(&hint.value) != without_port(&url.authority))
    {
        push(
            Cause::UriHost,
            format!("the URI has {}, and {} says {}", shown(&url.authority), hint.source, shown(&hint.value)),
        );
    }
    if url.scheme == "http" {
        let hint = headers.schemes().into_iter().find(|hint| hint.value == "https");
        let said = hint.map(|hint| format!(", and {} says https", hint.source)).unwrap_or_default();
        push(Cause::UriScheme, format!("the URI has http{said}"));
    }
    if url.fragment.is_some() {
        push(Cause::UriFragment, "the URI has a `#`".into());
    }
    if let Some(hint) = headers.targets().first().filter(|hint| !request.uri.ends_with(&hint.value)) {
        push(Cause::UriRewritten, format!("{} says {}", hint.source, shown(&hint.value)));
    }
    if let Some(hint) = headers.prefixes().first().filter(|hint| !url.path.starts_with(&hint.value)) {
        push(Cause::UriPrefixLost, format!("{} says {}", hint.source, shown(&hint.value)));
    }
    if request.uri.contains(|c: char| !c.is_ascii() || c <= ' ' || "\"<>{}|\\^`".contains(c)) {
        push(Cause::UriEscapesDecoded, "the URI has characters that are always escaped in a request".into());
    }
    let parameters = url.parameters();
    let is_doubled =
        parameters.iter().enumerate().any(|(index, one)| parameters.iter().take(index).any(|other| one == other));
    if is_doubled && parameters.len() <= 256 || url.query.as_ref().is_some_and(|query| query.contains('?')) {
        push(Cause::UriQueryDoubled, "parameters of the query occur twice, or it has a second `?`".into());
    }
    if request.method == "GET" && url.query.is_none() {
        push(Cause::UriQueryLost, "a GET without a query: HubSpot appends parameters to all of its own".into());
    }
    let appended = ["userId=", "portalId=", "userEmail="];
    if parameters.len() > 3
        && parameters.is_sorted()
        && appended.iter().all(|name| parameters.iter().any(|parameter| parameter.starts_with(name)))
    {
        push(Cause::UriQueryOrder, "the parameters are in alphabetical order, which HubSpot's are not".into());
    }
}

fn body(request: &ReceivedRequest<'_>, headers: &Headers<'_>, faults: &mut Vec<Step>) {
    let mut push = |cause, evidence: String| faults.push(Step::new(cause, evidence));
    let body = request.body;
    let length = body.len() as u64;
    let promised = headers.content_length();
    if body.is_empty() {
        let takes_none = ["GET", "HEAD", "DELETE", "OPTIONS"].contains(&request.method);
        match promised {
            Some(promised) if promised > 0 => {
                push(Cause::BodyLost, format!("Content-Length says {promised} bytes, and there are none"));
            }
            None if !takes_none => push(Cause::BodyLost, format!("a {} without a body", shown(request.method))),
            _ => {}
        }
        return;
    }
    if let Some(promised) = promised.filter(|promised| *promised != length) {
        push(Cause::BodyLength, format!("Content-Length says {promised} bytes, and there are {length}"));
    }
    let coding = headers.text("content-encoding").unwrap_or_default();
    if body.starts_with(&[0x1f, 0x8b]) || !["", "identity"].contains(&coding) {
        push(Cause::BodyCompressed, format!("Content-Encoding says {}", shown(coding)));
    }
    if body.starts_with(b"\xef\xbb\xbf") {
        push(Cause::BodyByteOrderMark, "the body begins with EF BB BF".into());
    }
    let Ok(text) = core::str::from_utf8(body) else {
        push(Cause::BodyNotUtf8, format!("the {length} bytes of the body are not UTF-8"));
        return;
    };
    if text.contains('\u{fffd}') {
        push(Cause::BodyLossy, "the body has U+FFFD".into());
    }
    // The usual sign of UTF-8 read as Latin-1: Ã or Â before another character of that range.
    if text.contains(['Ã', 'Â'])
        && text.chars().zip(text.chars().skip(1)).any(|(a, b)| "ÃÂ".contains(a) && !b.is_ascii())
    {
        push(Cause::BodyDoubleEncoded, "the body has sequences such as `Ã¤`".into());
    }
    if ["{}", "null", "undefined", "\"\""].contains(&text.trim()) {
        push(Cause::BodyPlaceholder, format!("the body is {}", shown(text.trim())));
    }
    if body.len() > MAX_REWRITTEN {
        return;
    }
    let Some(json) = Json::parse(text.trim_start_matches('\u{feff}')) else { return };
    if matches!(json, Json::Text(_)) && text.len() > 2 {
        push(Cause::BodyDoubleSerialised, "the body is one JSON string".into());
        return;
    }
    if !json.is_compact_in(text) {
        push(Cause::BodyReserialised, "the JSON is not written without spaces, as HubSpot's is".into());
    } else if json.is_sorted() {
        push(Cause::BodyReserialised, "the keys are in alphabetical order, which HubSpot's are not".into());
    }
}

/// The app that the request names, in its query or its body.
pub(super) fn app_id(uri: &str, body: &[u8]) -> Option<u64> {
    let digits = |text: &str| {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        text.get(..end)?.parse().ok()
    };
    let after = |text: &str, name: &str| {
        let (_, rest) = text.split_once(name)?;
        digits(rest.trim_start())
    };
    let body =
        body.get(..body.len().min(MAX_REWRITTEN)).and_then(|body| core::str::from_utf8(body).ok()).unwrap_or_default();
    let in_query = after(uri, "?appId=").or_else(|| after(uri, "&appId="));
    in_query.or_else(|| after(body, "\"appId\":"))
}
