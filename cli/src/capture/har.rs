//! A request out of a HAR file, as browsers and proxies export them.

use base64ct::{Base64, Encoding};
use serde_json::Value;

use crate::Failure;
use crate::capture::body::Rest;
use crate::capture::request::{Capture, NO_REQUEST};

/// The whole file, one entry of it, or the request of one.
pub(super) fn parse(json: &[u8]) -> Result<Capture, Failure> {
    let value: Value = serde_json::from_slice(json).map_err(|_| NO_REQUEST)?;
    let requests: Vec<&Value> = match (list(value.pointer("/log/entries")), value.get("request")) {
        (Some(entries), _) => entries.iter().filter_map(|entry| entry.get("request")).collect(),
        (None, Some(request)) => vec![request],
        (None, None) => vec![&value],
    };
    let signed: Vec<_> = requests.iter().copied().filter(|request| is_signed(request)).collect();
    match (signed.as_slice(), requests.as_slice()) {
        ([request], _) | ([], [request]) => capture(request),
        ([], _) => Err("no request in the HAR file has a HubSpot signature".into()),
        (several, _) => {
            let count = several.len();
            Err(format!("{count} requests in the HAR file have a HubSpot signature: leave only the entry to look at")
                .into())
        }
    }
}

fn is_signed(request: &Value) -> bool {
    headers(request).any(|(name, _)| {
        ["x-hubspot-signature", "x-hubspot-signature-v3"].iter().any(|known| name.eq_ignore_ascii_case(known))
    })
}

fn headers(request: &Value) -> impl Iterator<Item = (&str, &str)> {
    let headers = list(request.get("headers")).into_iter().flatten();
    let headers = headers.filter_map(|header| Some((text(header, "name")?, text(header, "value")?)));
    // Those of HTTP/2 repeat method and URL.
    headers.filter(|(name, _)| !name.starts_with(':'))
}

fn capture(request: &Value) -> Result<Capture, Failure> {
    let (Some(method), Some(url)) = (text(request, "method"), text(request, "url")) else {
        return Err(NO_REQUEST.into());
    };
    let headers = headers(request).map(|(name, value)| (name.into(), value.as_bytes().into())).collect();
    Ok(Capture {
        method: method.into(),
        target: target(url),
        headers,
        rest: Rest::Body(body(request.get("postData"))?),
    })
}

/// Path and query: the host is for the operator to say.
fn target(url: &str) -> String {
    let url = url.split_once('#').map_or(url, |(url, _)| url);
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let begin = after_scheme.find(['/', '?']);
    match begin.and_then(|begin| after_scheme.split_at_checked(begin)) {
        Some((_, target)) if target.starts_with('/') => target.into(),
        Some((_, query)) => format!("/{query}"),
        None => "/".into(),
    }
}

fn body(data: Option<&Value>) -> Result<Vec<u8>, Failure> {
    let Some(data) = data else { return Ok(Vec::new()) };
    let Some(sent) = text(data, "text") else {
        return if list(data.get("params")).is_some_and(|parameters| !parameters.is_empty()) {
            Err("the HAR file has the body in parts (`params`) and not as it was sent (`text`): give it as --body-file"
                .into())
        } else {
            Ok(Vec::new())
        };
    };
    if text(data, "encoding") != Some("base64") {
        return Ok(sent.into());
    }
    let mut bytes = vec![0; sent.len()];
    let decoded = Base64::decode(sent, &mut bytes);
    Ok(decoded.map_err(|_| "the body in the HAR file is not the base64 that it says it is")?.into())
}

fn text<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object.get(name)?.as_str()
}

fn list(value: Option<&Value>) -> Option<&Vec<Value>> {
    value?.as_array()
}
