//! Runs the receiver that the README shows.

include!("receiver.rs");

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let app = app(&std::env::var("HUBSPOT_CLIENT_SECRET").map_err(|_| "HUBSPOT_CLIENT_SECRET is not set")?)?;
    Ok(axum::serve(tokio::net::TcpListener::bind("127.0.0.1:3000").await?, app).await?)
}
