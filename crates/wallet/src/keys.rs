//! The public keys of an account, which its owner manages on a page.

use base64ct::{Base64Unpadded, Base64UrlUnpadded, Encoding};
use http_signature::{Jwk, PublicKey};

use crate::message::Response;
use crate::pages;
use crate::sandbox::{Call, Sandbox};

impl Sandbox {
    /// `GET /keys{path}`: the keys of the account; `?jwk=` fills in one to be added.
    pub(crate) fn show_keys(&self, call: &Call<'_>, path: &str) -> Response {
        match self.account_at(call, path) {
            Some(account) => pages::keys(call, account, call.request.query("jwk").as_deref().unwrap_or_default(), None),
            None => pages::not_found(),
        }
    }

    /// `POST /keys{path}`: adds the key `jwk`, or removes the one named `remove`.
    pub(crate) fn change_keys(&mut self, call: &Call<'_>, path: &str) -> Response {
        if !call.request.is_same_origin(&call.wallet.base) {
            return pages::foreign_form();
        }
        let Some(account) = self.account_at(call, path) else { return pages::not_found() };
        let mut account = account.clone();
        if let Some(kid) = call.request.form("remove") {
            account.remove_key(&kid);
        } else {
            let typed = call.request.form("jwk").unwrap_or_default();
            match read_key(&typed) {
                Ok(jwk) => account.add_key(jwk),
                Err(problem) => return pages::keys(call, &account, &typed, Some(&problem)),
            }
        }
        self.accounts.insert(account.address.clone().as_str(), account);
        Response::see_other(call.request.target.path())
    }
}

/// Reads a JSON Web Key, or its base64, as a person pastes it.
pub(crate) fn read_key(text: &str) -> Result<Jwk, String> {
    let text = text.trim();
    let decoded = if text.starts_with('{') { None } else { Some(decode(text)?) };
    let json = decoded.as_deref().unwrap_or(text);
    let jwk: Jwk = serde_json::from_str(json).map_err(|error| format!("This is not a JSON Web Key: {error}"))?;
    check_key(&jwk)?;
    Ok(jwk)
}

/// Whether a key can be listed: an Ed25519 key with a name.
pub(crate) fn check_key(jwk: &Jwk) -> Result<(), String> {
    if jwk.kid.is_empty() {
        return Err("The key has no kid.".to_owned());
    }
    PublicKey::try_from(jwk).map(drop).map_err(|error| format!("This key cannot be used: {error}."))
}

fn decode(text: &str) -> Result<String, String> {
    let bare: String = text.chars().filter(|next| !next.is_whitespace() && *next != '=').collect();
    let bytes = Base64Unpadded::decode_vec(&bare).or_else(|_| Base64UrlUnpadded::decode_vec(&bare));
    let bytes = bytes.map_err(|_| "This is neither a JSON Web Key nor its base64.".to_owned())?;
    String::from_utf8(bytes).map_err(|_| "The base64 does not hold a JSON Web Key.".to_owned())
}

#[cfg(test)]
mod tests {
    use base64ct::Base64;
    use http_signature::{SecretKey, Signer};

    use super::*;

    #[test]
    fn a_key_is_read_as_json_and_as_base64() {
        let jwk = SecretKey::from_seed([1; 32]).public_key().to_jwk("key-1");
        let json = serde_json::to_string(&jwk).unwrap();
        assert_eq!(read_key(&json), Ok(jwk.clone()));
        for text in [Base64::encode_string(json.as_bytes()), Base64UrlUnpadded::encode_string(json.as_bytes())] {
            assert_eq!(read_key(&format!(" {text}\n")), Ok(jwk.clone()));
        }
    }

    #[test]
    fn what_is_no_key_is_refused_in_words() {
        let jwk = SecretKey::from_seed([1; 32]).public_key().to_jwk("");
        let nameless = serde_json::to_string(&jwk).unwrap();
        let other_curve = nameless.replace("Ed25519", "X25519").replace(r#""kid":"""#, r#""kid":"a""#);
        for wrong in ["", "{}", "no key", "AAAA", &nameless, &other_curve] {
            assert!(read_key(wrong).is_err(), "{wrong}");
        }
    }
}
