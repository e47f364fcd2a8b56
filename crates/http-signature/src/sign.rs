//! Making a signature (RFC 9421, section 3.1).

use base64ct::{Base64, Encoding};

use crate::{
    Parameters, Request, Signature, SignatureError, Signer,
    component::{component_list, signature_base},
};

/// The label of the signatures made here, and the one that is looked for first.
pub(crate) const LABEL: &str = "sig1";

/// The values of the two header fields that carry a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureHeaders {
    /// The value of `Signature-Input`.
    pub signature_input: String,
    /// The value of `Signature`.
    pub signature: String,
}

impl SignatureHeaders {
    pub(crate) fn new(signature_params: &str, signature: &Signature) -> Self {
        let signature = Base64::encode_string(&signature.0);
        Self { signature_input: format!("{LABEL}={signature_params}"), signature: format!("{LABEL}=:{signature}:") }
    }
}

/// Signs the components of a request, in the order given, under the label `sig1`.
///
/// # Errors
/// If a component is unknown, repeated, missing from the request or not signable, if a parameter
/// cannot be printed, or if the target URI is not a plain absolute one.
pub fn sign(
    request: &Request<'_>,
    components: &[&str],
    parameters: &Parameters,
    signer: &dyn Signer,
) -> Result<SignatureHeaders, SignatureError> {
    let signature_params = component_list(components)? + &parameters.to_text()?;
    let base = signature_base(request, components.iter().copied(), &signature_params)?;
    Ok(SignatureHeaders::new(&signature_params, &signer.sign(base.as_bytes())))
}
