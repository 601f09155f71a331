//! [`Signer`], which signs requests as HubSpot does.

use http::{HeaderValue, Method, Request, Uri, header};
use hubspot_signature::{ClientSecret, Error, PublicUrl, SignatureHeaders, SignedHeaders, UnixTime, Verifier, Version};

use crate::Failure;
use crate::secrets::{Second, unusable};
use crate::target::target;
use crate::terminal::in_options;

/// A request that is still to be signed.
pub(crate) struct Unsigned {
    pub(crate) request: Request<Vec<u8>>,
    /// The version next to v3.
    pub(crate) older: Version,
}

impl Unsigned {
    /// A request with a body of the user's own.
    pub(crate) fn new(method: Method, to: &Uri, body: Vec<u8>) -> Self {
        let mut request = Request::new(body);
        *request.uri_mut() = to.clone();
        if !request.body().is_empty() {
            request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        *request.method_mut() = method;
        Self { request, older: Version::V2 }
    }

    pub(crate) const fn with_v1(mut self) -> Self {
        self.older = Version::V1;
        self
    }
}

/// Signs as HubSpot does when it calls the public URL.
pub(crate) struct Signer {
    secret: ClientSecret,
    secret_length: usize,
    verifier: Verifier,
    public_url: PublicUrl,
}

impl Signer {
    pub(crate) fn new(secret: &str, public_url: PublicUrl) -> Result<Self, Failure> {
        let unusable = |error| unusable(error, Second::IsTooMany);
        let verifier = Verifier::new(secret, Version::V1).map_err(unusable)?;
        let (secret, secret_length) = (ClientSecret::new(secret).map_err(unusable)?, secret.len());
        Ok(Self { secret, secret_length, verifier, public_url })
    }

    /// The same for another secret or URL.
    pub(crate) fn headers(&self, unsigned: &Unsigned, uri: &str, at: UnixTime) -> Result<SignedHeaders, Failure> {
        headers(&self.secret, unsigned, uri, at)
    }

    /// The URL that is signed for a request.
    pub(crate) fn uri(&self, request: &Request<Vec<u8>>) -> Result<String, Failure> {
        let head = self.public_url.head("", target(request.uri()), SignatureHeaders::new()).map_err(unsignable)?;
        Ok(head.uri().to_string())
    }

    /// The genuine request.
    pub(crate) fn sign(&self, unsigned: Unsigned, at: UnixTime) -> Result<Request<Vec<u8>>, Failure> {
        let signed = self.headers(&unsigned, &self.uri(&unsigned.request)?, at)?;
        attach(unsigned.request, &signed)
    }

    /// Returns the error with which the library refuses a request although it is signed, for example for a body that HubSpot
    /// never sends.
    pub(crate) fn refusal(&self, unsigned: Unsigned, at: UnixTime) -> Result<Option<Error>, Failure> {
        let request = self.sign(unsigned, at)?;
        Ok(self.verifier.verify_request(&self.public_url, &request, at).err())
    }

    pub(crate) const fn secret_length(&self) -> usize {
        self.secret_length
    }
}

pub(crate) fn headers(
    secret: &ClientSecret,
    unsigned: &Unsigned,
    uri: &str,
    at: UnixTime,
) -> Result<SignedHeaders, Failure> {
    let (method, body) = (unsigned.request.method().as_str(), unsigned.request.body());
    Ok(match unsigned.older {
        Version::V1 => secret.sign_with_v1(method, uri, body, at).map_err(unsignable)?,
        _ => secret.sign(method, uri, body, at).map_err(unsignable)?,
    })
}

pub(crate) fn attach(mut request: Request<Vec<u8>>, signed: &SignedHeaders) -> Result<Request<Vec<u8>>, Failure> {
    for (name, value) in signed.pairs() {
        request.headers_mut().insert(name, HeaderValue::from_str(value)?);
    }
    Ok(request)
}

/// Why HubSpot would not sign this, and what to do.
pub(crate) fn unsignable(error: Error) -> Failure {
    format!("{error}\n{}", in_options(error.help())).into()
}
