//! The requests that HubSpot's products make. All names and numbers in them are made up.

use http::{Method, Uri};
use hubspot_signature::UnixTime;

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
            Self::Batch => Unsigned::new(Method::POST, to, batch(now).into_bytes()).with_v1(),
            Self::Card => Unsigned::new(Method::GET, &with_query(to, CARD)?, Vec::new()),
            Self::Fetch => {
                let body = r#"{"objectId":80321,"note":"Rückruf „morgen“ / 10:30"}"#;
                Unsigned::new(Method::POST, &with_query(to, FETCH)?, body.into())
            }
        })
    }
}

/// As many as HubSpot puts into one request at most. Their keys are in HubSpot's order, which a diagnosis looks at.
fn batch(now: UnixTime) -> String {
    let event = |index: u64| {
        let occurred_at = now.as_millis().saturating_sub(2000).saturating_add(index);
        let event_id = occurred_at.wrapping_mul(31).wrapping_add(index) % 4_000_000_000;
        let object_id = index.saturating_add(80_000);
        let lines = format!(
            r#"{{"eventId":{event_id},"subscriptionId":1160452,"portalId":62515,"appId":54321,
            "occurredAt":{occurred_at},"subscriptionType":"contact.propertyChange","attemptNumber":0,
            "objectId":{object_id},"propertyName":"lastname","propertyValue":"Übungsfall {index}",
            "changeSource":"CRM_UI","sourceId":"userId:9001"}}"#
        );
        lines.lines().map(str::trim_start).collect::<String>()
    };
    format!("[{}]", (0..100).map(event).collect::<Vec<_>>().join(","))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use hubspot_signature::diagnose::{Cause, Diagnostician, Finding, ReceivedRequest};
    use hubspot_signature::{ClientSecret, Version};

    use super::*;

    /// A secret that the diagnosis does not know must not look like a body that was serialised again.
    #[test]
    fn a_diagnosis_takes_the_bodies_for_hubspots() {
        let (now, uri) = (UnixTime::from_millis(1_700_000_000_000), "https://hooks.example.com/hubspot");
        let secret = ClientSecret::new("12345678-aaaa-bbbb-cccc-ddddeeeeffff").unwrap();
        let ours = Diagnostician::new(["yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"], Version::V3).work_limit(1 << 20);
        for event in [Event::Workflow, Event::Batch, Event::Fetch] {
            let body = event.to(&Uri::from_static(uri), now).unwrap().request.into_body();
            let parsed: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(parsed.as_array().map_or(1, Vec::len), if event == Event::Batch { 100 } else { 1 });
            let signed = secret.sign("POST", uri, &body, now).unwrap();
            let headers: Vec<_> = signed.pairs().map(|(name, value)| (name, value.as_bytes())).collect();
            let request = ReceivedRequest { method: "POST", uri, headers: &headers, body: Some(&body) };
            let diagnosis = ours.diagnose(&request, now);
            let causes: Vec<Cause> = diagnosis.findings().iter().flat_map(Finding::causes).collect();
            assert!(!causes.contains(&Cause::BodyReserialised), "{causes:?}");
        }
    }
}
