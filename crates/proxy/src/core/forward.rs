use std::mem;

use http_signature::{PublicKey, Request, SignatureInput};
use open_payments::{Fault, Url, WalletAddress, WalletDocument};
use open_payments_client::{HttpRequest, Listed, Method, check};
use protocol::{ErrorCode, SignedRequest};

use super::Core;
use super::flow::{Progress, Scene, Task};
use super::message::{Call, Event, Unreachable, WalletReply};
use super::refusal::Refusal;

/// A request that the extension has signed and the proxy passes on to the user's wallet, after it
/// has read the wallet's document or found the wallet in the session.
pub(crate) struct Forward<P> {
    purpose: P,
    stage: Stage,
}

enum Stage {
    New(HttpRequest),
    Reading(HttpRequest),
    Sent(WalletDocument),
    Over,
}

/// What such a request is for: the message that it came in.
pub(crate) trait Purpose: Send {
    /// The request to pass on, to be taken out.
    fn signed_request(&mut self) -> &mut SignedRequest;

    /// The wallet, if the message names it. If not, it is the session's.
    fn wallet_address(&self) -> Option<&WalletAddress>;

    /// Refuses whatever the message does not stand for.
    fn check(&self, scene: &Scene<'_>, request: &HttpRequest, wallet: &WalletDocument) -> Result<(), Refusal>;

    /// Makes the answer to the extension of the wallet's.
    fn read(&self, scene: &Scene<'_>, wallet: &WalletDocument, body: &str) -> Result<String, Refusal>;

    /// What an error of the wallet comes to.
    fn fault(&self, fault: Fault) -> Result<String, Refusal> {
        Err(fault.into())
    }
}

impl<P: Purpose> Forward<P> {
    pub(crate) fn new(mut purpose: P) -> Result<Self, Refusal> {
        let request = http_request(purpose.signed_request())?;
        Ok(Self::of(purpose, request))
    }

    /// With the request that was taken out of the message.
    pub(crate) fn of(purpose: P, request: HttpRequest) -> Self {
        Self { purpose, stage: Stage::New(request) }
    }

    fn send(&mut self, scene: &Scene<'_>, wallet: WalletDocument, request: HttpRequest) -> Result<Progress, Refusal> {
        check_hosts(scene.core, &wallet)?;
        self.purpose.check(scene, &request, &wallet)?;
        self.stage = Stage::Sent(wallet);
        Ok(Progress::Call(Call { request, cacheable: false }))
    }
}

impl<P: Purpose> Task for Forward<P> {
    fn step(&mut self, scene: &Scene<'_>, event: Event) -> Result<Progress, Refusal> {
        match (mem::replace(&mut self.stage, Stage::Over), self.purpose.wallet_address(), &scene.caller.session) {
            (Stage::New(request), Some(address), _) => {
                let call = document_call(scene.core, address)?;
                self.stage = Stage::Reading(request);
                Ok(Progress::Call(call))
            }
            (Stage::New(request), None, Some(session)) => self.send(scene, session.wallet.clone(), request),
            (Stage::New(_), None, None) => Err(Refusal::session("The request carries no session.")),
            (Stage::Reading(request), ..) => self.send(scene, read_document(event.called())?, request),
            (Stage::Sent(wallet), ..) => {
                let body = match event.called()?.success() {
                    Ok(body) => self.purpose.read(scene, &wallet, &body)?,
                    Err(fault) => self.purpose.fault(fault)?,
                };
                Ok(Progress::done(body))
            }
            (Stage::Over, ..) => unreachable!("a task that is over is not stepped"),
        }
    }
}

/// Asks for a wallet's document.
pub(crate) fn document_call(core: &Core, address: &WalletAddress) -> Result<Call, Refusal> {
    check_host(core, address.url())?;
    let headers = vec![("accept".to_owned(), "application/json".to_owned())];
    let request = HttpRequest { method: Method::Get, url: address.url().clone(), headers, body: None };
    Ok(Call { request, cacheable: true })
}

/// Reads a wallet's document. What is not one says that there is no wallet.
pub(crate) fn read_document(outcome: Result<WalletReply, Unreachable>) -> Result<WalletDocument, Refusal> {
    let not_found = || Refusal::new(ErrorCode::WalletNotFound, "There is no wallet at this address.");
    let reply = outcome?;
    match reply.status {
        200 => WalletDocument::parse(&reply.body).map_err(|_| not_found()),
        429 | 500.. => Err(Refusal::new(ErrorCode::WalletUnreachable, "The wallet is in trouble.")),
        _ => Err(not_found()),
    }
}

/// Refuses a wallet that would lead the proxy into a private network.
pub(crate) fn check_hosts(core: &Core, wallet: &WalletDocument) -> Result<(), Refusal> {
    wallet.forbidden_host(core.settings.loopback_allowed).map_or(Ok(()), |url| Err(forbidden(url)))
}

fn check_host(core: &Core, url: &Url) -> Result<(), Refusal> {
    if core.allows(url) { Ok(()) } else { Err(forbidden(url)) }
}

fn forbidden(url: &Url) -> Refusal {
    Refusal::invalid(format!("The host {} is not on the public internet.", url.host()))
}

/// Refuses a request that the closed list does not have.
pub(crate) fn listed<O: Listed>(request: &HttpRequest, wallet: &WalletDocument) -> Result<O, Refusal> {
    check(request, wallet).map_err(|refusal| Refusal::invalid(format!("The signed request is refused: {refusal}.")))
}

/// Refuses a request that another key has signed. A session may be made only of a request that
/// the wallet has accepted as coming from the very key that the session is bound to.
pub(crate) fn check_signer(request: &HttpRequest, key: &PublicKey) -> Result<(), Refusal> {
    let headers = request.header_lines();
    let signed = Request { method: request.method.as_str(), target_uri: request.url.as_str(), headers: &headers };
    SignatureInput::parse(&headers)
        .and_then(|signature| signature.verify(&signed, key))
        .map_err(|error| Refusal::invalid(format!("The signed request is not from this install: {error}.")))
}

/// Takes the request out of a message.
pub(crate) fn http_request(signed: &mut SignedRequest) -> Result<HttpRequest, Refusal> {
    let refused = || Refusal::invalid("The signed request has no method or address that is used.");
    Ok(HttpRequest {
        method: Method::parse(&signed.method).ok_or_else(refused)?,
        url: Url::parse(&signed.url).map_err(|_| refused())?,
        headers: mem::take(&mut signed.headers),
        body: signed.body.take(),
    })
}
