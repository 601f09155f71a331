//! Changes of the URI as a whole: escaped as one text, or rewritten for a front controller.

use std::format;
use std::prelude::rust_2024::*;

use super::super::cause::Cause;
use super::super::change::{Change, cost};
use super::super::hints::Headers;
use super::super::text::shown;
use super::super::url::Url;
use super::escapes::decoded;

/// Front controllers, to which everything is rewritten.
const CONTROLLERS: [&str; 8] =
    ["/index.php", "/app.php", "/index.cgi", "/index.html", "/index.pl", "/index.py", "/public/index.php", "/"];
/// The parameters that hold the path then.
const NAMES: [&str; 14] = [
    "q",
    "path",
    "url",
    "route",
    "_url",
    "uri",
    "_route",
    "_path",
    "r",
    "p",
    "request",
    "__path",
    "rest_route",
    "slug",
];

pub(super) fn changes<'a>(received: &Url, headers: &Headers<'_>) -> Vec<Change<'a>> {
    let mut changes = Vec::new();
    let whole = received.join();
    if whole.contains("&amp;") {
        let evidence = "the URI has `&amp;` where a URI has `&`";
        changes.push(replaced(Cause::UriEscapesDoubled, evidence.into(), whole.replace("&amp;", "&")));
    }
    let has_escaped_query = |path: &str| ["%3F", "%3f"].iter().any(|escape| path.contains(escape));
    if received.query.is_none() && has_escaped_query(&received.path) {
        let evidence = "the URI has `%3F` where a URI has `?`";
        changes.push(replaced(Cause::UriEscapesDoubled, evidence.into(), decoded(&whole)));
    }
    let is_one_text = |query: &String| !query.contains(['=', '&']) && query.to_ascii_uppercase().contains("%3D");
    if let Some(query) = received.query.as_ref().filter(|query| is_one_text(query)) {
        let evidence = "the query has `%3D` where a query has `=`";
        let uri = Url { query: Some(decoded(query)), ..received.clone() };
        changes.push(replaced(Cause::UriEscapesDoubled, evidence.into(), uri.join()));
    }
    // An absolute URI was appended to the public URL.
    let tail = whole.get(1..).unwrap_or_default().split('?').next().unwrap_or_default();
    if let Some(at) = tail.rfind("http://").max(tail.rfind("https://")).filter(|at| *at > 0) {
        let inner = whole.get(at.saturating_add(1)..).unwrap_or_default();
        let evidence = format!("the URI contains another one, {}", shown(inner));
        changes.push(replaced(Cause::UriPrefixAdded, evidence, inner.into()));
    }
    controllers(received, &mut changes);
    queries_of_targets(received, headers, &mut changes);
    changes
}

fn replaced<'a>(cause: Cause, evidence: String, uri: String) -> Change<'a> {
    let change = Change::new(cause, evidence, cost::HINTED, move |reading, _| {
        reading.url = Url::split(&uri);
        Some(())
    });
    change.suspected()
}

/// `/index.php?q=cards/deal&a=1` and `/index.php/cards/deal?a=1`, which were `/cards/deal?a=1`.
fn controllers(received: &Url, changes: &mut Vec<Change<'_>>) {
    for controller in CONTROLLERS {
        let rest = received.path.strip_prefix(controller).filter(|rest| controller != "/" && rest.starts_with('/'));
        if let Some(rest) = rest {
            let evidence = format!("the path begins with the front controller {controller}");
            changes.push(rewritten(evidence, rest.into(), received.query.clone()));
        }
    }
    let (is_controller, parameters) = (CONTROLLERS.contains(&received.path.as_str()), received.parameters());
    for (index, parameter) in parameters.iter().enumerate().take(8) {
        let Some((name, value)) = parameter.split_once('=') else { continue };
        let is_path = NAMES.contains(&name) && (is_controller || value.starts_with('/') || value.starts_with("%2F"));
        if !is_path || value.is_empty() {
            continue;
        }
        let others = parameters.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, other)| *other);
        let others: Vec<&str> = others.collect();
        let query = (!others.is_empty()).then(|| others.join("&"));
        let evidence = format!("the path is that of a front controller, and the parameter {} has a path", shown(name));
        for path in [value.to_owned(), decoded(value)] {
            let slash = if path.starts_with('/') { "" } else { "/" };
            changes.push(rewritten(evidence.clone(), format!("{slash}{path}"), query.clone()));
        }
    }
}

fn rewritten<'a>(evidence: String, path: String, query: Option<String>) -> Change<'a> {
    let change = Change::new(Cause::UriRewritten, evidence, cost::HINTED, move |reading, _| {
        reading.url.path.clone_from(&path);
        reading.url.query.clone_from(&query);
        Some(())
    });
    change.suspected()
}

/// A query that only a header still has.
fn queries_of_targets(received: &Url, headers: &Headers<'_>, changes: &mut Vec<Change<'_>>) {
    for hint in headers.targets() {
        let Some(query) = Url::split(&hint.value).query.filter(|query| Some(query) != received.query.as_ref()) else {
            continue;
        };
        let evidence = format!("{} says {}", hint.source, shown(&hint.value));
        changes.push(Change::new(Cause::UriRewritten, evidence, cost::HINTED, move |reading, _| {
            reading.url.query = Some(query.clone());
            Some(())
        }));
    }
}
