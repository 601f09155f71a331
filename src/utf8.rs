//! [`Utf8Check`]: whether a body that arrives in chunks is UTF-8, a character split across chunks included.

use core::str::Utf8Error;

use crate::Error;

/// The state of the check between two chunks.
///
/// v1 and v2 need it since SHA-256(secret + m) lets whoever saw one signature compute that of m + padding + anything,
/// and the padding begins with the byte 0x80 right after a complete text, where UTF-8 never has it (docs/PROTOCOL.md
/// §5.1).
#[derive(Clone, Default)]
pub(crate) struct Utf8Check {
    /// Bytes of complete characters so far.
    valid_up_to: u64,
    /// The beginning of a character whose end has not arrived.
    pending: [u8; 4],
    pending_length: usize,
    invalid: bool,
}

impl Utf8Check {
    /// The check of a body in hand.
    pub(crate) fn whole(body: &[u8]) -> Result<(), Error> {
        match validate(body) {
            Ok(()) => Ok(()),
            Err(error) => Err(Error::BodyNotUtf8 { valid_up_to: error.valid_up_to() as u64 }),
        }
    }

    pub(crate) fn update(&mut self, mut chunk: &[u8]) {
        while self.pending_length > 0 && !self.invalid {
            let [first, rest @ ..] = chunk else { return };
            chunk = rest;
            self.push(*first);
        }
        if self.invalid {
            return;
        }
        match validate(chunk) {
            Ok(()) => self.count(chunk.len()),
            Err(error) => {
                self.count(error.valid_up_to());
                match (error.error_len(), chunk.get(error.valid_up_to()..)) {
                    (None, Some(tail)) => tail.iter().for_each(|byte| self.push(*byte)),
                    _ => self.invalid = true,
                }
            }
        }
    }

    pub(crate) fn finish(&self) -> Result<(), Error> {
        if self.invalid || self.pending_length > 0 {
            return Err(Error::BodyNotUtf8 { valid_up_to: self.valid_up_to });
        }
        Ok(())
    }

    /// Adds a byte to the pending character.
    fn push(&mut self, byte: u8) {
        if let Some(place) = self.pending.get_mut(self.pending_length) {
            *place = byte;
            self.pending_length = self.pending_length.saturating_add(1);
        }
        match core::str::from_utf8(self.pending.get(..self.pending_length).unwrap_or_default()) {
            Ok(_) => {
                self.count(self.pending_length);
                self.pending_length = 0;
            }
            Err(error) => self.invalid |= error.error_len().is_some(),
        }
    }

    fn count(&mut self, bytes: usize) {
        self.valid_up_to = self.valid_up_to.saturating_add(bytes as u64);
    }
}

/// What is all ASCII, as most JSON is, is seen to be so in half the time that UTF-8 takes to decode.
fn validate(bytes: &[u8]) -> Result<(), Utf8Error> {
    if bytes.is_ascii() { Ok(()) } else { core::str::from_utf8(bytes).map(|_| ()) }
}
