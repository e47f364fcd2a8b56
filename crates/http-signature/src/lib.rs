//! RFC 9421 signatures, RFC 9530 digests and Ed25519 JWKs.
