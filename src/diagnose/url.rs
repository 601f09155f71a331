//! [`Url`]: a URI in its parts, each as it is written.

use core::net::Ipv4Addr;
use std::format;
use std::prelude::rust_2024::*;

/// A URI in its parts. Splitting and joining changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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

    /// Scheme, authority and path: what is configured in HubSpot.
    pub(super) fn endpoint(&self) -> String {
        if self.scheme.is_empty() {
            return format!("{}{}", self.authority, self.path);
        }
        format!("{}://{}{}", self.scheme, self.authority, self.path)
    }

    /// Whether it has scheme and host.
    pub(super) fn is_whole(&self) -> bool {
        !self.scheme.is_empty() && !self.authority.is_empty()
    }

    pub(super) fn join(&self) -> String {
        let mut joined = self.endpoint();
        for (mark, part) in [("?", &self.query), ("#", &self.fragment)] {
            if let Some(part) = part {
                joined.push_str(mark);
                joined.push_str(part);
            }
        }
        joined
    }

    /// The parameters of the query, the empty ones between two `&` included.
    pub(super) fn parameters(&self) -> Vec<&str> {
        match self.query.as_deref() {
            None | Some("") => Vec::new(),
            Some(query) => query.split('&').collect(),
        }
    }

    pub(super) fn len(&self) -> usize {
        let query = self.query.as_deref().unwrap_or_default().len();
        [self.scheme.len(), self.authority.len(), self.path.len(), query].into_iter().fold(0, usize::saturating_add)
    }
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
    const INTERNAL: [&str; 8] = [".local", ".internal", ".svc", ".lan", ".home", ".corp", ".docker", ".localdomain"];
    let host = without_port(authority);
    is_local(authority)
        || INTERNAL.iter().any(|end| host.ends_with(end))
        || host.parse().is_ok_and(|address: Ipv4Addr| address.is_private() || address.is_link_local())
        || !host.contains(['.', ':'])
}

/// A name that a platform gives a service next to the public name that it is called by.
pub(super) fn is_platform(authority: &str) -> bool {
    const PLATFORM: [&str; 8] = [
        ".amazonaws.com",
        ".elb.amazonaws.com",
        ".on.aws",
        ".run.app",
        ".azurewebsites.net",
        ".herokuapp.com",
        ".fly.dev",
        ".workers.dev",
    ];
    let host = without_port(authority);
    PLATFORM.iter().any(|end| host.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

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
