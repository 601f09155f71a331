//! A URL to send to or to sign, and its path and query.

use http::Uri;
use http::uri::Authority;

use crate::Failure;

/// The kind of URL that `--to` takes.
pub(crate) const TO: &str = "http or https URL such as http://localhost:3000/hubspot";

/// How a kind of URL begins that may have either scheme.
const HTTP_OR_HTTPS: &str = "http or https URL";
/// [`Uri`] takes no longer one.
const MAX_LENGTH: usize = 65_534;

/// Parses the URL of an option. `kind` is the kind of URL that the option takes, with an example.
pub(crate) fn whole_url(text: &str, option: &str, kind: &str) -> Result<Uri, Failure> {
    let uri = text.parse::<Uri>().ok();
    let uri =
        uri.filter(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.authority().is_some_and(has_port));
    // Say which part is wrong, and do not show the text: it may be a secret in the wrong place.
    let begins = |scheme| text.split_once("://").is_some_and(|(begin, _)| begin.eq_ignore_ascii_case(scheme));
    let takes_https = kind.starts_with(HTTP_OR_HTTPS);
    let why = if !takes_https && !begins("http") {
        "it does not begin with http://, and `listen` passes on over http only"
    } else if !begins("http") && !begins("https") {
        "it does not begin with http:// or https://"
    } else if text.len() > MAX_LENGTH {
        "it is too long"
    } else if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        "it has white space or a control character, which clients escape (%20 is a space)"
    } else if !text.is_ascii() {
        "it has a character that is not ASCII, which clients escape (%C3%BC is \u{fc})"
    } else if text.contains('#') {
        "it has a fragment, the part after `#`, which clients do not send"
    } else {
        match uri {
            Some(uri) => return Ok(uri),
            None => "its host or port is not valid, or it has a character that clients escape (%3C is <)",
        }
    };
    Err(format!("{option} is not a whole {kind}: {why}").into())
}

/// Whether the port is a number, if there is one. [`Uri`] takes any text, and a client then takes the scheme's own port.
fn has_port(authority: &Authority) -> bool {
    let (_, host_and_port) = authority.as_str().rsplit_once('@').unwrap_or(("", authority.as_str()));
    authority.port().is_some() || host_and_port == authority.host()
}

/// Appends to the query, as HubSpot does to a URL that has one.
pub(crate) fn with_query(uri: &Uri, query: &str) -> Result<Uri, Failure> {
    let separator = if uri.query().is_some() { '&' } else { '?' };
    let target = format!("{}{separator}{query}", target(uri));
    with_target(uri, &target)
}

/// The same server, another path and query.
pub(crate) fn with_target(uri: &Uri, target: &str) -> Result<Uri, Failure> {
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(target.parse()?);
    Ok(Uri::from_parts(parts)?)
}

/// Whether two paths differ only by a slash that one of them has at its end.
pub(crate) fn differ_by_slash(one: &str, other: &str) -> bool {
    one.ends_with('/') != other.ends_with('/') && one.trim_end_matches('/') == other.trim_end_matches('/')
}

/// Path and query as the request line has them.
pub(crate) fn target(uri: &Uri) -> &str {
    uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str)
}
