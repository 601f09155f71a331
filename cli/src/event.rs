//! The requests that HubSpot's products make, and [`Signer`], which signs them. All names and numbers in them are made up.

use http::{HeaderValue, Method, Request, Uri, header};
use hubspot_signature::http::PublicUrl;
use hubspot_signature::{ClientSecret, SignedHeaders, UnixTime, Version};
use serde_json::{Value, json};

use crate::Failure;

/// What HubSpot sends.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Event {
    /// A workflow's webhook: POST of a contact, signed v2 and v3
    Workflow,
    /// Subscriptions of the Webhooks API: POST of 100 events, signed v1 and v3
    Batch,
    /// A CRM card: GET with a query, signed v2 and v3
    Card,
    /// `hubspot.fetch` of a UI extension: POST with userId, portalId, userEmail and appId in the query, signed v2 and v3
    Fetch,
}

/// A request that is still to be signed.
pub(crate) struct Unsigned {
    pub(crate) request: Request<Vec<u8>>,
    /// The scheme beside v3.
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

impl Event {
    pub(crate) fn to(self, to: &Uri, now: UnixTime) -> Result<Unsigned, Failure> {
        const CARD: &str = "userId=9001&userEmail=user%40example.com&associatedObjectId=80321&\
                            associatedObjectType=CONTACT&firstname=Testkontakt&lastname=%C3%9Cbungs%20fall&portalId=62515";
        const FETCH: &str = "userId=9001&portalId=62515&userEmail=user%40example.com&appId=54321";
        Ok(match self {
            Self::Workflow => Unsigned::new(Method::POST, to, include_bytes!("workflow.json").to_vec()),
            Self::Batch => Unsigned::new(Method::POST, to, batch(now).to_string().into_bytes()).with_v1(),
            Self::Card => Unsigned::new(Method::GET, &with_query(to, CARD)?, Vec::new()),
            Self::Fetch => {
                let body = json!({ "objectId": 80321, "note": "Rückruf „morgen“ / 10:30" });
                Unsigned::new(Method::POST, &with_query(to, FETCH)?, body.to_string().into_bytes())
            }
        })
    }
}

/// As many as HubSpot puts into one request at most.
fn batch(now: UnixTime) -> Value {
    let event = |index: u64| {
        let occurred_at = now.as_millis().saturating_sub(2000).saturating_add(index);
        json!({
            "eventId": occurred_at.wrapping_mul(31).wrapping_add(index) % 4_000_000_000,
            "subscriptionId": 1_160_452,
            "portalId": 62515,
            "appId": 54321,
            "occurredAt": occurred_at,
            "subscriptionType": "contact.propertyChange",
            "attemptNumber": 0,
            "objectId": index.saturating_add(80_000),
            "propertyName": "lastname",
            "propertyValue": format!("Übungsfall {index}"),
            "changeSource": "CRM_UI",
            "sourceId": "userId:9001",
        })
    };
    (0..100).map(event).collect()
}

/// Appends to the query, as HubSpot does to a URL that has one.
pub(crate) fn with_query(uri: &Uri, query: &str) -> Result<Uri, Failure> {
    let separator = if uri.query().is_some() { '&' } else { '?' };
    let target = format!("{}{separator}{query}", target(uri));
    with_target(uri, &target)
}

/// The same server, another path and query.
pub(crate) fn with_target(uri: &Uri, target: &str) -> Result<Uri, Failure> {
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(target.parse()?);
    Ok(Uri::from_parts(parts)?)
}

/// Path and query as the request line has them.
pub(crate) fn target(uri: &Uri) -> &str {
    uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str)
}

/// Signs as HubSpot does when it calls the public URL.
pub(crate) struct Signer {
    secret: ClientSecret,
    secret_length: usize,
    public_url: PublicUrl,
}

impl Signer {
    pub(crate) fn new(secret: &str, public_url: PublicUrl) -> Result<Self, Failure> {
        Ok(Self { secret: ClientSecret::new(secret)?, secret_length: secret.len(), public_url })
    }

    /// The same for another secret or URL.
    pub(crate) fn headers(&self, unsigned: &Unsigned, uri: &str, at: UnixTime) -> SignedHeaders {
        headers(&self.secret, unsigned, uri, at)
    }

    /// The URL that is signed for a request.
    pub(crate) fn uri(&self, request: &Request<Vec<u8>>) -> Result<String, Failure> {
        Ok(self.public_url.url(request.uri(), request.headers())?)
    }

    /// The genuine request.
    pub(crate) fn sign(&self, unsigned: Unsigned, at: UnixTime) -> Result<Request<Vec<u8>>, Failure> {
        let signed = self.headers(&unsigned, &self.uri(&unsigned.request)?, at);
        attach(unsigned.request, &signed)
    }

    pub(crate) const fn secret_length(&self) -> usize {
        self.secret_length
    }
}

pub(crate) fn headers(secret: &ClientSecret, unsigned: &Unsigned, uri: &str, at: UnixTime) -> SignedHeaders {
    let (method, body) = (unsigned.request.method().as_str(), unsigned.request.body());
    match unsigned.older {
        Version::V1 => secret.sign_with_v1(method, uri, body, at),
        _ => secret.sign(method, uri, body, at),
    }
}

pub(crate) fn attach(mut request: Request<Vec<u8>>, signed: &SignedHeaders) -> Result<Request<Vec<u8>>, Failure> {
    for (name, value) in signed.as_pairs() {
        request.headers_mut().insert(name, HeaderValue::from_str(value)?);
    }
    Ok(request)
}
