//! Whether a root knows who issued a certificate or keeps a log. If not, nothing can be judged under it.

use crate::sigstore::normalise::Normalised;
use crate::sigstore::problem::problem;
use crate::sigstore::root::Root;
use crate::sigstore::signature::Judgement;
use sigstore_types::DerCertificate;
use sigstore_types::bundle::VerificationMaterialContent;
use x509_cert::Certificate;
use x509_cert::der::Decode;

/// The leaf, when an authority of the root says that it issued it or a certificate of the chain that came along.
pub(super) fn knows_issuer(
    root: &Root,
    normalised: &Normalised,
) -> Result<Certificate, Box<Judgement>> {
    let malformed = |error: x509_cert::der::Error| {
        Box::new(Judgement::Invalid(problem("certificate-malformed", error)))
    };
    let parse = |der: &DerCertificate| Certificate::from_der(der.as_bytes()).map_err(malformed);
    let chain = match &normalised.bundle.verification_material.content {
        VerificationMaterialContent::X509CertificateChain { certificates } => certificates
            .iter()
            .map(|one| parse(&one.raw_bytes))
            .collect::<Result<Vec<_>, _>>()?,
        VerificationMaterialContent::Certificate(one) => vec![parse(&one.raw_bytes)?],
        _ => Vec::new(),
    };
    let known = chain.iter().any(|one| root.knows_issuer_of(one));
    match chain.into_iter().next() {
        Some(leaf) if known => Ok(leaf),
        Some(leaf) => Err(Box::new(Judgement::UnknownRoot(problem(
            "root-unknown",
            format!(
                "{:?}, which issued the certificate, is not in the trusted root {}",
                leaf.tbs_certificate.issuer.to_string(),
                root.name
            ),
        )))),
        None => Err(Box::new(Judgement::Invalid(problem(
            "certificate-malformed",
            "there is no certificate",
        )))),
    }
}

pub(super) fn unknown_log(root: &Root, log_id: &[u8]) -> Judgement {
    let id = hex::encode(log_id.get(..32).unwrap_or(log_id));
    Judgement::UnknownRoot(problem(
        "root-unknown",
        format!("the log {id} is not in the trusted root {}", root.name),
    ))
}
