//! The closed list: what may be asked of a user's wallet, and nothing else.
//!
//! A request is taken apart into the few values that may vary, composed anew from them, and must
//! come out byte for byte as it was. So whatever is executed is something this crate could have
//! composed. The signature is left to the wallet, which alone knows whose key it must be; here it
//! only has to have the right form and cover everything.

use http_signature::{Parameters, SignatureError, SignatureHeaders, SignatureInput};
use json::Value;
use money::Amount;
use open_payments::{Secret, Url, WalletDocument};

use crate::{
    CancelGrant, ContinueGrant, CreateOutgoingPayment, CreateQuote, HttpRequest, Operation, Read, RequestGrant,
    RotateToken,
    compose::{authorization, covered_components, covered_headers},
    payment::{outgoing_payments_url, quotes_url, spent_amounts_url},
};

/// Why a request is not on the list.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// Another method than the operation has.
    #[error("the method is not that of the operation")]
    Method,
    /// Not the operation's endpoint at the user's wallet.
    #[error("the address is not that of the operation at this wallet")]
    Url,
    /// No token, or not in the form `GNAP …`.
    #[error("the authorization is not a token of the wallet")]
    Authorization,
    /// Not JSON, something missing, something more, or another spelling.
    #[error("the body is not that of the operation")]
    Body,
    /// An amount in another asset than the wallet's.
    #[error("the amount is not in the asset of the wallet")]
    Asset,
    /// A header too many, too few, in another order, or with another value; also a wrong digest.
    #[error("the headers are not those of the operation")]
    Headers,
    /// The signature has no readable form.
    #[error("the signature is malformed: {0}")]
    Signature(SignatureError),
    /// The signature covers something else, or has other parameters than `created` and `keyid`.
    #[error("the signature is not over exactly this request")]
    Coverage,
}

/// An operation that is on the list.
pub trait Listed: Operation + Sized {
    /// Takes the values that vary out of a request, checked as far as they can be by themselves.
    /// That proves nothing of the rest of the request: use [`check`].
    ///
    /// # Errors
    /// The first thing that is missing or wrong.
    fn extract(request: &HttpRequest, wallet: &WalletDocument) -> Result<Self, Refusal>;
}

/// Reads a signed request as the operation it is expected to be, at the user's wallet.
///
/// # Errors
/// The first thing in which it differs from what this crate would compose.
pub fn check<O: Listed>(request: &HttpRequest, wallet: &WalletDocument) -> Result<O, Refusal> {
    let operation = O::extract(request, wallet)?;
    let call = operation.call(wallet);
    require(request.method == call.method, Refusal::Method)?;
    require(request.url == call.url, Refusal::Url)?;
    require(request.body == call.body, Refusal::Body)?;

    let authorization = call.token.map(|token| authorization(token.expose()));
    let covered = covered_headers(authorization.as_deref(), call.body.as_deref());
    let lines = request.header_lines();
    let (lines, signature) = lines.split_at_checked(covered.len()).ok_or(Refusal::Headers)?;
    let same = lines.iter().zip(&covered).all(|(line, (name, value))| *line == (*name, value.as_str()));
    require(same, Refusal::Headers)?;
    check_signature(signature, covered_components(&covered))?;
    Ok(operation)
}

/// Checks that the remaining headers are one signature over these components, in our form.
fn check_signature(headers: &[(&str, &str)], components: impl Iterator<Item = &'static str>) -> Result<(), Refusal> {
    let [("signature-input", signature_input), ("signature", signature)] = headers else {
        return Err(Refusal::Headers);
    };
    let read = SignatureInput::parse(headers).map_err(Refusal::Signature)?;
    let Parameters { created: Some(_), expires: None, nonce: None, keyid: Some(_), alg: None, tag: None } =
        read.parameters()
    else {
        return Err(Refusal::Coverage);
    };
    require(read.components().eq(components), Refusal::Coverage)?;
    let SignatureHeaders { signature_input: our_input, signature: our_signature } = read.to_headers();
    require((*signature_input, *signature) == (&*our_input, &*our_signature), Refusal::Headers)
}

impl Listed for RequestGrant {
    fn extract(request: &HttpRequest, wallet: &WalletDocument) -> Result<Self, Refusal> {
        let body = Body::parse(request)?;
        Ok(Self {
            debit_amount: in_asset(body.member("/access_token/access/1/limits/debitAmount")?, wallet)?,
            interval: body.optional("/access_token/access/1/limits/interval")?,
            finish: body.member("/interact/finish/uri")?,
            nonce: body.member("/interact/finish/nonce")?,
        })
    }
}

impl Listed for ContinueGrant {
    fn extract(request: &HttpRequest, wallet: &WalletDocument) -> Result<Self, Refusal> {
        Ok(Self {
            uri: at_auth_server(request, wallet)?,
            token: token(request)?,
            reference: Body::parse(request)?.member("/interact_ref")?,
        })
    }
}

impl Listed for CancelGrant {
    fn extract(request: &HttpRequest, wallet: &WalletDocument) -> Result<Self, Refusal> {
        Ok(Self { uri: at_auth_server(request, wallet)?, token: token(request)? })
    }
}

impl Listed for RotateToken {
    fn extract(request: &HttpRequest, wallet: &WalletDocument) -> Result<Self, Refusal> {
        Ok(Self { manage: at_auth_server(request, wallet)?, token: token(request)? })
    }
}

impl Listed for CreateQuote {
    fn extract(request: &HttpRequest, wallet: &WalletDocument) -> Result<Self, Refusal> {
        let body = Body::parse(request)?;
        Ok(Self {
            token: token(request)?,
            receiver: body.member("/receiver")?,
            debit_amount: in_asset(body.member("/debitAmount")?, wallet)?,
        })
    }
}

impl Listed for CreateOutgoingPayment {
    fn extract(request: &HttpRequest, wallet: &WalletDocument) -> Result<Self, Refusal> {
        let quote: Url = Body::parse(request)?.member("/quoteId")?;
        require(is_item_of(&quote, &quotes_url(wallet)), Refusal::Body)?;
        Ok(Self { token: token(request)?, quote })
    }
}

impl Listed for Read {
    fn extract(request: &HttpRequest, wallet: &WalletDocument) -> Result<Self, Refusal> {
        let url = &request.url;
        let readable = is_item_of(url, &outgoing_payments_url(wallet))
            || is_item_of(url, &quotes_url(wallet))
            || *url == spent_amounts_url(wallet);
        require(readable, Refusal::Url)?;
        Ok(Self { token: token(request)?, url: url.clone() })
    }
}

/// A body whose members are read by their place.
struct Body(Value);

impl Body {
    fn parse(request: &HttpRequest) -> Result<Self, Refusal> {
        let text = request.body.as_deref().ok_or(Refusal::Body)?;
        text.parse().map(Self).map_err(|_| Refusal::Body)
    }

    fn member<T: json::Read>(&self, path: &str) -> Result<T, Refusal> {
        self.optional(path)?.ok_or(Refusal::Body)
    }

    fn optional<T: json::Read>(&self, path: &str) -> Result<Option<T>, Refusal> {
        self.0.find(path).cloned().map(Value::read).transpose().map_err(|_| Refusal::Body)
    }
}

fn token(request: &HttpRequest) -> Result<Secret, Refusal> {
    let token = request.header("authorization").and_then(|value| value.strip_prefix("GNAP "));
    let printable = |token: &&str| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    token.filter(printable).map(|token| Secret::new(token.to_owned())).ok_or(Refusal::Authorization)
}

fn at_auth_server(request: &HttpRequest, wallet: &WalletDocument) -> Result<Url, Refusal> {
    require(request.url.origin() == wallet.auth_server.origin(), Refusal::Url)?;
    Ok(request.url.clone())
}

/// Whether a URL is that of one thing in a collection: one segment more, and no query.
fn is_item_of(url: &Url, collection: &Url) -> bool {
    let one_more = url.path().strip_prefix(collection.path()).is_some_and(|rest| rest.rfind('/') == Some(0));
    one_more && url.is_under(collection) && url.query().is_none()
}

fn in_asset(amount: Amount, wallet: &WalletDocument) -> Result<Amount, Refusal> {
    if amount.asset == wallet.asset { Ok(amount) } else { Err(Refusal::Asset) }
}

fn require(condition: bool, refusal: Refusal) -> Result<(), Refusal> {
    if condition { Ok(()) } else { Err(refusal) }
}
