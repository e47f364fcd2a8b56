//! Signatures that only resemble those of RFC 9421.

use base64ct::{Base64, Encoding};

use crate::structured_field::Cursor;
use crate::{Parameters, Signature, SignatureError, SignatureInput, request::combined, sign::LABEL};

impl SignatureInput {
    /// Like [`SignatureInput::parse`], but also reads what version 0.2 of the Rust crate
    /// `open-payments` writes: names of components without quotes, and a `Signature` that is
    /// nothing but base64.
    ///
    /// What a signature proves does not change: both texts are covered by it as they were sent.
    ///
    /// # Errors
    /// Those of [`SignatureInput::parse`].
    pub fn parse_lenient(headers: &[(&str, &str)]) -> Result<Self, SignatureError> {
        Self::parse(headers).or_else(|error| bare(headers).ok_or(error))
    }
}

fn bare(headers: &[(&str, &str)]) -> Option<SignatureInput> {
    let (input, signature) = (combined(headers, "signature-input")?, combined(headers, "signature")?);
    let signature_params = input.strip_prefix(LABEL)?.strip_prefix('=')?;
    let (components, parameters) = signature_params.strip_prefix('(')?.split_once(')')?;
    let parameters = Cursor::whole(parameters, Parameters::read).ok()?;
    Some(SignatureInput {
        components: components.split(' ').map(str::to_owned).collect(),
        parameters,
        signature_params: signature_params.to_owned(),
        signature: Signature(Base64::decode_vec(&signature).ok()?.try_into().ok()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Request, SecretKey, Signer};

    const INPUT: &str = r#"sig1=(@method authorization);created=1;keyid="key""#;

    /// A request signed as that crate does it, with this list of components.
    fn parse(input: &str) -> Result<SignatureInput, SignatureError> {
        let signature = Base64::encode_string(&key().sign(base(input).as_bytes()).0);
        SignatureInput::parse_lenient(&[("signature-input", input), ("signature", &signature)])
    }

    fn base(input: &str) -> String {
        format!("\"@method\": GET\n\"authorization\": GNAP a\n\"@signature-params\": {}", &input[5..])
    }

    fn key() -> SecretKey {
        SecretKey::from_seed([7; 32])
    }

    #[test]
    fn names_without_quotes_and_bare_base64_verify() {
        let input = parse(INPUT).unwrap();
        assert!(input.covers(&["@method", "authorization"]));
        assert_eq!(input.parameters().keyid.as_deref(), Some("key"));
        let verify = |method, headers| {
            let request = Request { method, target_uri: "https://wallet.example/", headers };
            input.verify(&request, &key().public_key())
        };
        assert_eq!(verify("GET", &[("Authorization", "GNAP a")]), Ok(()));
        assert_eq!(verify("GET", &[("Authorization", "GNAP b")]), Err(SignatureError::SignatureMismatch));
        assert_eq!(verify("POST", &[("Authorization", "GNAP a")]), Err(SignatureError::SignatureMismatch));
    }

    #[test]
    fn the_strict_reader_refuses_them_and_so_does_the_lenient_one_what_is_neither() {
        let zeros = Base64::encode_string(&[0; 64]);
        assert!(SignatureInput::parse(&[("signature-input", INPUT), ("signature", &zeros)]).is_err());
        for malformed in ["sig2=(@method)", "sig1=@method", "sig1=(@method", "sig1=(@method)x", "sig1=(@method);a=1"] {
            assert!(parse(malformed).is_err(), "{malformed}");
        }
        let short = [("signature-input", INPUT), ("signature", "AAAA")];
        assert!(SignatureInput::parse_lenient(&short).is_err());
    }

    #[test]
    fn what_is_well_formed_is_read_as_ever() {
        let headers = [("signature-input", r#"sig1=("@method");created=1"#), ("signature", "sig1=:AAAA:")];
        assert_eq!(SignatureInput::parse_lenient(&headers), SignatureInput::parse(&headers));
    }
}
