//! The parameters of a signature (RFC 9421, section 2.3).

use crate::{
    SignatureError,
    structured_field::{Cursor, MAX_INTEGER, push_quoted},
};

/// What a signature says of itself. This crate has no clock: whether `created` and `expires` are
/// acceptable, and whether the nonce is new, is for its caller to decide.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters {
    /// When the signature was made, in seconds of the Unix epoch.
    pub created: Option<u64>,
    /// Until when it is meant to be used, in seconds of the Unix epoch.
    pub expires: Option<u64>,
    /// A value its maker never uses again.
    pub nonce: Option<String>,
    /// Names the key that made it.
    pub keyid: Option<String>,
    /// The algorithm; `ed25519` is the only one that verifies here.
    pub alg: Option<String>,
    /// Names the application it was made for.
    pub tag: Option<String>,
}

impl Parameters {
    /// Prints the parameters in their fixed order: `;created=…;keyid="…";nonce="…";…`.
    pub(crate) fn to_text(&self) -> Result<String, SignatureError> {
        let mut text = String::with_capacity(192);
        self.push(&mut text).map_err(|name| SignatureError::InvalidParameter(name.to_owned()))?;
        Ok(text)
    }

    /// Or says which of them cannot be printed.
    fn push(&self, text: &mut String) -> Result<(), &'static str> {
        push_integer(text, "created", self.created)?;
        push_string(text, "keyid", self.keyid.as_deref())?;
        push_string(text, "nonce", self.nonce.as_deref())?;
        push_integer(text, "expires", self.expires)?;
        push_string(text, "alg", self.alg.as_deref())?;
        push_string(text, "tag", self.tag.as_deref())
    }

    /// Reads parameters in whatever order they come.
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, SignatureError> {
        let mut parameters = Self::default();
        while cursor.accept(";") {
            let name = cursor.key()?;
            cursor.expect("=")?;
            let known_before = match name {
                "created" => parameters.created.replace(cursor.integer()?).is_some(),
                "expires" => parameters.expires.replace(cursor.integer()?).is_some(),
                "nonce" => parameters.nonce.replace(cursor.string()?).is_some(),
                "keyid" => parameters.keyid.replace(cursor.string()?).is_some(),
                "alg" => parameters.alg.replace(cursor.string()?).is_some(),
                "tag" => parameters.tag.replace(cursor.string()?).is_some(),
                _ => return Err(SignatureError::InvalidParameter(name.to_owned())),
            };
            if known_before {
                return Err(SignatureError::InvalidParameter(name.to_owned()));
            }
        }
        Ok(parameters)
    }
}

fn push_name(text: &mut String, name: &str) {
    text.extend([";", name, "="]);
}

fn push_integer(text: &mut String, name: &'static str, value: Option<u64>) -> Result<(), &'static str> {
    let Some(value) = value else { return Ok(()) };
    push_name(text, name);
    text.push_str(&value.to_string());
    if value <= MAX_INTEGER { Ok(()) } else { Err(name) }
}

fn push_string(text: &mut String, name: &'static str, value: Option<&str>) -> Result<(), &'static str> {
    let Some(value) = value else { return Ok(()) };
    push_name(text, name);
    push_quoted(text, value).ok_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Parameters, SignatureError> {
        let text = format!("a={text}");
        let mut members = Cursor::dictionary(&text, Parameters::read)?;
        Ok(members.remove(0).1)
    }

    fn all() -> Parameters {
        Parameters {
            created: Some(1),
            expires: Some(2),
            nonce: Some("n".to_owned()),
            keyid: Some(r#"a "key\"#.to_owned()),
            alg: Some("ed25519".to_owned()),
            tag: Some("t".to_owned()),
        }
    }

    #[test]
    fn the_printed_order_is_fixed_and_strings_are_escaped() {
        let text = r#";created=1;keyid="a \"key\\";nonce="n";expires=2;alg="ed25519";tag="t""#;
        assert_eq!(all().to_text().as_deref(), Ok(text));
        assert_eq!(read(text), Ok(all()));
        assert_eq!(Parameters::default().to_text().as_deref(), Ok(""));
    }

    #[test]
    fn values_that_cannot_be_printed_are_refused() {
        let line_feed = Parameters { nonce: Some("a\nb".to_owned()), ..Parameters::default() };
        assert_eq!(line_feed.to_text(), Err(SignatureError::InvalidParameter("nonce".to_owned())));
        let too_late = Parameters { expires: Some(u64::MAX), ..Parameters::default() };
        assert_eq!(too_late.to_text(), Err(SignatureError::InvalidParameter("expires".to_owned())));
    }

    #[test]
    fn unknown_repeated_and_mistyped_parameters_are_refused() {
        for (text, name) in
            [(";colour=1", "colour"), (";created=1;created=1", "created"), (r#";tag="a";tag="b""#, "tag")]
        {
            assert_eq!(read(text), Err(SignatureError::InvalidParameter(name.to_owned())));
        }
        for text in [r#";created="1""#, ";keyid=1", ";keyid", "; tag=\"a\""] {
            assert!(matches!(read(text), Err(SignatureError::MalformedField(_))), "{text}");
        }
    }
}
