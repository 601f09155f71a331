//! The requests that HubSpot's products make. All names and numbers in them are made up.

use http::{Method, Uri};
use hubspot_signature::UnixTime;
use serde_json::{Value, json};

use crate::Failure;
use crate::signer::Unsigned;
use crate::target::with_query;

/// A kind of request that HubSpot sends.
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
