//! Whole numbers that a double cannot hold: JavaScript and others change their last digits.

use std::format;
use std::prelude::rust_2024::*;

/// The first whole number from which doubles have gaps.
const EXACT: u64 = 1 << 53;
/// At most so many numbers that are rounded to the same one are tried.
const MAX_NEIGHBOURS: u64 = 1024;

/// Whether this is a number that a double rounds others to.
pub(super) fn is_rounded(literal: &str) -> bool {
    literal.parse::<u64>().is_ok_and(|number| number >= EXACT && number == rounded(number))
}

#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the point")]
const fn rounded(number: u64) -> u64 {
    number as f64 as u64
}

/// The whole numbers that are rounded to this one, the nearest first.
pub(super) fn neighbours(literal: &str) -> Vec<String> {
    let Some(number) = literal.parse::<u64>().ok().filter(|number| *number >= EXACT) else { return Vec::new() };
    (1..=MAX_NEIGHBOURS)
        .flat_map(|distance| [number.checked_add(distance), number.checked_sub(distance)])
        .flatten()
        .filter(|other| rounded(*other) == number || shortest(*other) == literal)
        .map(|other| format!("{other}"))
        .collect()
}

/// The number as JavaScript prints it.
fn shortest(number: u64) -> String {
    #[allow(clippy::cast_precision_loss, reason = "the point")]
    let double = number as f64;
    format!("{double}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_rounded_to_it() {
        assert!(neighbours("9007199254740992").contains(&"9007199254740993".into()));
        assert!(is_rounded("9007199254740992") && !is_rounded("9007199254740993") && !is_rounded("12"));
        assert!(neighbours("12").is_empty());
    }
}
