//! The crate's comparison of digests as a function of its own, so that `look.py` finds it in the assembly; and as a
//! negative control one that stops at the first difference.

#![no_std]

#[allow(dead_code, unreachable_pub, reason = "only the comparison is looked at")]
#[path = "../../../../src/state.rs"]
mod state;

#[allow(private_interfaces, reason = "nobody links to it")]
#[unsafe(no_mangle)]
pub fn comparison(computed: &state::Digest, presented: &[u8; 32]) -> u8 {
    computed.is(presented).unwrap_u8()
}

#[allow(private_interfaces, reason = "nobody links to it")]
#[unsafe(no_mangle)]
pub fn control(computed: &state::Digest, presented: &[u8; 32]) -> u8 {
    for (a, b) in computed.as_bytes().iter().zip(presented) {
        if core::hint::black_box(a) != core::hint::black_box(b) {
            return 0;
        }
    }
    1
}
