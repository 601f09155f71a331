//! All slots of the URI, in the order in which their changes are made.

use std::prelude::rust_2024::*;

use super::super::budget::Budget;
use super::super::cause::Cause;
use super::super::change::{Change, Covers, Slot, cost};
use super::super::hints::Headers;
use super::super::reading::Reading;
use super::{Endpoint, authority, escapes, form, order, parameters, path, scheme, shape, spelling};

/// Of longer URIs only the scheme and the host are changed.
pub(crate) const MAX_REWRITTEN: usize = 8 << 10;

/// The slots for the URI of a reading as received, and for the endpoint that it should have been sent to, if that is known.
pub(crate) fn slots<'a>(
    reading: &Reading<'_>,
    headers: &Headers<'_>,
    endpoint: Option<&str>,
    is_setting: bool,
    budget: &mut Budget,
) -> Vec<Slot<'a>> {
    let received = &reading.url;
    let endpoint = endpoint.map(|text| Endpoint::new(text, is_setting, received));
    let endpoint = endpoint.as_ref();
    let is_short = received.len() <= MAX_REWRITTEN;
    let fragment = received.fragment.iter().map(|_| {
        let cut = Change::new(Cause::UriFragment, "the URI has a `#`", cost::HINTED, |reading, _| {
            reading.url.fragment = None;
            Some(())
        });
        cut.suspected()
    });
    let mut changes = Vec::from([
        fragment.collect(),
        if is_short { form::changes(received, headers) } else { Vec::new() },
        scheme::changes(received, headers, endpoint),
        authority::changes(received, headers, endpoint),
    ]);
    if is_short {
        changes.push(path::shapes(received));
        changes.push(path::changes(received, headers, endpoint, budget));
        changes.push(parameters::changes(received, endpoint));
        changes.push(order::changes(received));
        changes.push(shape::changes(received, &reading.method));
        changes.push(escapes::changes(received));
        changes.push(spelling::spaces(received));
        changes.push(spelling::cases(received));
    }
    changes.into_iter().map(|changes| Slot::new(Covers::Head, changes)).collect()
}
