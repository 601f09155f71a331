//! The option `--public-url`, and the URL of a captured request under it.

use std::env;

use http::{HeaderMap, Uri};
use hubspot_signature::http::PublicUrl;

use crate::Failure;

#[derive(clap::Args)]
pub(crate) struct PublicUrlArgs {
    /// What HubSpot calls, up to where the request's own path begins: https://hooks.example.com, with a path if a proxy
    /// removes one. Otherwise taken from the environment variable HUBSPOT_PUBLIC_URL
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
}

impl PublicUrlArgs {
    pub(crate) fn get(self) -> Result<Option<PublicUrl>, Failure> {
        match self.public_url.map_or_else(|| env::var("HUBSPOT_PUBLIC_URL"), Ok) {
            Ok(text) => Ok(Some(PublicUrl::new(&text)?)),
            Err(env::VarError::NotPresent) => Ok(None),
            Err(env::VarError::NotUnicode(_)) => Err("the variable HUBSPOT_PUBLIC_URL is not UTF-8".into()),
        }
    }
}

/// The URL that HubSpot signs when the request line says `target`, to the letter.
pub(crate) fn url(public_url: &PublicUrl, target: &str) -> Result<String, Failure> {
    // `Uri` would drop it without a word.
    if target.contains('#') {
        return Err(
            "the target in the capture's first line has a `#`, which no client sends; if your server saw it, give \
                    the whole URL as --url"
                .into(),
        );
    }
    let uri: Uri = target.parse().map_err(|error| {
        format!(
            "the target in the capture's first line is none that a client sends ({error}); if your server saw it, give \
             the whole URL as --url"
        )
    })?;
    Ok(public_url.url(&uri, &HeaderMap::new())?)
}
