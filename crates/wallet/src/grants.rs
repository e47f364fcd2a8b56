use open_payments::{Secret, Timestamp, Url};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::access::Access;
use crate::accounts::Wallet;
use crate::clients::{Client, ClientForm};
use crate::forms;
use crate::message::{Response, without_nulls};
use crate::refusal::{Refusal, Stop};
use crate::sandbox::{Call, Sandbox};
use crate::signatures::SignatureFault;

/// What a client was allowed to do, or asks to be allowed (RFC 9635, grant).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Grant {
    pub(crate) id: String,
    pub(crate) wallet: usize,
    pub(crate) client: Client,
    pub(crate) access: Vec<Access>,
    pub(crate) state: GrantState,
    #[serde(with = "forms::moment")]
    pub(crate) requested: Timestamp,
    pub(crate) continue_token: Secret,
    /// How a person is asked; none if nobody has to be.
    pub(crate) interaction: Option<Interaction>,
}

/// How far a grant has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum GrantState {
    Pending,
    Accepted { reference: String },
    Rejected,
    Issued,
    Revoked,
}

/// What is needed to ask a person and to tell the client (RFC 9635, section 4).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Interaction {
    /// The wallet's nonce.
    pub(crate) nonce: String,
    /// Where the client waits, with its own nonce.
    pub(crate) finish: Option<Finish>,
}

/// Where the browser is sent after the decision.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Finish {
    method: FinishMethod,
    pub(crate) uri: String,
    pub(crate) nonce: String,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum FinishMethod {
    Redirect,
}

#[derive(Deserialize)]
struct GrantForm {
    access_token: AccessTokenForm,
    client: ClientForm,
    interact: Option<InteractForm>,
}

#[derive(Deserialize)]
struct AccessTokenForm {
    access: Vec<Access>,
}

#[derive(Deserialize)]
struct InteractForm {
    start: Vec<FinishMethod>,
    finish: Option<Finish>,
}

#[derive(Deserialize)]
struct ContinueForm {
    interact_ref: Option<String>,
}

impl Sandbox {
    /// `POST {authServer}`: issues a token, or says where a person decides.
    pub(crate) fn request_grant(&mut self, call: &mut Call<'_>) -> Result<Response, Stop> {
        let form: GrantForm = grant_json(call)?;
        let client = Client::try_from(form.client)?;
        self.authenticate(call, &client)?;
        let access = form.access_token.access;
        self.check_access(call, &access)?;
        let interaction = if access.iter().any(Access::needs_consent) {
            let interact = form.interact.ok_or_else(|| refused("missing required request field 'interact'"))?;
            Some(interact.accepted(&client, call.entropy.token())?)
        } else {
            None
        };
        let grant = Grant {
            id: call.entropy.id(),
            wallet: call.wallet.index,
            client,
            access,
            state: GrantState::Pending,
            requested: call.now,
            continue_token: Secret::new(call.entropy.token()),
            interaction,
        };
        let answer = match &grant.interaction {
            Some(interaction) => self.pending(&call.wallet, &grant, interaction),
            None => self.issue(call, &grant),
        };
        let state = if grant.interaction.is_some() { GrantState::Pending } else { GrantState::Issued };
        self.grants.insert(&grant.id.clone(), Grant { state, ..grant });
        Ok(Response::json(200, &answer))
    }

    /// `POST {continue.uri}`: issues the token that a person has agreed to.
    pub(crate) fn continue_grant(&mut self, call: &mut Call<'_>, id: &str) -> Result<Response, Stop> {
        let grant = self.continuable(call, id)?.clone();
        let reference =
            if call.request.body.is_empty() { None } else { grant_json::<ContinueForm>(call)?.interact_ref };
        let wait = i64::from(self.settings.continue_wait_seconds) * 1000;
        if grant.interaction.is_some() && call.now < grant.requested.plus_millis(wait) {
            return Err(Refusal::TooFast(if reference.is_some() { "continued" } else { "polled" }).into());
        }
        let finish = grant.interaction.as_ref().and_then(|interaction| interaction.finish.as_ref());
        match (&grant.state, reference) {
            (GrantState::Accepted { reference }, Some(given)) if *reference == given => {}
            (GrantState::Accepted { .. }, None) if finish.is_none() => {}
            (GrantState::Rejected, _) | (_, Some(_)) => return Err(Refusal::GrantNotFound.into()),
            (_, None) => return Err(Refusal::CannotBePolled.into()),
        }
        let answer = self.issue(call, &grant);
        self.grants.insert(id, Grant { state: GrantState::Issued, ..grant });
        Ok(Response::json(200, &answer))
    }

    /// `DELETE {continue.uri}`: ends the grant and its tokens.
    pub(crate) fn cancel_grant(&mut self, call: &Call<'_>, id: &str) -> Result<Response, Stop> {
        let grant = self.continuable(call, id)?.clone();
        self.tokens.retain(|token| token.grant != id);
        self.grants.insert(id, Grant { state: GrantState::Revoked, ..grant });
        Ok(Response::no_content())
    }

    /// Checks a client's signature in the words of an authorization server.
    pub(crate) fn authenticate(&self, call: &Call<'_>, client: &Client) -> Result<(), Stop> {
        if call.request.header("signature-input").is_none() {
            return Err(Refusal::SignatureHeaders.into());
        }
        let keys = self.keys_of(call, client)?;
        self.verify(call, &keys).map_err(|fault| match fault {
            SignatureFault::Missing | SignatureFault::Malformed(_) => Refusal::SignatureHeaders,
            SignatureFault::KeyUnknown(_) => Refusal::ClientUnknown,
            SignatureFault::Mismatch(_) => Refusal::ClientSignature("invalid signature".to_owned()),
            SignatureFault::Insufficient { reason, .. } => {
                Refusal::ClientSignature(format!("invalid signature: {reason}"))
            }
        })?;
        Ok(())
    }

    /// The grant that a continuation request is about.
    fn continuable(&self, call: &Call<'_>, id: &str) -> Result<&Grant, Stop> {
        let grant = self.grants.get(id).filter(|grant| {
            grant.wallet == call.wallet.index
                && grant.state != GrantState::Revoked
                && call.request.token() == Some(grant.continue_token.expose())
        });
        let grant = grant.ok_or(Refusal::InvalidGrant)?;
        self.authenticate(call, &grant.client)?;
        Ok(grant)
    }

    fn check_access(&self, call: &Call<'_>, access: &[Access]) -> Result<(), Refusal> {
        if !(1..=3).contains(&access.len()) {
            return Err(refused("access has 1 to 3 items"));
        }
        for item in access {
            let (identifier, limits) = match item {
                Access::Quote { .. } => continue,
                Access::IncomingPayment { identifier, .. } => (identifier.as_ref(), None),
                Access::OutgoingPayment { identifier, limits, .. } => (Some(identifier), limits.as_deref()),
            };
            if identifier.is_some_and(|address| self.account(call, address).is_none()) {
                return Err(refused("the identifier is not a wallet address of this server"));
            }
            let Some(limits) = limits else { continue };
            if limits.debit_amount.is_some() && limits.receive_amount.is_some() {
                return Err(refused("limits have one of debitAmount and receiveAmount"));
            }
            if limits.debit_amount.as_ref().is_some_and(|amount| amount.asset != call.wallet.asset) {
                return Err(refused("debitAmount is not in the asset of the wallet address"));
            }
        }
        Ok(())
    }

    fn pending(&self, wallet: &Wallet, grant: &Grant, interaction: &Interaction) -> Value {
        let mut redirect = wallet.auth_server.join("interact").join(&grant.id).join(&interaction.nonce).to_string();
        if let Client::WalletAddress(address) = &grant.client {
            let name = self.accounts.get(address.as_str()).and_then(|account| account.public_name.as_deref());
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.append_pair("clientName", name.unwrap_or_default()).append_pair("clientUri", address.as_str());
            redirect = format!("{redirect}?{}", query.finish());
        }
        json!({
            "interact": { "redirect": redirect, "finish": interaction.nonce },
            "continue": continuation(wallet, grant, Some(self.settings.continue_wait_seconds)),
        })
    }

    fn issue(&mut self, call: &mut Call<'_>, grant: &Grant) -> Value {
        let access_token = self.issue_token(call, grant);
        json!({ "access_token": access_token, "continue": continuation(&call.wallet, grant, None) })
    }
}

impl InteractForm {
    /// What a request asks for, if a person can be asked that way.
    fn accepted(self, client: &Client, nonce: String) -> Result<Interaction, Refusal> {
        if matches!(client, Client::Jwk(_)) {
            return Err(refused("a client that is a key cannot ask for an interactive grant"));
        }
        if self.start.is_empty() {
            return Err(refused("interact.start does not offer 'redirect'"));
        }
        if self.finish.as_ref().is_some_and(|finish| Url::parse(&finish.uri).is_err()) {
            return Err(refused("interact.finish.uri is not a usable address"));
        }
        Ok(Interaction { nonce, finish: self.finish })
    }
}

fn continuation(wallet: &Wallet, grant: &Grant, wait: Option<u32>) -> Value {
    without_nulls(json!({
        "access_token": { "value": grant.continue_token },
        "uri": wallet.auth_server.join("continue").join(&grant.id).as_str(),
        "wait": wait,
    }))
}

fn grant_json<T: DeserializeOwned>(call: &Call<'_>) -> Result<T, Refusal> {
    call.request.json().map_err(|refusal| Refusal::InvalidGrantRequest(refusal.to_string()))
}

fn refused(words: &str) -> Refusal {
    Refusal::InvalidGrantRequest(words.to_owned())
}
