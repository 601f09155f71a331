//! [`judge`], which puts a request through every public function. It asks nothing of the machine but a processor.

use core::fmt::Write;
use core::hint::black_box;
use core::time::Duration;

use hubspot_signature::{
    ClientSecret, Error, Header, RequestHead, SecretError, SignatureHeaders, UnixTime, Verified, Verifier, Version,
};

/// The outcome for one request.
pub enum Outcome {
    Accepted,
    Refused(Error),
    SecretUnusable(SecretError),
    /// The request is not in this program's form.
    Unreadable,
    /// Two ways to the same answer gave different ones.
    Contradiction,
}

impl Outcome {
    /// By number, since that is all that every machine can pass on.
    pub fn status(&self) -> u8 {
        match self {
            Self::Accepted => 0,
            Self::Refused(_) => 1,
            Self::SecretUnusable(_) | Self::Unreadable => 2,
            Self::Contradiction => 3,
        }
    }
}

pub fn judge(input: &[u8]) -> Outcome {
    let Some(request) = Request::parse(input) else { return Outcome::Unreadable };
    match request.verdict() {
        Ok(Some(Ok(_))) => Outcome::Accepted,
        Ok(Some(Err(error))) => Outcome::Refused(error),
        Ok(None) => Outcome::Contradiction,
        Err(error) => Outcome::SecretUnusable(error),
    }
}

/// Lines of secret, time, method and absolute URL; header lines; an empty line; the body.
struct Request<'a> {
    secret: &'a str,
    now: UnixTime,
    method: &'a str,
    uri: &'a str,
    headers: &'a [u8],
    body: &'a [u8],
}

impl<'a> Request<'a> {
    fn parse(input: &'a [u8]) -> Option<Self> {
        let (secret, rest) = split(input, b"\n")?;
        let (now, rest) = split(rest, b"\n")?;
        let (method, rest) = split(rest, b"\n")?;
        let (uri, rest) = split(rest, b"\n")?;
        let (headers, body) = split(rest, b"\n\n")?;
        let text = |bytes| core::str::from_utf8(bytes).ok();
        let now = UnixTime::from_millis(text(now)?.parse().ok()?);
        Some(Self { secret: text(secret)?, now, method: text(method)?, uri: text(uri)?, headers, body })
    }

    fn pairs(&self) -> impl Iterator<Item = (&'a str, &'a [u8])> + use<'a> {
        let mut rest = self.headers;
        core::iter::from_fn(move || {
            let line;
            (line, rest) = split(rest, b"\n").or_else(|| (!rest.is_empty()).then_some((rest, b"".as_slice())))?;
            let (name, value) = split(line, b": ")?;
            Some((core::str::from_utf8(name).ok()?, value))
        })
    }

    /// The verdict, reached by every public function. `None` if two that must agree do not.
    fn verdict(&self) -> Result<Option<Result<Verified, Error>>, SecretError> {
        let &Self { secret: text, now, method, uri, body, .. } = self;
        let verifier = Verifier::new(text, Version::V1)?
            .previous_secret(text)?
            .max_age(Duration::from_secs(300))
            .max_clock_skew(Duration::from_secs(60))
            .max_body(1 << 20);
        let secret = ClientSecret::new(text)?;

        let head = RequestHead::new(method, uri, SignatureHeaders::from_pairs(self.pairs()));
        let looked_up = SignatureHeaders::from_lookup(|wanted| {
            self.pairs().filter(move |(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
        });
        let verdict = verifier.verify(&head, body, now);
        let any_body = verifier.clone().dangerously_accept_any_body();
        let mut agree = verdict == verifier.verify(&RequestHead::new(method, uri, looked_up), body, now)
            && verdict == stream(&verifier, &head, body, now)
            && verdict.is_ok() <= any_body.verify(&head, body, now).is_ok();
        match &verdict {
            Ok(verified) => {
                black_box((
                    verified.version().as_str(),
                    verified.version().header(),
                    verified.matched_secret().as_str(),
                ));
                black_box((verified.replay_key(), verified.timestamp(), verified.expires_at()));
                agree &= verified.matched_verifier() == 0;
            }
            Err(error) => agree &= !error.code().is_empty() && !error.help().is_empty(),
        }
        agree &= head.method() == method;
        let _ = write!(Nowhere, "{}", head.uri());

        for signed in [secret.sign(method, uri, body, now), secret.sign_with_v1(method, uri, body, now)] {
            let Ok(signed) = signed else { continue };
            let headers = SignatureHeaders::from_pairs(signed.pairs());
            let own = verifier.verify(&RequestHead::new(method, uri, headers), body, now);
            // A request this crate signed is refused only for a fault of the request itself.
            agree &= !matches!(own, Err(Error::Mismatch { .. }));
        }
        let (v1, v2, v3) = (secret.v1(body), secret.v2(method, uri, body), secret.v3(method, uri, body, now));
        black_box([v1.as_str(), v2.as_str(), v3.as_str()]);
        for header in Header::ALL.iter().copied() {
            let headers = SignatureHeaders::new().with(header, body).with(header, body);
            let doubled = verifier.begin(&RequestHead::new(method, uri, headers), now);
            agree &= doubled.err() == Some(Error::DuplicateHeader { header });
        }
        black_box(UnixTime::from_secs(now.as_millis()).as_millis());
        Ok(agree.then_some(verdict))
    }
}

fn stream(verifier: &Verifier, head: &RequestHead<'_>, body: &[u8], now: UnixTime) -> Result<Verified, Error> {
    let mut verification = verifier.begin(head, now)?;
    for chunk in body.chunks(3) {
        verification.update(chunk)?;
    }
    verification.finish()
}

/// Formats, and keeps nothing of it.
struct Nowhere;

impl Write for Nowhere {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        black_box(text);
        Ok(())
    }
}

/// Before and after the first occurrence of the separator.
fn split<'a>(bytes: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let mut after = bytes;
    while !after.is_empty() {
        if let Some(rest) = after.strip_prefix(separator) {
            return Some((bytes.get(..bytes.len().checked_sub(after.len())?)?, rest));
        }
        after = after.get(1..)?;
    }
    None
}
