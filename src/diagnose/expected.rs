//! The text that had to be signed, for people.

use std::format;
use std::prelude::rust_2024::*;

use super::ReceivedRequest;
use super::claim::Claim;
use super::text::{bytes, length, shown, shown_timestamp};
use crate::Version;

/// So much of a body is searched for the app's number.
const MAX_SEARCHED: usize = 64 << 10;

/// Describes the text that had to be signed for the claim's signature to match, without the secret.
pub(super) fn expected(claim: &Claim, request: &ReceivedRequest<'_>, timestamp: Option<&str>) -> String {
    let ReceivedRequest { method, uri, body, .. } = *request;
    let begin = match claim.version {
        Version::V1 | Version::V2 => "the hex SHA-256 of the client secret (elided), then",
        Version::V3 => "the base64 HMAC-SHA-256, keyed with the client secret (elided), of",
    };
    let mut lines = Vec::from([format!("{} is judged as {}: {begin}", claim.header, claim.version)]);
    if claim.version > Version::V1 {
        lines.push(format!("    the method     {} ({})", shown(method), bytes(method.len())));
        lines.push(format!("    the URI        {} ({})", shown(uri), bytes(uri.len())));
    }
    lines.push(format!("    the body       {}", length(body)));
    if claim.version == Version::V3 {
        let timestamp = timestamp.map_or_else(|| "(missing)".into(), shown_timestamp);
        lines.push(format!("    the timestamp  {timestamp}"));
    }
    lines.join("\n") + "\n"
}

/// The app that the request names, in its query or its body.
pub(super) fn app_id(uri: &str, body: Option<&[u8]>) -> Option<u64> {
    let digits = |text: &str| {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        text.get(..end)?.parse().ok()
    };
    let after = |text: &str, name: &str| {
        let (_, rest) = text.split_once(name)?;
        digits(rest.trim_start())
    };
    let body = body.unwrap_or_default();
    let body = body.get(..body.len().min(MAX_SEARCHED)).unwrap_or_default();
    let body = core::str::from_utf8(body).unwrap_or_default();
    let in_query = after(uri, "?appId=").or_else(|| after(uri, "&appId="));
    in_query.or_else(|| after(body, "\"appId\":"))
}
