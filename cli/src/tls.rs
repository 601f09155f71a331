//! Whose certificates are trusted: the public authorities', or those in `--ca-file`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

use crate::Failure;

#[derive(clap::Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct TlsArgs {
    /// Trust the certificates in this PEM file instead of the public ones: that of an authority (mkcert's `rootCA.pem`),
    /// or the server's own, as `openssl req -x509` makes it
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
}

/// The rule by which a server's certificate is trusted.
pub(crate) struct Trust(Arc<Certificates>);

impl TlsArgs {
    pub(crate) fn trust(&self) -> Result<Trust, Failure> {
        self.ca_file.as_deref().map_or_else(|| Ok(Trust::public()), Trust::in_file)
    }
}

impl Trust {
    pub(crate) fn public() -> Self {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        Self(Arc::new(Certificates::new(roots, Vec::new())))
    }

    fn in_file(file: &Path) -> Result<Self, Failure> {
        let pem = std::fs::read(file).map_err(|error| format!("--ca-file cannot be read: {error}"))?;
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
        let found = found.map_err(|_| "--ca-file is damaged PEM")?;
        if found.is_empty() {
            return Err("--ca-file holds no PEM certificate (-----BEGIN CERTIFICATE-----)".into());
        }
        let mut roots = RootCertStore::empty();
        // One that is no authority's can still be the server's own.
        roots.add_parsable_certificates(found.iter().cloned());
        Ok(Self(Arc::new(Certificates::new(roots, found))))
    }

    pub(crate) fn connector(&self, protocols: &[&[u8]]) -> Result<TlsConnector, Error> {
        let builder = ClientConfig::builder_with_provider(Arc::clone(&self.0.provider));
        let builder = builder.with_safe_default_protocol_versions()?.dangerous();
        let certificates: Arc<dyn ServerCertVerifier> = self.0.clone();
        let mut config = builder.with_custom_certificate_verifier(certificates).with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        Ok(TlsConnector::from(Arc::new(config)))
    }
}

#[derive(Debug)]
struct Certificates {
    provider: Arc<CryptoProvider>,
    /// None where nothing can be an authority.
    authorities: Option<Arc<WebPkiServerVerifier>>,
    /// Trusted as they are: `openssl req -x509` makes an authority without a server's name, which as a server's
    /// certificate breaks the rules. That a server has the key of just this one says all the same who it is.
    own: Vec<CertificateDer<'static>>,
}

impl Certificates {
    fn new(roots: RootCertStore, own: Vec<CertificateDer<'static>>) -> Self {
        let provider = Arc::new(ring::default_provider());
        let authorities = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build();
        Self { provider, authorities: authorities.ok(), own }
    }
}

impl ServerCertVerifier for Certificates {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.own.contains(certificate) {
            return Ok(ServerCertVerified::assertion());
        }
        match &self.authorities {
            Some(authorities) => authorities.verify_server_cert(certificate, intermediates, name, ocsp, now),
            None => Err(CertificateError::UnknownIssuer.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
