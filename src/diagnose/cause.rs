//! [`Cause`]: each way in which a request comes to differ from what HubSpot signed, with its fix.

use core::fmt;
use std::borrow::Cow;
use std::format;
use std::prelude::rust_2024::*;

/// The part of a request, or of the configuration, that a [`Cause`] concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Secret,
    Method,
    Uri,
    Body,
    Scheme,
    Header,
    Time,
}

// `=>` separates the two parts of a path's fix. The first says what to configure, and ends with when the second
// applies. The second says how to correct a hop or a router.
macro_rules! causes {
    (@way) => { None };
    (@way $way:literal) => { Some($way) };
    ($($part:ident { $($name:ident $code:literal $what:literal $fix:literal $(=> $way:literal)?)+ })+) => {
        /// One way in which a request comes to differ from what HubSpot signed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Cause {
            $($(#[doc = $what] $name,)+)+
        }

        impl Cause {
            /// All causes: of the secret, the method, the URI, the body, the scheme, the headers and the time.
            pub const ALL: &'static [Self] = &[$($(Self::$name,)+)+];

            pub(super) const fn part(self) -> Part {
                match self { $($(Self::$name)|+ => Part::$part,)+ }
            }

            /// The stable name for programs, such as `uri-scheme`. It begins with the part that the cause concerns.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $($(Self::$name => $code,)+)+ }
            }

            /// The description, as a sentence or two.
            #[must_use]
            pub const fn description(self) -> &'static str {
                match self { $($(Self::$name => $what,)+)+ }
            }

            /// The fix in general; a [`Fault`](super::Fault) has it with the values of the request.
            #[must_use]
            pub const fn fix(self) -> &'static str {
                match self { $($(Self::$name => concat!($fix $(, " ", $way)?),)+)+ }
            }

            /// The second part of a fix whose first is the service's own setting.
            const fn way(self) -> Option<&'static str> {
                match self { $($(Self::$name => causes!(@way $($way)?),)+)+ }
            }
        }
    };
}

causes! {
    Secret {
    SecretEmpty "secret-empty"
        "The client secret is empty."
        "Set the variable or file that holds the client secret, and check that the process receives it."
    SecretAccessToken "secret-access-token"
        "An access token is configured in place of the client secret."
        "Use the client secret from the app's Auth tab. Tokens (`pat-…`) sign nothing."
    SecretWhiteSpace "secret-white-space"
        "The client secret has white space or invisible characters at its beginning or end."
        "Trim it where it is read, `std::fs::read_to_string(path)?.trim()`, or write the file with `printf %s`."
    SecretQuoted "secret-quoted"
        "The client secret is still in quotation marks."
        "Remove the quotation marks from the configuration: `HUBSPOT_CLIENT_SECRET=…`."
    SecretBase64 "secret-base64"
        "The client secret is base64-encoded."
        "Configure the decoded value. A Kubernetes Secret takes it under `stringData`, not `data`."
    SecretOther "secret-other"
        "The signature was made with another of the given secrets: another app's, or one from before or after a \
         rotation."
        "Use the secret that matches. During a rotation accept both: `.previous_secret(previous)?`. If several apps \
         call the endpoint, give each app its own verifier in `Verifiers`."
    SecretShape "secret-shape"
        "The secret does not look like a client secret: 36 characters in the shape of a UUID, in lower case."
        "Copy the client secret from the app's Auth tab. API keys, tokens and placeholders do not work."
    }
    Method {
    MethodAssumed "method"
        "The request was signed with another method."
        "Pass the method of the request line. Do not assume POST, and look for a proxy that rewrites the method."
    MethodCase "method-case"
        "The method is not in upper case."
        "Pass the method in upper case, as the request line has it."
    }
    Uri {
    UriPathOnly "uri-path-only"
        "The URI is only a path. HubSpot signs the whole public URL."
        "Configure the URL as it is in HubSpot: `PublicUrl::endpoint(\"https://your.public.host/path\")`."
    UriScheme "uri-scheme"
        "The URI has the wrong scheme: the configured URL has it, or TLS ends at a proxy and the service sees http where \
         HubSpot called https."
        "Configure the URL as it is in HubSpot, `PublicUrl::endpoint(\"https://your.public.host/path\")`, \
         instead of using the connection's scheme. The proxy can report it: nginx \
         `proxy_set_header X-Forwarded-Proto $scheme;`, HAProxy \
         `http-request set-header X-Forwarded-Proto https if { ssl_fc }`."
    UriHost "uri-host"
        "The URI has another host than the one that was signed: an internal name, an old tunnel, a later hop's own, or a \
         wrong setting."
        "Configure the URL as it is in HubSpot: `PublicUrl::endpoint(…)`. If your code builds the URL from the `Host` \
         header, make the proxy pass that header on: nginx `proxy_set_header Host $host;`, Apache `ProxyPreserveHost On`, \
         Caddy `header_up Host {host}`."
    UriPort "uri-port"
        "A port was added to the URI or removed from it."
        "Configure the URL exactly as it is in HubSpot, with a port only if it has one there: \
         `PublicUrl::endpoint(…)`. In nginx, `$http_host` keeps the port and `$host` drops it."
    UriEndpoint "uri-endpoint"
        "The path of the request is not that of the configured endpoint."
        "Configure the URL that HubSpot calls: `PublicUrl::endpoint(…)`, or for several routes `PublicUrl::server`. The \
         router also needs a route for the path that arrives. If that URL is already configured, something on the way \
         changes the path, or the request is a replay at another route."
    UriLocalProxy "uri-local-proxy"
        "The request comes from the local development proxy, which signs the local URL."
        "While developing, verify with the local URL that the proxy maps to. Never configure it in production."
    UriPrefixLost "uri-prefix-lost"
        "The path lacks a prefix that HubSpot called: a mount point, a nested router's path or a gateway's stage, or the \
         configured URL lacks it."
        "Configure the whole URL: `PublicUrl::endpoint(…)`, or for several routes `PublicUrl::server` with the prefix. \
         To pass the whole path:"
        => "in axum's `nest` use the extractor `OriginalUri`; in Express `req.originalUrl`, not `req.url`; in nginx \
         `proxy_pass http://upstream;` without a path; in Caddy `handle`, not `handle_path`."
    UriPrefixAdded "uri-prefix-added"
        "The path has a prefix that HubSpot did not call: a proxy added it, or the configured URL already contains the \
         webhook's path."
        "Configure the whole URL: `PublicUrl::endpoint(…)`. If you build the URL yourself:"
        => "verify the path as it was before the prefix was added."
    UriRewritten "uri-rewritten"
        "The path or the query was rewritten on the way, or the service is configured with a different path or query."
        "Verify before the hop that rewrites it, or take path and query from a header that your own proxy sets: nginx \
         `proxy_set_header X-Original-URI $request_uri;`."
    UriTrailingSlash "uri-trailing-slash"
        "A slash at the end of the path was added or removed."
        "Configure the URL as it is in HubSpot, with a slash at its end only if it has one there: \
         `PublicUrl::endpoint(…)`. The router also needs a route for the path that arrives. If the path was changed on \
         the way (with `endpoint`, the error is then `path_not_endpoint`):"
        => "disable the proxy's rewrite rule or the middleware that normalises slashes (`NormalizePath` in tower-http \
         and actix-web, `APPEND_SLASH` in Django), or verify before it."
    UriDoubleSlash "uri-double-slash"
        "Double slashes in the path were merged, or a slash was doubled where two parts were joined."
        "Configure the URL as it is in HubSpot, where it is best without `//`: `PublicUrl::endpoint(…)`. If the path \
         was changed on the way (with `endpoint`, the error is then `path_not_endpoint`):"
        => "in nginx keep it with `merge_slashes off;`; HAProxy and Caddy keep it by default."
    UriQueryOrder "uri-query-order"
        "The query's parameters are in another order than HubSpot sent them."
        "Pass the raw query string, not one rebuilt from parsed parameters: axum `RawQuery`, Express \
         `req.originalUrl`, Flask `request.query_string`, PHP `$_SERVER['REQUEST_URI']`."
    UriQueryLost "uri-query-lost"
        "The query is missing."
        "Pass path and query: `request.uri().path_and_query()`, not `path()`. In nginx use `$request_uri`, not `$uri`."
    UriQueryDoubled "uri-query-doubled"
        "The query occurs twice in the URI."
        "Append the query once: in nginx, `$request_uri` already includes it, so `?$args` after it is too much."
    UriQueryAdded "uri-query-added"
        "The query has parameters that HubSpot did not send."
        "Verify before the hop that adds parameters, or remove them first. Middleware that adds them belongs inside \
         the tower layer: in axum, add it before `.layer(verify)`."
    UriEscapesKept "uri-escapes-kept"
        "The signature covers the URI with some escapes decoded that the request's URI still has."
        "For v3 the verifier tries the documented decoding itself. For anything else decode them in the URI you pass."
    UriEscapesDecoded "uri-escapes-decoded"
        "Escapes in the URI were decoded before it was verified."
        "Pass the raw path and query of the request line, not a framework's decoded values: in nginx \
         `$request_uri`, not `$uri`, and `proxy_pass` without a path; in WSGI `REQUEST_URI` or `RAW_URI`, \
         not `PATH_INFO`."
    UriEscapesDoubled "uri-escapes-doubled"
        "The URI was escaped a second time."
        "Do not encode the raw path and query again, for a URL or for HTML."
    UriEscapeCase "uri-escape-case"
        "The hex digits of the URI's escapes changed between lower and upper case."
        "Pass the raw path and query. A URL library normalised them."
    UriSpace "uri-space"
        "`%20` and `+` were exchanged in the query."
        "Pass the raw query string. Parsing and printing it again changes how spaces are written."
    UriQuote "uri-quote"
        "The character `'` of the URI was turned into `%27`, or the reverse."
        "Pass the raw path and query. A URL library re-encoded the apostrophe."
    UriFragment "uri-fragment"
        "A fragment is attached to the URI."
        "Cut the URI before `#`. HubSpot never sends that part."
    }
    Body {
    BodyReserialised "body-reserialised"
        "The body was parsed and serialised again."
        "Verify the raw bytes, before any JSON extractor or body parser, and parse those afterwards: axum and \
         actix-web `Bytes`, Express `express.raw({ type: '*/*' })`, Flask `request.get_data()`, Next.js \
         `await request.text()`. Middleware that changes the body belongs inside the tower layer: in axum, add it \
         before `.layer(verify)`."
    BodyDoubleSerialised "body-double-serialised"
        "The body was printed or serialised a second time: as a JSON string, an array of numbers, or a byte string in \
         a programming language's notation."
        "Verify the raw bytes. Do not print them with `{:?}` or `str()`, or give them to a JSON serialiser."
    BodyTrimmed "body-trimmed"
        "White space at the end of the body was removed."
        "Verify the raw bytes. Do not trim the body."
    BodyWhiteSpace "body-white-space"
        "White space that was not signed surrounds the body: a newline at its end, for instance."
        "Verify the raw bytes. A saved capture often ends in the editor's newline; `curl --data-binary @file` sends \
         a file as it is."
    BodyLineEndings "body-line-endings"
        "Line endings of the body were changed between LF and CR LF, or removed."
        "Verify the raw bytes. Reading or writing in text mode translates line endings."
    BodyByteOrderMark "body-byte-order-mark"
        "A byte-order mark was added to the body or removed from it."
        "Verify the raw bytes. Do not read or write them with a text encoding that adds a mark."
    BodyDoubleEncoded "body-double-encoded"
        "The body's UTF-8 was read as Latin-1 or Windows-1252 and encoded again, or its characters were escaped for \
         HTML."
        "Verify the raw bytes, or read them as UTF-8."
    BodyLatin1 "body-latin-1"
        "The body was converted from UTF-8 to Latin-1."
        "Verify the raw bytes. HubSpot's bodies are UTF-8."
    BodyPlaceholder "body-placeholder"
        "A placeholder such as `{}`, `null`, `undefined` or `\"\"` is passed although the request has no body."
        "Pass an empty body when there is none. Do not serialise a missing value; body parsers produce `{}` for it."
    BodyLost "body-lost"
        "The body is empty here, and it was not when it was signed."
        "Read the body once, keep the bytes, and verify those. A body stream that an earlier layer has read is empty."
    BodyBase64 "body-base64"
        "The body is the base64 or the hex of what was signed. API gateways deliver base64."
        "Decode it before verifying, when the gateway's event says `isBase64Encoded: true`."
    BodyCompressed "body-compressed"
        "The body is compressed. HubSpot signs the plain body."
        "Verify after the layer that decompresses, or forbid the proxy to compress requests."
    BodyLossy "body-lossy"
        "The body was decoded with loss: characters that are not ASCII were replaced, and the original bytes are gone."
        "Verify the raw bytes. Do not convert them to text first: not with `from_utf8_lossy`, and not as ASCII."
    BodyNotUtf8 "body-not-utf8"
        "The body is not UTF-8, as HubSpot's always is."
        "Verify the raw bytes. If a v1 or v2 signature matches all the same, refuse the request: it may be a \
         forgery by length extension."
    BodyNotJson "body-not-json"
        "The body does not have the form of the JSON that HubSpot sends."
        "Verify the raw bytes. If a signature matches all the same, refuse the request: part of its URI may have been \
         moved into the body."
    BodyLength "body-length"
        "The body does not have the length that the header Content-Length says."
        "Verify the raw bytes, all of them. Something shortened or rewrote the body."
    BodyUnexpected "body-unexpected"
        "A GET or HEAD request has a body. HubSpot sends none."
        "Pass an empty body if there was none. If there was one, refuse the request: part of its URI was moved there."
    }
    Scheme {
    SchemeVersion "scheme-version"
        "The signature is of another version than its header or the version header says."
        "Read v3 from X-HubSpot-Signature-v3, and v1 or v2 from X-HubSpot-Signature as X-HubSpot-Signature-Version \
         says. Look for a relay that drops or rewrites these headers."
    SchemeHmacForHash "scheme-hmac-for-hash"
        "The signature is an HMAC. v1 and v2 are a plain SHA-256 that begins with the secret."
        "The signer (a test, a mock) must use SHA-256(secret + …) for v1 and v2: `ClientSecret::sign`."
    SchemeHashForHmac "scheme-hash-for-hmac"
        "The signature is a plain SHA-256. v3 is HMAC-SHA-256."
        "The signer (a test, a mock) must use HMAC-SHA-256 for v3: `ClientSecret::sign`."
    SchemeBodyOnly "scheme-body-only"
        "The signature covers only the body; method and URI were left out."
        "The signer (a test, a mock) must sign method + URI + body: `ClientSecret::sign`."
    SchemeBelowMinimum "scheme-below-minimum"
        "The signature's version is older than the verifier accepts."
        "Lower the minimum, `Verifier::new(secret, Version::…)`, only if the HubSpot product that calls you sends \
         nothing newer. Otherwise find the hop that strips the newer headers."
    SchemeOlderMatches "scheme-older-matches"
        "An older signature of the same request is right, so the parts that it covers are not at fault."
        "Look at the parts that only the newer signature covers."
    SchemeLabel "scheme-label"
        "X-HubSpot-Signature-Version is none of v1, v2 and v3."
        "Pass the header as it arrived. Look for a relay that changes it."
    }
    Header {
    HeaderSigningOff "header-signing-off"
        "The request has no HubSpot signature."
        "Enable request signing in HubSpot (a workflow's webhook needs the app id), and check that every proxy passes \
         the X-HubSpot-* headers on."
    HeaderMissing "header-missing"
        "One of HubSpot's headers is missing although others are there."
        "Let every proxy and gateway pass all X-HubSpot-* headers on. Allow-lists name headers one by one."
    HeaderDoubled "header-doubled"
        "One of HubSpot's headers has more than one value."
        "Find the hop that adds the header again and remove it there. In nginx, `proxy_set_header` replaces a \
         header and `add_header` does not."
    HeaderQuoted "header-quoted"
        "The signature is in quotation marks."
        "Pass the header's value as text, not as JSON or debug output."
    HeaderPadded "header-padded"
        "White space or control characters surround the signature."
        "Pass the header's value without the line's end. Trim what a log or a copy added."
    HeaderPrefixed "header-prefixed"
        "A prefix such as `sha256=` precedes the signature."
        "Pass the header's value as HubSpot sends it. Other vendors use such prefixes."
    HeaderPercentEncoded "header-percent-encoded"
        "The signature is percent-encoded."
        "Pass the header's value as it arrived. A relay put it through URL encoding."
    HeaderPlusAsSpace "header-plus-as-space"
        "The character `+` of the base64 was turned into a space."
        "Pass the header's value as it arrived. A relay decoded it as form data."
    HeaderHexForBase64 "header-hex-for-base64"
        "The v3 signature is written in hex; v3 is base64."
        "The signer (a test, a mock) must encode v3 in standard padded base64."
    HeaderBase64ForHex "header-base64-for-hex"
        "The v1 or v2 signature is written in base64; v1 and v2 are hex."
        "The signer (a test, a mock) must encode v1 and v2 in lower-case hex."
    HeaderUpperCase "header-upper-case"
        "The hex digits of the signature are in upper case."
        "Pass the header's value as it arrived. HubSpot's hex is in lower case."
    HeaderBase64Alphabet "header-base64-alphabet"
        "The signature is in URL-safe or unpadded base64; HubSpot's is standard and padded."
        "Pass the header's value as it arrived. Do not translate its alphabet or cut off the `=`."
    HeaderMalformed "header-malformed"
        "The signature does not have the length and alphabet of its version, and no repair gives it them."
        "Pass the whole value of the header as it arrived. Look for truncation."
    }
    Time {
    TimestampLeftOut "timestamp-left-out"
        "The timestamp was left out of the signature."
        "The signer (a test, a mock) must sign method + URI + body + timestamp for v3: `ClientSecret::sign`."
    TimestampFloat "timestamp-float"
        "The timestamp was read as a floating-point number and printed again."
        "Pass the text of X-HubSpot-Request-Timestamp as it arrived. Do not parse it."
    TimestampSeconds "timestamp-seconds"
        "The timestamp is in seconds; HubSpot's is in milliseconds."
        "Pass the text of X-HubSpot-Request-Timestamp as it arrived, 13 digits."
    TimestampOwnClock "timestamp-own-clock"
        "The receiver's own clock was used in place of the request's timestamp."
        "Pass the text of X-HubSpot-Request-Timestamp. The clock only judges its age."
    TimestampMalformed "timestamp-malformed"
        "The timestamp is not 13 digits."
        "Pass the text of X-HubSpot-Request-Timestamp as it arrived."
    TimestampStale "timestamp-stale"
        "The request was signed longer ago than the verifier allows: a replay, a delay or a wrong clock."
        "Judge a captured request at the time it was received: pass that time to `diagnose` or `verify`. On a server, \
         synchronise the clock (NTP) and verify before queueing."
    TimestampFuture "timestamp-future"
        "The request was signed in the future, by this clock."
        "Synchronise this machine's clock (NTP), and check that milliseconds are passed as milliseconds."
    }
}

impl Cause {
    /// For a cause of the path, the fix if something on the way changed it. It continues a sentence, in lower case.
    pub(super) fn on_the_way(self) -> Option<Cow<'static, str>> {
        if let Some(way) = self.way() {
            return Some(way.into());
        }
        let is_of_the_way = matches!(
            self,
            Self::UriRewritten
                | Self::UriEscapesDecoded
                | Self::UriEscapesDoubled
                | Self::UriEscapeCase
                | Self::UriQuote
        );
        let (first, rest) = self.fix().split_at_checked(1).filter(|_| is_of_the_way)?;
        Some(format!("{}{rest}", first.to_lowercase()).into())
    }

    /// For a cause of the path, the fix that begins with the service's own setting, which may have that path.
    pub(super) fn setting_first(self) -> Option<Cow<'static, str>> {
        if self.way().is_some() {
            return Some(self.fix().into());
        }
        let way = self.on_the_way()?;
        let fix = format!(
            "Configure the URL as it is in HubSpot: `PublicUrl::endpoint(…)`. If the path was changed on the way \
             (with `endpoint`, the error is then `path_not_endpoint`): {way}"
        );
        Some(fix.into())
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.description())
    }
}
