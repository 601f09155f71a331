//! [`Cause`], each way in which a request comes to differ from what was signed, with its mend.

use core::fmt;
use std::format;
use std::prelude::rust_2024::*;

/// What of a request (or of the set-up) a [`Cause`] concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Part {
    /// The client secret.
    Secret,
    /// The method.
    Method,
    /// The URI.
    Uri,
    /// The body.
    Body,
    /// Which scheme was used, is claimed, or is demanded.
    Scheme,
    /// The text of HubSpot's headers.
    Header,
    /// The timestamp.
    Time,
}

macro_rules! causes {
    ($($part:ident { $($name:ident $code:literal $what:literal $mend:literal)+ })+) => {
        /// One way in which a request comes to differ from what HubSpot signed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Cause {
            $($(#[doc = $what] $name,)+)+
        }

        impl Cause {
            /// All of them, in the order of their parts.
            pub const ALL: &'static [Self] = &[$($(Self::$name,)+)+];

            /// What it concerns.
            #[must_use]
            pub const fn part(self) -> Part {
                match self { $($(Self::$name)|+ => Part::$part,)+ }
            }

            /// A name for machines, such as `uri-scheme`.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $($(Self::$name => $code,)+)+ }
            }

            /// What happened, as a sentence.
            #[must_use]
            pub const fn description(self) -> &'static str {
                match self { $($(Self::$name => $what,)+)+ }
            }

            /// What to do about it in general; a [`Step`] says it with the values of the request.
            #[must_use]
            pub const fn mend(self) -> &'static str {
                match self { $($(Self::$name => $mend,)+)+ }
            }
        }
    };
}

causes! {
    Secret {
    SecretEmpty "secret-empty"
        "The client secret is empty."
        "Set the variable or file that holds the client secret, and see that the process gets it."
    SecretAccessToken "secret-access-token"
        "An access token stands where the client secret belongs."
        "Use the client secret from the app's Auth tab; `pat-…` tokens sign nothing."
    SecretWhiteSpace "secret-white-space"
        "White space or a newline clings to the client secret."
        "Trim it where it is read: `std::fs::read_to_string(path)?.trim()`, or `echo -n` when the file is written."
    SecretQuoted "secret-quoted"
        "The client secret still wears quotation marks."
        "Remove the quotation marks in the configuration: `HUBSPOT_CLIENT_SECRET=…`, without `\"` round the value."
    SecretBase64 "secret-base64"
        "The client secret was base64-encoded and not decoded."
        "Store the client secret as it is; a Kubernetes secret takes it under `stringData`, not `data`."
    SecretOther "secret-other"
        "The signature was made with another of the secrets given: another app's, or the one before or after a rotation."
        "Use the secret that matched; during a rotation keep both: `Verifier::new(current)?.previous_secret(previous)?`."
    SecretShape "secret-shape"
        "The secret does not look like a client secret, which is 36 characters in the shape of a UUID."
        "Copy the client secret from the app's Auth tab; API keys, tokens and place-holders do not work."
    }
    Method {
    MethodAssumed "method"
        "The request was signed with another method."
        "Pass the method of the request line; do not assume POST, and look for a proxy that rewrites the method."
    MethodCase "method-case"
        "The method is not in upper case."
        "Pass the method in upper case, as the request line has it."
    }
    Uri {
    UriPathOnly "uri-path-only"
        "The URI is a path; HubSpot signs the whole public URL."
        "Put the public URL before the path: `PublicUrl::new(\"https://your.public.host\")`."
    UriScheme "uri-scheme"
        "The URI has the wrong scheme: TLS ends at a proxy, so the service sees http where HubSpot called https."
        "Build the URI from the configured public URL instead of from the connection."
    UriHost "uri-host"
        "The URI has another host than the one HubSpot called: an internal name, an old tunnel, or a later hop's own."
        "Build the URI from the public host configured in HubSpot, and update it when a tunnel's name changes."
    UriPort "uri-port"
        "A port was added to the URI or dropped from it."
        "Write the public URL exactly as it is configured in HubSpot, with a port only if it stands there."
    UriLocalProxy "uri-local-proxy"
        "The request comes from the local development proxy, which signs the local URL."
        "While developing, verify with the local URL that the proxy maps to."
    UriPrefixLost "uri-prefix-lost"
        "The path lacks a prefix that HubSpot called: a mount point, a nested router's path or a gateway's stage."
        "Put the prefix into the public URL: `PublicUrl::new(\"https://your.public.host/prefix\")`."
    UriPrefixAdded "uri-prefix-added"
        "The path has a prefix that HubSpot did not call: a proxy or gateway added it, or the public URL holds the webhook's own path."
        "Verify the path as it was before the prefix was added; the public URL ends where the request's own path begins."
    UriRewritten "uri-rewritten"
        "The path or query was rewritten on the way; a header still has the original."
        "Verify before the rewriting hop, or take path and query from that header if your own proxy sets it."
    UriTrailingSlash "uri-trailing-slash"
        "A slash at the end of the path was added or removed."
        "Pass the raw path; switch off the middleware that normalises slashes, or configure in HubSpot the URL that arrives."
    UriDoubleSlash "uri-double-slash"
        "Doubled slashes of the path were merged, or a slash was doubled where two parts were joined."
        "Configure in HubSpot the URL without `//`; in nginx `merge_slashes off;` keeps the path as it came."
    UriQueryOrder "uri-query-order"
        "The parameters of the query are in another order than HubSpot sent them."
        "Pass the raw query string; do not rebuild it from a map of parameters."
    UriQueryLost "uri-query-lost"
        "The query is missing."
        "Pass path and query: `request.uri().path_and_query()`, not `path()`."
    UriQueryDoubled "uri-query-doubled"
        "The query stands in the URI twice."
        "The URI had its query already when another was appended: in nginx, `$request_uri` includes the query."
    UriQueryAdded "uri-query-added"
        "The query has parameters that HubSpot did not send."
        "Verify before the hop that adds parameters, or strip them first."
    UriEscapesKept "uri-escapes-kept"
        "The signature was made over the URI with escapes decoded that the request's URI still has."
        "v3 allows both forms and the verifier tries them; for v2 decode them in the URI you pass."
    UriEscapesDecoded "uri-escapes-decoded"
        "Escapes of the URI were decoded before it was verified."
        "Pass the raw path and query as the request line has them, not a framework's decoded values."
    UriEscapesDoubled "uri-escapes-doubled"
        "The URI was percent-encoded a second time."
        "Do not encode the raw path and query again."
    UriEscapeCase "uri-escape-case"
        "The hex digits of the URI's escapes were changed between lower and upper case."
        "Pass the raw path and query; a URL library normalised them."
    UriSpace "uri-space"
        "`%20` and `+` were exchanged in the query."
        "Pass the raw query string; parsing and printing it again changes how spaces are written."
    UriQuote "uri-quote"
        "The character `'` of the URI was turned into `%27`, or the reverse."
        "Pass the raw path and query; a URL library re-encoded the apostrophe."
    UriFragment "uri-fragment"
        "A fragment is attached to the URI."
        "Cut the URI before `#`; HubSpot never sends that part."
    }
    Body {
    BodyReserialised "body-reserialised"
        "The body was parsed and serialised again."
        "Verify the raw bytes (`Bytes`, before any JSON extractor or body parser) and parse those afterwards."
    BodyDoubleSerialised "body-double-serialised"
        "The body was serialised twice: it is a JSON string that contains the JSON."
        "Verify the raw bytes; something called a JSON serialiser on text that was JSON already."
    BodyTrimmed "body-trimmed"
        "White space at the end of the body was lost."
        "Verify the raw bytes; do not trim the body."
    BodyWhiteSpace "body-white-space"
        "White space surrounds the body that was not signed: a newline at its end, for instance."
        "Verify the raw bytes; a saved capture often ends in a newline of the editor (`curl --data-binary @file` sends as is)."
    BodyLineEndings "body-line-endings"
        "Line endings of the body were changed between LF and CRLF."
        "Verify the raw bytes; a text-mode read or write translated the line endings."
    BodyByteOrderMark "body-byte-order-mark"
        "The body begins with a byte-order mark that was not signed, or lost one."
        "Verify the raw bytes; do not read or write them with a text encoding that adds a mark."
    BodyDoubleEncoded "body-double-encoded"
        "The body's UTF-8 was read as Latin-1 or Windows-1252 and encoded again."
        "Verify the raw bytes, or read them as UTF-8."
    BodyLatin1 "body-latin-1"
        "The body was converted from UTF-8 to Latin-1."
        "Verify the raw bytes; HubSpot's bodies are UTF-8."
    BodyPlaceholder "body-placeholder"
        "A place-holder such as `{}`, `null`, `undefined` or `\"\"` stands where the request has no body."
        "Pass an empty body when there is none; do not serialise a missing value."
    BodyLost "body-lost"
        "The body is empty here though it was not when it was signed."
        "Read the body once, keep the bytes, and verify those; a body stream read by an earlier layer is empty."
    BodyBase64 "body-base64"
        "The body is base64 of what was signed, as API gateways deliver it."
        "Decode it before verifying, when the gateway's event says `isBase64Encoded: true`."
    BodyCompressed "body-compressed"
        "The body is compressed; what was signed is the plain body."
        "Verify after the decompression layer, or forbid the proxy to compress requests."
    BodyLossy "body-lossy"
        "The body holds replacement characters (U+FFFD): it was decoded lossily, and the original bytes are gone."
        "Verify the raw bytes; do not pass them through `from_utf8_lossy` or the like."
    BodyNotUtf8 "body-not-utf8"
        "The body is not UTF-8. HubSpot's always is."
        "Pass the raw bytes. If the signature matches all the same, the request is likely a forgery by length extension: refuse it."
    BodyLength "body-length"
        "The body is not as long as the header Content-Length says."
        "Verify the raw bytes, all of them; something shortened or rewrote the body."
    BodyUnexpected "body-unexpected"
        "A GET or HEAD request has a body. HubSpot sends none."
        "Pass an empty body if there was none. If there was one, refuse the request: part of its URI was moved there."
    }
    Scheme {
    SchemeVersion "scheme-version"
        "The signature is of another version than its header or label says."
        "Read v3 from X-HubSpot-Signature-v3, and v1 or v2 from X-HubSpot-Signature as X-HubSpot-Signature-Version says; \
         look for a relay that drops or rewrites the label."
    SchemeHmacForHash "scheme-hmac-for-hash"
        "The signature is an HMAC where v1 and v2 are a plain SHA-256 that begins with the secret."
        "Whoever signed this (a test, a mock) must use SHA-256(secret + …) for v1 and v2: `ClientSecret::sign`."
    SchemeHashForHmac "scheme-hash-for-hmac"
        "The signature is a plain SHA-256 where v3 is HMAC-SHA-256."
        "Whoever signed this (a test, a mock) must use HMAC-SHA-256 for v3: `ClientSecret::sign`."
    SchemeBodyOnly "scheme-body-only"
        "The signature covers the body alone; method and URI were left out."
        "Whoever signed this (a test, a mock) must sign method + URI + body: `ClientSecret::sign`."
    SchemeBelowMinimum "scheme-below-minimum"
        "The signature is right, but its version is older than the verifier demands."
        "Lower it with `.minimum_version(…)` only if the HubSpot product that calls you sends nothing newer; else find \
         what strips the newer headers."
    SchemeOlderMatches "scheme-older-matches"
        "An older signature of the same request is right, so what that one covers is not at fault."
        "Look at what only the newer signature covers."
    SchemeLabel "scheme-label"
        "X-HubSpot-Signature-Version is none of v1, v2 and v3."
        "Pass the header as it arrived; look for a relay that changes it."
    }
    Header {
    HeaderSigningOff "header-signing-off"
        "The request has no HubSpot signature."
        "Switch request signing on in HubSpot (a workflow's webhook needs the app id), and see that every proxy passes \
         X-HubSpot-* headers on."
    HeaderMissing "header-missing"
        "One of HubSpot's headers is missing though others are there."
        "Let every proxy and gateway pass all X-HubSpot-* headers on: allow-lists name headers one by one."
    HeaderDoubled "header-doubled"
        "One of HubSpot's headers occurs more than once."
        "Find the hop that adds the header again (`proxy_set_header` with a value that is there already) and remove it."
    HeaderQuoted "header-quoted"
        "The signature wears quotation marks."
        "Pass the header's value as text, not as JSON or debug output."
    HeaderPadded "header-padded"
        "White space or control characters surround the signature."
        "Pass the header's value without the line's end; trim what a log or copy added."
    HeaderPrefixed "header-prefixed"
        "A prefix such as `sha256=` stands before the signature."
        "Pass the header's value as HubSpot sends it; the prefix is another vendor's custom."
    HeaderPercentEncoded "header-percent-encoded"
        "The signature is percent-encoded."
        "Pass the header's value as it arrived; a relay put it through URL encoding."
    HeaderPlusAsSpace "header-plus-as-space"
        "The character `+` of the base64 was turned into a space."
        "A relay decoded the header as form data; pass the value as it arrived."
    HeaderHexForBase64 "header-hex-for-base64"
        "The v3 signature is written in hex; v3 is base64."
        "Whoever signed this (a test, a mock) must encode v3 in standard padded base64."
    HeaderBase64ForHex "header-base64-for-hex"
        "The v1 or v2 signature is written in base64; v1 and v2 are hex."
        "Whoever signed this (a test, a mock) must encode v1 and v2 in lower-case hex."
    HeaderUpperCase "header-upper-case"
        "The hex digits of the signature are in upper case."
        "Pass the header's value as it arrived; HubSpot's hex is lower case."
    HeaderBase64Alphabet "header-base64-alphabet"
        "The signature is in URL-safe or unpadded base64; HubSpot's is standard and padded."
        "Pass the header's value as it arrived, without translating its alphabet or cutting the `=`."
    HeaderMalformed "header-malformed"
        "The signature is not of the length and alphabet of its version, and no repair makes it so."
        "Pass the whole value of the header as it arrived; look for truncation."
    }
    Time {
    TimestampLeftOut "timestamp-left-out"
        "The timestamp was left out of the signature."
        "Whoever signed this (a test, a mock) must sign method + URI + body + timestamp for v3: `ClientSecret::sign`."
    TimestampFloat "timestamp-float"
        "The timestamp was read as a floating-point number and printed again."
        "Pass the text of X-HubSpot-Request-Timestamp as it arrived; do not parse it."
    TimestampSeconds "timestamp-seconds"
        "The timestamp is in seconds; HubSpot's is in milliseconds."
        "Pass the text of X-HubSpot-Request-Timestamp as it arrived, 13 digits."
    TimestampOwnClock "timestamp-own-clock"
        "The receiver's own clock was used in place of the request's timestamp."
        "Pass the text of X-HubSpot-Request-Timestamp; the clock only judges its age."
    TimestampMalformed "timestamp-malformed"
        "The timestamp is not 13 digits."
        "Pass the text of X-HubSpot-Request-Timestamp as it arrived."
    TimestampStale "timestamp-stale"
        "The request was signed longer ago than allowed: a replay, a delay or a wrong clock."
        "Judge a captured request at the time it was received (the time given to `diagnose` or `verify_at`); on a \
         server, synchronise the clock and verify before queueing."
    TimestampFuture "timestamp-future"
        "The request was signed in the future, by this clock."
        "Synchronise this machine's clock (NTP), and check that milliseconds are passed as milliseconds."
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.description())
    }
}

/// How sure a [`Finding`](super::Finding) is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "either the signature matches or it does not")]
pub enum Certainty {
    /// A presented signature matches once the change is made.
    Proved,
    /// The shape of the request or of the secret says so; no signature could confirm it.
    Likely,
}

impl fmt::Display for Certainty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Proved => "proved",
            Self::Likely => "likely",
        })
    }
}

/// One change of a [`Finding`](super::Finding): the cause, what in this request shows it, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub(super) cause: Cause,
    pub(super) evidence: String,
    pub(super) mend: String,
}

impl Step {
    pub(super) fn new(cause: Cause, evidence: impl Into<String>) -> Self {
        Self { cause, evidence: evidence.into(), mend: cause.mend().into() }
    }

    /// With a mend that names the request's own values.
    pub(super) fn mended_by(mut self, mend: impl Into<String>) -> Self {
        self.mend = mend.into();
        self
    }

    /// What happened.
    #[must_use]
    pub const fn cause(&self) -> Cause {
        self.cause
    }

    /// What in this request shows it. Text of the request is quoted, escaped and shortened in it.
    #[must_use]
    pub fn evidence(&self) -> &str {
        &self.evidence
    }

    /// What to do, as a line of configuration or code where there is one.
    #[must_use]
    pub fn mend(&self) -> &str {
        &self.mend
    }
}

/// Text of the request, fit for a terminal and a log: quoted, escaped, and shortened.
pub(super) fn shown(text: &str) -> String {
    const LONGEST: usize = 200;
    let mut characters = text.chars();
    let start: String = characters.by_ref().take(LONGEST).collect();
    let more = if characters.next().is_some() { "…" } else { "" };
    format!("{start:?}{more}")
}
