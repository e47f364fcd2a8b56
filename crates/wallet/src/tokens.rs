use open_payments::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::forms;
use crate::grants::Grant;
use crate::message::Response;
use crate::refusal::{Refusal, Stop};
use crate::sandbox::{Call, Sandbox};

/// An access token, kept under its value until it is rotated or revoked: one that has expired
/// can still be rotated.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Token {
    pub(crate) wallet: usize,
    pub(crate) grant: String,
    /// The last segment of its manage URL.
    pub(crate) manage: String,
    #[serde(with = "forms::moment")]
    pub(crate) expires: Timestamp,
}

impl Sandbox {
    /// `POST {manage}`: a new value and a new manage URL; the old ones die at once.
    pub(crate) fn rotate_token(&mut self, call: &mut Call<'_>, manage: &str) -> Result<Response, Stop> {
        let (value, grant) = self.managed(call, manage)?;
        self.tokens.remove(&value);
        let access_token = self.issue_token(call, &grant);
        Ok(Response::json(200, &json!({ "access_token": access_token })))
    }

    /// `DELETE {manage}`.
    pub(crate) fn revoke_token(&mut self, call: &Call<'_>, manage: &str) -> Result<Response, Stop> {
        let (value, _) = self.managed(call, manage)?;
        self.tokens.remove(&value);
        Ok(Response::no_content())
    }

    /// Makes a token for a grant and describes it.
    pub(crate) fn issue_token(&mut self, call: &mut Call<'_>, grant: &Grant) -> Value {
        let lifetime = self.settings.token_lifetime_seconds;
        let (value, manage) = (call.entropy.token(), call.entropy.id());
        let manage_url = call.wallet.auth_server.join("token").join(&manage);
        let expires = call.now.plus_millis(i64::from(lifetime) * 1000);
        self.tokens.insert(&value, Token { wallet: call.wallet.index, grant: grant.id.clone(), manage, expires });
        json!({
            "access": grant.access,
            "value": value,
            "manage": manage_url.as_str(),
            "expires_in": lifetime,
        })
    }

    /// The value of the token that is managed here, and its grant.
    fn managed(&self, call: &Call<'_>, manage: &str) -> Result<(String, Grant), Stop> {
        let value = call.request.token().ok_or(Refusal::InvalidAccessToken)?;
        let token = self.tokens.get(value);
        let token = token.filter(|token| token.wallet == call.wallet.index && token.manage == manage);
        let token = token.ok_or(Refusal::InvalidAccessToken)?;
        let grant = self.grants.get(&token.grant).ok_or(Refusal::InvalidAccessToken)?;
        self.authenticate(call, &grant.client)?;
        Ok((value.to_owned(), grant.clone()))
    }
}
