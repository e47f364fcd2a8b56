use http_signature::{Parameters, Request, SignatureError, Signer, content_digest, sign};
use open_payments::{Url, WalletDocument};

use crate::{HttpRequest, Method, Operation};

/// Composes requests and signs them (RFC 9421) as Open Payments demands: the same input always
/// gives the same bytes.
#[derive(Clone, Copy)]
pub struct Composer<'a> {
    /// The key that signs.
    pub signer: &'a dyn Signer,
    /// The key's name: the JWK's `kid` for a wallet, the key itself for the proxy.
    pub keyid: &'a str,
    /// The time, in seconds of the Unix epoch.
    pub created: u64,
    /// Never used again. Wallets do not look at one, so requests to them carry none.
    pub nonce: Option<&'a str>,
}

impl Composer<'_> {
    /// Composes and signs what this wallet is asked for.
    ///
    /// # Errors
    /// As [`compose`](Self::compose).
    pub fn sign(&self, operation: &dyn Operation, wallet: &WalletDocument) -> Result<HttpRequest, SignatureError> {
        let call = operation.call(wallet);
        let authorization = call.token.map(|token| authorization(token.expose()));
        self.compose(call.method, &call.url, authorization.as_deref(), call.body)
    }

    /// Composes and signs any request. The headers are, in this order: `authorization`, then, with
    /// a body, `content-digest`, `content-length` and `content-type`, then `signature-input` and
    /// `signature`. Method, target and all the other headers are covered.
    ///
    /// # Errors
    /// If the authorization, the key's name or the nonce is not printable ASCII.
    pub fn compose(
        &self,
        method: Method,
        url: &Url,
        authorization: Option<&str>,
        body: Option<String>,
    ) -> Result<HttpRequest, SignatureError> {
        let covered = covered_headers(authorization, body.as_deref());
        let lines: Vec<(&str, &str)> = covered.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let request = Request { method: method.as_str(), target_uri: url.as_str(), headers: &lines };
        let parameters = Parameters {
            created: Some(self.created),
            keyid: Some(self.keyid.to_owned()),
            nonce: self.nonce.map(str::to_owned),
            ..Parameters::default()
        };
        let components: Vec<&str> = covered_components(&covered).collect();
        let signature = sign(&request, &components, &parameters, self.signer)?;

        let mut headers: Vec<_> = covered.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        headers.push(("signature-input".to_owned(), signature.signature_input));
        headers.push(("signature".to_owned(), signature.signature));
        Ok(HttpRequest { method, url: url.clone(), headers, body })
    }
}

/// The value of the header that presents a token to a wallet (RFC 9635 section 7.2).
pub(crate) fn authorization(token: &str) -> String {
    format!("GNAP {token}")
}

/// The headers that are covered by the signature, in their order.
pub(crate) fn covered_headers(authorization: Option<&str>, body: Option<&str>) -> Vec<(&'static str, String)> {
    let mut headers = Vec::new();
    if let Some(value) = authorization {
        headers.push(("authorization", value.to_owned()));
    }
    if let Some(body) = body {
        headers.push(("content-digest", content_digest(body.as_bytes())));
        headers.push(("content-length", body.len().to_string()));
        headers.push(("content-type", "application/json".to_owned()));
    }
    headers
}

/// What the signature covers, in its order.
pub(crate) fn covered_components<'a>(headers: &'a [(&'static str, String)]) -> impl Iterator<Item = &'static str> + 'a {
    ["@method", "@target-uri"].into_iter().chain(headers.iter().map(|(name, _)| *name))
}
