//! Reading a signature and checking it (RFC 9421, section 3.2).

use crate::{
    Parameters, PublicKey, Request, Signature, SignatureError, SignatureHeaders,
    component::{read_components, signature_base},
    request::combined,
    sign::LABEL,
    structured_field::Cursor,
};

/// A signature that came with a request: what it covers, what it says of itself, and its bytes.
///
/// Reading proves nothing; [`SignatureInput::verify`] does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureInput {
    pub(crate) components: Vec<String>,
    pub(crate) parameters: Parameters,
    /// List and parameters exactly as received: this text is part of what was signed.
    pub(crate) signature_params: String,
    pub(crate) signature: Signature,
}

impl SignatureInput {
    /// Reads the signature labelled `sig1`, or else the only one there is.
    ///
    /// # Errors
    /// If a field is missing or malformed, if it is not clear which signature is meant, or if the
    /// signature has a component parameter or a signature parameter that is not supported.
    pub fn parse(headers: &[(&str, &str)]) -> Result<Self, SignatureError> {
        let field = |name| combined(headers, name).ok_or(SignatureError::MissingHeader(name));
        let (input_field, signature_field) = (field("signature-input")?, field("signature")?);

        let inputs = Cursor::dictionary(&input_field, |cursor| {
            cursor.with_source(|cursor| Ok((read_components(cursor)?, Parameters::read(cursor)?)))
        })?;
        let only = inputs.len() == 1;
        let (label, ((components, parameters), signature_params)) =
            inputs.into_iter().find(|(label, _)| only || *label == LABEL).ok_or(SignatureError::AmbiguousLabel)?;

        let signatures = Cursor::dictionary(&signature_field, Cursor::byte_sequence)?;
        let (_, signature) = signatures
            .into_iter()
            .find(|(signature_label, _)| *signature_label == label)
            .ok_or_else(|| SignatureError::MissingSignature(label.to_owned()))?;

        Ok(Self {
            components,
            parameters,
            signature_params: signature_params.to_owned(),
            signature: signature
                .try_into()
                .map(Signature)
                .map_err(|_| SignatureError::MalformedField("a signature is not 64 bytes long"))?,
        })
    }

    /// What the signature says of itself.
    #[must_use]
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// The covered components in the order in which they were signed.
    pub fn components(&self) -> impl Iterator<Item = &str> {
        self.components.iter().map(String::as_str)
    }

    /// The header fields as [`sign`](crate::sign) would have written them for this signature.
    #[must_use]
    pub fn to_headers(&self) -> SignatureHeaders {
        SignatureHeaders::new(&self.signature_params, &self.signature)
    }

    /// Whether all these components are covered.
    #[must_use]
    pub fn covers(&self, required: &[&str]) -> bool {
        required.iter().all(|name| self.components().any(|covered| covered == *name))
    }

    /// Checks the signature over the request with the key.
    ///
    /// # Errors
    /// [`SignatureError::SignatureMismatch`]; [`SignatureError::InvalidParameter`] if `alg` names another algorithm;
    /// or whatever keeps the signature base from being built.
    pub fn verify(&self, request: &Request<'_>, key: &PublicKey) -> Result<(), SignatureError> {
        if self.parameters.alg.as_ref().is_some_and(|alg| alg != "ed25519") {
            return Err(SignatureError::InvalidParameter("alg".to_owned()));
        }
        let base = signature_base(request, self.components(), &self.signature_params)?;
        key.verify(base.as_bytes(), &self.signature)
    }
}
