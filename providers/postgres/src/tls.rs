//! TLS by rustls with ring: always with a check of the certificate.

use std::path::Path;
use std::sync::Arc;

use isobar::{Error, ErrorKind, Result};
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

/// TLS that trusts the certificates of a PEM file, or the platform's.
pub(crate) fn connector(file: Option<&Path>) -> Result<MakeRustlsConnect> {
    let mut roots = RootCertStore::empty();
    match file {
        Some(file) => {
            for certificate in read(file)? {
                roots
                    .add(certificate)
                    .map_err(|error| unusable(file).with_source(error))?;
            }
        }
        None => {
            // One that cannot be read is left out, as everywhere else on the platform.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if roots.is_empty() {
        let message = "there is no certificate to trust a PostgreSQL server by: install the \
                       platform's (ca-certificates), or name a file of them as sslrootcert";
        return Err(Error::invalid(message));
    }
    over(roots)
}

/// What stands for TLS where none is wanted.
pub(crate) fn without_roots() -> Result<MakeRustlsConnect> {
    over(RootCertStore::empty())
}

fn over(roots: RootCertStore) -> Result<MakeRustlsConnect> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::new(ErrorKind::Internal, "TLS has no version").with_source(error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn read(file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect)
        .map_err(|error| unusable(file).with_source(error))
}

fn unusable(file: &Path) -> Error {
    let file = file.display();
    Error::invalid(format!(
        "the certificates in {file} (sslrootcert) cannot be used"
    ))
}
