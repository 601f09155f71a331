//! [`PublicUrl`] as text: what HubSpot calls, joined with a request's own path and query.

use std::env;

use hubspot_signature::http;

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
            Ok(text) => PublicUrl::new(text).map(Some),
            Err(env::VarError::NotPresent) => Ok(None),
            Err(env::VarError::NotUnicode(_)) => Err("the variable HUBSPOT_PUBLIC_URL is not UTF-8".into()),
        }
    }
}

/// A public URL that the library takes.
pub(crate) struct PublicUrl(String);

impl PublicUrl {
    pub(crate) fn new(mut text: String) -> Result<Self, Failure> {
        http::PublicUrl::new(&text)?;
        text.truncate(text.strip_suffix('/').unwrap_or(&text).len());
        Ok(Self(text))
    }

    /// The URL that HubSpot signs when the request line says `target`. As text: parsed and printed again, it might not be
    /// what was signed.
    pub(crate) fn join(&self, target: &str) -> String {
        let Self(base) = self;
        format!("{base}{target}")
    }
}
