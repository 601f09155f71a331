//! The changes of the body, one file for each kind.

mod edges;
mod encodings;
mod html;
mod json;
mod members;
mod numbers;
mod printed;
mod rewriting;
mod shape;
mod slots;
mod style;

pub(super) use self::slots::{MAX_REWRITTEN, slots};
