use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use http_body_util::Full;
use http_signature::{SecretKey, Signer};
use hyper::Request;
use hyper::body::Bytes;
use money::{Amount, Asset};
use open_payments::{IncomingPaymentUrl, Secret, Url, WalletDocument};
use open_payments_client::{
    Composer, ContinueGrant, CreateOutgoingPayment, CreateQuote, HttpRequest, Method, Operation,
};
use protocol::{ContinueGrantReply, ContinueGrantRequest, Endpoint, PaymentRequest, QuoteRequest, SignedRequest};
use serde_json::to_string;

use crate::client::Connection;
use crate::process::PUBLIC_URL;
use crate::stub::{CONTINUATION, QUOTE, RECEIVER, document};

/// The two requests of a payment.
#[derive(Clone, Copy)]
pub(crate) enum Half {
    Quote,
    Payment,
}

/// Who is asked, and so what.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    /// A wallet, or who passes on to one: the same signed request each time, as it looks at no more.
    Wallet,
    /// The proxy: a message with that request in it, signed anew.
    Proxy,
}

/// An install whose user has connected a wallet.
pub(crate) struct User {
    key: SecretKey,
    keyid: String,
    session: String,
    quote: Asked,
    payment: Asked,
}

struct Asked {
    request: HttpRequest,
    endpoint: Url,
    message: String,
}

impl User {
    /// Makes a key and connects, through the proxy.
    pub(crate) async fn connect(number: u64, wallet: SocketAddr, connection: &mut Connection) -> Result<Self> {
        let origin = format!("http://{wallet}");
        let wallet = WalletDocument::parse(&document(&origin))?;
        let mut seed = [7; 32];
        seed[..8].copy_from_slice(&number.to_be_bytes());
        let key = SecretKey::from_seed(seed);
        let keyid = key.public_key().to_base64url();
        let url = |path: &str| Url::parse(&format!("{origin}{path}"));
        let token = || Secret::new("TOKEN".to_owned());
        let signed = |operation: &dyn Operation| {
            Composer { signer: &key, keyid: &keyid, created: seconds(), nonce: None }.sign(operation, &wallet)
        };

        let reference = "reference".to_owned();
        let continuation = signed(&ContinueGrant { uri: url(CONTINUATION)?, token: token(), reference })?;
        let message = ContinueGrantRequest { wallet_address: wallet.id.clone(), request: as_message(&continuation) };
        let asking = sign(&key, &keyid, None, &endpoint(Endpoint::ContinueGrant), to_string(&message)?);
        let (status, body) = connection.send(asking).await?;
        let reply: ContinueGrantReply =
            serde_json::from_slice(&body).with_context(|| format!("{status} {}", String::from_utf8_lossy(&body)))?;

        let incoming_payment = IncomingPaymentUrl::parse(&format!("{origin}{RECEIVER}"))?;
        let debit_amount = Amount::new(100, Asset::new("USD", 2)?);
        let quote = signed(&CreateQuote { token: token(), receiver: incoming_payment.clone(), debit_amount })?;
        let payment = signed(&CreateOutgoingPayment { token: token(), quote: url(QUOTE)? })?;
        let quoting = QuoteRequest { incoming_payment: incoming_payment.clone(), request: as_message(&quote) };
        let paying = PaymentRequest { incoming_payment, request: as_message(&payment) };
        let asked = |request, kind, message| Asked { request, endpoint: endpoint(kind), message };
        Ok(Self {
            quote: asked(quote, Endpoint::CreateQuote, to_string(&quoting)?),
            payment: asked(payment, Endpoint::CreatePayment, to_string(&paying)?),
            session: format!("Bearer {}", reply.session.expose()),
            key,
            keyid,
        })
    }

    /// A request that is good for this moment.
    pub(crate) fn request(&self, half: Half, wire: Wire) -> Request<Full<Bytes>> {
        let asked = match half {
            Half::Quote => &self.quote,
            Half::Payment => &self.payment,
        };
        match wire {
            Wire::Wallet => prepared(&asked.request),
            Wire::Proxy => sign(&self.key, &self.keyid, Some(&self.session), &asked.endpoint, asked.message.clone()),
        }
    }
}

fn endpoint(endpoint: Endpoint) -> Url {
    Url::parse(&format!("{PUBLIC_URL}{}", endpoint.path())).expect("a URL and a path are a URL")
}

fn sign(key: &SecretKey, keyid: &str, session: Option<&str>, url: &Url, message: String) -> Request<Full<Bytes>> {
    let nonce = format!("{:032x}", u128::from(getrandom::u64().expect("the system gives random numbers")));
    let composer = Composer { signer: key, keyid, created: seconds(), nonce: Some(&nonce) };
    let request = composer.compose(Method::Post, url, session, Some(message));
    prepared(&request.expect("tokens and keys are printable"))
}

fn as_message(request: &HttpRequest) -> SignedRequest {
    SignedRequest {
        method: request.method.as_str().to_owned(),
        url: request.url.as_str().to_owned(),
        headers: request.headers.clone(),
        body: request.body.clone(),
    }
}

/// For a connection that is there already: the path alone.
fn prepared(request: &HttpRequest) -> Request<Full<Bytes>> {
    let builder = Request::post(request.url.path()).header("host", request.url.authority());
    let builder = request.headers.iter().fold(builder, |builder, (name, value)| builder.header(name, value));
    let body = request.body.clone().unwrap_or_default();
    builder.body(Full::from(body)).expect("what was composed is a request")
}

fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
