//! Host names that are not ASCII, in both of their forms (Punycode, RFC 3492).

use std::format;
use std::prelude::rust_2024::*;

const BASE: u32 = 36;
const MAX_LABEL: usize = 63;

/// The name with `xn--` labels, if some of its labels are not ASCII.
pub(super) fn to_ascii(name: &str) -> Option<String> {
    if name.is_ascii() || name.len() > 255 {
        return None;
    }
    let labels = name.split('.').map(|label| {
        let lower = label.to_lowercase();
        if lower.is_ascii() { Some(lower) } else { encode(&lower).map(|encoded| format!("xn--{encoded}")) }
    });
    Some(labels.collect::<Option<Vec<_>>>()?.join("."))
}

/// The name in Unicode, if it has `xn--` labels.
pub(super) fn to_unicode(name: &str) -> Option<String> {
    if !name.contains("xn--") || name.len() > 255 {
        return None;
    }
    let labels = name.split('.').map(|label| match label.strip_prefix("xn--") {
        Some(encoded) => decode(encoded),
        None => Some(label.into()),
    });
    Some(labels.collect::<Option<Vec<_>>>()?.join("."))
}

fn threshold(k: u32, bias: u32) -> u32 {
    k.saturating_sub(bias).clamp(1, 26)
}

fn adapt(delta: u32, count: u32, is_first: bool) -> Option<u32> {
    let mut delta = if is_first { delta / 700 } else { delta / 2 };
    delta = delta.checked_add(delta.checked_div(count)?)?;
    let mut k = 0_u32;
    while delta > 455 {
        delta /= 35;
        k = k.checked_add(BASE)?;
    }
    k.checked_add(delta.checked_mul(36)?.checked_div(delta.checked_add(38)?)?)
}

fn digit(value: u32) -> Option<char> {
    let offset = u8::try_from(value).ok()?;
    Some(char::from(if offset < 26 { offset.checked_add(b'a')? } else { offset.checked_sub(26)?.checked_add(b'0')? }))
}

/// A number as digits of variable length.
fn encode_number(mut number: u32, bias: u32, out: &mut String) -> Option<()> {
    let mut k = BASE;
    loop {
        let threshold = threshold(k, bias);
        if number < threshold {
            out.push(digit(number)?);
            return Some(());
        }
        let range = BASE.checked_sub(threshold)?;
        let rest = number.checked_sub(threshold)?;
        out.push(digit(threshold.checked_add(rest.checked_rem(range)?)?)?);
        number = rest.checked_div(range)?;
        k = k.checked_add(BASE)?;
    }
}

fn encode(label: &str) -> Option<String> {
    let mut out: String = label.chars().filter(char::is_ascii).collect();
    let basic = u32::try_from(out.len()).ok()?;
    if basic > 0 {
        out.push('-');
    }
    let total = u32::try_from(label.chars().count()).ok()?;
    let (mut next, mut delta, mut bias, mut handled) = (128_u32, 0_u32, 72_u32, basic);
    while handled < total {
        let smallest = label.chars().map(u32::from).filter(|c| *c >= next).min()?;
        delta = delta.checked_add(smallest.checked_sub(next)?.checked_mul(handled.checked_add(1)?)?)?;
        next = smallest;
        for c in label.chars().map(u32::from) {
            if c < next {
                delta = delta.checked_add(1)?;
            }
            if c == next {
                encode_number(delta, bias, &mut out)?;
                handled = handled.checked_add(1)?;
                bias = adapt(delta, handled, handled.checked_sub(1)? == basic)?;
                delta = 0;
            }
        }
        delta = delta.checked_add(1)?;
        next = next.checked_add(1)?;
    }
    (out.len() <= MAX_LABEL).then_some(out)
}

fn decode(encoded: &str) -> Option<String> {
    if encoded.len() > MAX_LABEL {
        return None;
    }
    let (basic, digits) = encoded.rsplit_once('-').unwrap_or(("", encoded));
    let mut out: Vec<char> = basic.chars().collect();
    let (mut next, mut index, mut bias) = (128_u32, 0_u32, 72_u32);
    let mut digits = digits.chars().peekable();
    while digits.peek().is_some() {
        let begun = index;
        let (mut weight, mut k) = (1_u32, BASE);
        loop {
            let value = digits.next()?.to_digit(36)?;
            // Base 36 counts the digits first, Punycode the letters.
            let value = if value < 10 { value.checked_add(26)? } else { value.checked_sub(10)? };
            index = index.checked_add(value.checked_mul(weight)?)?;
            let threshold = threshold(k, bias);
            if value < threshold {
                break;
            }
            weight = weight.checked_mul(BASE.checked_sub(threshold)?)?;
            k = k.checked_add(BASE)?;
        }
        let count = u32::try_from(out.len()).ok()?.checked_add(1)?;
        bias = adapt(index.checked_sub(begun)?, count, begun == 0)?;
        next = next.checked_add(index.checked_div(count)?)?;
        index = index.checked_rem(count)?;
        out.insert(usize::try_from(index).ok()?, char::from_u32(next)?);
        index = index.checked_add(1)?;
    }
    Some(out.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_names_in_both_forms() {
        for (unicode, ascii) in [
            ("bücher.example", "xn--bcher-kva.example"),
            ("münchen.example", "xn--mnchen-3ya.example"),
            ("例え.example", "xn--r8jz45g.example"),
            ("пример.example", "xn--e1afmkfd.example"),
            ("faß.example", "xn--fa-hia.example"),
        ] {
            assert_eq!(to_ascii(unicode).as_deref(), Some(ascii));
            assert_eq!(to_unicode(ascii).as_deref(), Some(unicode));
        }
        assert_eq!(to_ascii("hooks.example.com"), None);
        assert_eq!(to_unicode("hooks.example.com"), None);
        for broken in ["xn--", "xn--99999999999", "xn--\u{fc}", "xn--a-b-c-\u{7f}"] {
            let _ = to_unicode(broken);
        }
    }
}
