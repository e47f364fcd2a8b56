//! What can be wrong with a key, a digest or a signature.

/// Why something could not be signed or does not verify.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// The bytes are not a usable Ed25519 public key: wrong length, no curve point, or a weak one.
    #[error("not an Ed25519 public key")]
    InvalidPublicKey,
    /// A member of a JWK does not have the value an Ed25519 signature key has.
    #[error("the JWK's `{0}` is not that of an Ed25519 signature key")]
    UnsupportedJwk(&'static str),
    /// A header field that is needed is not there.
    #[error("the header field `{0}` is missing")]
    MissingHeader(&'static str),
    /// A structured field is not written as RFC 8941 and this crate's limits demand.
    #[error("a structured field is malformed: {0}")]
    MalformedField(&'static str),
    /// None of the digests is of an algorithm that this crate knows.
    #[error("the content digest has no sha-256 or sha-512 member")]
    UnknownDigest,
    /// The body is not the one the digest was made of.
    #[error("the content digest does not match the body")]
    DigestMismatch,
    /// The target URI is not an absolute one without user information and fragment.
    #[error("the target URI cannot be signed")]
    InvalidTarget,
    /// A component that is not implemented, or a component with a parameter such as `;req`.
    #[error("the component `{0}` is not supported")]
    UnsupportedComponent(String),
    /// A component is covered twice.
    #[error("the component `{0}` is covered twice")]
    DuplicateComponent(String),
    /// The request has no value for a covered component.
    #[error("the request has no `{0}`")]
    MissingComponent(String),
    /// A component's value holds characters that have no place in a signature base.
    #[error("the value of `{0}` cannot be signed")]
    InvalidComponent(String),
    /// A signature parameter is unknown, given twice, or has a value it cannot have.
    #[error("the signature parameter `{0}` is not valid")]
    InvalidParameter(String),
    /// No signature is labelled `sig1`, and there is not exactly one other.
    #[error("it is not clear which signature is meant")]
    AmbiguousLabel,
    /// A signature's input has no signature under its label.
    #[error("there is no signature labelled `{0}`")]
    MissingSignature(String),
    /// The signature was not made by this key over this request.
    #[error("the signature does not match")]
    SignatureMismatch,
}
