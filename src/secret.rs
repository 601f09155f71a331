//! [`ClientSecret`]: the two hash states that every signature starts from. [`SecretError`]: a text that cannot be one.

use core::fmt;

use crate::signature::{Signature, SignedHeaders};
use crate::state::{Digest, Keyed, Prefixed, State};
use crate::time::{self, UnixTime};
use crate::version::Function;
use crate::{Error, RequestHead, SignatureHeaders, Version};

/// Quotation marks that get pasted along with a value.
pub(crate) const QUOTES: [char; 8] = ['"', '\'', '`', '“', '”', '„', '‘', '’'];

/// White space, and invisible characters that get pasted along with a value.
pub(crate) fn is_white_space(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The shortest text that is taken for a client secret. HubSpot's have 36 characters.
const MINIMUM_LENGTH: usize = 16;

/// The client secret of a HubSpot app, ready to sign with.
///
/// To verify a request use [`Verifier`](crate::Verifier). Comparing with a signature computed here would skip the
/// version, the time, doubled headers and everything else that it checks.
///
/// The value keeps two hash states and no separate copy of the text, so that keying costs nothing per request. Treat it
/// like the text: either state can sign in its place, and the one for v1 and v2 holds the last bytes of the secret as
/// they are, because SHA-256 hashes in blocks of 64 bytes. Both states are overwritten when the value is dropped, and
/// nothing prints, compares or serialises them. Rust does not wipe the place that a moved value leaves, and may copy what
/// lies there into unused parts of other values.
///
/// ```
/// use hubspot_signature::{ClientSecret, UnixTime};
///
/// let secret = ClientSecret::new("yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy")?;
/// let signature = secret.v2("GET", "https://www.example.com/webhook_uri", b"");
/// assert_eq!(signature.as_str(), "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e");
/// # Ok::<(), hubspot_signature::SecretError>(())
/// ```
#[derive(Clone)]
pub struct ClientSecret {
    /// Where v1 and v2 begin.
    prefixed: Prefixed,
    /// Where v3 begins.
    keyed: Keyed,
}

/// The version that HubSpot sends next to v3.
#[derive(Clone, Copy)]
pub(crate) enum Older {
    V1,
    V2,
}

impl ClientSecret {
    /// Takes the app's client secret as HubSpot shows it: 36 characters in the shape of a UUID. Other texts of at least
    /// 16 characters without white space work too.
    ///
    /// # Errors
    ///
    /// [`SecretError`] if the text cannot be a client secret: it is empty or short, a placeholder, an access token, holds
    /// white space, or has something around it. With any of these, every genuine request would be refused or a forged one
    /// accepted. A text that passes can still be easy to guess: how random it is cannot be seen.
    pub fn new(client_secret: &str) -> Result<Self, SecretError> {
        if let Some(error) = SecretError::of(client_secret) {
            return Err(error);
        }
        Ok(Self {
            prefixed: Prefixed::prefixed(client_secret.as_bytes()),
            // HMAC takes a key of any length (RFC 2104 section 2), so this error never occurs.
            keyed: Keyed::keyed(client_secret.as_bytes()).map_err(|_| SecretError::Empty)?,
        })
    }

    /// Computes the v1 signature: `SHA-256(secret + body)`, in lower-case hex.
    ///
    /// It covers neither method nor URL nor time. The Webhooks API and private apps send it.
    #[must_use]
    pub fn v1(&self, body: &[u8]) -> Signature {
        Signature::encode(Version::V1, &self.digest(Version::V1, "", [], body, &[]))
    }

    /// Computes the v2 signature: `SHA-256(secret + method + uri + body)`, in lower-case hex.
    ///
    /// `method` is upper case; `uri` is the absolute URL, exactly as HubSpot called it.
    #[must_use]
    pub fn v2(&self, method: &str, uri: &str, body: &[u8]) -> Signature {
        Signature::encode(Version::V2, &self.digest(Version::V2, method, [uri], body, &[]))
    }

    /// Computes the v3 signature: `HMAC-SHA-256(key = secret, method + uri + body + timestamp)`, in padded base64.
    ///
    /// `method` is upper case; `uri` is signed as it is given. HubSpot signs the URI as sent, or with twelve escapes
    /// decoded; the verifier accepts both (see [the public URL](crate#the-public-url)).
    #[must_use]
    pub fn v3(&self, method: &str, uri: &str, body: &[u8], timestamp: UnixTime) -> Signature {
        let digest = self.digest(Version::V3, method, [uri], body, timestamp.decimal().as_bytes());
        Signature::encode(Version::V3, &digest)
    }

    /// Signs as HubSpot's workflows, custom workflow actions, CRM cards and UI extensions do: v3, next to v2.
    ///
    /// For tests of your own service, and for tools that stand in for HubSpot. Allocates nothing.
    ///
    /// ```
    /// use hubspot_signature::{ClientSecret, RequestHead, SignatureHeaders, UnixTime, Verifier, Version};
    ///
    /// let (secret, now) = ("yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy", UnixTime::from_millis(1_700_000_000_000));
    /// let url = "https://hooks.example.com/hubspot";
    /// let signed = ClientSecret::new(secret)?.sign("POST", url, b"{}", now)?;
    ///
    /// let head = RequestHead::new("POST", url, SignatureHeaders::from_pairs(signed.pairs()));
    /// assert!(Verifier::new(secret, Version::V3)?.verify(&head, b"{}", now).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidMethod`](Error::InvalidMethod), [`UriNotAbsolute`](Error::UriNotAbsolute),
    /// [`UriCharacter`](Error::UriCharacter), and [`MalformedTimestamp`](Error::MalformedTimestamp) if the time does not
    /// have 13 digits. The body is not judged.
    pub fn sign(&self, method: &str, uri: &str, body: &[u8], timestamp: UnixTime) -> Result<SignedHeaders, Error> {
        self.sign_with(Older::V2, &RequestHead::new(method, uri, SignatureHeaders::new()), body, timestamp)
    }

    /// Signs as HubSpot's Webhooks API subscriptions and private-app webhooks do: v3, next to v1.
    ///
    /// # Errors
    ///
    /// As for [`sign`](Self::sign).
    pub fn sign_with_v1(
        &self,
        method: &str,
        uri: &str,
        body: &[u8],
        timestamp: UnixTime,
    ) -> Result<SignedHeaders, Error> {
        self.sign_with(Older::V1, &RequestHead::new(method, uri, SignatureHeaders::new()), body, timestamp)
    }

    pub(crate) fn sign_with(
        &self,
        older: Older,
        head: &RequestHead<'_>,
        body: &[u8],
        timestamp: UnixTime,
    ) -> Result<SignedHeaders, Error> {
        head.check(Version::V3)?;
        let decimal = timestamp.decimal();
        let malformed = Error::MalformedTimestamp { length: decimal.as_bytes().len() };
        let digits = time::digits(decimal.as_bytes()).ok_or(malformed)?;
        let sign = |version, timestamp: &[u8]| {
            let uri = head.signed_uri().as_received();
            Signature::encode(version, &self.digest(version, head.method(), uri, body, timestamp))
        };
        let older = match older {
            Older::V1 => self.v1(body),
            Older::V2 => sign(Version::V2, &[]),
        };
        Ok(SignedHeaders::new(older, sign(Version::V3, digits), *digits))
    }
}

/// Hashes the pieces one after the other, with a state that may be one of two types.
macro_rules! hash {
    ($state:expr, $scheme:expr, $method:expr, $uri:expr) => {
        if $scheme.covers_url {
            $state.update($method.as_bytes());
            $uri.into_iter().filter(|piece| !piece.is_empty()).for_each(|piece| $state.update(piece.as_bytes()));
        }
    };
}

#[allow(clippy::inline_always, reason = "left to itself the compiler calls them: 3 % of the time of a small body")]
impl ClientSecret {
    /// The state that has absorbed the secret and nothing else.
    #[inline(always)]
    pub(crate) fn start(&self, function: Function) -> State {
        match function {
            Function::Sha256 => State::Prefixed(self.prefixed.clone()),
            Function::HmacSha256 => State::Keyed(self.keyed.clone()),
        }
    }

    /// The state of a request up to its body. `uri` comes in pieces.
    pub(crate) fn begin<'a>(&self, version: Version, method: &str, uri: impl IntoIterator<Item = &'a str>) -> State {
        let scheme = version.scheme();
        let mut state = self.start(scheme.function);
        hash!(state, scheme, method, uri);
        state
    }

    /// The digest of a whole request, with the timestamp as the header has it, or empty if the version signs none.
    ///
    /// Each function has code of its own: a state that was just written and is then moved, as a [`State`] would be, makes
    /// the processor wait, for a fifth of the time of a small body.
    #[inline(always)]
    pub(crate) fn digest<'a>(
        &self,
        version: Version,
        method: &str,
        uri: impl IntoIterator<Item = &'a str>,
        body: &[u8],
        timestamp: &[u8],
    ) -> Digest {
        let scheme = version.scheme();
        match scheme.function {
            Function::Sha256 => {
                let mut state = self.prefixed.clone();
                hash!(state, scheme, method, uri);
                state.update(body);
                state.update(timestamp);
                state.finish()
            }
            Function::HmacSha256 => {
                let mut state = self.keyed.clone();
                hash!(state, scheme, method, uri);
                state.update(body);
                state.update(timestamp);
                state.finish()
            }
        }
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret(elided)")
    }
}

/// Why a text was refused as client secret. This is a fault of configuration: it shows at start-up, and no request can
/// cause it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SecretError {
    /// The secret is empty. With an empty key anyone can sign.
    Empty,
    /// The secret has white space or an invisible character at its beginning or end, such as a file's last newline.
    SurroundingWhiteSpace,
    /// The secret begins or ends with a quotation mark, left over from a configuration file.
    Quoted,
    /// The secret begins with `Bearer` or another word of an `Authorization` header.
    Bearer,
    /// The secret begins with `pat-`: it is an access token. HubSpot signs with the app's client secret.
    AccessToken,
    /// The secret is a template, a reference or an expression that was not expanded: `${…}`, `{{…}}`, `<…>`, `$NAME`,
    /// `vault://…`, `/run/secrets/…`, `process.env.NAME`, `os.environ['NAME']`.
    Template,
    /// The secret is a whole assignment, `NAME=value`, instead of the value.
    Assignment,
    /// The secret is a stand-in that was never filled in: a word such as `undefined`, `changeme` or `password`, an
    /// instruction such as `your…` or `insert…`, a text that names the `client secret`, no letters and digits at all
    /// (`***`), or one character over and over, such as a UUID of zeros. HubSpot's sample secret,
    /// `yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy`, is accepted, since tests use it.
    Placeholder,
    /// The secret has white space, a control character or an invisible character inside: two values in one variable, a
    /// line break, or a text that was copied from a formatted page.
    InnerWhiteSpace,
    /// The secret has fewer than 16 characters. HubSpot's have 36.
    TooShort,
}

/// Stand-ins for a secret, in lower case and without anything but letters and digits.
const PLACEHOLDERS: [&str; 22] = [
    "undefined",
    "null",
    "none",
    "nil",
    "nan",
    "true",
    "false",
    "changeme",
    "secret",
    "clientsecret",
    "appsecret",
    "mysecret",
    "hubspotclientsecret",
    "hubspotsecret",
    "password",
    "todo",
    "tbd",
    "placeholder",
    "example",
    "test",
    "objectobject",
    "string",
];

/// How instructions to fill something in begin, in the same spelling.
const INSTRUCTIONS: [&str; 6] = ["your", "insert", "replace", "changeme", "enter", "paste"];

impl SecretError {
    fn of(text: &str) -> Option<Self> {
        if text.is_empty() {
            Some(Self::Empty)
        } else if text.starts_with(is_white_space) || text.ends_with(is_white_space) {
            Some(Self::SurroundingWhiteSpace)
        } else if text.starts_with(QUOTES) || text.ends_with(QUOTES) {
            Some(Self::Quoted)
        } else if is_authorization(text) {
            Some(Self::Bearer)
        } else if text.starts_with("pat-") {
            Some(Self::AccessToken)
        } else if is_template(text) {
            Some(Self::Template)
        } else if is_assignment(text) {
            Some(Self::Assignment)
        } else if is_placeholder(text) {
            Some(Self::Placeholder)
        } else if text.chars().any(is_white_space) {
            Some(Self::InnerWhiteSpace)
        } else if text.chars().take(MINIMUM_LENGTH).count() < MINIMUM_LENGTH {
            Some(Self::TooShort)
        } else if is_one_character(text) {
            Some(Self::Placeholder)
        } else {
            None
        }
    }

    /// Returns advice for the operator.
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::Empty => "Check that the variable or file that holds the client secret is set.",
            Self::SurroundingWhiteSpace => {
                "Remove it from the configuration. The usual cause is the newline at the end of a file; U+FEFF and \
                 U+200B survive trimming in some languages."
            }
            Self::Quoted => "Remove the quotation marks.",
            Self::Bearer => "Give the client secret alone. HubSpot does not sign with an access token.",
            Self::Template => {
                "Give the value, not its name or place: check that whatever expands the configuration has run."
            }
            Self::Assignment => "Give the value alone, without the name.",
            Self::AccessToken | Self::Placeholder => {
                "Use the app's client secret, which is shown next to its client id."
            }
            Self::InnerWhiteSpace => {
                "Give one secret on one line. A second one, while it is rotated, goes to Verifier::previous_secret."
            }
            Self::TooShort => "Check that the whole client secret was copied. It has 36 characters.",
        }
    }
}

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the client secret is empty, so anyone could sign",
            Self::SurroundingWhiteSpace => {
                "the client secret begins or ends with white space or an invisible character"
            }
            Self::Quoted => "the client secret begins or ends with a quotation mark",
            Self::Bearer => "the client secret is the value of an Authorization header",
            Self::AccessToken => "the client secret looks like an access token (pat-…)",
            Self::Template => "the client secret is a template or a reference that was not expanded",
            Self::Assignment => "the client secret is a whole assignment (NAME=value)",
            Self::Placeholder => "the client secret is a placeholder that was never filled in",
            Self::InnerWhiteSpace => "the client secret has white space or an invisible character inside",
            Self::TooShort => "the client secret is shorter than 16 characters",
        })
    }
}

impl core::error::Error for SecretError {}

fn is_authorization(text: &str) -> bool {
    // An array, since the search for a single character keeps a bounds check on 32-bit machines.
    let word = text.split_once([' ']).map_or("", |(word, _)| word);
    ["bearer", "basic", "token"].iter().any(|name| word.eq_ignore_ascii_case(name))
}

fn is_template(text: &str) -> bool {
    let is_between = |open, close| text.starts_with(open) && text.ends_with(close);
    text.starts_with('$')
        || MARKS.iter().any(|mark| contains(text, mark))
        || [('<', '>'), ('%', '%'), ('[', ']'), ('{', '}')].iter().any(|(open, close)| is_between(*open, *close))
        || is_expression(text)
}

/// Text that only a template holds, or the place of a secret.
const MARKS: [&str; 6] = ["${", "{{", "#{", "://", "/secrets/", "arn:aws"];

/// The names under which programs keep what is configured.
const CONFIGURATIONS: [&str; 8] = ["env", "environ", "process", "config", "settings", "secrets", "vars", "var"];

/// A program's way to read a secret: `os.environ['NAME']`, `env::var("NAME")`, `process.env.NAME`.
fn is_expression(text: &str) -> bool {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':' | '!');
    let end = text.find(|c| !is_name(c)).unwrap_or(text.len());
    match text.split_at_checked(end) {
        None | Some(("", _)) => false,
        Some((names, "")) => {
            let is_configuration = |name: &str| CONFIGURATIONS.iter().any(|known| name.eq_ignore_ascii_case(known));
            names.rsplit(['.', ':']).skip(1).any(is_configuration)
        }
        Some((_, rest)) => {
            [('(', ')'), ('[', ']')].iter().any(|(open, close)| rest.starts_with(*open) && rest.ends_with(*close))
        }
    }
}

/// As `str::contains`, whose search keeps bounds checks in the program.
fn contains(text: &str, mark: &str) -> bool {
    text.char_indices().any(|(at, _)| text.get(at..).is_some_and(|rest| rest.starts_with(mark)))
}

/// `NAME=value`, `export NAME=value` or `name: value`, but not base64 with its padding.
fn is_assignment(text: &str) -> bool {
    let Some((name, value)) = text.split_once(['=', ':']) else { return false };
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ');
    !name.is_empty() && name.chars().all(is_name) && !value.trim_start_matches('=').is_empty()
}

fn is_placeholder(text: &str) -> bool {
    let plain = || text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase());
    let begins = |word: &str| plain().take(word.len()).eq(word.chars());
    let mut rest = plain();
    // Of a text without letters and digits nothing is left: `***`, `…`.
    plain().all(|c| c == 'x')
        || PLACEHOLDERS.iter().any(|word| plain().eq(word.chars()))
        || (!is_opaque(text) && INSTRUCTIONS.iter().any(|word| begins(word)))
        || core::iter::from_fn(|| rest.next().map(|first| (first, rest.clone())))
            .any(|(first, rest)| first == 'c' && rest.take(11).eq("lientsecret".chars()))
}

/// Whether this looks like random bytes in hex or base64, which may begin with any word.
fn is_opaque(text: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=');
    text.len() >= 32 && text.bytes().all(is_digit) && text.bytes().any(|byte| byte.is_ascii_digit())
}

/// The client secret in the examples of HubSpot's documentation, which tests and examples use too.
const DOCUMENTED: &str = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";

/// One character over and over, such as a UUID of zeros. Of others than ASCII, `is_placeholder` finds those.
fn is_one_character(text: &str) -> bool {
    let is_counted = |byte: &u8| byte.is_ascii_alphanumeric() || !byte.is_ascii();
    let mut all = text.bytes().filter(is_counted).map(|byte| byte.to_ascii_lowercase());
    let first = all.next();
    text != DOCUMENTED && all.all(|byte| Some(byte) == first)
}
