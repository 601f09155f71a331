//! Path and query of a URL.

use http::Uri;

use crate::Failure;

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

/// Path and query as the request line has them.
pub(crate) fn target(uri: &Uri) -> &str {
    uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str)
}
