//! The order of the query's parameters.

use std::format;
use std::prelude::rust_2024::*;
use std::rc::Rc;

use super::super::cause::Cause;
use super::super::change::{Change, cost};
use super::super::url::Url;
use super::parameters::{APPENDED, MAX_PARAMETERS};

/// A query with more parameters than this is put only into known orders.
const MAX_PERMUTED: usize = 6;
/// Of the parameters that stand next to those of HubSpot, at most so many are put into all orders.
const MAX_OWN: usize = 4;

/// The orders in which HubSpot appends its parameters: `hubspot.fetch`, and CRM cards.
const ORDERS: [&[&str]; 3] = [
    &["userId", "portalId", "userEmail", "appId"],
    &["userId", "userEmail", "associatedObjectId", "associatedObjectType", "portalId"],
    &["portalId", "userId", "userEmail", "associatedObjectId", "associatedObjectType"],
];

/// The parameters as received.
type Received = Rc<[String]>;

pub(super) fn changes<'a>(received: &Url) -> Vec<Change<'a>> {
    let mut changes = Vec::new();
    let parameters = received.parameters();
    let texts: Received = parameters.iter().map(|parameter| (*parameter).to_owned()).collect();
    let count = parameters.len();
    if !(2..=MAX_PARAMETERS).contains(&count)
        || received.query.as_deref().unwrap_or_default().contains('?') && count > MAX_PERMUTED
    {
        return changes;
    }
    let is_sorted = count > 2 && parameters.is_sorted();
    let has_appended = |name: &str| parameters.iter().any(|parameter| parameter.starts_with(&format!("{name}=")));
    let is_suspicious = count > 3 && is_sorted && APPENDED.iter().take(3).all(|name| has_appended(name));
    known(&parameters, &texts, is_sorted, is_suspicious, &mut changes);
    let alphabetical = sorted(&parameters, core::cmp::Ord::cmp);
    let evidence = "the signed query has its parameters in alphabetical order";
    changes.push(reordered(evidence, cost::USUAL, &alphabetical, &texts));
    if count <= MAX_PERMUTED {
        let cost = if is_sorted { cost::KNOWN } else { cost::GUESS };
        let evidence = "the signed query has the same parameters in another order";
        permutations((0..count).collect(), |order| changes.push(reordered(evidence, cost, order, &texts)));
    } else {
        let reversed: Vec<usize> = (0..count).rev().collect();
        changes.push(reordered(
            "the signed query has its parameters in the reverse order",
            cost::KNOWN,
            &reversed,
            &texts,
        ));
    }
    changes
}

/// Puts the parameters into an order: for each place the index of a parameter.
///
/// By index, and not the parameters themselves, because another change may have rewritten them.
fn reordered<'a>(evidence: &'static str, cost: u8, order: &[usize], received: &Received) -> Change<'a> {
    let (order, received) = (order.to_vec(), Rc::clone(received));
    Change::new(Cause::UriQueryOrder, evidence, cost, move |reading, budget| {
        let query = reading.url.query.as_ref()?;
        budget.spend(query.len())?;
        let parameters = reading.url.parameters();
        let moved: Vec<&str> = if parameters.len() == order.len() {
            order.iter().filter_map(|index| parameters.get(*index).copied()).collect()
        } else {
            // Of those that were received, some were removed.
            let kept = order.iter().filter_map(|index| received.get(*index)).map(String::as_str);
            kept.filter(|parameter| parameters.contains(parameter)).collect()
        };
        if moved.len() != parameters.len() {
            return None;
        }
        let moved = moved.join("&");
        (moved != *query).then(|| reading.url.query = Some(moved))
    })
}

fn sorted(parameters: &[&str], by: impl Fn(&str, &str) -> core::cmp::Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..parameters.len()).collect();
    let at = |index: &usize| parameters.get(*index).copied().unwrap_or_default();
    order.sort_by(|a, b| by(at(a), at(b)));
    order
}

/// HubSpot's own parameters in HubSpot's orders, after or before the others.
fn known(parameters: &[&str], texts: &Received, is_sorted: bool, is_suspicious: bool, changes: &mut Vec<Change<'_>>) {
    let cost = if is_sorted { cost::HINTED } else { cost::USUAL };
    let evidence = if is_suspicious {
        "the parameters are in alphabetical order, and HubSpot's are not"
    } else {
        "the signed query has the order in which HubSpot appends its parameters"
    };
    for names in ORDERS {
        let rank = |index: &usize| {
            let name = parameters.get(*index).and_then(|parameter| parameter.split('=').next()).unwrap_or_default();
            names.iter().position(|known| *known == name)
        };
        let (mut appended, own): (Vec<usize>, Vec<usize>) =
            (0..parameters.len()).partition(|index| rank(index).is_some());
        if appended.is_empty() {
            continue;
        }
        appended.sort_by_key(rank);
        let mut both = |own: &[usize], cost| {
            for order in [[own, &appended].concat(), [&appended, own].concat()] {
                changes.push(reordered(evidence, cost, &order, texts).suspected_if(is_suspicious));
            }
        };
        both(&own, cost);
        if parameters.len() > MAX_PERMUTED && own.len() <= MAX_OWN {
            let cost = if is_sorted { cost::USUAL } else { cost::KNOWN };
            permutations(own, |own| both(own, cost));
        }
    }
}

/// Every order of the items, which must be sorted: each the next in alphabetical order.
fn permutations(mut items: Vec<usize>, mut each: impl FnMut(&[usize])) {
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

#[cfg(test)]
mod tests {
    use std::vec;

    use super::*;

    #[test]
    fn every_order_comes_once() {
        let mut orders = vec![];
        permutations(vec![0, 1, 2, 3], |order| orders.push(order.to_vec()));
        assert_eq!(orders.len(), 24);
        assert!(orders.is_sorted_by(|a, b| a < b));
    }
}
