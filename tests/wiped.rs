//! What is made of a client secret is overwritten when it is dropped: the tests look at the memory where it lay.
#![allow(clippy::pedantic, clippy::restriction, unreachable_pub, reason = "a test may panic")]
// An emulated 32-bit program sees other addresses than the kernel does.
#![cfg(all(target_os = "linux", target_pointer_width = "64"))]

use std::fs::File;
use std::hint::black_box;
use std::os::unix::fs::FileExt;

use hubspot_signature::{ClientSecret, Verifier, Version};
use sha2::block_api::compress256;
use sha2::{Digest, Sha256};

/// As HubSpot's are, and shorter than a block of SHA-256, which therefore keeps it as it is until more follows.
const SHORT: &str = "12345678-aaaa-bbbb-cccc-ddddeeeeffff";
/// Longer than a block: the rest is kept as it is.
const LONG: &str = "a client secret of more than sixty-four bytes, of which a hash keeps the end as it is";

/// SHA-256 that has absorbed one block, and whoever has it can go on from there.
fn state(block: [u8; 64]) -> Vec<u8> {
    // FIPS 180-4 section 5.3.3.
    let mut state =
        [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];
    compress256(&mut state, &[block]);
    state.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

/// The two states of HMAC's that are as good as the secret (RFC 2104 section 2).
fn keyed(secret: &str) -> Vec<Vec<u8>> {
    let digest = Sha256::digest(secret);
    let mut key = if secret.len() > 64 { digest.to_vec() } else { secret.into() };
    key.resize(64, 0);
    [0x36, 0x5c].map(|pad| state(core::array::from_fn(|at| key[at] ^ pad))).into()
}

/// What a `ClientSecret` keeps.
fn kept(secret: &str) -> Vec<Vec<u8>> {
    let mut kept = keyed(secret);
    kept.extend(secret.as_bytes().first_chunk().copied().map(state));
    kept.push(secret.as_bytes()[secret.len() / 64 * 64..].into());
    kept
}

/// Drops a value and asserts that each of these was in its memory before, and no eight bytes of any are there afterwards.
#[track_caller]
fn assert_overwritten<T>(value: T, traces: &[Vec<u8>]) {
    let mut place = vec![value];
    let address = place.as_ptr() as u64;
    // Through the kernel, since for the language there is nothing to read once the value is dropped.
    let memory = || {
        let mut bytes = vec![0; size_of::<T>()];
        File::open("/proc/self/mem").and_then(|memory| memory.read_exact_at(&mut bytes, address)).expect("readable");
        bytes
    };

    let before = memory();
    place.clear(); // drops the value where it lies and keeps the memory
    let after = memory();
    black_box(place);

    for trace in traces {
        assert!(before.windows(trace.len()).any(|piece| piece == trace), "not where the test looks");
        for left in trace.windows(8) {
            assert!(!after.windows(8).any(|piece| piece == left), "left in memory");
        }
    }
}

#[test]
fn a_client_secret() {
    for secret in [SHORT, LONG] {
        assert_overwritten(ClientSecret::new(secret).expect("usable"), &kept(secret));
    }
}

#[test]
fn a_verifier_with_both_secrets() {
    let verifier =
        Verifier::new(SHORT, Version::V3).and_then(|verifier| verifier.previous_secret(LONG)).expect("usable");
    assert_overwritten(verifier, &[kept(SHORT), kept(LONG)].concat());
}
