//! Composes, verifies and reads for the conformance tests: one JSON command a line on standard
//! input, one JSON answer a line on standard output.

use std::io::{self, BufRead, Write};

use http_signature::{Jwk, Request, SecretKey, SignatureInput, verify_content_digest};
use money::Amount;
use open_payments::{
    GrantedAccess, IncomingPayment, IncomingPaymentUrl, Interval, OutgoingPayment, PendingGrant, Quote, Secret,
    SpentAmounts, Timestamp, Url, WalletAddress, WalletDocument,
};
use open_payments_client::{
    CancelGrant, Client, Composer, ContinueGrant, CreateIncomingPayment, CreateOutgoingPayment, CreateQuote,
    HttpRequest, Method, Operation, PublicKey, Read, RequestGrant, RequestIncomingPaymentGrant, RevokeToken,
    RotateToken, Signer,
};
use serde::Deserialize;
use serde_json::{Value, json};

type Failure = Box<dyn std::error::Error>;

#[derive(Deserialize)]
#[serde(tag = "command", rename_all = "camelCase")]
enum Command {
    /// Composes one request.
    Compose { key: Key, method: String, url: Url, authorization: Option<String>, body: Option<String> },
    /// Composes one request of each kind.
    Operations { key: Key, values: Box<Values> },
    /// Verifies a request that somebody else has signed.
    Verify { jwk: Jwk, method: String, url: String, headers: Vec<(String, String)>, body: Option<String> },
    /// Reads a reply.
    Read { kind: String, json: String },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Key {
    seed: [u8; 32],
    id: String,
    created: u64,
    nonce: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Values {
    wallet: WalletDocument,
    client: WalletAddress,
    debit_amount: Amount,
    interval: Interval,
    receiver: IncomingPaymentUrl,
    quote: Url,
    payment: Url,
    continuation: Url,
    reference: String,
    manage: Url,
    finish: Url,
    token: Secret,
}

fn main() -> Result<(), Failure> {
    for line in io::stdin().lock().lines() {
        let answer = match serde_json::from_str(&line?).map_err(Failure::from).and_then(execute) {
            Ok(value) => json!({ "ok": value }),
            Err(failure) => json!({ "failure": failure.to_string() }),
        };
        writeln!(io::stdout(), "{answer}")?;
    }
    Ok(())
}

fn execute(command: Command) -> Result<Value, Failure> {
    match command {
        Command::Compose { key, method, url, authorization, body } => {
            let method = Method::parse(&method).ok_or("no such method")?;
            let signer = SecretKey::from_seed(key.seed);
            Ok(request(&composer(&key, &signer).compose(method, &url, authorization.as_deref(), body)?))
        }
        Command::Operations { key, values } => operations(&key, *values),
        Command::Verify { jwk, method, url, headers, body } => verify(&jwk, &method, &url, &headers, body.as_deref()),
        Command::Read { kind, json } => read(&kind, &json),
    }
}

fn composer<'a>(key: &'a Key, signer: &'a SecretKey) -> Composer<'a> {
    Composer { signer, keyid: &key.id, created: key.created, nonce: key.nonce.as_deref() }
}

fn request(request: &HttpRequest) -> Value {
    json!({
        "method": request.method.as_str(),
        "url": request.url,
        "headers": request.headers,
        "body": request.body,
    })
}

fn operations(key: &Key, values: Values) -> Result<Value, Failure> {
    let signer = SecretKey::from_seed(key.seed);
    let composed =
        |operation: &dyn Operation| composer(key, &signer).sign(operation, &values.wallet).map(|it| request(&it));
    let grant = |interval| RequestGrant {
        debit_amount: values.debit_amount.clone(),
        interval,
        finish: values.finish.clone(),
        nonce: "client-nonce".to_owned(),
    };
    let token = || values.token.clone();
    let by_key = Client::Key { jwk: signer.public_key().to_jwk(key.id.clone()) };
    Ok(json!({
        "one-time grant": composed(&grant(None))?,
        "recurring grant": composed(&grant(Some(values.interval)))?,
        "continuation": composed(&ContinueGrant {
            uri: values.continuation.clone(), token: token(), reference: values.reference
        })?,
        "cancellation": composed(&CancelGrant { uri: values.continuation, token: token() })?,
        "rotation": composed(&RotateToken { manage: values.manage.clone(), token: token() })?,
        "revocation": composed(&RevokeToken { manage: values.manage, token: token() })?,
        "new quote": composed(&CreateQuote { token: token(), receiver: values.receiver, debit_amount: values.debit_amount.clone() })?,
        "new payment": composed(&CreateOutgoingPayment { token: token(), quote: values.quote.clone() })?,
        "quote": composed(&Read { token: token(), url: values.quote })?,
        "payment": composed(&Read { token: token(), url: values.payment })?,
        "spent amounts": composed(&Read::spent_amounts(&values.wallet, token()))?,
        "grant by key": composed(&RequestIncomingPaymentGrant { client: by_key })?,
        "grant by address": composed(&RequestIncomingPaymentGrant { client: Client::WalletAddress(values.client) })?,
        "new incoming payment": composed(&CreateIncomingPayment {
            token: token(), expires_at: Timestamp::from_millis(1_795_328_659_206)
        })?,
    }))
}

fn verify(
    jwk: &Jwk,
    method: &str,
    target_uri: &str,
    headers: &[(String, String)],
    body: Option<&str>,
) -> Result<Value, Failure> {
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let request = Request { method, target_uri, headers: &headers };
    let signature = SignatureInput::parse(&headers)?;
    signature.verify(&request, &PublicKey::try_from(jwk)?)?;
    if let Some(body) = body {
        let digest = request.header("content-digest").ok_or("no content digest")?;
        verify_content_digest(&digest, body.as_bytes())?;
    }
    let covered: Vec<&str> = signature.components().collect();
    Ok(json!({ "covered": covered, "keyid": signature.parameters().keyid }))
}

fn read(kind: &str, json: &str) -> Result<Value, Failure> {
    match kind {
        "wallet address" => drop(WalletDocument::parse(json)?),
        "pending grant" => drop(PendingGrant::parse(json)?),
        "granted access" => drop(GrantedAccess::parse(json)?),
        "incoming payment" => drop(IncomingPayment::parse(json)?),
        "quote" => drop(Quote::parse(json)?),
        "outgoing payment" => drop(OutgoingPayment::parse(json)?),
        "spent amounts" => drop(SpentAmounts::parse(json)?),
        other => return Err(format!("nothing is called {other}").into()),
    }
    Ok(Value::Null)
}
