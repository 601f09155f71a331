//! [`BodyRules`]: what a body must keep to, judged as it arrives. [`BodyForm`]: the form that a refused one seems to have.

/// The form that a body seems to have when it is not a JSON object, array or string.
///
/// All of these are usual damage to a genuine request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BodyForm {
    /// It begins with a byte-order mark.
    ByteOrderMark,
    /// It is compressed with gzip.
    Gzip,
    /// It is base64 text, as API gateways pass binary bodies on.
    Base64,
    /// It is a form, such as `name=value&name=value`.
    Form,
    /// It begins like JSON and does not end like it: something was cut off or appended.
    Cut,
    /// None of these.
    Other,
}

/// The rule that a body breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyFault {
    Unexpected,
    TooLarge { limit: u64 },
    HasNul,
    NotJson { looks_like: BodyForm },
}

/// The rules for the body of one request, and what is known of it so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyRules {
    /// HubSpot sends no body with GET and HEAD.
    forbids_body: bool,
    /// v1 and v2 are open to length extension, and every forged body holds a NUL: docs/PROTOCOL.md §5.1.
    refuses_nul: bool,
    /// The boundary rule: nothing separates URI and body in what is signed, so a body must not be able to be the end of
    /// a URI, or the reverse (docs/PROTOCOL.md §5.2).
    must_be_json: bool,
    /// The most bytes.
    limit: u64,
    ends: Ends,
    length: u64,
}

/// The first and the last byte that are not JSON white space, as far as they have arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ends {
    None,
    One(u8),
    Two(u8, u8),
}

impl BodyRules {
    pub(crate) const fn new(forbids_body: bool, refuses_nul: bool, must_be_json: bool, limit: u64) -> Self {
        Self { forbids_body, refuses_nul, must_be_json, limit, ends: Ends::None, length: 0 }
    }

    /// No rule but the limit.
    #[cfg(feature = "tower")]
    pub(crate) const fn only_limit(limit: u64) -> Self {
        Self::new(false, false, false, limit)
    }

    /// The same limit with the same bytes counted, and no other rule. An error if they cross it already.
    #[cfg(feature = "tower")]
    pub(crate) const fn only_limit_left(&self) -> Result<Self, BodyFault> {
        let Self { length, limit, .. } = *self;
        if length > limit { Err(BodyFault::TooLarge { limit }) } else { Ok(Self { length, ..Self::only_limit(limit) }) }
    }

    /// Lets pass what either lets pass. Both are for the same request.
    #[cfg(feature = "tower")]
    pub(crate) fn or(self, other: &Self) -> Self {
        let must_be_json = self.must_be_json && other.must_be_json;
        Self { must_be_json, limit: self.limit.max(other.limit), ..self }
    }

    /// Judges a length that is announced, before any of the body arrives.
    #[cfg(feature = "tower")]
    pub(crate) fn expect(&self, at_least: u64) -> Result<(), BodyFault> {
        if self.forbids_body && at_least > 0 {
            return Err(BodyFault::Unexpected);
        }
        if at_least > self.limit { Err(BodyFault::TooLarge { limit: self.limit }) } else { Ok(()) }
    }

    /// Judges the next bytes.
    pub(crate) fn update(&mut self, chunk: &[u8]) -> Result<(), BodyFault> {
        if chunk.is_empty() {
            return Ok(());
        }
        // Counted before any rule is judged, since the layer may go on after a refusal, under the limit alone.
        self.length = self.length.saturating_add(chunk.len() as u64);
        if self.forbids_body {
            return Err(BodyFault::Unexpected);
        }
        if self.length > self.limit {
            return Err(BodyFault::TooLarge { limit: self.limit });
        }
        if self.must_be_json {
            self.ends = self.ends.with(chunk)?;
        }
        if self.refuses_nul && has_nul(chunk) {
            return Err(BodyFault::HasNul);
        }
        Ok(())
    }

    /// Judges the whole, now that all of it has arrived.
    pub(crate) fn finish(&self) -> Result<(), BodyFault> {
        let looks_like = match self.ends {
            _ if self.length == 0 || !self.must_be_json => return Ok(()),
            Ends::Two(b'{', b'}') | Ends::Two(b'[', b']') | Ends::Two(b'"', b'"') => return Ok(()),
            Ends::None => BodyForm::Other,
            Ends::One(_) | Ends::Two(..) => BodyForm::Cut,
        };
        Err(BodyFault::NotJson { looks_like })
    }
}

impl Ends {
    /// The ends after `chunk`, which is refused if the body begins with it and not as JSON does.
    fn with(self, chunk: &[u8]) -> Result<Self, BodyFault> {
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        let mut bytes = chunk.iter().copied().filter(|byte| !is_space(byte));
        let first = match self {
            Self::None => match bytes.next() {
                None => return Ok(Self::None),
                Some(first @ (b'{' | b'[' | b'"')) => first,
                Some(_) => return Err(BodyFault::NotJson { looks_like: form_of(chunk) }),
            },
            Self::One(first) | Self::Two(first, _) => first,
        };
        // From the end, so that only white space is read twice.
        Ok(match (bytes.next_back(), self) {
            (Some(last), _) => Self::Two(first, last),
            (None, Self::None) => Self::One(first),
            (None, _) => self,
        })
    }
}

/// The form that the beginning of a body seems to have.
fn form_of(chunk: &[u8]) -> BodyForm {
    let start = chunk.get(..256).unwrap_or(chunk);
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_\r\n".contains(byte);
    let digits = start.iter().position(|byte| *byte == b'=').and_then(|end| start.split_at_checked(end));
    let (digits, padding) = digits.unwrap_or((start, b""));
    let is_padding = padding.iter().all(|byte| matches!(byte, b'=' | b'\r' | b'\n'));
    match start {
        [0xef, 0xbb, 0xbf, ..] | [0xfe, 0xff, ..] | [0xff, 0xfe, ..] => BodyForm::ByteOrderMark,
        [0x1f, 0x8b, ..] => BodyForm::Gzip,
        _ if is_padding && digits.len() >= 8 && digits.iter().all(is_base64) => BodyForm::Base64,
        _ if !is_padding && digits.iter().all(u8::is_ascii_graphic) => BodyForm::Form,
        _ => BodyForm::Other,
    }
}

/// Reads all bytes, whatever they are. With rows of 128 bytes the compiler keeps the least bytes in eight vectors, and
/// the search takes a fiftieth of the time of the hash.
fn has_nul(bytes: &[u8]) -> bool {
    let least_of = |bytes: &[u8]| bytes.iter().fold(u8::MAX, |least, byte| least.min(*byte));
    let mut least = [u8::MAX; 128];
    let rows = bytes.chunks_exact(128);
    let rest = rows.remainder();
    for row in rows {
        least.iter_mut().zip(row).for_each(|(least, byte)| *least = (*least).min(*byte));
    }
    least_of(&least).min(least_of(rest)) == 0
}
