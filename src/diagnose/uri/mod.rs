//! The changes of the URI, one file for each part of it.

mod authority;
mod endpoint;
mod escapes;
mod form;
mod idn;
mod order;
mod parameters;
mod path;
mod prefixes;
mod scheme;
mod shape;
mod slots;
mod spelling;

use self::endpoint::Endpoint;
pub(super) use self::endpoint::{REPLAY, ROUTE, other_endpoint, path_fault, setting_first};
pub(super) use self::slots::{MAX_REWRITTEN, slots};
