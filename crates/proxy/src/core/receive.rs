use std::mem;

use open_payments::{FaultKind, GrantedAccess, IncomingPayment, WalletDocument};
use open_payments_client::{
    Client, Composer, CreateIncomingPayment, HttpRequest, Operation as Asked, RequestIncomingPaymentGrant, RevokeToken,
    check_granted_access, check_incoming_payment,
};
use protocol::{IncomingPaymentReply, IncomingPaymentRequest};

use super::flow::{Progress, Scene, Task};
use super::forward::{check_hosts, document_call, read_document};
use super::message::{Call, Event};
use super::refusal::Refusal;
use super::reply_json;
use crate::store::{Answer, Key, Operation};

/// For how long it is remembered that a wallet wants us to come with a wallet address.
const FORM_LIFE: i64 = 24 * 3600 * 1000;

/// Creates an incoming payment at the site's wallet, in the proxy's own name: the wallet never
/// learns who the visitor is.
pub(crate) struct Receive {
    message: IncomingPaymentRequest,
    stage: Stage,
}

enum Stage {
    New,
    Reading,
    Recalling(WalletDocument),
    Asking { wallet: WalletDocument, form: Form, last: bool },
    Remembering(WalletDocument, GrantedAccess),
    Creating(WalletDocument, GrantedAccess),
    Over,
}

/// How the proxy says who it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// By its key alone, which names nobody.
    Key,
    /// By a wallet address that it serves itself, for wallets that refuse a bare key.
    Address,
}

impl Form {
    fn other(self) -> Self {
        match self {
            Self::Key => Self::Address,
            Self::Address => Self::Key,
        }
    }
}

impl Receive {
    pub(crate) fn new(message: IncomingPaymentRequest) -> Self {
        Self { message, stage: Stage::New }
    }

    fn ask(&mut self, scene: &Scene<'_>, wallet: WalletDocument, form: Form, last: bool) -> Result<Progress, Refusal> {
        let client = match form {
            Form::Key => Client::Key { jwk: scene.core.keys.current().client_jwk() },
            Form::Address => Client::WalletAddress(scene.core.client_address()),
        };
        let request = signed(scene, &RequestIncomingPaymentGrant { client }, &wallet)?;
        self.stage = Stage::Asking { wallet, form, last };
        Ok(call(request))
    }

    fn create(
        &mut self,
        scene: &Scene<'_>,
        wallet: WalletDocument,
        access: GrantedAccess,
    ) -> Result<Progress, Refusal> {
        let create = CreateIncomingPayment {
            token: access.access_token.value.clone(),
            expires_at: scene.now.wall.plus_millis(scene.core.settings.incoming_payment_life),
        };
        let request = signed(scene, &create, &wallet)?;
        self.stage = Stage::Creating(wallet, access);
        Ok(call(request))
    }

    /// What comes of the attempt to get a token: the token, another attempt, or the end.
    fn asked(
        &mut self,
        scene: &Scene<'_>,
        event: Event,
        wallet: WalletDocument,
        form: Form,
        last: bool,
    ) -> Result<Progress, Refusal> {
        let body = match event.called()?.success() {
            Ok(body) => body,
            Err(fault) if last || !is_about_us(&fault.kind) => return Err(Refusal::of_site(fault)),
            Err(_) => return self.ask(scene, wallet, form.other(), true),
        };
        let access = GrantedAccess::parse(&body)?;
        check_granted_access(&wallet, &access.access_token.manage, None)?;
        if !last {
            return self.create(scene, wallet, access);
        }
        let key = form_key(&wallet);
        let operation = match form {
            Form::Address => Operation::put(key, Vec::new(), FORM_LIFE),
            Form::Key => Operation::Remove { key },
        };
        self.stage = Stage::Remembering(wallet, access);
        Ok(Progress::Store(operation))
    }

    /// The token has done its work: it is given up once the extension has its answer.
    fn created(
        scene: &Scene<'_>,
        event: Event,
        wallet: &WalletDocument,
        access: GrantedAccess,
    ) -> Result<Progress, Refusal> {
        let revoke = RevokeToken { manage: access.access_token.manage, token: access.access_token.value };
        let afterwards = Some(signed(scene, &revoke, wallet)?);
        let outcome = incoming_payment(scene, event, wallet);
        Ok(Progress::Done { outcome, afterwards })
    }
}

impl Task for Receive {
    fn step(&mut self, scene: &Scene<'_>, event: Event) -> Result<Progress, Refusal> {
        match mem::replace(&mut self.stage, Stage::Over) {
            Stage::New => {
                let call = document_call(scene.core, &self.message.wallet_address)?;
                self.stage = Stage::Reading;
                Ok(Progress::Call(call))
            }
            Stage::Reading => {
                let wallet = read_document(event.called())?;
                check_hosts(scene.core, &wallet)?;
                let key = form_key(&wallet);
                self.stage = Stage::Recalling(wallet);
                Ok(Progress::Store(Operation::Get { key }))
            }
            Stage::Recalling(wallet) => {
                let known = matches!(event.stored(), Ok(Answer::Found(_)));
                let form = if known { Form::Address } else { Form::Key };
                self.ask(scene, wallet, form, false)
            }
            Stage::Asking { wallet, form, last } => self.asked(scene, event, wallet, form, last),
            Stage::Remembering(wallet, access) => self.create(scene, wallet, access),
            Stage::Creating(wallet, access) => Self::created(scene, event, &wallet, access),
            Stage::Over => unreachable!("a task that is over is not stepped"),
        }
    }
}

fn incoming_payment(scene: &Scene<'_>, event: Event, wallet: &WalletDocument) -> Result<String, Refusal> {
    let payment = IncomingPayment::parse(&event.called()?.success().map_err(Refusal::of_site)?)?;
    check_incoming_payment(wallet, &payment.id)?;
    let asked = scene.now.wall.plus_millis(scene.core.settings.incoming_payment_life);
    Ok(reply_json(&IncomingPaymentReply { id: payment.id, expires_at: payment.expires_at.unwrap_or(asked) }))
}

/// Whether a refusal may come from how the proxy introduced itself.
fn is_about_us(kind: &FaultKind) -> bool {
    !matches!(kind, FaultKind::Unavailable | FaultKind::TooFast | FaultKind::WalletNotFound)
}

fn form_key(wallet: &WalletDocument) -> Key {
    Key::of("client form", &[wallet.auth_server.as_str().as_bytes()])
}

fn signed(scene: &Scene<'_>, operation: &impl Asked, wallet: &WalletDocument) -> Result<HttpRequest, Refusal> {
    let key = scene.core.keys.current();
    let created = u64::try_from(scene.now.wall.millis() / 1000).unwrap_or_default();
    let composer = Composer { signer: key.client(), keyid: key.id(), created, nonce: None };
    composer
        .sign(operation, wallet)
        .map_err(|error| Refusal::invalid(format!("The request cannot be signed: {error}.")))
}

fn call(request: HttpRequest) -> Progress {
    Progress::Call(Call { request, cacheable: false })
}
