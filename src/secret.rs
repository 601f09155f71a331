//! [`ClientSecret`]: the two keyed hash states every signature starts from, and the texts that cannot be a client secret.

use core::fmt;

use crate::signature::SignedHeaders;
use crate::state::{Digest, HashState, MacState};
use crate::uri::SignedUri;
use crate::{SecretError, Signature, UnixTime, Version};

/// What configuration files, programs and word processors put round a text.
pub(crate) const QUOTES: [char; 8] = ['"', '\'', '`', '“', '”', '„', '‘', '’'];

/// What clings to a text unseen.
pub(crate) fn is_white_space(c: char) -> bool {
    c.is_whitespace() || c.is_control() || c == '\u{feff}'
}

/// The client secret of a HubSpot app, ready to sign with. To verify a request use [`Verifier`](crate::Verifier):
/// comparing with what this computes would leave out the version, the time, doubled headers and all else that it
/// checks.
///
/// What is kept is not the text but the two hash states that begin with it, so that keying costs nothing per request.
/// Either state can sign in the secret's place, so both are as secret as the text: they are overwritten when the value
/// is dropped, and nothing prints, compares or serialises them.
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
    /// SHA-256 that has absorbed the secret: where v1 and v2 begin.
    prefixed: HashState,
    /// HMAC-SHA-256 keyed with the secret: where v3 begins.
    keyed: MacState,
}

impl ClientSecret {
    /// Takes the app's client secret as HubSpot shows it, 36 characters in the shape of a UUID; any other length works
    /// too.
    ///
    /// # Errors
    ///
    /// [`SecretError`] if the text is empty, has white space or quotation marks round it, or is an access token. Each of
    /// these is a slip of configuration under which every genuine request would be refused, or any forged one accepted.
    pub fn new(client_secret: &str) -> Result<Self, SecretError> {
        if client_secret.is_empty() {
            return Err(SecretError::Empty);
        }
        if client_secret.starts_with(is_white_space) || client_secret.ends_with(is_white_space) {
            return Err(SecretError::SurroundingWhiteSpace);
        }
        if client_secret.starts_with(QUOTES) || client_secret.ends_with(QUOTES) {
            return Err(SecretError::Quoted);
        }
        if client_secret.starts_with("pat-") {
            return Err(SecretError::AccessToken);
        }
        Ok(Self {
            prefixed: HashState::prefixed(client_secret.as_bytes()),
            // HMAC takes a key of any length (RFC 2104 section 2), so this error never comes.
            keyed: MacState::keyed(client_secret.as_bytes()).map_err(|_| SecretError::Empty)?,
        })
    }

    /// The v1 signature: `SHA-256(secret + body)`, in lower-case hex.
    ///
    /// It binds neither method nor URL nor time. The Webhooks API and private apps send it.
    #[must_use]
    pub fn v1(&self, body: &[u8]) -> Signature {
        Signature::encode(Version::V1, &self.v1_digest(body))
    }

    /// The v2 signature: `SHA-256(secret + method + uri + body)`, in lower-case hex.
    ///
    /// `method` is upper case; `uri` is the absolute URL, exactly as HubSpot called it.
    #[must_use]
    pub fn v2(&self, method: &str, uri: &str, body: &[u8]) -> Signature {
        Signature::encode(Version::V2, &self.v2_digest(method, [uri], body))
    }

    /// The v3 signature: `HMAC-SHA-256(key = secret, method + uri + body + timestamp)`, in padded base64.
    ///
    /// `method` is upper case; `uri` is signed as it is given. HubSpot signs the URI as sent, or with twelve escapes
    /// decoded; the verifier tries both (see [the crate's documentation](crate#the-public-url)).
    #[must_use]
    pub fn v3(&self, method: &str, uri: &str, body: &[u8], timestamp: UnixTime) -> Signature {
        Signature::encode(Version::V3, &self.v3_digest(method, [uri], body, timestamp.decimal().as_bytes()))
    }

    /// Signs as HubSpot's workflows, custom workflow actions, CRM cards and UI extensions do: v2, with v3 beside it.
    ///
    /// For tests of your own service, and for tools that play HubSpot. Nothing is allocated.
    ///
    /// ```
    /// use hubspot_signature::{ClientSecret, RequestHead, SignatureHeaders, UnixTime, Verifier};
    ///
    /// let (secret, now) = ("yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy", UnixTime::from_millis(1_700_000_000_000));
    /// let signed = ClientSecret::new(secret)?.sign("POST", "https://hooks.example.com/hubspot", b"{}", now);
    ///
    /// let head = RequestHead {
    ///     method: "POST",
    ///     uri: "https://hooks.example.com/hubspot",
    ///     headers: SignatureHeaders::from_pairs(signed.as_pairs()),
    /// };
    /// assert!(Verifier::new(secret)?.verify_at(&head, b"{}", now).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn sign(&self, method: &str, uri: &str, body: &[u8], timestamp: UnixTime) -> SignedHeaders {
        self.sign_of(Version::V2, method, SignedUri::whole(uri), body, timestamp)
    }

    /// Signs as HubSpot's Webhooks API subscriptions and private-app webhooks do: v1, with v3 beside it.
    #[must_use]
    pub fn sign_with_v1(&self, method: &str, uri: &str, body: &[u8], timestamp: UnixTime) -> SignedHeaders {
        self.sign_of(Version::V1, method, SignedUri::whole(uri), body, timestamp)
    }
}

#[allow(clippy::inline_always, reason = "left to itself the compiler calls them: 3 % of the time of a small body")]
impl ClientSecret {
    /// v3, and beside it v1 or else v2.
    pub(crate) fn sign_of(
        &self,
        unversioned: Version,
        method: &str,
        uri: SignedUri<'_>,
        body: &[u8],
        timestamp: UnixTime,
    ) -> SignedHeaders {
        let unversioned = match unversioned {
            Version::V1 => self.v1(body),
            _ => Signature::encode(Version::V2, &self.v2_digest(method, uri.as_received(), body)),
        };
        let v3 = self.v3_digest(method, uri.as_received(), body, timestamp.decimal().as_bytes());
        SignedHeaders::new(unversioned, Signature::encode(Version::V3, &v3), timestamp)
    }

    /// v1 up to the body.
    pub(crate) fn begin_v1(&self) -> HashState {
        self.prefixed.clone()
    }

    /// v2 up to the body.
    #[inline(always)]
    pub(crate) fn begin_v2<'a>(&self, method: &str, uri: impl IntoIterator<Item = &'a str>) -> HashState {
        let mut hash = self.prefixed.clone();
        hash.update(method.as_bytes());
        uri.into_iter().filter(|piece| !piece.is_empty()).for_each(|piece| hash.update(piece.as_bytes()));
        hash
    }

    pub(crate) fn v1_digest(&self, body: &[u8]) -> Digest {
        let mut hash = self.begin_v1();
        hash.update(body);
        hash.finish()
    }

    /// v2 of a URI that comes in pieces.
    #[inline(always)]
    pub(crate) fn v2_digest<'a>(&self, method: &str, uri: impl IntoIterator<Item = &'a str>, body: &[u8]) -> Digest {
        let mut hash = self.begin_v2(method, uri);
        hash.update(body);
        hash.finish()
    }

    /// v3 of a URI that comes in pieces, the timestamp as the header has it.
    #[inline(always)]
    pub(crate) fn v3_digest<'a>(
        &self,
        method: &str,
        uri: impl IntoIterator<Item = &'a str>,
        body: &[u8],
        timestamp: &[u8],
    ) -> Digest {
        let mut mac = self.begin_v3(method, uri);
        mac.update(body);
        mac.update(timestamp);
        mac.finish()
    }

    /// v3 up to the body.
    #[inline(always)]
    pub(crate) fn begin_v3<'a>(&self, method: &str, uri: impl IntoIterator<Item = &'a str>) -> MacState {
        let mut mac = self.keyed.clone();
        mac.update(method.as_bytes());
        uri.into_iter().filter(|piece| !piece.is_empty()).for_each(|piece| mac.update(piece.as_bytes()));
        mac
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret(elided)")
    }
}
