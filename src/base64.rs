//! [`encode`]: 32 bytes in base64, without a table or a branch.

/// The standard alphabet with padding (RFC 4648 section 4): 44 characters, then zeros.
///
/// Our own since every v3 request needs it: `base64ct`, to which the tests hold this, takes longer for it than SHA-256
/// for a block.
pub(crate) fn encode(digest: &[u8; 32]) -> [u8; 64] {
    let mut padded = [0; 36];
    padded.iter_mut().zip(digest).for_each(|(place, byte)| *place = *byte);

    // Twelve groups, so that the compiler handles whole vectors; what the digest does not fill is cut off below.
    let mut values = [0; 48];
    for (bytes, group) in padded.chunks_exact(3).zip(values.chunks_exact_mut(4)) {
        let bits = bytes.iter().fold(0, |bits, byte| bits << 8 | u32::from(*byte));
        let bits = (bits & 0xff_f000) << 4 | bits & 0xfff;
        let bits = (bits & 0x0fc0_0fc0) << 2 | bits & 0x003f_003f;
        group.copy_from_slice(&bits.to_be_bytes());
    }

    let mut text = [0; 64];
    text.iter_mut().zip(values.map(character)).take(43).for_each(|(place, character)| *place = character);
    if let Some(place) = text.get_mut(43) {
        *place = b'=';
    }
    text
}

/// The character of a value below 64.
const fn character(value: u8) -> u8 {
    /// All ones if the value is greater than that, which is below 64 too, else zeros.
    const fn beyond(value: u8, most: u8) -> u8 {
        0_u8.wrapping_sub(most.wrapping_sub(value) >> 7)
    }
    // From one range to the next, for whoever is beyond it: A to Z, a to z, 0 to 9, +, /.
    let character = b'A'.wrapping_add(value);
    let character = character.wrapping_add(beyond(value, 25) & (b'a' - b'Z' - 1));
    let character = character.wrapping_sub(beyond(value, 51) & (b'z' + 1 - b'0'));
    let character = character.wrapping_sub(beyond(value, 61) & (b'9' + 1 - b'+'));
    character.wrapping_add(beyond(value, 62) & (b'/' - b'+' - 1))
}

#[cfg(test)]
mod tests {
    use base64ct::{Base64, Encoding};

    /// Each value of each byte, among zeros, ones and both.
    #[test]
    fn as_base64ct_does() {
        for fill in [0, 0xff, 0x5a] {
            for (place, value) in (0..32).flat_map(|place| (0..=0xff).map(move |value| (place, value))) {
                let bytes = core::array::from_fn(|at| if at == place { value } else { fill });
                let mut expected = [0; 64];
                assert_eq!(Base64::encode(&bytes, &mut expected).map(str::len), Ok(44));
                assert_eq!(super::encode(&bytes), expected);
            }
        }
    }
}
