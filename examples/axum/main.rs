//! Runs the receiver that the README shows.

include!("receiver.rs");

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client_secret = std::env::var("HUBSPOT_CLIENT_SECRET").map_err(|_| "HUBSPOT_CLIENT_SECRET is not set")?;
    let app = app(&client_secret).map_err(|error| error.to_string())?;
    Ok(axum::serve(tokio::net::TcpListener::bind("127.0.0.1:3000").await?, app).await?)
}
