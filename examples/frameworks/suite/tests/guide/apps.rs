//! Several apps behind one endpoint, and the change of a secret.

use axum::Router;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use hubspot_signature::tower::VerifyLayer;
use hubspot_signature::{PublicUrl, SecretError, Verified, Verifier, Verifiers, Version};

const APPS: [&str; 2] = ["sales", "service"];

fn apps(secrets: [&str; 2]) -> Result<Verifiers, SecretError> {
    let [sales, service] = secrets.map(|secret| Verifier::new(secret, Version::V3));
    Ok(Verifiers::new(sales?, [service?]))
}

async fn webhook(verified: Verified) -> &'static str {
    // `replace` may have brought more apps than there are names.
    APPS.get(verified.matched_verifier()).copied().unwrap_or("another app")
}

/// A new secret for one app: all apps again, in the same order.
fn renew_service(apps: &Verifiers, sales: Verifier, [new, old]: [&str; 2]) -> Result<(), SecretError> {
    let service = Verifier::new(new, Version::V3)?.previous_secret(Some(old))?;
    apps.replace(sales, [service]);
    Ok(())
}

fn rotating() -> Result<Verifier, Box<dyn std::error::Error>> {
    let previous = std::env::var("HUBSPOT_PREVIOUS_SECRET").ok();
    Ok(Verifier::new(&std::env::var("HUBSPOT_CLIENT_SECRET")?, Version::V3)?.previous_secret(previous.as_deref())?)
}

/// One count for all routes: add `from_fn(count)` before the layer that verifies.
async fn count(verified: Verified, request: Request, next: Next) -> Response {
    let (version, secret) = (verified.version().as_str(), verified.matched_secret().as_str());
    let app = APPS.get(verified.matched_verifier()).copied().unwrap_or("another app");
    metrics::counter!("hubspot_accepted_total", "version" => version, "secret" => secret, "app" => app).increment(1);
    next.run(request).await
}

use crate::prelude::{self, signed_with};

const SECRETS: [&str; 3] = [
    "12345678-aaaa-bbbb-cccc-ddddeeee0001",
    "12345678-aaaa-bbbb-cccc-ddddeeee0002",
    "12345678-aaaa-bbbb-cccc-ddddeeee0003",
];

#[tokio::test]
async fn each_app_by_its_own_secret() {
    let verifiers = apps([SECRETS[0], SECRETS[1]]).expect("usable");
    let url = PublicUrl::endpoint("https://hooks.example.com/hubspot").expect("a URL");
    let routes =
        Router::new().route("/hubspot", axum::routing::post(webhook)).layer(VerifyLayer::new(verifiers.clone(), url));
    let answer = async |secret| {
        let request = signed_with(secret, "https://hooks.example.com/hubspot", "/hubspot", "{}");
        let (status, text) = prelude::answer(&routes, request).await;
        (status.as_u16(), text)
    };
    assert_eq!(answer(SECRETS[0]).await, (200, "sales".to_owned()));
    assert_eq!(answer(SECRETS[1]).await, (200, "service".to_owned()));
    assert_eq!(answer(SECRETS[2]).await.0, 401);

    // The layer's clone sees the change.
    let sales = Verifier::new(SECRETS[0], Version::V3).expect("usable");
    renew_service(&verifiers, sales.clone(), [SECRETS[2], SECRETS[1]]).expect("usable");
    assert_eq!(answer(SECRETS[0]).await, (200, "sales".to_owned()));
    for secret in [SECRETS[1], SECRETS[2]] {
        assert_eq!(answer(secret).await, (200, "service".to_owned()));
    }
    renew_service(&verifiers, sales.clone(), [SECRETS[2], SECRETS[2]]).expect("usable");
    assert_eq!(answer(SECRETS[1]).await.0, 401);
    // One more than has a name is no panic.
    let more = [SECRETS[1], SECRETS[2]].map(|secret| Verifier::new(secret, Version::V3).expect("usable"));
    verifiers.replace(sales, more);
    assert_eq!(answer(SECRETS[2]).await, (200, "another app".to_owned()));
}

#[tokio::test]
async fn each_app_has_its_count() {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let url = PublicUrl::endpoint("https://hooks.example.com/hubspot").expect("a URL");
    let routes = Router::new()
        .route("/hubspot", axum::routing::post(webhook))
        .layer(axum::middleware::from_fn(count))
        .layer(VerifyLayer::new(apps([SECRETS[0], SECRETS[1]]).expect("usable"), url));
    for secret in [SECRETS[1], SECRETS[0], SECRETS[1], SECRETS[2]] {
        let request = signed_with(secret, "https://hooks.example.com/hubspot", "/hubspot", "{}");
        prelude::status(&routes, request).await;
    }
    let counts = recorder.handle().render();
    for (app, count) in [("sales", 1), ("service", 2)] {
        let line = format!("hubspot_accepted_total{{version=\"v3\",secret=\"current\",app=\"{app}\"}} {count}\n");
        assert!(counts.contains(&line), "{counts}");
    }
    assert_eq!(counts.matches("hubspot_accepted_total{").count(), 2, "{counts}");
}

#[test]
fn no_previous_secret_is_no_error_and_no_secret_is_one() {
    assert!(rotating().is_err());
    let previous: Option<&str> = None;
    assert!(prelude::verifier().previous_secret(previous).is_ok());
    assert!(prelude::verifier().previous_secret(Some("")).is_err());
}
