//! The negative control: verifiers of v2 that leak, as hasty ones are written.

use sha2::{Digest, Sha256};

type Verify = fn(secret: &str, uri: &str, body: &[u8], presented: &str) -> bool;

pub const ALL: [(&str, Verify); 3] =
    [("== on slices", slices_equal), ("a loop that stops early", early_exit), ("a table of hex digits", table)];

fn digest(secret: &str, uri: &str, body: &[u8]) -> [u8; 32] {
    Sha256::new_with_prefix(secret).chain_update("POST").chain_update(uri).chain_update(body).finalize().into()
}

fn hex(secret: &str, uri: &str, body: &[u8]) -> [u8; 64] {
    let mut text = [0; 64];
    base16ct::lower::encode(&digest(secret, uri, body), &mut text).unwrap();
    text
}

fn slices_equal(secret: &str, uri: &str, body: &[u8], presented: &str) -> bool {
    hex(secret, uri, body)[..] == *presented.as_bytes()
}

fn early_exit(secret: &str, uri: &str, body: &[u8], presented: &str) -> bool {
    for (a, b) in hex(secret, uri, body).iter().zip(presented.as_bytes()) {
        if a != b {
            return false;
        }
    }
    true
}

/// Compares without a branch, but reads the digits from a table at an address that depends on the digest.
fn table(secret: &str, uri: &str, body: &[u8], presented: &str) -> bool {
    static DIGITS: [u8; 16] = *b"0123456789abcdef";
    let mut difference = 0;
    for (byte, pair) in digest(secret, uri, body).iter().zip(presented.as_bytes().chunks_exact(2)) {
        difference |= DIGITS[usize::from(byte >> 4)] ^ pair[0];
        difference |= DIGITS[usize::from(byte & 15)] ^ pair[1];
    }
    difference == 0
}
